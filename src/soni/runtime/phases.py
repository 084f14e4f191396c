"""How long the parts of a turn take."""

import time
from types import TracebackType
from typing import Self

from soni import tracing
from soni.events import Listener, PhaseEnded


class Phase:
    """A part of a turn, as a context: a span of its name while it lasts, and an event when it ends, also where it fails."""

    __slots__ = ("_began", "_name", "_tell", "seconds", "span")

    def __init__(
        self,
        name: str,
        tell: Listener,
        attributes: tracing.Attributes | None = None,
        *,
        kind: tracing.Kind = "internal",
    ) -> None:
        self._name = name
        self._tell = tell
        self._began = 0.0
        self.span = tracing.span(f"soni.{name}", attributes or {}, kind=kind)
        self.seconds = 0.0
        """How long it took, once it is over."""

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        self.span.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds = time.perf_counter() - self._began
        self.span.__exit__(kind, error, trace)
        self._tell(PhaseEnded(self._name, self.seconds, kind.__name__ if kind is not None else ""))
