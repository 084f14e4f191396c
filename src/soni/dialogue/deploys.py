"""A conversation that began under another version of its assistant: it goes on where it can, and is told where it cannot."""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from soni.config.steps import Call
from soni.dialogue import repair
from soni.dialogue.flows import Flows
from soni.dialogue.state import Dialogue, Frame
from soni.value import Value

OnChange: TypeAlias = Literal["resume", "restart", "cancel"]
Reason: TypeAlias = Literal["flow gone", "step gone", "flow changed"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a flow that was open when the assistant changed."""

    frames: tuple[Frame, ...]
    """The flow, with what it called and the patterns on top of it."""
    outcome: Literal["goes_on", "restart", "cancel", "dropped"]
    """``dropped`` is what patterns are that stand on no flow: nobody misses them."""
    reason: Reason | None = None
    misfit: Frame | None = None
    """The frame that cannot be run as it is."""


def reconcile(dialogue: Dialogue, flows: Flows, on_change: OnChange) -> Dialogue:
    """The dialogue with frames that the present flows can run.

    A frame whose step still exists goes on there. Where a step is gone, or ``on_change`` says so for a flow that
    changed, the flow begins again with what it knows (``restart``, and ``resume`` where that is impossible) or is
    cancelled; ``pattern_flow_changed`` tells the user.
    """
    if not dialogue.due and all(
        _unchanged(frame, flows) and not _misfit(frame, flows, on_change) for frame in dialogue.stack
    ):
        return dialogue
    due = tuple(_not_begun(frame, flows) for frame in dialogue.due if frame.flow in flows)
    decided = fates(dialogue, flows, on_change)
    dialogue = replace(dialogue, stack=(), due=due)
    for fate in decided:
        first = fate.frames[0]
        if fate.outcome == "goes_on":
            kept = (_up_to_date(frame, flows) for frame in fate.frames)
            dialogue = replace(dialogue, stack=(*dialogue.stack, *kept))
        elif fate.outcome == "restart":
            dialogue = replace(dialogue, stack=(*dialogue.stack, _begun_again(first, flows)))
        if fate.outcome in ("restart", "cancel"):
            context: dict[str, Value] = {"flow": first.flow, "reason": fate.outcome}
            dialogue = repair.due(dialogue, flows, "pattern_flow_changed", context)
    return dialogue


def fates(dialogue: Dialogue, flows: Flows, on_change: OnChange) -> tuple[Fate, ...]:
    """What the present flows make of each flow on the stack, bottom first."""
    decided: list[Fate] = []
    stack, at = dialogue.stack, 0
    while at < len(stack):
        stop = at + 1
        while stop < len(stack) and stack[stop].kind != "started":
            stop += 1
        decided.append(_fate(stack[at:stop], flows, on_change))
        at = stop
    return tuple(decided)


def _fate(group: tuple[Frame, ...], flows: Flows, on_change: OnChange) -> Fate:
    misfit = next((frame for frame in group if _misfit(frame, flows, on_change) is not None), None)
    if misfit is None:
        return Fate(group, "goes_on")
    reason, first = _misfit(misfit, flows, on_change), group[0]
    if first.kind != "started":
        return Fate(group, "dropped", reason, misfit)
    goes_on = on_change != "cancel" and first.flow in flows
    return Fate(group, "restart" if goes_on else "cancel", reason, misfit)


def _misfit(frame: Frame, flows: Flows, on_change: OnChange) -> Reason | None:
    """Why the present flows cannot run this frame as it is; ``None`` where they can."""
    if frame.flow not in flows:
        return "flow gone"
    if frame.step not in flows[frame.flow].steps:
        return "step gone"
    if on_change != "resume" and frame.fingerprint != flows[frame.flow].flow.fingerprint:
        return "flow changed"
    return None


def _unchanged(frame: Frame, flows: Flows) -> bool:
    """Whether its flow is what it was; a frame that keeps others would have to be looked into."""
    facts = flows.get(frame.flow)
    return facts is not None and not frame.calls and frame.fingerprint == facts.flow.fingerprint


def _up_to_date(frame: Frame, flows: Flows) -> Frame:
    """The frame without what it remembers of questions and calls that are no longer part of its flow."""
    if _unchanged(frame, flows):
        return frame
    facts = flows[frame.flow]
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
