"""What must not leave a conversation: the values of its sensitive slots."""

from soni.dialogue.flows import Flows
from soni.dialogue.scope import visible
from soni.dialogue.state import Dialogue
from soni.templates import plain


def secrets_of(flows: Flows, *dialogues: Dialogue) -> frozenset[str]:
    """The values of sensitive slots, as they are said."""
    slots = flows.slots
    known = [visible(each, flows) for each in dialogues]
    known += [dict(each.clarifying.slots) for each in dialogues if each.clarifying is not None]
    values = (item for each in known for item in each.items())
    return frozenset(plain(value) for name, value in values if name in slots and slots[name].sensitive)
