"""What a step reads, and what it fills."""

from collections.abc import Iterator
from itertools import pairwise

from soni.compiler.verify.ways import Plan
from soni.config.problems import Route
from soni.config.steps import Action, Branch, Call, Collect, Confirm, Generate, Handoff, Say, Set, Spoken, Step, While
from soni.expressions import Expression
from soni.templates import Template
from soni.tokens import Token, read_token
from soni.value import Value

_NULLS = frozenset({"null", "None", "NULL"})


def fills(plan: Plan, step: Step) -> Iterator[str]:
    """Slots that may have a value when the step is done, also those filled by a flow that it calls."""
    match step:
        case Collect():
            yield step.slot
        case Set():
            yield from (slot for slot, value in step.slots.items() if value is not None)
        case Action():
            spec = plan.config.actions.get(step.call)
            yield from (step.map_outputs.get(name, name) for name in (spec.outputs if spec else ()))
        case Confirm() if step.slot is not None:
            yield step.slot
        case Call():
            yield from step.outputs.values()
            if step.inputs is None:
                yield from _filled_within(plan, step.flow)
        case Generate() if step.store_as is not None:
            yield step.store_as
        case _:
            pass


def changes(plan: Plan, step: Step) -> Iterator[str]:
    """Slots that may have another value, or none, when the step is done."""
    yield from fills(plan, step)
    if isinstance(step, Set):
        yield from step.slots
    elif isinstance(step, Call) and step.inputs is None:
        for flow in plan.shared.get(step.flow, ()):
            yield from (slot for inner in plan.steps(flow) if isinstance(inner, Set) for slot in inner.slots)


def may_clear(plan: Plan, step: Step) -> Iterator[str]:
    """Slots that may be unset when the step is done."""
    if isinstance(step, Set):
        yield from (slot for slot, value in step.slots.items() if value is None or isinstance(value, Expression))
    elif isinstance(step, Action | Call):
        yield from changes(plan, step)


def texts(plan: Plan, step: Step) -> Iterator[tuple[Route, str]]:
    """Slots that the step shows, each with the key that shows it; not those with words for where they are unset."""
    for key, template in _templates(plan, step):
        for name in sorted(template.unguarded):
            yield (key,), name


def reads(plan: Plan, step: Step) -> Iterator[tuple[Route, str]]:
    """Slots that the step computes with or decides by, each with the key that names it.

    Not its ``when``, no optional input, and nothing that is asked whether it is set: there, unset is an answer.
    """
    match step:
        case Set():
            for slot, value in step.slots.items():
                yield from _named(("slots", slot), value)
        case Action():
            spec = plan.config.actions.get(step.call)
            for name in sorted(spec.required_inputs) if spec else ():
                if name in step.inputs:
                    yield from _named(("inputs", name), step.inputs[name])
                else:
                    yield ("call",), name
        case Call() if step.flow in plan.graphs:
            for name in plan.graphs[step.flow].flow.inputs:
                if name in (step.inputs or {}):
                    yield from _named(("inputs", name), (step.inputs or {})[name])
        case Branch() if isinstance(step.when, tuple):
            for number, arm in enumerate(step.when):
                yield from _named(("when", number, "condition"), arm.condition)
        case Branch():
            yield from _named(("evaluate",), step.evaluate)
            if step.slot is not None:
                yield ("slot",), step.slot
        case While():
            yield from _named(("condition",), step.condition)
        case _:
            pass


def _filled_within(plan: Plan, flow: str) -> Iterator[str]:
    """What a flow fills that shares its caller's slots; the flows it calls in turn are among ``shared``."""
    for name in plan.shared.get(flow, ()):
        yield from plan.flows[name].own
        for step in plan.steps(name):
            if not (isinstance(step, Call) and step.inputs is None):
                yield from fills(plan, step)


def _templates(plan: Plan, step: Step) -> Iterator[tuple[str, Template]]:
    if isinstance(step, Spoken | Handoff) and step.message is not None:
        yield "message", step.message
    elif isinstance(step, Collect) and step.response is None and (prompt := _prompt(plan, step)) is not None:
        yield "slot", prompt
    if isinstance(step, Spoken) and step.response is not None:
        for variant in plan.config.responses.get(step.response, ()):
            if variant.when is None:
                yield from (("response", text) for text in (variant.text, *variant.variations))
    if isinstance(step, Say) and step.image is not None:
        yield "image", step.image
    if isinstance(step, Generate):
        yield "instruction", step.instruction


def _prompt(plan: Plan, step: Collect) -> Template | None:
    slot = plan.config.slots.get(step.slot)
    return slot.prompt if slot is not None else None


def _named(route: Route, value: Expression | Value) -> Iterator[tuple[Route, str]]:
    if isinstance(value, Expression):
        yield from ((route, name) for name in sorted(value.names - _asked_whether_set(value)))


def _asked_whether_set(expression: Expression) -> frozenset[str]:
    """Names that are asked whether they are set; all of them where that is asked of something computed."""
    asked: set[str] = set()
    for before, sign, after in _neighbours(expression.text):
        subject: Token | None = None
        if sign.text == "is" or (sign.text in ("==", "!=") and after.text in _NULLS):
            subject = before
        elif sign.text in ("==", "!=") and before.text in _NULLS:
            subject = after
        if subject is not None and subject.kind == "name" and subject.text in expression.names:
            asked.add(subject.text)
        elif subject is not None:
            return expression.names
    return frozenset(asked)


def _neighbours(text: str) -> Iterator[tuple[Token, Token, Token]]:
    tokens = [read_token(text, 0)]
    while tokens[-1].kind != "end":
        tokens.append(read_token(text, tokens[-1].end))
    return ((before, sign, after) for (before, sign), (_, after) in pairwise(pairwise(tokens)))
