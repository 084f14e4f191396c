"""What can go wrong with a language model behind HTTP, by name, and when it does."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final, TypeAlias

from soni.dialogue.commands import SetSlot, StartFlow
from soni.testing.fake_answers import Body, as_answer

_MEGABYTE: Final = 2**20


class Fault(StrEnum):
    """One way in which a request goes wrong."""

    NONE = "none"
    """Nothing is wrong: a place in a list of faults."""

    TOO_MANY_REQUESTS = "too_many_requests"
    """Status 429 with `Retry-After: 1`."""
    TOO_MANY_REQUESTS_BARE = "too_many_requests_bare"
    """Status 429 that does not say when to come again."""
    SERVER_ERROR = "server_error"
    """Status 500."""
    UNAVAILABLE = "unavailable"
    """Status 503."""
    UNAUTHORIZED = "unauthorized"
    """Status 401, whatever the key."""
    REDIRECT = "redirect"
    """Status 307 to the same address; who follows it makes the next request of the schedule."""

    HANG = "hang"
    """The request is read and never answered."""
    HANG_MIDWAY = "hang_midway"
    """Headers and half of the body, then silence."""
    DRIP = "drip"
    """The whole answer, byte by byte with pauses: never idle for long, and hardly ever done."""
    CUT_BODY = "cut_body"
    """Headers and half of the body, then the connection is closed."""
    RESET = "reset"
    """The connection is reset in place of an answer."""
    NOT_JSON = "not_json"
    """Status 200 with a page of HTML, as proxies send it."""

    CUT_ANSWER = "cut_answer"
    """The first half of the answer's text, with the finish reason `length`."""
    GARBAGE = "garbage"
    """The answer's text is no JSON and means nothing."""
    EMPTY = "empty"
    """The answer's text is empty."""
    MEGABYTE = "megabyte"
    """The answer's text is a megabyte of words."""
    PROSE = "prose"
    """The right answer with sentences before and behind it."""
    FENCED = "fenced"
    """The right answer in a fenced block of Markdown."""
    UNKNOWN_COMMAND = "unknown_command"
    """A command that does not exist."""
    UNKNOWN_FLOW = "unknown_flow"
    """A flow is started that no assistant has."""
    UNKNOWN_SLOT = "unknown_slot"
    """A slot is set that no assistant has."""


ALL_FAULTS: Final = tuple(fault for fault in Fault if fault is not Fault.NONE)


@dataclass(frozen=True, slots=True)
class Rate:
    """Faults by chance: the same seed makes the same faults."""

    share: float
    """Of all requests, between 0 and 1."""
    of: Sequence[Fault] = ALL_FAULTS
    """Each as often as the others."""
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"A share is between 0 and 1, not {self.share}.")
        if not self.of:
            raise ValueError("A rate needs at least one fault.")


Choose: TypeAlias = Callable[[Body], Fault | str | None]
Faults: TypeAlias = Sequence[Fault | str | None] | Rate | Choose
"""One for each request in order and none after the last; or by chance; or what a function says of a request's body."""


class Schedule:
    """Which fault the next request has."""

    def __init__(self, faults: Faults) -> None:
        """Raises ValueError where there is no fault of a name."""
        self.faults = faults
        self._left: deque[Fault] = deque()
        self._chance = Random(faults.seed if isinstance(faults, Rate) else 0)  # noqa: S311 - it is to be repeatable
        if isinstance(faults, str):
            self._left.append(_named(faults))
        elif not isinstance(faults, Rate) and not callable(faults):
            self._left.extend(map(_named, faults))

    def next(self, body: Body) -> Fault:
        """The fault of the request with this body."""
        if isinstance(self.faults, Rate):
            # Drawn in any case, so that a greater share has the faults of a smaller one, and more.
            chance, fault = self._chance.random(), self._chance.choice(self.faults.of)
            return Fault(fault) if chance < self.faults.share else Fault.NONE
        if callable(self.faults):
            return _named(self.faults(body))
        return self._left.popleft() if self._left else Fault.NONE

    @property
    def left(self) -> list[Fault]:
        """Those of a list that no request has had yet."""
        return list(self._left)


def _named(name: Fault | str | None) -> Fault:
    try:
        return Fault(name or Fault.NONE)
    except ValueError:
        raise ValueError(f"There is no fault {name!r}; one of {', '.join(Fault)}.") from None


def altered(content: str, fault: Fault) -> str:
    """An answer's text as a fault leaves it."""
    match fault:
        case Fault.CUT_ANSWER:
            return content[: len(content) // 2]
        case Fault.GARBAGE:
            return "}{ colourless green ideas <|sleep|> furiously \ufffd ]["
        case Fault.EMPTY:
            return ""
        case Fault.MEGABYTE:
            return ("lorem ipsum dolor sit amet, " * (_MEGABYTE // 28 + 1))[:_MEGABYTE]
        case Fault.PROSE:
            return f"Certainly! This is what the user wants:\n\n{content}\n\nLet me know if you need anything else."
        case Fault.FENCED:
            return f"```json\n{content}\n```"
        case Fault.UNKNOWN_COMMAND:
            return as_answer([StartFlow("no_such_flow")]).replace("start_flow", "no_such_command")
        case Fault.UNKNOWN_FLOW:
            return as_answer([StartFlow("no_such_flow")])
        case Fault.UNKNOWN_SLOT:
            return as_answer([SetSlot({"no_such_slot": "50"})])
        case _:
            return content
