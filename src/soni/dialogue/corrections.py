"""Changing an answer after the fact: where it was asked, how to go back behind that question, and when it is too late."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile

from soni.config.steps import Call, While, walk
from soni.dialogue.flows import Flows
from soni.dialogue.scope import fill, kept, owner, value_of
from soni.dialogue.state import Dialogue, Frame
from soni.dialogue.undoing import take_back
from soni.expressions import Expression
from soni.value import Value


@dataclass(frozen=True, slots=True)
class Place:
    """Where a slot was asked."""

    at: int
    """The frame's place on the stack."""
    calls: tuple[str, ...]
    """Call steps to walk down from there, into flows that were called and have finished."""
    step: str
    """The collect."""


def find_asked(dialogue: Dialogue, slot: str) -> Place | None:
    """Where the flow the user is in, or one it called, asked this slot; ``None`` where it did not."""
    if (base := dialogue.base) is None:
        return None
    start, stop = dialogue.group(dialogue.stack.index(base))
    at = stop - 1
    while at >= start:
        first = owner(dialogue, at)
        # The frames that share slots are one piece of work: the lowest that asked is where the answer was given first.
        for index in range(first, at + 1):
            if dialogue.stack[index].kind == "pattern":
                continue
            if place := _asked_in(dialogue.stack[index], index, slot, ()):
                return place
        at = first - 1
    return None


def _asked_in(frame: Frame, at: int, slot: str, calls: tuple[str, ...]) -> Place | None:
    if slot in frame.asked:
        return Place(at, calls, frame.asked[slot])
    for step, called in frame.calls.items():
        if place := _asked_in(called, at, slot, (*calls, step)):
            return place
    return None


def asked_value(dialogue: Dialogue, flows: Flows, place: Place, slot: str) -> Value:
    """The value the slot was given there; ``None`` where it is unset."""
    holder = _holder(dialogue.stack[place.at], place.calls)
    if holder is None or slot in kept(dialogue, place.at, flows):
        return value_of(dialogue, flows, place.at, slot)
    return holder.slots.get(slot)


def _holder(frame: Frame, calls: tuple[str, ...]) -> Frame | None:
    """The finished frame whose own slots hold what was asked down this path; ``None`` where they are the stack frame's."""
    holder = None
    for step in calls:
        frame = frame.calls[step]
        holder = holder if frame.shares else frame
    return holder


def too_late(dialogue: Dialogue, slots: Iterable[str]) -> bool:
    """True where a writing action has used one of these slots of the flow the user is in."""
    places = ((slot, find_asked(dialogue, slot)) for slot in slots)
    return any(place is not None and slot in _home(dialogue, place).used for slot, place in places)


def _home(dialogue: Dialogue, place: Place) -> Frame:
    """The frame whose own slots hold what was asked there."""
    return _holder(dialogue.stack[place.at], place.calls) or dialogue.stack[owner(dialogue, place.at)]


def use_up(dialogue: Dialogue, flows: Flows, slots: Iterable[str], at: int | None = None) -> Dialogue:
    """A writing action of the frame at ``at`` (default: the top) has used these slots: too late to correct them.

    So it is for what they were computed from, in the flows that called this one, too.
    """
    at = len(dialogue.stack) - 1 if at is None else at
    frame, used = _spent(dialogue.stack[at], flows, slots)
    dialogue = dialogue.with_frame(at, frame)
    if frame.kind != "called":
        return dialogue
    caller = dialogue.stack[at - 1]
    return use_up(dialogue, flows, _given(flows[caller.flow].steps.get(caller.step), used), at - 1)


def _spent(frame: Frame, flows: Flows, slots: Iterable[str]) -> tuple[Frame, frozenset[str]]:
    """The frame with these slots and their sources marked as used, in the calls it has made too; and their names."""
    facts, calls = flows[frame.flow], dict(frame.calls)
    used = _with_sources(facts.sources, slots)
    for step in reversed(list(frame.calls)):  # a later call may have been given what an earlier one gave back
        written, called = facts.steps.get(step), calls[step]
        if isinstance(written, Call) and called.flow in flows:
            its = used if written.inputs is None else {its for its, mine in written.outputs.items() if mine in used}
            calls[step], its_used = _spent(called, flows, its)
            used |= _with_sources(facts.sources, _given(written, its_used))
    return replace(frame, used=tuple(sorted(used.union(frame.used))), calls=calls), used


