"""What a new version of an assistant makes of the conversations that are under way, before anyone deploys it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from soni.compiler.assistant import Assistant
from soni.dialogue.deploys import Fate, fates
from soni.dialogue.state import Dialogue
from soni.errors import StateError
from soni.persistence.reading import Reading

PAGE: Final = 500
"""Names of conversations that are read at once."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an open flow stands, what becomes of it, and why."""

    outcome: str
    """``goes_on``, ``restart`` or ``cancel``."""
    flow: str
    step: str
    """The step that waits, or that the new version cannot go on from."""
    reason: str | None = None
    """``flow gone``, ``step gone`` or ``flow changed``."""
    inside: str | None = None
    """The flow of the step, where it is one that ``flow`` has called."""


@dataclass
class Report:
    """The conversations of a store under a new version of their assistant."""

    conversations: int = 0
    """All that can go on, also those in which nothing is open."""
    open: int = 0
    """Those of them in the middle of a flow."""
    unreadable: dict[str, int] = field(default_factory=Counter)
    """Why some cannot be read, and how many."""
    places: Counter[Place] = field(default_factory=Counter)
    slots_gone: Counter[str] = field(default_factory=Counter)
    """Slots with a value that the new version does not know: it is forgotten."""

    def count(self, outcome: str) -> int:
        """Open flows with this outcome."""
        return sum(number for place, number in self.places.items() if place.outcome == outcome)


async def look_ahead(assistant: Assistant, reading: Reading, progress: Callable[[int], None]) -> Report:
    """Read every conversation, change none. ``progress`` is told how many have been read so far."""
    report, after = Report(), ""
    while names := await reading.archive.conversations(after, PAGE):
        for name in names:
            try:
                saved = await reading.dialogues.load(name)
            except StateError as error:
                report.unreadable[error.message] = report.unreadable.get(error.message, 0) + 1
                continue
            if saved is not None:
                _note(report, saved.dialogue, assistant)
        after = names[-1]
        progress(report.conversations)
    return report


def _note(report: Report, dialogue: Dialogue, assistant: Assistant) -> None:
    report.conversations += 1
    report.open += bool(dialogue.stack)
    policy = assistant.config.settings.conversation.on_flow_changed
    for fate in fates(dialogue, assistant.flows, policy):
        if fate.outcome != "dropped":
            report.places[_place(fate)] += 1
    known = [dialogue.slots, *(frame.slots for frame in dialogue.stack)]
    report.slots_gone.update({name for slots in known for name in slots if name not in assistant.flows.slots})


def _place(fate: Fate) -> Place:
    first = fate.frames[0]
    stands = fate.misfit or next(frame for frame in reversed(fate.frames) if frame.kind != "pattern")
    inside = stands.flow if stands.flow != first.flow else None
    return Place(fate.outcome, first.flow, stands.step, fate.reason, inside)
