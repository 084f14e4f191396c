"""What the rules for one message share: the words, the briefing, and the flow the user is in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from soni.config.models import Slot
from soni.understanding.base import Briefing
from soni.understanding.embedded.languages import Language
from soni.understanding.embedded.reach import Reach, stem
from soni.understanding.embedded.said import Said, plain_words
from soni.understanding.values import Moment

TRIED_WORDS: Final = 5
"""Up to so many words that are no value of the slot are an answer that is refused; more are something else."""


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
    def expects_any_text(self) -> bool:
        """Whether any text would be a value of the slot that is being asked for."""
        slot = self.slots.get(self.pending or "")
        return slot is not None and slot.type == "string" and slot.pattern is None

    @property
    def expects_open_text(self) -> bool:
        """Whether any sentence would be."""
        cues = self.reach.slots.get(self.pending or "") if self.reach else None
        return cues is not None and cues.open_ended

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

    @property
    def ahead(self) -> frozenset[str]:
        """Slots of this flow whose question waits for an action that has not run yet."""
        asked = self.briefing.asked if self.pending is None else (self.pending,)
        return self.reach.ahead(asked).difference(self.briefing.slots) if self.reach else frozenset()

    def is_usual(self, word: str) -> bool:
        """Whether a word adds nothing: of everyday language, of the flow, or of a value it has."""
        if word in self.language.common or word in self.language.politeness:
            return True
        if self.reach is not None and (word in self.reach.verbs or stem(word) in self.reach.words):
            return True
        return any(word in plain_words(str(value)) for value in self.briefing.slots.values())

    def explains(self, word: str) -> bool:
        """Whether a word is usual, or of the name or the description of a slot of this flow."""
        named = self.reach.slots.values() if self.reach is not None else ()
        return self.is_usual(word) or any(stem(word) in cues.stems for cues in named)
