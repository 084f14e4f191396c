"""What a step decides, and how the dialogue follows it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from soni.compiler.blocks import FlowGraph, Placed
from soni.dialogue import repair
from soni.dialogue.corrections import asked_in, done_only, made_anew, release
from soni.dialogue.flows import Flows
from soni.dialogue.scope import fill, owner
from soni.dialogue.stack import abandon, bring_up, finish, make_room, started, without_running
from soni.dialogue.state import Dialogue, Frame
from soni.dialogue.undoing import filled_since, forget, take_back, without_old


@dataclass(frozen=True, slots=True)
class Next:
    """Go on behind this step."""


@dataclass(frozen=True, slots=True)
class Goto:
    """Go on at a step, or at ``end``, ``cancel_flow``, ``restart``."""

    target: str
    corrected: bool = False
    """True where a correction leads there: what has had its effect is not done again."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The user has been asked."""


@dataclass(frozen=True, slots=True)
class Push:
    """Run this frame on top, and come back to this step."""

    frame: Frame
    again: frozenset[str] = frozenset()
    """Steps of it that have computed something before, and will again."""


@dataclass(frozen=True, slots=True)
class Swap:
    """Hand over to this flow, and do not come back."""

    flow: str


Outcome: TypeAlias = Next | Goto | Wait | Push | Swap
Stepped: TypeAlias = tuple[Dialogue, Outcome]
"""What a step has made of the dialogue, and where it goes from there."""


def follow(dialogue: Dialogue, placed: Placed, outcome: Outcome, graph: FlowGraph, flows: Flows) -> Dialogue:
    """The dialogue after its top frame's step decided."""
    frame = dialogue.top
    assert frame is not None
    match outcome:
        case Next():
            return _go(dialogue, placed, placed.next, graph, flows)
        case Goto(target, corrected):
            return _go(dialogue, placed, target, graph, flows, corrected=corrected)
        case Wait():
            return dialogue.with_top(replace(frame, waiting=True))
        case Push(called, again):
            return take_back(dialogue.push(called), flows, len(dialogue.stack), again)
        case Swap(flow):
            return _hand_over(dialogue, flow, flows)
        case _:
            assert_never(outcome)


def skip(dialogue: Dialogue, placed: Placed, graph: FlowGraph, flows: Flows) -> Dialogue:
    """The dialogue after a step whose ``when`` is false."""
    return _go(dialogue, placed, placed.following, graph, flows)


def _go(
    dialogue: Dialogue, placed: Placed, target: str, graph: FlowGraph, flows: Flows, *, corrected: bool = False
) -> Dialogue:
    frame = dialogue.top
    assert frame is not None
    if frame.review or frame.settled:
        dialogue, frame = _review(dialogue, frame, placed.step.step, graph.ahead.get(target, frozenset()), flows)
    match target:
        case "end":
            return finish(dialogue, flows)
        case "cancel_flow":
            return abandon(dialogue, flows, "flow")
        case "restart":
            asked = asked_in(frame)
            dialogue = release(fill(dialogue, flows, len(dialogue.stack) - 1, dict.fromkeys(asked)), asked)
            fresh = flows[frame.flow].frame(frame.kind, context=frame.context, effect=frame.effect)
            given = flows[frame.flow].flow.input_names if frame.kind == "called" else ()
            slots = {name: frame.slots[name] for name in given if name in frame.slots}
            return dialogue.with_top(replace(fresh, id=frame.id, shares=frame.shares, slots=slots))
        case _:
            if corrected:
                dialogue = dialogue.with_top(_settling(frame, target, flows))
            else:
                dialogue = _going_back(dialogue, frame, placed, target, flows)
            assert dialogue.top is not None
            return dialogue.with_top(replace(dialogue.top, step=target))


