"""How flows come onto the stack and leave it: start, bring up, make room, finish, cancel."""

from dataclasses import replace

from soni.config.steps import Confirm
from soni.dialogue import repair
from soni.dialogue.corrections import rewind
from soni.dialogue.flows import Flows
from soni.dialogue.scope import owner
from soni.dialogue.state import Dialogue, Effect, Frame
from soni.value import Value


def start_flow(dialogue: Dialogue, flow: str, flows: Flows) -> Dialogue:
    """A new frame of this flow on top; what was underneath is interrupted."""
    dialogue = without_clarification(dialogue)
    if (running := started(dialogue)) and running[-1].entered:
        dialogue = repair.due(dialogue, flows, "pattern_interrupted", {"flow": running[-1].flow, "new": flow})
    return replace(dialogue.push(flows[flow].frame()), idle_turns=0)


def bring_up(dialogue: Dialogue, frame_id: int) -> Dialogue:
    """The started frame with this id, and all that stands on it, on top of the stack."""
    dialogue = without_clarification(dialogue)
    at = dialogue.index_of(frame_id)
    assert at is not None
    start, stop = dialogue.group(at)
    if stop == len(dialogue.stack):
        return dialogue
    moved, above = dialogue.stack[start:stop], dialogue.stack[stop:]
    above = (*above[:-1], replace(above[-1], waiting=False))
    return replace(dialogue, stack=(*dialogue.stack[:start], *above, *moved))


def make_room(dialogue: Dialogue, flows: Flows) -> Dialogue:
    """Without the oldest flow, where another one would be more than may be open at once."""
    running = started(dialogue)
    if len(running) < flows.limits.max_stack_depth or flows.limits.on_limit_reached != "cancel_oldest":
        return dialogue
    return _without_group(dialogue, dialogue.stack.index(running[0]))


def leave_for(dialogue: Dialogue, flow: str, flows: Flows) -> Dialogue:
    """Without the flows that are about to be left, where this one could not start beside them.

    A cancel waits for its pattern, which may ask, and stay. A flow that is left and begun anew in one breath, or that
    takes the place of another, cannot wait for that: what is said about the cancel is only said.
    """
    leaving = [frame for frame in dialogue.stack if frame.kind == "started" and frame.id in _left(dialogue)]
    full = len(started(dialogue)) + len(leaving) >= flows.limits.max_stack_depth
    for frame in leaving:
        if full or frame.flow == flow:
            at = dialogue.index_of(frame.id)
            assert at is not None
            due = tuple(
                replace(each, effect=None) if each.effect == Effect("cancel", frame.id) else each
                for each in dialogue.due
            )
            dialogue = replace(_without_group(dialogue, at), due=due)
    return dialogue


def _left(dialogue: Dialogue) -> set[int]:
    """The started frames that are left when the patterns that are due have ended."""
    return {f.effect.frame for f in dialogue.due if f.effect is not None and f.effect.kind == "cancel"}


def started(dialogue: Dialogue) -> list[Frame]:
    """The flows that the user started and that stay open, the bottom one first; neither calls nor patterns count."""
    left = _left(dialogue)
    return [frame for frame in dialogue.stack if frame.kind == "started" and frame.id not in left]


def finish(dialogue: Dialogue, flows: Flows) -> Dialogue:
    """The top frame has come to its end: a pattern takes effect, a called flow comes back, a started one makes way."""
    frame = dialogue.top
    assert frame is not None
    if frame.kind == "pattern":
        return _take_effect(dialogue.pop(), frame, flows)
    if frame.kind == "called":
        dialogue = dialogue.pop()
        caller = dialogue.top
        assert caller is not None
        back = replace(caller, answer="returned", waiting=False, calls={**caller.calls, caller.step: frame})
        return dialogue.with_top(back)
    most = flows.limits.max_completed_flows
    completed = (*dialogue.completed, frame.flow)[-most:] if most else ()
    return _make_way(replace(dialogue.pop(), completed=completed), frame.flow, "ended", flows)


