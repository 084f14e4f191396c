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
    due = tuple(_not_begun(frame, flows) for frame in dialogue.due if frame.flow in flows)
    if all(_fits(frame, flows, on_change) for frame in stack):
        return replace(dialogue, stack=tuple(_up_to_date(frame, flows) for frame in stack), due=due)
    dialogue = replace(dialogue, stack=(), due=due)
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
        goes_on = on_change != "cancel" and first.flow in flows
        context: dict[str, Value] = {"flow": first.flow, "reason": "restart" if goes_on else "cancel"}
        if goes_on:
            dialogue = replace(dialogue, stack=(*dialogue.stack, _begun_again(first, flows)))
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


def _not_begun(frame: Frame, flows: Flows) -> Frame:
    facts = flows[frame.flow]
    return replace(frame, step=facts.first, fingerprint=facts.flow.fingerprint)


def _begun_again(frame: Frame, flows: Flows) -> Frame:
    """The flow from its first step, with what it knows; what it has done to the world is not done again."""
    calls = _up_to_date(frame, flows).calls
    return replace(
        flows[frame.flow].frame(),
        id=frame.id,
        slots=_still_known(frame, flows),
        written=frame.written,
        settled=frame.written,
        used=frame.used,
        calls=calls,
        review=tuple(calls),
    )


def _still_known(frame: Frame, flows: Flows) -> dict[str, Value]:
    return {name: value for name, value in frame.slots.items() if name in flows.slots}