def release(dialogue: Dialogue, slots: Collection[str]) -> Dialogue:
    """The top frame asks these slots anew: they can be corrected again, in all the frames that share them."""
    at = len(dialogue.stack) - 1
    for sharing in range(owner(dialogue, at), at + 1):
        frame = dialogue.stack[sharing]
        used = tuple(slot for slot in frame.used if slot not in slots)
        dialogue = dialogue.with_frame(sharing, replace(frame, used=used))
    return dialogue


def asked_in(frame: Frame) -> frozenset[str]:
    """The slots that this frame has asked, and the flows that it called on the same slots, however deep."""
    return frozenset(frame.asked).union(*(asked_in(called) for called in frame.calls.values() if called.shares))


def _with_sources(sources: Mapping[str, frozenset[str]], slots: Iterable[str]) -> frozenset[str]:
    names = frozenset(slots)
    return names.union(*(sources.get(name, ()) for name in names))


def _given(step: object, names: Collection[str]) -> frozenset[str]:
    """The caller's slots from which a call step has given these slots of the called flow."""
    if not isinstance(step, Call) or step.inputs is None:
        return frozenset(names)
    given = (written for its, written in step.inputs.items() if its in names)
    return frozenset().union(*(written.names for written in given if isinstance(written, Expression)))


def rewind(
    dialogue: Dialogue, flows: Flows, frame_id: int, values: Mapping[str, Value], *, computes: bool = True
) -> Dialogue:
    """Change these slots of the started frame with this id, and go on behind the first question that is touched.

    A slot that becomes unset is asked again; the answers behind it are kept, and reviewed as the flow passes them; what
    was computed behind it is taken back where ``computes`` tells that it will be computed again. Where the flow has yet
    to come to that question again, it stays where it is.
    """
    places = {slot: place for slot in values if (place := find_asked(dialogue, slot)) is not None}
    base = dialogue.index_of(frame_id)
    if base is None or not places:
        return dialogue
    first = min(places.values(), key=lambda place: _order(dialogue, flows, place))
    for slot, place in places.items():
        dialogue = _change(dialogue, flows, place, slot, values[slot])
    if _order(dialogue, flows, first) > _standing(dialogue, flows, base):
        return dialogue
    unset = any(values[slot] is None and places[slot] == first for slot in places)
    dialogue, computed = _enter(dialogue, flows, first, unset=unset)
    for at, steps in computed.items() if computes else ():
        dialogue = take_back(dialogue, flows, at, steps, keep=values)
    return dialogue


def _order(dialogue: Dialogue, flows: Flows, place: Place) -> tuple[int, ...]:
    """Places in the order in which the flow comes to them: the calls on the way there, and the question."""
    start, _ = dialogue.group(place.at)
    steps = [_position(flows, frame, frame.step) for frame in dialogue.stack[start : place.at]]
    frame = dialogue.stack[place.at]
    for step in place.calls:
        steps.append(_position(flows, frame, step))
        frame = frame.calls[step]
    return (*steps, _position(flows, frame, place.step))


def _standing(dialogue: Dialogue, flows: Flows, base: int) -> tuple[int, ...]:
    """Where the started flow at this place of the stack stands, in the same order."""
    calls = takewhile(lambda frame: frame.kind == "called", dialogue.stack[base + 1 :])
    return tuple(_position(flows, frame, frame.step) for frame in (dialogue.stack[base], *calls))


def _position(flows: Flows, frame: Frame, step: str) -> int:
    facts = flows.get(frame.flow)
    return facts.position.get(step, 0) if facts else 0


def _change(dialogue: Dialogue, flows: Flows, place: Place, slot: str, value: Value) -> Dialogue:
    """Store the value where the slot lives: the stack frame's slots, or those of a finished call."""
    if slot in kept(dialogue, place.at, flows) or _holder(dialogue.stack[place.at], place.calls) is None:
        return fill(dialogue, flows, place.at, {slot: value})
    return dialogue.with_frame(place.at, _with_nested(dialogue.stack[place.at], place.calls, slot, value))