def _going_back(dialogue: Dialogue, frame: Frame, placed: Placed, target: str, flows: Flows) -> Dialogue:
    """The dialogue, where its top frame jumps to an earlier step: what it does from there on, it does anew.

    A while forgets its own body when it begins another round.
    """
    position = flows[frame.flow].position
    if target in placed.loops or position[target] >= position[placed.step.step]:
        return dialogue
    dialogue = release(dialogue, _asked_anew(dialogue, frame, position, position[target]))
    assert dialogue.top is not None
    frame = forget(dialogue.top, {step for step in frame.filled if position.get(step, -1) >= position[target]})
    frame = replace(
        frame,
        written=tuple(step for step in frame.written if position.get(step, -1) < position[target]),
        settled=tuple(step for step in frame.settled if position.get(step, -1) < position[target]),
        calls=made_anew(frame.calls, {step for step in frame.calls if position.get(step, -1) >= position[target]}),
    )
    return dialogue.with_top(frame)


def _asked_anew(dialogue: Dialogue, frame: Frame, position: Mapping[str, int], here: int) -> set[str]:
    """The slots that were asked first from here on, by the top frame or in flows it called on the same slots."""
    shared = {step: called for step, called in frame.calls.items() if called.shares}
    first = {slot: step for step in reversed(shared) for slot in asked_in(shared[step])} | dict(frame.asked)
    at = len(dialogue.stack) - 1
    before = frozenset().union(*(asked_in(below) for below in dialogue.stack[owner(dialogue, at) : at]))
    return {slot for slot, step in first.items() if position.get(step, -1) >= here and slot not in before}


def _settling(frame: Frame, target: str, flows: Flows) -> Frame:
    """The frame, where a correction leads to this step: the effects from there on are had, and are passed."""
    position = flows[frame.flow].position
    return replace(frame, settled=tuple(step for step in frame.written if position.get(step, -1) >= position[target]))


def _review(
    dialogue: Dialogue, frame: Frame, passed: str, ahead: frozenset[str], flows: Flows
) -> tuple[Dialogue, Frame]:
    """After a correction: answers of the top frame whose questions can no longer be reached are dropped.

    What a step on the new way has filled meanwhile stays, and forgets the answer it took the place of.
    """
    asks = flows[frame.flow].asks
    still_asked = {asks[step] for step in ahead if step in asks}
    gone = {step for step in frame.review if step not in ahead and step != passed}
    unreachable = {slot for slot, step in frame.asked.items() if step in gone and slot not in still_asked}
    for step in gone & frame.calls.keys():
        if frame.calls[step].shares:
            unreachable.update(slot for slot in asked_in(frame.calls[step]) if slot not in still_asked)
    at = len(dialogue.stack) - 1
    computed = {slot for slot in unreachable if filled_since(dialogue, flows, at, slot)}
    frame = replace(
        without_old(frame, computed),
        asked={slot: step for slot, step in frame.asked.items() if slot not in unreachable},
        calls={step: done_only(called) if step in gone else called for step, called in frame.calls.items()},
        review=tuple(step for step in frame.review if step in ahead),
        settled=tuple(step for step in frame.settled if step in ahead),
    )
    dialogue = fill(dialogue.with_top(frame), flows, at, dict.fromkeys(unreachable - computed))
    assert dialogue.top is not None
    return dialogue, dialogue.top


def _hand_over(dialogue: Dialogue, flow: str, flows: Flows) -> Dialogue:
    """Replace what runs by another flow: a pattern only itself, any other flow with all that called it."""
    dialogue, left = without_running(dialogue)
    if flow.startswith("pattern_"):
        context = left.context or {"flow": left.flow, "title": repair.title(left.flow)}
        return dialogue.push(flows[flow].frame("pattern", context=context))
    running = next((f for f in reversed(dialogue.stack) if f.kind == "started" and f.flow == flow), None)
    if running is not None:
        return bring_up(dialogue, running.id)
    dialogue = make_room(dialogue, flows)
    if len(started(dialogue)) >= flows.limits.max_stack_depth:  # a pattern leads on, and no flow may make way for it
        return repair.due(dialogue, flows, "pattern_cannot_handle", {"reason": "stack_full"})
    return dialogue.push(flows[flow].frame("started"))
