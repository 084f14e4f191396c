"""Texts that show a slot which nothing in sight ever fills: told, because they would have a hole.

Deliberately simple: flows that call or link each other count as one, so that no doubtful case is told.
"""

from collections.abc import Iterator

from soni.config.check_flows import routes
from soni.config.models import Flow, SoniConfig
from soni.config.problems import Finding, Route
from soni.config.scene import Scene, slots_in_example
from soni.config.steps import Action, Call, Collect, Confirm, Generate, Handoff, Link, Set, Spoken, Step
from soni.templates import Template


def check_unset(scene: Scene) -> Iterator[Finding]:
    """Every template of a flow of the author's own."""
    if scene.damage:
        return  # what could not be read might have filled it
    for name, filled in in_reach(scene.config).items():
        if not name.startswith("pattern_"):
            yield from _holes(scene, name, filled)


def in_reach(config: SoniConfig) -> dict[str, frozenset[str]]:
    """Flow → the slots that it, a flow that it calls or links, or one that leads to it, ever fills."""
    always = _always(config)
    direct = {name: frozenset(_filled(config, flow)) for name, flow in config.flows.items()}
    groups = ((group, always.union(*(direct[name] for name in group))) for group in _groups(config))
    return {name: filled for group, filled in groups for name in group}


def _always(config: SoniConfig) -> frozenset[str]:
    """Slots that may be filled whatever flow is on."""
    lasting = {name for name, slot in config.slots.items() if slot.scope == "conversation" or slot.default is not None}
    patterns = (_filled(config, flow) for name, flow in config.flows.items() if name.startswith("pattern_"))
    return frozenset(lasting).union(*(flow.persist for flow in config.flows.values()), *patterns)


def _filled(config: SoniConfig, flow: Flow) -> Iterator[str]:
    """Slots that this flow fills, or that come with it."""
    yield from flow.input_names
    for example in flow.trigger.intents:
        yield from slots_in_example(example)
    for step in flow.walk():
        match step:
            case Collect():
                yield step.slot
            case Set():
                yield from (name for name, value in step.slots.items() if value is not None)
            case Action():
                spec = config.actions.get(step.call)
                yield from (step.map_outputs.get(name, name) for name in (spec.outputs if spec else ()))
            case Confirm() if step.slot is not None:
                yield step.slot
            case Call():
                yield from step.outputs.values()
            case Generate() if step.store_as is not None:
                yield step.store_as
            case _:
                pass


def _groups(config: SoniConfig) -> Iterator[frozenset[str]]:
    """Flows that call or link each other, directly or through others."""
    near: dict[str, set[str]] = {name: {name} for name in config.flows}
    for name, flow in config.flows.items():
        for step in flow.walk():
            if isinstance(step, Call | Link) and step.flow in near:
                near[name].add(step.flow)
                near[step.flow].add(name)
    done: set[str] = set()
    for name in near:
        if name not in done:
            group, edge = set[str](), {name}
            while edge:
                group |= edge
                edge = set().union(*(near[other] for other in edge)) - group
            done |= group
            yield frozenset(group)


def _holes(scene: Scene, name: str, filled: frozenset[str]) -> Iterator[Finding]:
    known = scene.names.slots
    for route, step in routes(("flows", name, "steps"), scene.config.flows[name].steps):
        for at, template in _templates(scene, route, step):
            for slot in sorted((template.unguarded & known) - filled):
                message = f"nothing in this flow fills {{{slot}}}; write {{{slot}|other words}} for where it is unset"
                yield Finding(at, message, severity="warning", code="unset-slot")


def _templates(scene: Scene, route: Route, step: Step) -> Iterator[tuple[Route, Template]]:
    if isinstance(step, Spoken | Handoff) and step.message is not None:
        yield (*route, "message"), step.message
    if isinstance(step, Spoken) and step.response is not None:
        for variant in scene.config.responses.get(step.response, ()):
            if variant.when is None:
                yield (*route, "response"), variant.text
