"""One line in the log for each turn: what came of it and where its time went; nothing of what was said in it."""

import logging
from asyncio import CancelledError
from collections.abc import Callable, Mapping
from typing import Any, Final

from soni.events import (
    Event,
    PhaseEnded,
    TurnEnded,
    TurnFailed,
    TurnReplayed,
    Understood,
    UnderstoodBy,
)
from soni.observability.definitions import source_of

log = logging.getLogger("soni.turns")


class TurnLog:
    """A listener that writes ``turn.answered``, ``turn.replayed``, ``turn.failed`` or ``turn.cancelled`` at the end of every turn."""

    def __init__(self) -> None:
        self._phases: dict[str, float] = {}
        self._commands: tuple[str, ...] = ()
        self._source: str | None = None
        self._hear: Final[Mapping[type[Event], Callable[[Any], None]]] = {
            PhaseEnded: self._phase,
            Understood: self._understood,
            UnderstoodBy: self._understood_by,
            TurnEnded: self._answered,
            TurnReplayed: self._replayed,
            TurnFailed: self._failed,
        }

    def __call__(self, event: Event) -> None:
        """Hear an event; those of a turn come one after the other."""
        hear = self._hear.get(type(event))
        if hear is not None:
            hear(event)

    def _phase(self, event: PhaseEnded) -> None:
        self._phases[event.phase] = event.seconds

    def _understood(self, event: Understood) -> None:
        self._commands = event.commands
        self._source = source_of(event.source, self._source)

    def _understood_by(self, event: UnderstoodBy) -> None:
        self._source = event.source

    def _answered(self, event: TurnEnded) -> None:
        self._write(
            "turn.answered",
            event.seconds,
            flow=event.flow,
            state=event.state,
            commands=",".join(self._commands) or None,
            source=self._source,
            messages=event.messages,
        )

    def _replayed(self, event: TurnReplayed) -> None:
        self._write("turn.replayed", event.seconds)

    def _failed(self, event: TurnFailed) -> None:
        if event.error == CancelledError.__name__:
            self._write("turn.cancelled", event.seconds, source=self._source)
        else:
            self._write("turn.failed", event.seconds, logging.WARNING, error=event.error, source=self._source)

    def _write(self, what: str, seconds: float, level: int = logging.INFO, **fields: object) -> None:
        if log.isEnabledFor(level):
            phases = {f"{name}_ms": _ms(took) for name, took in self._phases.items()}
            log.log(level, what, extra={**fields, "ms": _ms(seconds), **phases})
        self._phases, self._commands, self._source = {}, (), None


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 2)
