"""Flows: their names, what starts them, where their steps lead."""

import re
from collections.abc import Iterator
from typing import Final

from soni.config.check_steps import check_step
from soni.config.models import PATTERNS, Flow
from soni.config.problems import Finding, Route, nearest, unknown
from soni.config.scene import Scene
from soni.config.steps import Branch, Step, Target, While
from soni.config.values import RESERVED_TARGETS
from soni.errors import ExpressionError
from soni.templates import parse_template

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def check_flows(scene: Scene) -> Iterator[Finding]:
    """Every flow, and every step of it."""
    for name, flow in scene.config.flows.items():
        route: Route = ("flows", name)
        yield from _name(route, name)
        yield from _head(scene, route, flow)
        yield from _trigger(scene, route, flow)
        placed = list(routes((*route, "steps"), flow.steps))
        yield from _ids(placed)
        yield from _targets(route, flow, placed)
        for at, step in placed:
            yield from check_step(scene, name, at, step)


def routes(route: Route, steps: tuple[Step, ...]) -> Iterator[tuple[Route, Step]]:
    """Every step with its route, those of inline lists too."""
    for number, step in enumerate(steps):
        at = (*route, number)
        yield at, step
        for way, target in _ways(step):
            if not isinstance(target, str):
                yield from routes((*at, *way), target)


def _ways(step: Step) -> Iterator[tuple[Route, Target]]:
    """Every key of a step that chooses a way, as a route from the step, with its target."""
    if isinstance(step, Branch):
        for number, arm in enumerate(step.when if isinstance(step.when, tuple) else ()):
            yield ("when", number, "then" if arm.then is not None else "else"), arm.target
        for case, target in step.cases.items():
            yield ("cases", case), target
    else:
        for key, target in step.branches():
            yield (key,), target


def _name(route: Route, name: str) -> Iterator[Finding]:
    if name.startswith("pattern_") and name not in PATTERNS:
        message = f"there is no repair pattern {name!r}; flows of your own have another name"
        yield Finding(route, message, nearest(name, PATTERNS), code="unknown-pattern")
    elif not _NAME.fullmatch(name):
        message = f"{name!r} cannot be the name of a flow: letters, digits, '_', '.' and '-', beginning with a letter"
        yield Finding(route, message, code="bad-name")


def _head(scene: Scene, route: Route, flow: Flow) -> Iterator[Finding]:
    yield from scene.slot_names((*route, "inputs"), flow.inputs)
    yield from scene.slot_names((*route, "outputs"), flow.outputs)
    yield from scene.slot_names((*route, "persist"), flow.persist)


def _trigger(scene: Scene, route: Route, flow: Flow) -> Iterator[Finding]:
    route = (*route, "trigger")
    if flow.trigger.condition is not None:
        yield from scene.reads((*route, "condition"), flow.trigger.condition)
    for number, example in enumerate(flow.trigger.intents):
        at = (*route, "intents", number)
        try:
            template = parse_template(example)
        except ExpressionError as error:
            yield Finding(at, error.message)
            continue
        if not example.strip():
            yield Finding(at, "an example of what a user says is expected")
        for name in sorted(template.names):
            yield from scene.slot_name(at, name)
            if (slot := scene.slot(name)) is not None and slot.filled_by == "system":
                yield scene.not_by_user(at, name)


def _ids(placed: list[tuple[Route, Step]]) -> Iterator[Finding]:
    """A step's id is its own."""
    first: dict[str, Route] = {}
    for route, step in placed:
        if step.step in RESERVED_TARGETS:
            message = f"{step.step!r} cannot be the id of a step: it is a place to go to already"
            yield Finding((*route, "step"), message, code="bad-name")
        elif step.step in first:
            message = f"the id {step.step!r} is taken by another step of this flow"
            yield Finding((*route, "step"), message, code="duplicate-step")
        first.setdefault(step.step, route)


def _targets(route: Route, flow: Flow, placed: list[tuple[Route, Step]]) -> Iterator[Finding]:
    """Every way leads to a step of the flow, or to a reserved place."""
    known = {step.step for _, step in placed} | RESERVED_TARGETS
    if flow.on_error is not None:
        yield from unknown("step", (*route, "on_error"), flow.on_error, known)
    for at, step in placed:
        if step.jump_to is not None:
            yield from unknown("step", (*at, "jump_to"), step.jump_to, known)
        for way, target in _ways(step):
            if isinstance(target, str):
                yield from unknown("step", (*at, *way), target, known)
            elif not target and not isinstance(step, While):
                yield Finding((*at, *way), "a step id, or at least one step, is expected", code="empty-steps")
