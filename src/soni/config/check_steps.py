"""Steps: what they name, read, ask and choose."""

from collections.abc import Iterable, Iterator, Mapping

from soni.config.check_branch import check_branch
from soni.config.check_slots import unfit
from soni.config.contexts import Context
from soni.config.models import ActionSpec, Flow
from soni.config.problems import Finding, Route, nearest, unknown
from soni.config.scene import Scene
from soni.config.steps import (
    Action,
    Branch,
    Call,
    Collect,
    Confirm,
    Generate,
    Handoff,
    Link,
    Say,
    Set,
    Spoken,
    Step,
    While,
)  # fmt: skip
from soni.expressions import Expression
from soni.value import Value


def check_step(scene: Scene, flow: str, route: Route, step: Step) -> Iterator[Finding]:
    """One step; the steps within it are steps of their own."""
    context = scene.contexts.get(flow)
    if isinstance(step.when, Expression):
        yield from scene.reads((*route, "when"), step.when, context)
    if isinstance(step, Spoken):
        yield from _spoken(scene, route, step, context)
    match step:
        case Collect():
            yield from _collect(scene, route, step, context)
        case Say():
            yield from scene.reads((*route, "image"), step.image, context)
        case Action():
            yield from _action(scene, route, step, context)
        case Set():
            yield from _set(scene, route, step, context)
        case Branch():
            yield from check_branch(scene, route, step, context)
        case While():
            yield from scene.reads((*route, "condition"), step.condition, context)
        case Confirm() if step.slot is not None:
            yield from _kept(scene, (*route, "slot"), step.slot)
        case Call():
            yield from _call(scene, route, step, context)
        case Link():
            yield from scene.flow_name((*route, "flow"), step.flow, patterns=True)
        case Generate():
            yield from _generate(scene, route, step, context)
        case Handoff():
            yield from scene.reads((*route, "message"), step.message, context)
            yield from scene.slot_names((*route, "context"), step.context)
        case _:
            pass


def _spoken(scene: Scene, route: Route, step: Spoken, context: Context | None) -> Iterator[Finding]:
    yield from scene.reads((*route, "message"), step.message, context)
    yield from scene.buttons((*route, "buttons"), step.buttons, context)
    yield from _response(scene, (*route, "response"), step.response, context)


def _response(scene: Scene, route: Route, name: str | None, context: Context | None) -> Iterator[Finding]:
    yield from scene.response_name(route, name)
    for variant in scene.config.responses.get(name or "", ()):
        texts = (variant.text, *variant.variations, variant.when, variant.image)
        if context is None and any(text is not None and "context" in text.names for text in texts):
            message = f"the response {name!r} reads 'context', which only repair patterns can"
            yield Finding(route, message, code="context-outside-pattern")
            return


def _collect(scene: Scene, route: Route, step: Collect, context: Context | None) -> Iterator[Finding]:
    at = (*route, "slot")
    yield from scene.slot_name(at, step.slot)
    slot = scene.slot(step.slot)
    if slot is not None and slot.filled_by == "system":
        yield Finding(at, f"only the system fills {step.slot!r}, so no user can be asked for it", code="system-slot")
    if slot is not None and step.message is None and step.response is None and slot.prompt is None:
        message = (
            f"what is asked? Neither this step has a 'message' or 'response', nor the slot {step.slot!r} a 'prompt'"
        )
        yield Finding(at, message, code="nothing-to-ask")
    for number, rejection in enumerate(step.rejections):
        reject = (*route, "rejections", number)
        yield from scene.reads((*reject, "when"), rejection.when, context)
        yield from scene.reads((*reject, "message"), rejection.message, context)
        yield from _response(scene, (*reject, "response"), rejection.response, context)


def _action(scene: Scene, route: Route, step: Action, context: Context | None) -> Iterator[Finding]:
    yield from _mapped(scene, (*route, "inputs"), step.inputs, context)
    for output, slot in step.map_outputs.items():
        yield from scene.slot_name((*route, "map_outputs", output), slot)
    yield from unknown("action", (*route, "call"), step.call, scene.names.actions)
    spec = scene.config.actions.get(step.call)
    if spec is None or not scene.whole("actions", step.call):
        return
    for name in step.inputs:
        if name not in spec.input_names:
            yield _undeclared("input", (*route, "inputs", name), name, step.call, spec.input_names)
    for name in step.map_outputs:
        if name not in spec.outputs:
            yield _undeclared("output", (*route, "map_outputs", name), name, step.call, spec.outputs)
    yield from _missing_inputs(scene, route, step, spec)


