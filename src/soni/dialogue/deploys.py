"""A conversation that began under another version of its assistant: it goes on where it can, and is told where it cannot."""

from dataclasses import replace
from typing import Literal, TypeAlias

from soni.config.steps import Call
from soni.dialogue import repair
from soni.dialogue.flows import Flows
from soni.dialogue.state import Dialogue, Frame
from soni.value import Value

OnChange: TypeAlias = Literal["resume", "restart", "cancel"]


def reconcile(dialogue: Dialogue, flows: Flows, on_change: OnChange) -> Dialogue:
    """The dialogue with frames that the present flows can run.

    A frame whose step still exists goes on there. Where a step is gone, or ``on_change`` says so for a flow that
    changed, the flow begins again with what it knows (``restart``, and ``resume`` where that is impossible) or is
    cancelled; ``pattern_flow_changed`` tells the user.
    """
    stack = dialogue.stack
    if all(_fits(frame, flows, on_change) for frame in stack) and all(frame.flow in flows for frame in dialogue.due):
        return replace(dialogue, stack=tuple(_up_to_date(frame, flows) for frame in stack))
    dialogue = replace(dialogue, stack=(), due=tuple(frame for frame in dialogue.due if frame.flow in flows))
    at = 0
    while at < len(stack):
        stop = at + 1
        while stop < len(stack) and stack[stop].kind != "started":
            stop += 1
        group, at = stack[at:stop], stop
        if all(_fits(frame, flows, on_change) for frame in group):
            kept = (_up_to_date(frame, flows) for frame in group)
            dialogue = replace(dialogue, stack=(*dialogue.stack, *kept))
            continue
        first = group[0]
        if first.kind != "started":
            continue
        context = {"flow": first.flow, "reason": on_change}
        if on_change != "cancel" and first.flow in flows:
            again = replace(flows[first.flow].frame(), id=first.id, slots=_still_known(first, flows))
            dialogue = replace(dialogue, stack=(*dialogue.stack, again))
        dialogue = repair.due(dialogue, flows, "pattern_flow_changed", context)
    return dialogue


def _fits(frame: Frame, flows: Flows, on_change: OnChange) -> bool:
    if frame.flow not in flows or frame.step not in flows[frame.flow].steps:
        return False
    return on_change == "resume" or frame.fingerprint == flows[frame.flow].flow.fingerprint


def _up_to_date(frame: Frame, flows: Flows) -> Frame:
    """The frame without what it remembers of questions and calls that are no longer part of its flow."""
    facts = flows[frame.flow]
    if frame.fingerprint == facts.flow.fingerprint and not frame.calls:
        return frame
    calls = {
        step: _up_to_date(called, flows)
        for step, called in frame.calls.items()
        if isinstance(written := facts.steps.get(step), Call) and written.flow == called.flow and called.flow in flows
    }
    asked = {slot: step for slot, step in frame.asked.items() if facts.asks.get(step) == slot}
    return replace(frame, fingerprint=facts.flow.fingerprint, asked=asked, calls=calls)


def _still_known(frame: Frame, flows: Flows) -> dict[str, Value]:
    return {name: value for name, value in frame.slots.items() if name in flows.slots}
