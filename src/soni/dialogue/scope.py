"""Which slots a frame reads and writes."""

from collections.abc import Mapping
from dataclasses import replace

from soni.dialogue.flows import Flows
from soni.dialogue.state import Dialogue
from soni.value import Value


def owner(dialogue: Dialogue, at: int) -> int:
    """The place on the stack of the frame whose slots the frame at ``at`` works on."""
    while at > 0 and dialogue.stack[at].shares:
        at -= 1
    return at


def kept(dialogue: Dialogue, at: int, flows: Flows) -> frozenset[str]:
    """The slots that outlive the frame at ``at``: those of the conversation, and those its flow or its caller persists."""
    facts = flows.get(dialogue.stack[at].flow)
    names = facts.kept if facts else flows.conversation
    base = owner(dialogue, at)
    if base != at and (below := flows.get(dialogue.stack[base].flow)):
        names |= below.kept
    return names


def visible(dialogue: Dialogue, flows: Flows, at: int | None = None) -> dict[str, Value]:
    """Every slot that the frame at ``at`` (default: the top) can read, with its value or its default; no unset ones.

    A repair pattern sees through to the flow below it.
    """
    seen: dict[str, Value] = {**flows.defaults, **dialogue.slots}
    if not dialogue.stack:
        return seen
    last = len(dialogue.stack) - 1 if at is None else at
    first = owner(dialogue, last)
    while first > 0 and dialogue.stack[first].kind == "pattern":
        first = owner(dialogue, first - 1)
    for frame in dialogue.stack[first : last + 1]:
        if frame.shares:
            continue
        if frame.kind == "called" and frame is not dialogue.stack[first]:
            seen = {**flows.defaults, **dialogue.slots}
        seen.update(frame.slots)
    return seen


def fill(dialogue: Dialogue, flows: Flows, at: int, values: Mapping[str, Value]) -> Dialogue:
    """The dialogue with these slots filled as the frame at ``at`` fills them; ``None`` unsets."""
    lasting = kept(dialogue, at, flows)
    here = {name: value for name, value in values.items() if name not in lasting}
    if here:
        base = owner(dialogue, at)
        frame = dialogue.stack[base]
        dialogue = dialogue.with_frame(base, replace(frame, slots=_merged(frame.slots, here)))
    if len(here) < len(values):
        there = {name: value for name, value in values.items() if name in lasting}
        dialogue = replace(dialogue, slots=_merged(dialogue.slots, there))
    return dialogue


def _merged(slots: Mapping[str, Value], values: Mapping[str, Value]) -> dict[str, Value]:
    """The slots with these values; those that are ``None`` are gone."""
    merged = {**slots, **values}
    return {name: value for name, value in merged.items() if value is not None}


def value_of(dialogue: Dialogue, flows: Flows, at: int, slot: str) -> Value:
    """The stored value of a slot as the frame at ``at`` sees it, without defaults; ``None`` where unset."""
    if slot in kept(dialogue, at, flows):
        return dialogue.slots.get(slot)
    return dialogue.stack[owner(dialogue, at)].slots.get(slot)