def _with_nested(frame: Frame, calls: tuple[str, ...], slot: str, value: Value) -> Frame:
    """The frame with the slot changed in the innermost finished call on this path that has slots of its own."""
    called = frame.calls[calls[0]]
    if len(calls) > 1 and _holder(called, calls[1:]) is not None:
        changed = _with_nested(called, calls[1:], slot, value)
    else:
        changed = called.with_slot(slot, value)
    return replace(frame, calls={**frame.calls, calls[0]: changed})


def _enter(
    dialogue: Dialogue, flows: Flows, place: Place, *, unset: bool
) -> tuple[Dialogue, Mapping[int, frozenset[str]]]:
    """Stand behind the question at this place, with what stood above it set aside.

    With it comes, for each frame on the way there, by its place on the stack, which steps will compute again.
    """
    _, stop = dialogue.group(place.at)
    above, below = dialogue.stack[stop:], dialogue.stack[: place.at]
    frame = _broken_off(dialogue.stack[place.at], dialogue.stack[place.at + 1 : stop])
    frames: list[Frame] = []
    computed: dict[int, frozenset[str]] = {}
    for step in place.calls:
        computed[place.at + len(frames)] = computing(frame, flows, step)
        caller, frame = replace(frame, calls=without(frame.calls, step)), frame.calls[step]
        frames.append(_behind(flows, caller, step, answer=False))
    computed[place.at + len(frames)] = computing(frame, flows, place.step)
    frames.append(_behind(flows, frame, place.step, answer=not unset))
    return replace(dialogue, stack=(*below, *frames, *above)), computed


def computing(frame: Frame, flows: Flows, step: str | None = None) -> frozenset[str]:
    """The steps behind this one (default: all) that have computed something and will again."""
    here = -1 if step is None else _position(flows, frame, step)
    standing = _standing_loops(frame, flows, here)
    stays = {*standing.within, *standing.resets}
    return frozenset(each for each in frame.filled if _position(flows, frame, each) > here and each not in stays)


def _broken_off(frame: Frame, above: Iterable[Frame]) -> Frame:
    """The frame without its open calls: they leave behind what they asked and did, for when they are made anew."""
    frames = [frame, *takewhile(lambda each: each.kind == "called", above)]
    while len(frames) > 1:
        called = frames.pop()
        frames[-1] = replace(frames[-1], calls={**frames[-1].calls, frames[-1].step: called})
    return frames[0]


def without(calls: Mapping[str, Frame], step: str) -> dict[str, Frame]:
    """The calls that came back, but for the one of this step, which is open again."""
    return {name: called for name, called in calls.items() if name != step}


def done_only(called: Frame) -> Frame:
    """A call that is no longer on the way: its answers are dropped, what it has done to the world is done."""
    return replace(
        called,
        slots={slot: value for slot, value in called.slots.items() if slot not in called.asked},
        asked={},
        skipped=(),
        early={},
        calls={step: done_only(inner) for step, inner in called.calls.items()},
    )


def made_anew(calls: Mapping[str, Frame], steps: Collection[str]) -> dict[str, Frame]:
    """The calls, where a jump leads back before these: what they do, they do anew.

    Where the slots are the caller's, it is still known where they were asked; a flow with slots of its own asks again.
    """
    return {
        step: _undone(called) if step in steps else called
        for step, called in calls.items()
        if called.shares or step not in steps
    }


def _undone(called: Frame) -> Frame:
    return replace(called, used=(), written=(), settled=(), filled={}, calls=made_anew(called.calls, called.calls))


def called_anew(before: Frame, fresh: Frame, flows: Flows) -> Frame:
    """A call that a correction leads past again: what it asked is reviewed, what it has done to the world is done."""
    review, settled = _passed_again(before, flows, -1)
    return replace(
        before,
        step=fresh.step,
        kind=fresh.kind,
        shares=fresh.shares,
        fingerprint=fresh.fingerprint,
        waiting=False,
        answer=None,
        attempts={},
        rounds={},
        review=review,
        settled=settled,
    )


