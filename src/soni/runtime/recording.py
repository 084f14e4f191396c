"""What is kept of a turn that was answered: the words on both sides, without the secrets among them."""

from collections.abc import Sequence
from dataclasses import replace

from soni.config.steps import Collect
from soni.dialogue.commands import Clarify, Command, CorrectSlot, SetSlot, StartFlow
from soni.dialogue.flows import Flows
from soni.dialogue.secrets import secrets_of
from soni.dialogue.state import Dialogue, Line, Utterance
from soni.dialogue.transitions import pending
from soni.masking import HIDDEN, masked
from soni.toolbox import Toolbox


def record(
    said: str, commands: Sequence[Command], before: Dialogue, draft: Dialogue, toolbox: Toolbox, most: int
) -> tuple[Dialogue, tuple[Line, ...]]:
    """The draft as it is saved (the turn counted, what was said in the history, each question only once), and what was said.

    ``most`` lines of history are kept. What was said into sensitive slots, and what is said of them, is left out of it.
    """
    spoken = tuple(replace(utterance, wording=None) if utterance.wording else utterance for utterance in heard(draft))
    shown = HIDDEN if is_sensitive(commands, before, toolbox.flows) else said
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


def heard(draft: Dialogue) -> tuple[Utterance, ...]:
    """What of a turn reaches the user: each question only once, at the end."""
    last = len(draft.said) - 1
    return tuple(u for at, u in enumerate(draft.said) if not u.question or at == last)


def is_sensitive(commands: Sequence[Command], before: Dialogue, flows: Flows) -> bool:
    """True where the message answers a question for a sensitive slot, or fills one."""
    slots = flows.slots
    named = {slot for c in commands if isinstance(c, StartFlow | Clarify | SetSlot | CorrectSlot) for slot in c.slots}
    if isinstance(step := pending(before, flows), Collect):
        named.add(step.slot)
    return any(slots[slot].sensitive for slot in named if slot in slots)
