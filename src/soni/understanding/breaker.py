"""A circuit breaker: a model that fails again and again is left alone for a while, so that nobody waits for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, TypeAlias

State: TypeAlias = Literal["closed", "open", "half_open"]


class Attempt:
    """How a call went."""

    def __init__(self) -> None:
        self.succeeded = False
        self.failed: str | None = None
        """In words."""


class Breaker:
    """Closed until so many calls in a row have failed; open for a while; then one call tries, and the others still do not.

    Our own, in place of a library: those at hand count by thread, or know no asyncio, or wait on a clock of their own.
    """

    def __init__(self, failures: int, reset: float, clock: Callable[[], float]) -> None:
        """``reset`` in the seconds of ``clock``, which never goes back."""
        self._most = failures
        self._reset = reset
        self._clock = clock
        self._failures = 0
        self._opened: float | None = None
        self._trying = False
        self._turned = 0
        self.last_failure = ""
        """In words, for whoever operates the service; empty while all is well."""

    @property
    def state(self) -> State:
        """``half_open`` from the moment a call may try again until it is known how that went."""
        if self._opened is None:
            return "closed"
        return "half_open" if self._trying or self._clock() - self._opened >= self._reset else "open"

    @property
    def reopens_in(self) -> float:
        """Seconds until a call may try again."""
        return 0.0 if self._opened is None else max(0.0, self._reset - (self._clock() - self._opened))

    def allows(self) -> bool:
        """Whether a call may be made now."""
        return self._opened is None or (self.state == "half_open" and not self._trying)

    @contextmanager
    def attempt(self) -> Iterator[Attempt]:
        """A call, which says how it went; one that does not (its caller left) counts for nothing."""
        attempt = Attempt()
        trial, turned = self._opened is not None, self._turned
        self._trying = self._trying or trial
        try:
            yield attempt
        finally:
            if trial:
                self._trying = False
            # What began before it opened or closed says nothing about now.
            if attempt.failed is not None and turned == self._turned:
                self._fail(attempt.failed, trial)
            elif attempt.succeeded and turned == self._turned:
                self._succeed()

    def _fail(self, words: str, trial: bool) -> None:
        self.last_failure = words
        self._failures += 1
        if trial or self._failures >= self._most:
            self._opened = self._clock()
            self._turned += 1

    def _succeed(self) -> None:
        self._turned += self._opened is not None
        self._failures, self._opened, self.last_failure = 0, None, ""
