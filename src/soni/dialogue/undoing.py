"""What a flow has computed can be taken back: a correction leads past the steps that computed it again.

A step that counts, or adds to a total, would do so twice otherwise; and what was computed on a way that is no longer
taken would stay.
"""

from collections.abc import Container, Mapping
from dataclasses import replace

from soni.dialogue.flows import Flows
from soni.dialogue.scope import fill, value_of
from soni.dialogue.state import Change, Dialogue, Frame
from soni.value import Value


def fill_by(dialogue: Dialogue, flows: Flows, step: str, values: Mapping[str, Value]) -> Dialogue:
    """The dialogue with these slots filled by this step of the top frame, which remembers what they held before."""
    at = len(dialogue.stack) - 1
    frame = dialogue.stack[at]
    before = frame.filled.get(step, {})
    changes = {
        slot: Change(before[slot].old if slot in before else value_of(dialogue, flows, at, slot), value)
        for slot, value in values.items()
    }
    filled = {name: changed for name, changed in frame.filled.items() if name != step}
    filled[step] = {**before, **changes}  # the last one, because it is the first to be taken back
    return fill(dialogue.with_top(replace(frame, filled=filled)), flows, at, values)


def take_back(
    dialogue: Dialogue, flows: Flows, at: int, steps: Container[str], *, keep: Container[str] = ()
) -> Dialogue:
    """What these steps of the frame at ``at`` have filled is as it was before, but for the slots in ``keep``.

    A slot that somebody else has changed since stays as it is.
    """
    filled = dialogue.stack[at].filled
    for step in reversed([step for step in filled if step in steps]):
        for slot, change in filled[step].items():
            if slot not in keep and value_of(dialogue, flows, at, slot) == change.new:
                dialogue = fill(dialogue, flows, at, {slot: change.old})
    return dialogue.with_frame(at, forget(dialogue.stack[at], steps))


def forget(frame: Frame, steps: Container[str]) -> Frame:
    """The frame in which what these steps have filled is there to stay."""
    return replace(frame, filled={step: changes for step, changes in frame.filled.items() if step not in steps})


def without_changes_of(frame: Frame, slots: Container[str]) -> Frame:
    """The frame that remembers nothing of what these slots held before."""
    filled = {
        step: {slot: change for slot, change in changes.items() if slot not in slots}
        for step, changes in frame.filled.items()
    }
    return replace(frame, filled=filled)


def filled_since(dialogue: Dialogue, flows: Flows, at: int, slot: str) -> bool:
    """True where what the slot holds comes from a step of the frame at ``at``, and not from an answer."""
    value = value_of(dialogue, flows, at, slot)
    filled = dialogue.stack[at].filled.values()
    return value is not None and any(slot in changes and changes[slot].new == value for changes in filled)


def without_old(frame: Frame, slots: Container[str]) -> Frame:
    """The frame in which these slots held nothing before a step filled them."""
    filled = {
        step: {slot: replace(change, old=None) if slot in slots else change for slot, change in changes.items()}
        for step, changes in frame.filled.items()
    }
    return replace(frame, filled=filled)