def _undeclared(what: str, route: Route, name: str, action: str, known: Iterable[str]) -> Finding:
    return Finding(route, f"the action {action!r} has no {what} {name!r}", nearest(name, known), code=f"unknown-{what}")


def _missing_inputs(scene: Scene, route: Route, step: Action, spec: ActionSpec) -> Iterator[Finding]:
    for name in spec.input_names:
        if name in spec.required_inputs and name not in step.inputs and name not in scene.names.slots:
            message = f"the action {step.call!r} needs {name!r}: there is no slot of that name, and 'inputs' gives none"
            yield Finding((*route, "call"), message, nearest(name, scene.names.slots), code="missing-input")


def _set(scene: Scene, route: Route, step: Set, context: Context | None) -> Iterator[Finding]:
    if step.condition is not None:
        yield from scene.reads((*route, "condition"), step.condition, context)
    if not step.slots:
        yield Finding((*route, "slots"), "nothing is set", code="empty-steps")
    for name, value in step.slots.items():
        at = (*route, "slots", name)
        yield from scene.slot_name(at, name)
        yield from scene.reads(at, value, context)
        slot = scene.slot(name)
        if slot and not isinstance(value, Expression) and (why := unfit(slot, value)) is not None:
            yield Finding(at, why, code="wrong-type")


def _call(scene: Scene, route: Route, step: Call, context: Context | None) -> Iterator[Finding]:
    yield from scene.flow_name((*route, "flow"), step.flow)
    yield from _mapped(scene, (*route, "inputs"), step.inputs or {}, context)
    for slot in step.outputs.values():
        yield from scene.slot_name((*route, "outputs"), slot)
    called = scene.flow(step.flow)
    if called is None:
        return
    for name in step.inputs or {}:
        if name not in called.input_names:
            yield _not_of_flow("input", (*route, "inputs", name), name, step.flow, called.input_names)
    for name in step.outputs:
        if name not in called.outputs:
            yield _not_of_flow("output", (*route, "outputs", name), name, step.flow, called.outputs)
    if step.inputs is not None:
        yield from _missing_flow_inputs(route, step, called)


def _not_of_flow(what: str, route: Route, name: str, flow: str, known: Iterable[str]) -> Finding:
    return Finding(route, f"the flow {flow!r} has no {what} {name!r}", nearest(name, known), code=f"unknown-{what}")


def _missing_flow_inputs(route: Route, step: Call, called: Flow) -> Iterator[Finding]:
    given = step.inputs or {}
    for name in called.inputs:
        if not name.endswith("?") and name not in given:
            message = f"the flow {step.flow!r} needs {name!r}, which 'inputs' does not give"
            yield Finding((*route, "inputs"), message, code="missing-input")


def _mapped(
    scene: Scene, route: Route, values: Mapping[str, Expression | Value], context: Context | None
) -> Iterator[Finding]:
    for name, value in values.items():
        yield from scene.reads((*route, name), value, context)


def _kept(scene: Scene, route: Route, name: str) -> Iterator[Finding]:
    """The slot that keeps the answer to a confirm."""
    yield from scene.slot_name(route, name)
    slot = scene.slot(name)
    if slot is not None and slot.type != "boolean":
        message = f"the answer to a confirm is kept as true or false, but {name!r} is of type {slot.type}"
        yield Finding(route, message, code="wrong-type")


def _generate(scene: Scene, route: Route, step: Generate, context: Context | None) -> Iterator[Finding]:
    yield from scene.reads((*route, "instruction"), step.instruction, context)
    yield from scene.slot_names((*route, "context"), step.context)
    yield from _told_secrets(scene, route, step)
    if step.store_as is not None:
        yield from scene.slot_name((*route, "store_as"), step.store_as)
    if scene.config.settings.models.nlu.provider == "embedded":
        message = "a language model is needed to write; settings.models.nlu.provider is embedded"
        yield Finding((*route, "type"), message, code="no-model")


def _told_secrets(scene: Scene, route: Route, step: Generate) -> Iterator[Finding]:
    """What a model must not be told: sensitive slots, and what a pattern is about, which may be the value of one."""
    told = [("instruction",), *(("context", number) for number in range(len(step.context)))]
    names = [sorted(step.instruction.names), *([written.removesuffix("?")] for written in step.context)]
    for key, read in zip(told, names, strict=True):
        for name in read:
            slot = scene.slot(name)
            if slot is not None and slot.sensitive:
                message = f"{name!r} is sensitive: a model is never told its value"
                yield Finding((*route, *key), message, code="sensitive-slot")
    if "context" in step.instruction.names and "context" not in scene.names.slots:
        message = "an instruction reads slots only: what 'context' tells may be the value of a sensitive one"
        yield Finding((*route, "instruction"), message, code="context-in-instruction")
