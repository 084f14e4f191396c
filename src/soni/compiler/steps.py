"""What each step does: a dialogue and a toolbox give a dialogue and an outcome; one function per kind."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import assert_never

from soni.compiler.acting import act, assign
from soni.compiler.answered import running, take_answer
from soni.compiler.asking import collect, confirm
from soni.compiler.blocks import FlowGraph, Placed
from soni.compiler.calling import call
from soni.compiler.filling import UnfitValue
from soni.compiler.generating import generate
from soni.compiler.looping import repeat
from soni.compiler.outcomes import Goto, Next, Stepped, Swap
from soni.config.steps import (
    Action,
    Branch,
    Call,
    Collect,
    Confirm,
    Generate,
    Handoff,
    Link,
    Noop,
    Say,
    Set,
    While,
)
from soni.config.values import case_key
from soni.dialogue.state import Dialogue
from soni.errors import FlowError
from soni.events import HandedOff
from soni.expressions import Expression, parse_expression
from soni.responses import compose
from soni.toolbox import Toolbox
from soni.value import Scalar, Value


async def run_step(placed: Placed, dialogue: Dialogue, toolbox: Toolbox, graph: FlowGraph) -> Stepped:
    """Execute the step the top frame stands at. Raises ActionError and FlowError."""
    try:
        return await _run(placed, dialogue, toolbox, graph)
    except UnfitValue:
        if graph.flow.on_error is None:
            raise
        return take_answer(dialogue)[1], Goto(graph.flow.on_error)


async def _run(placed: Placed, dialogue: Dialogue, toolbox: Toolbox, graph: FlowGraph) -> Stepped:
    match placed.step:
        case Collect() as step:
            return collect(step, placed, dialogue, toolbox)
        case Say() as step:
            return _say(step, dialogue, toolbox)
        case Action() as step:
            return await act(step, placed, dialogue, toolbox, graph)
        case Set() as step:
            return await assign(step, dialogue, toolbox)
        case Branch() as step:
            return _branch(step, placed, dialogue, toolbox)
        case While() as step:
            return repeat(step, placed, dialogue, toolbox, graph)
        case Confirm() as step:
            return await confirm(step, placed, dialogue, toolbox)
        case Call() as step:
            return await call(step, dialogue, toolbox)
        case Link() as step:
            return dialogue, Swap(step.flow)
        case Noop():
            return dialogue, Next()
        case Handoff() as step:
            return _handoff(step, dialogue, toolbox)
        case Generate() as step:
            return await generate(step, dialogue, toolbox, graph)
        case _:
            assert_never(placed.step)


def is_skipped(placed: Placed, dialogue: Dialogue, toolbox: Toolbox) -> bool:
    """True where the step's ``when`` is false; a question that was just answered is not skipped."""
    when = placed.step.when
    if when is None or isinstance(when, tuple) or running(dialogue).answer is not None:
        return False
    return not when.holds(toolbox.scope(dialogue))


def _say(step: Say, dialogue: Dialogue, toolbox: Toolbox) -> Stepped:
    scope = toolbox.scope(dialogue)
    if step.response is not None:
        said = toolbox.responses.say(step.response, scope, language=dialogue.language, seed=toolbox.seed(dialogue))
        if step.buttons:
            said = replace(said, buttons=compose(None, scope, buttons=step.buttons).buttons)
        if not step.rephrase:
            said = replace(said, wording=None)
    else:
        said = compose(
            step.message, scope, buttons=step.buttons, image=step.image, custom=step.custom, rephrase=step.rephrase
        )
    empty = not (said.text or said.buttons or said.image or said.custom)
    return (dialogue if empty else dialogue.say(said)), Next()


def _branch(step: Branch, placed: Placed, dialogue: Dialogue, toolbox: Toolbox) -> Stepped:
    scope = toolbox.scope(dialogue)
    if isinstance(step.when, tuple):
        for number, arm in enumerate(step.when):
            if arm.condition is None or arm.condition.holds(scope):
                return dialogue, Goto(placed.exits[f"when[{number}]"])
        return dialogue, Next()
    value = step.evaluate.evaluate(scope) if step.evaluate is not None else scope.get(step.slot or "")
    for case in step.cases:
        if case != "default" and case_fits(case, value):
            return dialogue, Goto(placed.exits[f"cases.{case_key(case)}"])
    if "default" in step.cases:
        return dialogue, Goto(placed.exits["cases.default"])
    raise FlowError(f"The branch {step.step!r} has no case for what {step.slot or step.evaluate} is, and no default.")


def case_fits(case: Scalar, value: Value) -> bool:
    """Whether a value is this case: the same value, the same text, or within a comparison such as ``>100``."""
    if value is None:
        return False
    if isinstance(case, bool) or isinstance(value, bool):
        return case is value or (
            isinstance(case, str) and case.lower() == case_key(bool(value)) and isinstance(value, bool)
        )
    if case == value:
        return True
    if not isinstance(case, str):
        return False
    if (comparison := _comparison(case)) is not None:
        return comparison.holds({"value": value})
    return isinstance(value, int | float) and case == case_key(value)


@lru_cache(maxsize=1024)
def _comparison(case: str) -> Expression | None:
    """``>100`` as an expression over ``value``; ``None`` for a plain text. Whether it can be read was checked at load."""
    return parse_expression(f"value {case}") if case.startswith((">", "<", "!=", "==")) else None


def _handoff(step: Handoff, dialogue: Dialogue, toolbox: Toolbox) -> Stepped:
    scope = toolbox.scope(dialogue)
    toolbox.emit(HandedOff(step.queue))
    said = compose(step.message, scope, custom=_for_the_person(step, scope, toolbox))
    if said.text or said.custom:
        dialogue = dialogue.say(said)
    return replace(dialogue, handed_off=True), Next()


def _for_the_person(step: Handoff, scope: Mapping[str, Value], toolbox: Toolbox) -> dict[str, Value] | None:
    """What the caller needs to hand over: it stands in the reply, as ``custom.handoff``; sensitive values do not."""
    slots = {slot: scope[slot] for slot in step.context if slot in scope and not toolbox.flows.slots[slot].sensitive}
    if step.queue is None and not slots:
        return None
    return {"handoff": {"queue": step.queue, "context": slots}}
