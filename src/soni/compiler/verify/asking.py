"""Loops that ask for ever: each round asks, and nothing in a round can end them."""

import re
from collections.abc import Iterator
from typing import Final

from soni.compiler.verify.touching import changes
from soni.compiler.verify.ways import Plan
from soni.config.problems import Finding
from soni.config.steps import Buttons, Call, Collect, Confirm, Handoff, Link, Spoken, Step, While

_ASKING: Final = Collect | Confirm
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def endless_asking(plan: Plan) -> Iterator[Finding]:
    """A loop whose condition reads only slots that nothing in its body can change, and that no way leads out of.

    What a user may say without being asked counts as a change, where the author relies on it: a slot that no collect
    names, one that lives as long as the conversation, one that a button of the body sets. So does what patterns change.
    """
    for graph in plan.own:
        for name, body in graph.bodies.items():
            if name not in plan.reached[graph.name]:
                continue
            loop = graph.placed[name].step
            assert isinstance(loop, While)
            read = loop.condition.names
            if not read or not read <= plan.config.slots.keys() or any(_loose(plan, slot) for slot in read):
                continue
            reached = body.intersection(plan.reached[graph.name])
            steps = [graph.placed[step].step for step in reached]
            if not any(_asks(plan, step) for step in steps) or _left(plan, graph.name, name, reached):
                continue
            if any(slot in read for step in steps for slot in changes(plan, step)):
                continue
            if any(_pressed(plan, step, read) for step in steps):
                continue
            slots = ", ".join(repr(slot) for slot in sorted(read))
            message = f"this asks for ever: nothing in 'do' changes {slots}, and no way leads out of it"
            yield Finding(plan.route(graph.name, name, "condition"), message, severity="warning", code="endless-asking")


def _asks(plan: Plan, step: Step) -> bool:
    if isinstance(step, Call):
        return any(isinstance(inner, _ASKING) for flow in plan.called.get(step.flow, ()) for inner in plan.steps(flow))
    return isinstance(step, _ASKING)


def _loose(plan: Plan, slot: str) -> bool:
    """Whether the slot may change by itself, as it were."""
    lasting = slot in plan.flows.conversation or any(slot in flow.persist for flow in plan.config.flows.values())
    if lasting and _changed_anywhere(plan, slot):
        return True
    if any(plan.flows[graph.name].pattern and _changed_in(plan, graph.name, slot) for graph in plan.own):
        return True
    if slot in plan.flows.system:
        return False
    return lasting or not any(slot in facts.asks.values() for facts in plan.flows.values())


def _changed_anywhere(plan: Plan, slot: str) -> bool:
    return any(_changed_in(plan, graph.name, slot) for graph in plan.own)


def _changed_in(plan: Plan, flow: str, slot: str) -> bool:
    return any(slot in changes(plan, step) for step in plan.steps(flow))


def _left(plan: Plan, flow: str, loop: str, body: frozenset[str]) -> bool:
    """Whether some way leads out of the body, or somebody else takes over in it."""
    inside = body | {loop}
    for name in body:
        step = plan.graphs[flow].placed[name].step
        if isinstance(step, Link | Handoff) or (isinstance(step, Call) and _may_leave(plan, step.flow)):
            return True
        if any(way.target not in inside for way in plan.ways[flow][name]):
            return True
    return False


def _may_leave(plan: Plan, called: str) -> bool:
    """Whether a flow, or one that it calls, may end the one that called it."""
    for flow in plan.called.get(called, ()):
        if any(isinstance(step, Link | Handoff) for step in plan.steps(flow)):
            return True
        if any(way.target == "cancel_flow" for step in plan.reached[flow] for way in plan.ways[flow][step]):
            return True
    return called not in plan.graphs


def _pressed(plan: Plan, step: Step, slots: frozenset[str]) -> bool:
    """Whether a button of the step may set or clear one of these slots."""
    steps = [step]
    if isinstance(step, Call):
        steps += [inner for flow in plan.called.get(step.flow, ()) for inner in plan.steps(flow)]
    for each in steps:
        for buttons in _buttons(plan, each):
            # Computed ones may say anything; of those that are written out, the words are what they could set.
            if not isinstance(buttons, tuple):
                return True
            if any(slots.intersection(_WORD.findall(button.payload.text)) for button in buttons):
                return True
    return False


def _buttons(plan: Plan, step: Step) -> Iterator[Buttons]:
    if isinstance(step, Spoken):
        yield step.buttons
        if step.response is not None:
            yield from (variant.buttons for variant in plan.config.responses.get(step.response, ()))
