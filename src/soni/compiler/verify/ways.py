"""An assistant's flows as ways that can be walked: what each rule of verification looks at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

from soni.compiler.blocks import FlowGraph, Placed, is_step
from soni.config.check_flows import routes
from soni.config.models import SoniConfig
from soni.config.problems import Route
from soni.config.steps import Action, Branch, Call, Collect, Confirm, Link, Set, Step, While
from soni.config.values import case_key
from soni.dialogue.flows import Flows
from soni.expressions import Expression
from soni.value import Scalar

Kind: TypeAlias = Literal["on", "skip", "fail", "yes", "no"]
"""``on``: it was done; ``skip``: its ``when`` was false; ``fail``: what it computed or called failed; ``yes``: the user
confirmed; ``no``: a question was answered in another way than with what was asked for."""

Fact: TypeAlias = tuple[Expression | str, bool | str]
"""A condition and whether it holds, or a slot or expression and the case that it is."""


class Way(NamedTuple):
    """One way out of a step."""

    target: str
    """A step id, or a reserved target."""
    kind: Kind = "on"
    where: tuple[Fact, ...] = ()
    """What has to be so for this way to be taken."""


@dataclass(frozen=True)
class Plan:
    """A whole assistant, ready to be looked at."""

    config: SoniConfig
    flows: Flows
    graphs: Mapping[str, FlowGraph]
    """Every flow, the shipped patterns among them."""

    @cached_property
    def own(self) -> tuple[FlowGraph, ...]:
        """The flows that the author wrote: only of these is anything told."""
        return tuple(self.graphs[name] for name in self.config.flows)

    @cached_property
    def ways(self) -> Mapping[str, Mapping[str, tuple[Way, ...]]]:
        """Flow → step → every way out of it."""
        return {
            name: {step: tuple(_ways(placed, graph.flow.on_error)) for step, placed in graph.placed.items()}
            for name, graph in self.graphs.items()
        }

    @cached_property
    def reached(self) -> Mapping[str, tuple[str, ...]]:
        """Flow → the steps that some way from its start leads to, in reading order."""
        reached: dict[str, tuple[str, ...]] = {}
        for name, graph in self.graphs.items():
            seen = self.behind(name, self.first(name))
            reached[name] = tuple(step for step in graph.placed if step in seen)
        return reached

    @cached_property
    def shared(self) -> Mapping[str, frozenset[str]]:
        """Flow → itself and the flows it calls on its own slots, however deep."""
        return {name: self._called(name, shared=True) for name in self.graphs}

    @cached_property
    def called(self) -> Mapping[str, frozenset[str]]:
        """Flow → itself and the flows it calls, however deep."""
        return {name: self._called(name, shared=False) for name in self.graphs}

    def first(self, flow: str) -> str:
        """The step a flow begins with."""
        return self.graphs[flow].flow.steps[0].step

    def behind(self, flow: str, start: str) -> frozenset[str]:
        """A step and every step that some way from it leads to."""
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            if (step := waiting.pop()) not in seen:
                seen.add(step)
                waiting += (target for way in self.ways[flow][step] if (target := self.place(flow, way.target)))
        return frozenset(seen)

    def place(self, flow: str, target: str) -> str | None:
        """The step a target leads to; ``None`` where it leads out of the flow."""
        if target == "restart":
            return self.first(flow)
        return target if is_step(target) else None

    def steps(self, flow: str) -> Iterator[Step]:
        """The steps of a flow that some way leads to, in reading order."""
        placed = self.graphs[flow].placed
        return (placed[step].step for step in self.reached[flow])

    def route(self, flow: str, step: str, *keys: Scalar) -> Route:
        """Where a step was written, and a key of it."""
        return (*self._routes[flow][step], *keys)

    @cached_property
    def _routes(self) -> Mapping[str, Mapping[str, Route]]:
        return {
            name: {step.step: route for route, step in routes(("flows", name, "steps"), flow.steps)}
            for name, flow in self.config.flows.items()
        }

    def _called(self, name: str, *, shared: bool) -> frozenset[str]:
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            if (flow := waiting.pop()) not in seen and flow in self.graphs:
                seen.add(flow)
                calls = (step for step in self.steps(flow) if isinstance(step, Call))
                waiting += (call.flow for call in calls if call.inputs is None or not shared)
        return frozenset(seen)


def always(condition: Expression) -> bool:
    """Whether a condition holds whatever is known: ``"true"``."""
    return not condition.names and condition.text.strip() in ("true", "True", "TRUE", "1")


def _ways(placed: Placed, on_error: str | None) -> Iterator[Way]:
    when = placed.step.when
    if isinstance(when, Expression):
        if not always(when):
            yield Way(placed.following, "skip", ((when, False),))
        for way in _done(placed, on_error):
            yield way._replace(where=((when, True), *way.where))
    else:
        yield from _done(placed, on_error)


def _done(placed: Placed, on_error: str | None) -> Iterator[Way]:
    """The ways out of a step that is not skipped."""
    exits = placed.exits
    match placed.step:
        case Branch() as step:
            yield from _chosen(step, placed)
        case While() as step:
            yield Way(exits["do"], "on", ((step.condition, True),))
            if not always(step.condition):
                yield Way(placed.next, "on", ((step.condition, False),))
        case Confirm() as step:
            yield Way(exits.get("on_confirm", placed.next), "yes")
            yield Way(exits.get("on_deny", "cancel_flow"), "no")
            if "on_change" in exits:
                yield Way(exits["on_change"], "no")
            if step.slot is not None and on_error is not None:
                yield Way(on_error, "fail")
        case Collect():
            yield Way(placed.next)
            yield from (Way(target, "no") for target in exits.values())
        case Link():
            pass
        case Action():
            yield Way(placed.next)
            if (handler := exits.get("on_error", on_error)) is not None:
                yield Way(handler, "fail")
        case Set() as step:
            yield Way(placed.next)
            if on_error is not None and any(value is not None for value in step.slots.values()):
                yield Way(on_error, "fail")
        case Call():
            yield Way(placed.next)
            if on_error is not None:
                yield Way(on_error, "fail")
        case _:
            yield Way(placed.next)


def _chosen(step: Branch, placed: Placed) -> Iterator[Way]:
    if isinstance(step.when, tuple):
        refused: tuple[Fact, ...] = ()
        for number, arm in enumerate(step.when):
            target = placed.exits[f"when[{number}]"]
            if arm.condition is None:
                yield Way(target, "on", refused)
                return
            yield Way(target, "on", (*refused, (arm.condition, True)))
            refused = (*refused, (arm.condition, False))
        yield Way(placed.next, "on", refused)
        return
    subject = step.slot if step.slot is not None else step.evaluate
    assert subject is not None, "a branch has one of them"
    for case in step.cases:
        yield Way(placed.exits[f"cases.{case_key(case)}"], "on", ((subject, case_key(case)),))
