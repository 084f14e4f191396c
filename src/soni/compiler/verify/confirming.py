"""Actions that change something before anybody was asked to confirm."""

from collections.abc import Collection, Iterator

from soni.compiler.verify.ways import Plan, Way
from soni.config.problems import Finding
from soni.config.steps import Action, Call, Link


def unconfirmed_writes(plan: Plan) -> Iterator[Finding]:
    """An ``effect: write`` action to which some way leads that passes no yes; and silenced steps that need not be.

    A yes counts for all that comes after it, in flows that are called or linked as well.
    """
    returning = _returning(plan)
    unsure = _unsure(plan, returning)
    for graph in plan.own:
        for name, placed in graph.placed.items():
            step = placed.step
            if not isinstance(step, Action):
                continue
            told = _writes(plan, step) and name in unsure[graph.name]
            if told and not step.unconfirmed:
                message = (
                    f"{step.call!r} changes something, and some way leads here without a confirm; put one before it, or"
                    " 'unconfirmed: true' where that is meant ('effect: read' belongs to an action that changes nothing)"
                )
                route = plan.route(graph.name, name, "call")
                yield Finding(route, message, severity="warning", code="unconfirmed-write")
            elif step.unconfirmed and not told:
                message = "'unconfirmed' is not needed: " + (
                    "no way leads here without a confirm"
                    if _writes(plan, step)
                    else f"{step.call!r} does not change anything"
                )
                route = plan.route(graph.name, name, "unconfirmed")
                yield Finding(route, message, severity="note", code="needless-unconfirmed")


def _writes(plan: Plan, step: Action) -> bool:
    spec = plan.config.actions.get(step.call)
    return spec is not None and spec.effect == "write"


def _returning(plan: Plan) -> frozenset[str]:
    """Flows that may come back to their caller without a yes on the way."""
    returning: frozenset[str] = frozenset()
    while True:
        more = returning | {
            name
            for name in plan.graphs.keys() - returning
            if any(
                way.target == "end"
                for step in _without_yes(plan, name, returning)
                for way in _open(plan, name, step, returning)
            )
        }
        if more == returning:
            return returning
        returning = more


def _unsure(plan: Plan, returning: Collection[str]) -> dict[str, frozenset[str]]:
    """Flow → its steps to which some way from the beginning of a conversation leads without a yes."""
    conversation = plan.config.settings.conversation
    waiting = [
        name
        for name, graph in plan.graphs.items()
        if graph.flow.startable
        or plan.flows[name].pattern
        or name in (conversation.default_flow, conversation.fallback_flow)
    ]
    unsure: dict[str, frozenset[str]] = dict.fromkeys(plan.graphs, frozenset())
    entered: set[str] = set()
    while waiting:
        if (name := waiting.pop()) in entered or name not in plan.graphs:
            continue
        entered.add(name)
        unsure[name] = _without_yes(plan, name, returning)
        steps = (plan.graphs[name].placed[step].step for step in unsure[name])
        waiting += (step.flow for step in steps if isinstance(step, Call | Link))
    return unsure


def _without_yes(plan: Plan, name: str, returning: Collection[str]) -> frozenset[str]:
    """The steps of a flow to which some way from its start leads without a yes."""
    seen: set[str] = set()
    waiting = [plan.first(name)]
    while waiting:
        if (step := waiting.pop()) not in seen:
            seen.add(step)
            targets = (plan.place(name, way.target) for way in _open(plan, name, step, returning))
            waiting += (target for target in targets if target is not None)
    return frozenset(seen)


def _open(plan: Plan, name: str, at: str, returning: Collection[str]) -> Iterator[Way]:
    """The ways out of a step that are no yes."""
    step = plan.graphs[name].placed[at].step
    confirms = isinstance(step, Call) and step.flow not in returning
    return (way for way in plan.ways[name][at] if way.kind != "yes" and not (confirms and way.kind == "on"))
