"""What is kept of a turn that was answered: the words on both sides, without the secrets among them."""

from collections.abc import Sequence
from dataclasses import replace

from soni.config.steps import Collect
from soni.dialogue.commands import Clarify, Command, CorrectSlot, SetSlot, StartFlow
from soni.dialogue.flows import Flows
from soni.dialogue.scope import visible
from soni.dialogue.state import Dialogue, Line
from soni.dialogue.transitions import pending
from soni.masking import HIDDEN, masked
from soni.templates import plain
from soni.toolbox import Toolbox


def record(
    said: str, commands: Sequence[Command], before: Dialogue, draft: Dialogue, toolbox: Toolbox, most: int
) -> tuple[Dialogue, tuple[Line, ...]]:
    """The draft as it is saved (the turn counted, what was said in the history, each question only once), and what was said.

    ``most`` lines of history are kept. What was said into sensitive slots, and what is said of them, is left out of it.
    """
    last = len(draft.said) - 1
    spoken = tuple(u for at, u in enumerate(draft.said) if not u.question or at == last)
    shown = HIDDEN if _is_sensitive(commands, before, toolbox.flows) else said
    secrets = secrets_of(toolbox.flows, before, draft)
    lines = (Line("user", shown), *(Line("assistant", masked(u.text, secrets)) for u in spoken if u.text))
    history = (*draft.history, *lines)
    recorded = replace(
        draft,
        turn=toolbox.turn,
        said=spoken,
        clarifying=None if draft.handed_off else draft.clarifying,
        history=history[-most:] if most else (),
        updated=toolbox.now.timestamp(),
    )
    return recorded, lines


def secrets_of(flows: Flows, *dialogues: Dialogue) -> frozenset[str]:
    """The values of sensitive slots, as they are said."""
    slots = flows.slots
    known = [visible(each, flows) for each in dialogues]
    known += [dict(each.clarifying.slots) for each in dialogues if each.clarifying is not None]
    values = (item for each in known for item in each.items())
    return frozenset(plain(value) for name, value in values if name in slots and slots[name].sensitive)


def _is_sensitive(commands: Sequence[Command], before: Dialogue, flows: Flows) -> bool:
    """True where the message answers a question for a sensitive slot, or fills one."""
    slots = flows.slots
    named = {slot for c in commands if isinstance(c, StartFlow | Clarify | SetSlot | CorrectSlot) for slot in c.slots}
    if isinstance(step := pending(before, flows), Collect):
        named.add(step.slot)
    return any(slots[slot].sensitive for slot in named if slot in slots)