def abandon(dialogue: Dialogue, flows: Flows, reason: str) -> Dialogue:
    """A step goes to ``cancel_flow``: a pattern forgoes its effect; any other flow is cancelled, with a word about it."""
    dialogue, left = without_running(dialogue)
    if left.kind == "pattern":
        return dialogue
    dialogue = repair.due(dialogue, flows, "pattern_cancel", {"flow": left.flow, "reason": reason})
    return _make_way(dialogue, left.flow, "cancelled", flows)


def without_running(dialogue: Dialogue) -> tuple[Dialogue, Frame]:
    """The dialogue without what runs: a pattern or a started flow, with all that it called; and that frame."""
    at = len(dialogue.stack) - 1
    while at > 0 and dialogue.stack[at].kind == "called":
        at -= 1
    return replace(dialogue, stack=dialogue.stack[:at]), dialogue.stack[at]


def cancel(dialogue: Dialogue, frame_id: int, flows: Flows) -> Dialogue:
    """Without the started frame with this id and all that stands on it; the flow below resumes."""
    at = dialogue.index_of(frame_id)
    if at is None:
        return dialogue
    flow, was_base = dialogue.stack[at].flow, dialogue.stack[at] is dialogue.base
    dialogue = _without_group(dialogue, at)
    return _make_way(dialogue, flow, "cancelled", flows) if was_base else dialogue


def without_frame(dialogue: Dialogue, frame_id: int) -> Dialogue:
    """The dialogue without the pattern of this id and what it has called."""
    start = dialogue.index_of(frame_id)
    assert start is not None
    stop = start + 1
    while stop < len(dialogue.stack) and dialogue.stack[stop].kind == "called":
        stop += 1
    return replace(dialogue, stack=(*dialogue.stack[:start], *dialogue.stack[stop:]))


def _take_effect(dialogue: Dialogue, pattern: Frame, flows: Flows) -> Dialogue:
    effect = pattern.effect
    if effect is None:
        return dialogue
    if effect.kind == "cancel":
        return cancel(dialogue, effect.frame, flows)
    asking, values = dialogue.top, dict(effect.slots)
    if asking is not None and asking.flow in flows and _reaches(dialogue, asking, effect.frame):
        step = flows[asking.flow].steps.get(asking.step)
        if isinstance(step, Confirm) and step.on_change is not None and None not in values.values():
            at = len(dialogue.stack) - 1
            changed = rewind(dialogue, flows, effect.frame, values, computes=False)
            # Where the flow has to go back into a call first, it comes to the confirm again by itself.
            if changed.index_of(asking.id) == at == len(changed.stack) - 1:
                back = replace(changed.stack[at], step=asking.step, answer="changed", review=(), settled=())
                return changed.with_top(back)
            return changed
    return rewind(dialogue, flows, effect.frame, values)


def _reaches(dialogue: Dialogue, frame: Frame, base: int) -> bool:
    at = dialogue.index_of(frame.id)
    return at is not None and dialogue.stack[dialogue.group(owner(dialogue, at))[0]].id == base


def _make_way(dialogue: Dialogue, flow: str, reason: str, flows: Flows) -> Dialogue:
    """Say what follows the end of a flow: another one resumes, or everything is done."""
    dialogue = replace(dialogue, idle_turns=0)
    context: dict[str, Value] = {"reason": reason}
    if (base := dialogue.base) is not None:
        if not base.entered:  # one that was asked for in the same breath begins; there is nothing to go back to
            return dialogue
        return repair.due(dialogue, flows, "pattern_resumed", {**context, "flow": base.flow, "old": flow})
    return repair.due(dialogue, flows, "pattern_completed", {**context, "flow": flow})


def _without_group(dialogue: Dialogue, at: int) -> Dialogue:
    start, stop = dialogue.group(at)
    return replace(dialogue, stack=(*dialogue.stack[:start], *dialogue.stack[stop:]))


def without_clarification(dialogue: Dialogue) -> Dialogue:
    """Without a ``pattern_clarification`` that asks by itself: any flow that starts answers it, and so does leaving it."""
    for frame in dialogue.stack:
        if frame.flow == repair.CLARIFICATION:
            dialogue = without_frame(dialogue, frame.id)
    return dialogue
