"""Slots that are read before anything can have filled them."""

from collections.abc import Iterator, Mapping

from soni.compiler.verify.touching import fills, reads, texts
from soni.compiler.verify.ways import Plan
from soni.config.check_unset import in_reach
from soni.config.problems import Finding, Route
from soni.config.steps import Call


def unset_reads(plan: Plan) -> Iterator[Finding]:
    """A slot that no way to a step can have filled, so that the step never has a value to work with.

    What a user may say early counts as filled from the start. A text whose slot nothing in sight ever fills is told when
    the assistant is read (``unset-slot``), and not here again. Repair patterns read what is beneath them.
    """
    begun, near = _begun(plan), in_reach(plan.config)
    for graph in plan.own:
        name = graph.name
        if plan.flows[name].pattern or (start := begun[name]) is None:
            continue
        before = _before(plan, name, start)
        for at in plan.reached[name]:
            step = graph.placed[at].step
            shown = ((keys, slot) for keys, slot in texts(plan, step) if slot in near[name])
            for keys, slot in dict.fromkeys([*shown, *reads(plan, step)]):
                if slot in plan.config.slots and slot not in before[at]:
                    yield _told(plan.route(name, at, *keys), slot)


def _told(route: Route, slot: str) -> Finding:
    message = f"{slot!r} is never set when the flow comes here: nothing on any way to this step fills it"
    return Finding(route, message, severity="warning", code="read-before-set")


def _begun(plan: Plan) -> Mapping[str, frozenset[str] | None]:
    """Flow → the slots that may be filled when it begins; ``None`` where that can be any."""
    lasting = _lasting(plan)
    begun: dict[str, frozenset[str] | None] = {
        name: lasting | (plan.flows[name].own - plan.flows.system) | frozenset(graph.flow.input_names)
        for name, graph in plan.graphs.items()
    }
    waiting = list(plan.graphs)
    while waiting:
        name = waiting.pop()
        start = None if plan.flows[name].pattern else begun[name]
        before = None if start is None else _before(plan, name, start)
        for step in plan.steps(name):
            if not isinstance(step, Call) or step.inputs is not None or step.flow not in plan.graphs:
                continue
            known = begun[step.flow]
            now = None if known is None or before is None else known | before[step.step]
            if now != known:
                begun[step.flow] = now
                waiting.append(step.flow)
    return begun


def _lasting(plan: Plan) -> frozenset[str]:
    """Slots that have a default, or that live as long as the conversation and can be filled by anything at all."""
    config, flows = plan.config, plan.flows
    outliving = flows.conversation.union(*(graph.flow.persist for graph in plan.graphs.values()))
    filled = {slot for name in plan.graphs for step in plan.steps(name) for slot in fills(plan, step)}
    filled.update(slot for graph in plan.graphs.values() for slot in graph.flow.input_names)
    by_user = config.slots.keys() - flows.system
    return frozenset(flows.defaults) | (outliving & (filled | by_user))


def _before(plan: Plan, name: str, start: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """Step → the slots that some way to it may have filled."""
    before: dict[str, frozenset[str]] = dict.fromkeys(plan.reached[name], start)
    given = {step.step: frozenset(fills(plan, step)) for step in plan.steps(name)}
    waiting = list(reversed(plan.reached[name]))
    while waiting:
        step = waiting.pop()
        after = before[step] | given[step]
        for way in plan.ways[name][step]:
            target = plan.place(name, way.target)
            if target is not None and not after <= before[target]:
                before[target] |= after
                waiting.append(target)
    return before
