"""What a store keeps beside the newest state of a conversation: the transcript, and who has not talked for long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from soni.dialogue.state import Line
from soni.value import Value

MAX_EXCHANGES: Final = 1000
"""Turns of a conversation that its transcript holds; older ones are dropped, so that a conversation's size is bounded."""
PRUNE_EVERY: Final = 50
"""Turns after which a transcript that has grown too long is cut; it is cut at a reset too, where turns are counted anew."""
RESET: Final = "reset"
"""The ledger's row of a user whose conversation was reset: by it the transcript is found when its time has come."""

_GREGORIAN: Final = datetime(1582, 10, 15, tzinfo=UTC)
"""Where the clock of UUIDs begins (RFC 9562, section 5.6)."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was said in one turn; what is sensitive is masked."""

    id: str
    """Of the checkpoint the turn was saved in; later ones are greater."""
    turn: int
    lines: tuple[Line, ...]

    @property
    def at(self) -> datetime:
        """When the turn was saved."""
        return moment_of(self.id)


class Archive(Protocol):
    """The transcript, the names of the conversations, and their end. Every method raises StoreUnavailable."""

    async def exchanges(self, conversation: str, before: str | None, limit: int) -> tuple[Exchange, ...]:
        """The last ``limit`` turns before the one with this id, the earliest first; before ``None``: the newest."""
        ...

    async def conversations(self, after: str, limit: int) -> tuple[str, ...]:
        """Up to ``limit`` names behind ``after``, in order; of conversations that can go on."""
        ...

    async def idle(self, since: datetime, after: str, limit: int) -> tuple[str, ...]:
        """Up to ``limit`` names behind ``after``, in order; of whom nothing was stored since then, only before."""
        ...

    async def effects(self, conversation: str) -> Mapping[str, Mapping[str, Value]]:
        """The ledger of this conversation: key → result."""
        ...

    async def reset(self, conversation: str) -> None:
        """Forget state and results at once, and keep the transcript; nothing happens where there is nothing."""
        ...

    async def erase(self, *conversations: str) -> None:
        """Remove everything that is stored about these conversations, of each at once."""
        ...


def id_at(moment: datetime) -> str:
    """The least id of a checkpoint that is saved at this moment: those saved before have smaller ones."""
    ticks = (max(moment, _GREGORIAN) - _GREGORIAN) // timedelta(microseconds=1) * 10
    return str(UUID(int=(ticks >> 12) << 80 | 6 << 76 | (ticks & 0xFFF) << 64))


def moment_of(checkpoint_id: str) -> datetime:
    """When the checkpoint with this id was saved. Raises ValueError for what is no id."""
    number = UUID(checkpoint_id).int
    ticks = number >> 80 << 12 | number >> 64 & 0xFFF
    return _GREGORIAN + timedelta(microseconds=ticks // 10)
