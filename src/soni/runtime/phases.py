"""How long the parts of a turn take."""

import time
from types import TracebackType

from soni.events import Event, PhaseEnded


class Phase:
    """A part of a turn, as a context: its end is an event, also where it fails."""

    __slots__ = ("_began", "_events", "_name")

    def __init__(self, name: str, events: list[Event]) -> None:
        self._name = name
        self._events = events
        self._began = time.perf_counter()

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds = time.perf_counter() - self._began
        self._events.append(PhaseEnded(self._name, seconds, kind.__name__ if kind is not None else ""))