def _behind(flows: Flows, frame: Frame, step: str, *, answer: bool) -> Frame:
    """The frame at this step, which counts as answered, with all that it passed after it up for review."""
    facts = flows.get(frame.flow)
    position = facts.position if facts else {}
    here = position.get(step, 0)
    review, settled = _passed_again(frame, flows, here)
    return replace(
        frame,
        step=step,
        answer="given" if answer else None,
        waiting=False,
        attempts={},
        # A loop that is come to again from outside begins with its first round; one that this is inside of goes on.
        rounds={loop: number for loop, number in frame.rounds.items() if position.get(loop, -1) <= here},
        review=review,
        settled=settled,
    )


def _passed_again(frame: Frame, flows: Flows, here: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of what the frame has passed behind this position: the questions and calls to review, and what is not done again."""
    facts = flows.get(frame.flow)
    position = facts.position if facts else {}
    standing = _standing_loops(frame, flows, here)
    behind = [step for step in (*frame.asked.values(), *frame.calls) if position.get(step, -1) > here]
    done = [step for step in frame.written if position.get(step, -1) > here]
    review = tuple(step for step in behind if step not in standing.within)
    settled = (*(step for step in done if step not in standing.within), *standing.over, *standing.resets)
    return review, settled


@dataclass(frozen=True, slots=True)
class _Standing:
    """What stays of the loops behind a corrected question: of their rounds but the last nobody knows any more what they did."""

    over: tuple[str, ...]
    """Loops whose rounds are over: where their condition holds again, there is one more."""
    within: frozenset[str]
    """The steps in them."""
    resets: tuple[str, ...]
    """Steps that would set back what a loop has counted or gathered."""


def _standing_loops(frame: Frame, flows: Flows, here: int) -> _Standing:
    facts = flows.get(frame.flow)
    if facts is None:
        return _Standing((), frozenset(), ())
    passed = {*frame.asked.values(), *frame.calls, *frame.written, *frame.filled}
    over: list[str] = []
    within: set[str] = set()
    gathered = _gathered(frame, flows, here)
    for loop in facts.steps.values():
        if not isinstance(loop, While) or facts.position[loop.step] <= here:
            continue
        body = {inner.step: inner for inner in walk(loop.do)}
        if loop.step not in frame.rounds and passed & body.keys():
            over.append(loop.step)
            within |= body.keys()
    resets = tuple(
        step
        for step, changes in frame.filled.items()
        if step not in within and any(here < facts.position.get(step, -1) < gathered.get(slot, -1) for slot in changes)
    )
    return _Standing(tuple(over), frozenset(within), resets)


def _gathered(frame: Frame, flows: Flows, here: int) -> dict[str, int]:
    """The slots that loops behind this position have filled, also those of shared called flows; with where the last one is."""
    facts = flows.get(frame.flow)
    if facts is None:
        return {}
    passed = {*frame.asked.values(), *frame.calls, *frame.written, *frame.filled}
    found: dict[str, int] = {}
    for step in facts.steps.values():
        at = facts.position[step.step]
        if at <= here:
            continue
        if isinstance(step, While):
            body = {inner.step for inner in walk(step.do)}
            is_open = step.step in frame.rounds
            if is_open or passed & body:
                slots = frozenset().union(*(facts.fills.get(inner, ()) for inner in body))
                # The answers of a round that is under way are reviewed as it is gone through again.
                found |= dict.fromkeys(slots if is_open else slots | _asked_by(frame, body), at)
        elif (called := frame.calls.get(step.step)) is not None and called.shares:
            found |= dict.fromkeys(_gathered(called, flows, -1), at)
    return found


def _asked_by(frame: Frame, steps: Collection[str]) -> frozenset[str]:
    """The slots that these steps of the frame have asked, in flows they called on the same slots too."""
    called = (called for step, called in frame.calls.items() if step in steps and called.shares)
    return frozenset(slot for slot, step in frame.asked.items() if step in steps).union(*map(asked_in, called))
