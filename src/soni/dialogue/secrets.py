"""What must not leave a conversation: the values of its sensitive slots; and what its log must not have."""

from collections.abc import Iterator, Mapping

from soni.confidential import Known
from soni.dialogue.flows import Flows
from soni.dialogue.scope import visible
from soni.dialogue.state import Dialogue, Frame
from soni.templates import plain
from soni.value import Value


def secrets_of(flows: Flows, *dialogues: Dialogue) -> frozenset[str]:
    """The values of sensitive slots, as they are said."""
    slots = flows.slots
    known = [visible(each, flows) for each in dialogues]
    known += [dict(each.clarifying.slots) for each in dialogues if each.clarifying is not None]
    values = (item for each in known for item in each.items())
    return frozenset(plain(value) for name, value in values if name in slots and slots[name].sensitive)


def values_of(flows: Flows, dialogue: Dialogue) -> Iterator[Known]:
    """Every value in a dialogue, wherever it stands, and whether its slot is sensitive."""
    for slots in _slots_in(dialogue):
        for name, value in slots.items():
            yield value, name in flows.sensitive


def _slots_in(dialogue: Dialogue) -> Iterator[Mapping[str, Value]]:
    yield dialogue.slots
    if dialogue.clarifying is not None:
        yield dialogue.clarifying.slots
    frames: list[Frame] = [*dialogue.stack, *dialogue.due]
    while frames:
        frame = frames.pop()
        frames += frame.calls.values()
        yield frame.slots
        yield frame.early
        if frame.effect is not None:
            yield frame.effect.slots
