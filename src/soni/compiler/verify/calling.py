"""Flows that call themselves, through others or at once."""

from collections.abc import Iterator

from soni.compiler.verify.cycles import cycles, round_trip
from soni.compiler.verify.ways import Plan
from soni.config.problems import Finding
from soni.config.steps import Call


def recursive_calls(plan: Plan) -> Iterator[Finding]:
    """A flow that is called while it waits for its own call: the stack has a bottom, and a conversation is no stack."""
    calls = {
        name: [step.flow for step in plan.steps(name) if isinstance(step, Call) and step.flow in plan.graphs]
        for name in plan.graphs
    }
    for together in cycles(calls):
        # The patterns that are shipped call nothing, so that one of the author's is among them.
        first = next(name for name in plan.config.flows if name in together)
        trip = round_trip({name: [flow for flow in calls[name] if flow in together] for name in together}, first)
        step = next(step for step in plan.steps(first) if isinstance(step, Call) and step.flow == trip[1])
        message = (
            f"{' calls '.join(repr(name) for name in trip)}: flows cannot call themselves; 'link' does not come back"
        )
        yield Finding(plan.route(first, step.step, "flow"), message, code="recursion")
