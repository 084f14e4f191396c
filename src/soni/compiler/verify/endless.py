"""Ways that go round without asking anybody: a turn on them ends only because its steps are counted."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final, TypeAlias

from soni.compiler.verify.cycles import cycles, round_trip
from soni.compiler.verify.touching import changes, may_clear
from soni.compiler.verify.ways import Fact, Plan, Way
from soni.config.problems import Finding
from soni.config.steps import Action, Call, Collect, Confirm, Handoff, Link, Step, While
from soni.expressions import Expression

_Spot: TypeAlias = tuple[str, str]
"""A flow and a step of it; of a way that leads out of the flow, the target instead of the step."""
_Leading: TypeAlias = Mapping[_Spot, tuple[tuple[_Spot, Way], ...]]

MOST_LOOKED_AT: Final = 2_000
"""Steps of a search for a way round; where it needs more, nothing is told."""


def endless_ways(plan: Plan) -> Iterator[Finding]:
    """Ways that nothing can leave, and ways whose conditions nothing on them changes."""
    leading = _leading(plan)
    for round_ in _rounds(plan, leading):
        if all(target in round_ for spot in round_ for target, _ in leading[spot]):
            message = "nobody is asked on it, and nothing leads out of it"
            yield from _told(plan, leading, round_, message, "endless")
        elif (names := _settled_by(plan, leading, round_)) is not None:
            message = f"nobody is asked on it, and nothing on it changes {names}"
            yield from _told(plan, leading, round_, message, "stuck-loop")


def endless_retries(plan: Plan) -> Iterator[Finding]:
    """Actions that are tried again for as long as they fail, while the user waits."""
    leading = _leading(plan)
    failing: dict[_Spot, tuple[tuple[_Spot, Way], ...]] = {}
    for spot, ways in leading.items():
        fails = tuple((target, way) for target, way in ways if way.kind in ("fail", "skip"))
        action = isinstance(_step(plan, spot), Action)
        failing[spot] = ways if not action else fails if any(way.kind == "fail" for _, way in fails) else ()
    for round_ in _rounds(plan, failing):
        tried = {spot for spot in round_ if isinstance(_step(plan, spot), Action)}
        stays = all(target in round_ for spot in round_ for target, _ in failing[spot])
        leaves = any(target not in round_ for spot in round_ for target, _ in leading[spot])
        if stays and leaves and tried:
            flow, name = _first(plan, tried)
            message = f"as long as it fails, the step {name!r} is tried again and again, and nobody is asked"
            yield Finding(plan.route(flow, name), message, severity="warning", code="endless-retry")


# --- the ways ----------------------------------------------------------------------------------------------------


def _leading(plan: Plan) -> _Leading:
    """Every step that need not ask anybody, and where it leads when nobody is asked.

    A link leads into the other flow. A flow that the user started leads to ``pattern_completed`` when it ends: that is
    so where no other flow is beneath, as it is in every flow to which ``pattern_completed`` itself has led.
    """
    leading: dict[_Spot, tuple[tuple[_Spot, Way], ...]] = {}
    for flow in plan.graphs:
        for name in plan.reached[flow]:
            step = plan.graphs[flow].placed[name].step
            if _asks(plan, step):
                continue
            ways = [way for way in plan.ways[flow][name] if way.kind in ("on", "skip", "fail")]
            targets = [(_spot(plan, flow, way.target), way) for way in ways]
            if isinstance(step, Link) and step.flow in plan.graphs:
                targets.append(((step.flow, plan.first(step.flow)), Way(step.flow)))
            leading[flow, name] = tuple(targets)
    return leading


def _spot(plan: Plan, flow: str, target: str) -> _Spot:
    if target == "end" and not plan.flows[flow].pattern:
        return "pattern_completed", plan.first("pattern_completed")
    return flow, plan.place(flow, target) or target


def _asks(plan: Plan, step: Step) -> bool:
    """Whether the user may be asked here each time, or the flow may be left."""
    match step:
        case Confirm() | Handoff():
            return True
        case Collect():
            return step.force or bool(step.rejections)
        case Call():
            return step.flow not in plan.graphs or any(_may_stop(plan, flow) for flow in plan.called[step.flow])
        case _:
            return False


def _may_stop(plan: Plan, flow: str) -> bool:
    if any(isinstance(step, Collect | Confirm | Handoff | Link) for step in plan.steps(flow)):
        return True
    return any(way.target == "cancel_flow" for step in plan.reached[flow] for way in plan.ways[flow][step])


def _rounds(plan: Plan, leading: _Leading) -> Iterator[frozenset[_Spot]]:
    """The largest parts of the flows that go round without asking."""
    for round_ in cycles({spot: [target for target, _ in ways] for spot, ways in leading.items()}):
        asking = {spot for spot in round_ if _asked_anew(plan, leading, spot, round_)}
        if asking:
            yield from _rounds(plan, {spot: leading[spot] for spot in round_ - asking})
        else:
            yield round_


def _asked_anew(plan: Plan, leading: _Leading, spot: _Spot, round_: Collection[_Spot]) -> bool:
    """Whether a collect asks again when the flow comes round to it: its slot may have been unset meanwhile."""
    flow, name = spot
    step = _step(plan, spot)
    if not isinstance(step, Collect):
        return False
    for other in round_:
        if isinstance(passed := _step(plan, other), Link):
            return True
        if other[0] != flow:
            continue
        if step.slot in may_clear(plan, passed) or any(way.target == "restart" for _, way in leading[other]):
            return True
        if isinstance(passed, While) and name in plan.graphs[flow].bodies[passed.step]:
            return True
    return False


# --- whether it can be left -------------------------------------------------------------------------------------------


def _settled_by(plan: Plan, leading: _Leading, round_: frozenset[_Spot]) -> str | None:
    """The slots that decide whether it goes round, where nothing on it changes them and it can go round at all."""
    changed: set[str] = set()
    decisive: set[str] = set()
    for spot in round_:
        step = _step(plan, spot)
        ways = leading[spot]
        if isinstance(step, Link) or any(way.kind == "fail" and target not in round_ for target, way in ways):
            return None
        if not isinstance(step, Collect):  # on this way round it asks once, and is passed from then on
            changed.update(changes(plan, step))
        for _, way in ways:
            decisive.update(name for subject, _ in way.where for name in _names(subject))
    inside = {spot: tuple(way for way in leading[spot] if way[0] in round_) for spot in round_}
    if not decisive or changed & decisive or not _goes_round(inside):
        return None
    return ", ".join(repr(name) for name in sorted(decisive))


def _names(subject: Expression | str) -> frozenset[str]:
    return subject.names if isinstance(subject, Expression) else frozenset({subject})


def _goes_round(inside: _Leading) -> bool:
    """Whether there is a way round on which no condition has to hold at one step and not at another."""
    looked_at = 0
    for start in inside:
        waiting: list[tuple[_Spot, dict[Expression | str, bool | str], frozenset[_Spot]]] = [(start, {}, frozenset())]
        while waiting:
            looked_at += 1
            if looked_at > MOST_LOOKED_AT:
                return False
            spot, known, passed = waiting.pop()
            for target, way in inside[spot]:
                if (facts := _together(known, way.where)) is None:
                    continue
                if target == start:
                    return True
                if target not in passed:
                    waiting.append((target, facts, passed | {target}))
    return False


def _together(
    known: Mapping[Expression | str, bool | str], where: tuple[Fact, ...]
) -> dict[Expression | str, bool | str] | None:
    """What is known with these facts; ``None`` where they contradict it."""
    facts = dict(known)
    for subject, outcome in where:
        if facts.setdefault(subject, outcome) != outcome:
            return None
    return facts


# --- in words ------------------------------------------------------------------------------------------------------


def _told(plan: Plan, leading: _Leading, round_: frozenset[_Spot], why: str, code: str) -> Iterator[Finding]:
    flow, name = first = _first(plan, round_)
    keys = ("condition",) if isinstance(_step(plan, first), While) else ()
    inside = {spot: [target for target, _ in leading[spot] if target in round_] for spot in round_}
    trip = round_trip(inside, first)
    way = " → ".join(step if at == flow else f"{at}.{step}" for at, step in trip)
    message = f"this goes round without end ({way}): {why}"
    if (collect := next((step for at in trip if isinstance(step := _step(plan, at), Collect)), None)) is not None:
        message += f"; {collect.step!r} asks once, and not again while {collect.slot!r} is filled: 'force' it, or set it to null"
    yield Finding(plan.route(flow, name, *keys), message, code=code)


def _first(plan: Plan, round_: Collection[_Spot]) -> _Spot:
    """The first of these spots that the author wrote; the patterns that are shipped do not go round by themselves."""
    return next((flow, name) for flow in plan.config.flows for name in plan.reached[flow] if (flow, name) in round_)


def _step(plan: Plan, spot: _Spot) -> Step:
    return plan.graphs[spot[0]].placed[spot[1]].step
