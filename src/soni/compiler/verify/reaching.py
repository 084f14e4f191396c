"""Steps that no way leads to, and flows that nothing starts."""

import re
from collections.abc import Iterator
from typing import Final

from soni.compiler.verify.ways import Plan
from soni.config.problems import Finding
from soni.config.steps import Call, Link, Spoken

_STARTED: Final = re.compile(r"^\s*/(?:start_flow|clarify)\s+(.*)$", re.MULTILINE)


def unreachable_steps(plan: Plan) -> Iterator[Finding]:
    """A step that no way leads to: a warning, because what is never done does no harm.

    Of a run of such steps the first is told, and how many come after it.
    """
    for graph in plan.own:
        told = set(plan.reached[graph.name])
        for step in graph.placed:
            if step in told:
                continue
            behind = plan.behind(graph.name, step) - told
            told |= behind
            message = f"no way leads to the step {step!r}, so it is never done"
            if others := len(behind) - 1:
                message += f", nor {'is the one' if others == 1 else f'are the {others}'} behind it"
            yield Finding(plan.route(graph.name, step, "step"), message, severity="warning", code="unreachable-step")


def unused_flows(plan: Plan) -> Iterator[Finding]:
    """A flow that nothing starts, or that understanding cannot know."""
    named = _named(plan)
    security = plan.config.settings.security
    blocked = security.blocked_intents if security.enable_guardrails else ()
    for graph in plan.own:
        name, flow = graph.name, graph.flow
        if name in named or plan.flows[name].pattern:
            continue
        if not flow.startable:
            message = f"nothing starts the flow {name!r}: it is not startable, and no step calls or links it"
            yield Finding(("flows", name, "startable"), message, severity="warning", code="unused-flow")
        elif name in blocked:
            message = f"nothing starts the flow {name!r}: it is among settings.security.blocked_intents, and no step calls or links it"
            yield Finding(("flows", name), message, severity="warning", code="unused-flow")
        elif not flow.trigger.intents and not flow.description:
            message = (
                f"understanding cannot know what the flow {name!r} is for: give it a 'description' or"
                " 'trigger.intents', or 'startable: false' where only other flows lead to it"
            )
            yield Finding(("flows", name), message, severity="warning", code="unknowable-flow")


def _named(plan: Plan) -> frozenset[str]:
    """Flows that a step, a setting or a button leads to."""
    conversation = plan.config.settings.conversation
    named = {conversation.default_flow or "", conversation.fallback_flow or ""}
    for graph in plan.graphs.values():
        for placed in graph.placed.values():
            match placed.step:
                case Call() | Link() as step if step.flow != graph.name:
                    named.add(step.flow)
                case _:
                    pass
    for payload in _payloads(plan):
        for words in _STARTED.findall(payload):
            named.update(words.split())
    return frozenset(named)


def _payloads(plan: Plan) -> Iterator[str]:
    """What the buttons say that are written out."""
    for graph in plan.own:
        for placed in graph.placed.values():
            if isinstance(placed.step, Spoken) and isinstance(placed.step.buttons, tuple):
                yield from (button.payload.text for button in placed.step.buttons)
    for variants in plan.config.responses.values():
        for variant in variants:
            if isinstance(variant.buttons, tuple):
                yield from (button.payload.text for button in variant.buttons)
