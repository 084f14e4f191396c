"""What the rules for one message share: the words, the briefing, and the flow the user is in."""

from collections.abc import Mapping
from dataclasses import dataclass

from soni.config.models import Slot
from soni.understanding.base import Briefing
from soni.understanding.embedded.languages import Language
from soni.understanding.embedded.reach import Reach
from soni.understanding.embedded.said import Said
from soni.understanding.values import Moment


@dataclass(frozen=True, slots=True)
class Hearing:
    """One message in its conversation."""

    said: Said
    briefing: Briefing
    language: Language
    moment: Moment
    reach: Reach | None
    """Of the flow the user is in, or of the one that asks."""
    slots: Mapping[str, Slot]
    """All slots of the assistant."""

    @property
    def pending(self) -> str | None:
        """The slot that is being asked for."""
        return self.briefing.expected.slot if self.briefing.expected else None

    @property
    def filled(self) -> tuple[str, ...]:
        """Slots of this flow with a value that may be corrected, the most recently asked first."""
        known = self.reach.slots if self.reach else {}
        asked = [name for name in dict.fromkeys(reversed(self.briefing.asked)) if name in known]
        early = [name for name in known if name in self.briefing.slots and name not in asked]
        return tuple(name for name in (*asked, *early) if name != self.pending and name in self.briefing.slots)

    @property
    def open(self) -> tuple[str, ...]:
        """Slots of this flow without a value, but for the one that is being asked for."""
        known = self.reach.slots if self.reach else {}
        return tuple(name for name in known if name not in self.briefing.slots and name != self.pending)
