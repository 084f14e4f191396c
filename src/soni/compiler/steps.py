"""What each step does: a dialogue and a toolbox give a dialogue and an outcome; one function per kind."""

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final, TypeAlias, assert_never

from soni.compiler.blocks import FlowGraph, Placed
from soni.compiler.outcomes import Goto, Next, Outcome, Push, Swap, Wait
from soni.config.models import ActionSpec
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
    Rejection,
    Say,
    Set,
    While,
)
from soni.config.values import case_key
from soni.dialogue.corrections import called_anew, use_up, without
from soni.dialogue.flows import action_reads
from soni.dialogue.scope import fill, owner, value_of
from soni.dialogue.state import Dialogue, Frame, Utterance
from soni.dialogue.transitions import reject
from soni.errors import ActionError, FlowError
from soni.events import ActionRan
from soni.expressions import Expression, parse_expression
from soni.responses import compose
from soni.templates import Template, parse_template
from soni.toolbox import Toolbox
from soni.value import Scalar, Value

Stepped: TypeAlias = tuple[Dialogue, Outcome]

MAX_FRAMES: Final = 20
"""Frames on the stack; more can only be flows that call each other without end."""
_IS_THAT_RIGHT: Final = parse_template("Is that right?")
_NOT_POSSIBLE: Final = parse_template("That is not possible.")


class HalfDone(ActionError):
    """An action failed, no step handles it, and another one of the same turn has had its effect."""

    def __init__(self, error: ActionError, dialogue: Dialogue) -> None:
        super().__init__(error.message, action=error.action, reason=error.reason)
        self.dialogue = dialogue
        """Standing at the step that failed."""


async def run_step(placed: Placed, dialogue: Dialogue, toolbox: Toolbox, graph: FlowGraph) -> Stepped:
    """Execute the step the top frame stands at. Raises ActionError and FlowError."""
    match placed.step:
        case Collect() as step:
            return _collect(step, placed, dialogue, toolbox)
        case Say() as step:
            return _say(step, dialogue, toolbox)
        case Action() as step:
            return await _action(step, placed, dialogue, toolbox, graph)
        case Set() as step:
            return _set(step, dialogue, toolbox)
        case Branch() as step:
            return _branch(step, placed, dialogue, toolbox)
        case While() as step:
            return _while(step, placed, dialogue, toolbox, graph)
        case Confirm() as step:
            return _confirm(step, placed, dialogue, toolbox)
        case Call() as step:
            return _call(step, dialogue, toolbox)
        case Link() as step:
            return dialogue, Swap(step.flow)
        case Noop():
            return dialogue, Next()
        case Handoff() as step:
            return _handoff(step, dialogue, toolbox)
        case Generate():
            raise FlowError(f"The step {placed.step.step!r} needs a language model, and none is configured.")
        case _:
            assert_never(placed.step)


def is_skipped(placed: Placed, dialogue: Dialogue, toolbox: Toolbox) -> bool:
    """True where the step's ``when`` is false; a question that was just answered is not skipped."""
    when = placed.step.when
    if when is None or isinstance(when, tuple) or _top(dialogue).answer is not None:
        return False
    return not when.holds(toolbox.scope(dialogue))


def _top(dialogue: Dialogue) -> Frame:
    assert dialogue.top is not None
    return dialogue.top


def _take_answer(dialogue: Dialogue) -> tuple[str | None, Dialogue]:
    """How the question was answered; reading it takes it away."""
    top = _top(dialogue)
    return (top.answer, dialogue.with_top(replace(top, answer=None))) if top.answer else (None, dialogue)


def _collect(step: Collect, placed: Placed, dialogue: Dialogue, toolbox: Toolbox) -> Stepped:
    answer, dialogue = _take_answer(dialogue)
    match answer:
        case "invalid":
            return dialogue, Goto(placed.exits["on_invalid"])
        case "exhausted":
            return dialogue, Goto(placed.exits["on_max_attempts"])
        case "skipped":
            return _passed(step, dialogue, skipped=True), Next()
    top, at = _top(dialogue), len(dialogue.stack) - 1
    if step.step in top.skipped:
        return dialogue, Next()
    value = value_of(dialogue, toolbox.flows, at, step.slot)
    if value is None or (step.force and answer is None):
        return _ask(step, dialogue, toolbox)
    scope = toolbox.scope(dialogue)
    for rejection in step.rejections:
        if rejection.when.holds(scope):
            message = _words(rejection, dialogue, toolbox, scope)
            dialogue = fill(dialogue, toolbox.flows, at, {step.slot: None})
            return reject(dialogue, toolbox.flows, step, message), Goto(step.step)
    return _passed(step, dialogue), Next()


def _words(rejection: Rejection, dialogue: Dialogue, toolbox: Toolbox, scope: Mapping[str, Value]) -> str:
    if rejection.response is not None:
        said = toolbox.responses.say(rejection.response, scope, language=dialogue.language, seed=toolbox.seed(dialogue))
        return said.text
    return (rejection.message or _NOT_POSSIBLE).render(scope)


def _passed(step: Collect, dialogue: Dialogue, *, skipped: bool = False) -> Dialogue:
    """The question is settled; the place where a slot was asked first is remembered."""
    top = _top(dialogue)
    asked = top.asked if step.slot in top.asked else {**top.asked, step.slot: step.step}
    passed_over = (*top.skipped, step.step) if skipped else top.skipped
    attempts = {name: number for name, number in top.attempts.items() if name != step.step}
    return dialogue.with_top(replace(top, asked=asked, skipped=passed_over, attempts=attempts))


def _ask(step: Collect | Confirm, dialogue: Dialogue, toolbox: Toolbox) -> Stepped:
    scope = toolbox.scope(dialogue)
    if step.response is not None:
        question = toolbox.responses.say(step.response, scope, language=dialogue.language, seed=toolbox.seed(dialogue))
        if step.buttons:
            question = replace(question, buttons=compose(None, scope, buttons=step.buttons).buttons)
        question = replace(question, question=True)
    else:
        question = compose(_prompt(step, toolbox), scope, buttons=step.buttons, question=True)
    return dialogue.say(question), Wait()


def _prompt(step: Collect | Confirm, toolbox: Toolbox) -> Template:
    if step.message is not None:
        return step.message
    if isinstance(step, Confirm):
        return _IS_THAT_RIGHT
    prompt = toolbox.flows.slots[step.slot].prompt
    assert prompt is not None, "checked when the assistant was loaded"
    return prompt


def _say(step: Say, dialogue: Dialogue, toolbox: Toolbox) -> Stepped:
    scope = toolbox.scope(dialogue)
    if step.response is not None:
        said = toolbox.responses.say(step.response, scope, language=dialogue.language, seed=toolbox.seed(dialogue))
        if step.buttons:
            said = replace(said, buttons=compose(None, scope, buttons=step.buttons).buttons)
    else:
        said = compose(step.message, scope, buttons=step.buttons, image=step.image, custom=step.custom)
    empty = not (said.text or said.buttons or said.image or said.custom)
    return (dialogue if empty else dialogue.say(said)), Next()


async def _action(step: Action, placed: Placed, dialogue: Dialogue, toolbox: Toolbox, graph: FlowGraph) -> Stepped:
    top = _top(dialogue)
    if step.step in top.settled:
        settled = tuple(done for done in top.settled if done != step.step)
        return dialogue.with_top(replace(top, settled=settled)), Next()
    spec = toolbox.actions.specs[step.call]
    began = time.perf_counter()
    inputs: dict[str, Value] = {}
    try:
        inputs = _inputs(step, spec, dialogue, toolbox)
        ran = await toolbox.actions.run(
            step.call, inputs, toolbox.occasion(dialogue), within=step.timeout, retry=step.retry
        )
    except ActionError as error:
        toolbox.emit(ActionRan(step.call, time.perf_counter() - began, 1, error.reason, tuple(inputs)))
        handler = placed.exits.get("on_error") or graph.flow.on_error
        if handler is not None:
            return dialogue, Goto(handler)
        if dialogue.acted > toolbox.acted:
            raise HalfDone(error, dialogue) from error
        raise
    toolbox.emit(ActionRan(step.call, time.perf_counter() - began, ran.attempts, None, tuple(inputs)))
    if spec.effect == "write":
        dialogue = _remember_effect(step, spec, dialogue, toolbox)
    filled = {step.map_outputs.get(name, name): value for name, value in ran.outputs.items()}
    known = {slot: value for slot, value in filled.items() if slot in toolbox.flows.slots}
    return fill(dialogue, toolbox.flows, len(dialogue.stack) - 1, known), Next()


def _inputs(step: Action, spec: ActionSpec, dialogue: Dialogue, toolbox: Toolbox) -> dict[str, Value]:
    """Each input's value; an optional one that is unset is left out. Raises ActionError where a required one is unset."""
    scope = toolbox.scope(dialogue)
    inputs: dict[str, Value] = {}
    for name in spec.input_names:
        value = computed(step.inputs[name], scope) if name in step.inputs else scope.get(name)
        if value is not None:
            inputs[name] = value
        elif name in spec.required_inputs:
            raise ActionError(
                f"The action {step.call!r} needs {name!r}, which is unset.", action=step.call, reason="input"
            )
    return inputs


def _remember_effect(step: Action, spec: ActionSpec, dialogue: Dialogue, toolbox: Toolbox) -> Dialogue:
    """What this effect has used can no longer be corrected."""
    top = _top(dialogue)
    written = top.written if step.step in top.written else (*top.written, step.step)
    dialogue = replace(dialogue.with_top(replace(top, written=written)), acted=dialogue.acted + 1)
    return use_up(dialogue, toolbox.flows, action_reads(step, spec.input_names))


def computed(written: Expression | Value, scope: Mapping[str, Value]) -> Value:
    """A value as written, or what its expression gives."""
    return written.evaluate(scope) if isinstance(written, Expression) else written


def _set(step: Set, dialogue: Dialogue, toolbox: Toolbox) -> Stepped:
    scope = toolbox.scope(dialogue)
    if step.condition is not None and not step.condition.holds(scope):
        return dialogue, Next()
    values = {slot: computed(written, scope) for slot, written in step.slots.items()}
    return fill(dialogue, toolbox.flows, len(dialogue.stack) - 1, values), Next()


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


def _while(step: While, placed: Placed, dialogue: Dialogue, toolbox: Toolbox, graph: FlowGraph) -> Stepped:
    top = _top(dialogue)
    number = top.rounds.get(step.step, 0) + 1
    if not step.condition.holds(toolbox.scope(dialogue)):
        rounds = {name: count for name, count in top.rounds.items() if name != step.step}
        return dialogue.with_top(replace(top, rounds=rounds)), Next()
    if number > 1:
        dialogue = _new_round(dialogue, graph.bodies[step.step], toolbox)
        top = _top(dialogue)
    dialogue = dialogue.with_top(replace(top, rounds={**top.rounds, step.step: number}))
    return dialogue, Goto(placed.exits["do"])


def _new_round(dialogue: Dialogue, body: frozenset[str], toolbox: Toolbox) -> Dialogue:
    """Forget what the body asked and did in the last round, so that it asks and does it anew."""
    top = _top(dialogue)
    asks = toolbox.flows[top.flow].asks
    slots = {asks[step] for step in body if step in asks}
    for step in body & top.calls.keys():
        if top.calls[step].shares:
            slots.update(top.calls[step].asked)
    top = replace(
        top,
        asked={slot: step for slot, step in top.asked.items() if step not in body},
        skipped=tuple(step for step in top.skipped if step not in body),
        review=tuple(step for step in top.review if step not in body),
        written=tuple(step for step in top.written if step not in body),
        settled=tuple(step for step in top.settled if step not in body),
        calls={step: called for step, called in top.calls.items() if step not in body},
        rounds={name: count for name, count in top.rounds.items() if name not in body},
    )
    dialogue, at = dialogue.with_top(top), len(dialogue.stack) - 1
    for sharing in range(owner(dialogue, at), at + 1):
        frame = dialogue.stack[sharing]
        dialogue = dialogue.with_frame(sharing, replace(frame, used=tuple(s for s in frame.used if s not in slots)))
    return fill(dialogue, toolbox.flows, at, dict.fromkeys(slots))


def _confirm(step: Confirm, placed: Placed, dialogue: Dialogue, toolbox: Toolbox) -> Stepped:
    answer, dialogue = _take_answer(dialogue)
    if answer in ("yes", "no") and step.slot is not None:
        dialogue = fill(dialogue, toolbox.flows, len(dialogue.stack) - 1, {step.slot: answer == "yes"})
    match answer:
        case "yes":
            return dialogue, Goto(placed.exits["on_confirm"]) if "on_confirm" in placed.exits else Next()
        case "no":
            return dialogue, Goto(placed.exits.get("on_deny", "cancel_flow"))
        case "changed" if "on_change" in placed.exits:
            return dialogue, Goto(placed.exits["on_change"])
    return _ask(step, dialogue, toolbox)


def _call(step: Call, dialogue: Dialogue, toolbox: Toolbox) -> Stepped:
    answer, dialogue = _take_answer(dialogue)
    top, at = _top(dialogue), len(dialogue.stack) - 1
    if answer == "returned":
        return _bring_back(step, dialogue, toolbox), Next()
    if len(dialogue.stack) >= MAX_FRAMES:
        raise FlowError(f"Flows call each other more than {MAX_FRAMES} deep, the last one {step.flow!r}.")
    facts = toolbox.flows[step.flow]
    frame, before = facts.frame("called"), top.calls.get(step.step)
    if before is not None and before.flow == step.flow and step.step in top.review:
        frame = called_anew(before, frame)
        top = replace(top, calls=without(top.calls, step.step))
    if step.inputs is None:
        dialogue = dialogue.with_top(replace(top, early={}))
        return dialogue, Push(replace(frame, shares=True, early={**frame.early, **top.early}))
    scope = toolbox.scope(dialogue)
    given = {name: computed(written, scope) for name, written in step.inputs.items()}
    early = {slot: value for slot, value in top.early.items() if slot in facts.own}
    later = {slot: value for slot, value in top.early.items() if slot in facts.called and slot not in early}
    slots = {**frame.slots, **early, **given}
    rest = {slot: value for slot, value in top.early.items() if slot not in early}
    dialogue = dialogue.with_frame(at, replace(top, early=rest))
    known = {slot: value for slot, value in slots.items() if value is not None}
    lasting = {slot: value for slot, value in known.items() if slot in facts.kept}
    dialogue = replace(dialogue, slots={**dialogue.slots, **lasting})
    own = {slot: value for slot, value in known.items() if slot not in facts.kept}
    return dialogue, Push(replace(frame, slots=own, early={**frame.early, **later}))


def _bring_back(step: Call, dialogue: Dialogue, toolbox: Toolbox) -> Dialogue:
    """Copy the called flow's outputs into this flow's slots, or take back what is still early where it shared them."""
    top = _top(dialogue)
    back = top.calls[step.step]
    if back.shares:
        calls = {**top.calls, step.step: replace(back, early={})}
        return dialogue.with_top(replace(top, early={**top.early, **back.early}, calls=calls))
    sources = {**dialogue.slots, **back.slots}
    values = {mine: sources.get(its) for its, mine in step.outputs.items()}
    return fill(dialogue, toolbox.flows, len(dialogue.stack) - 1, values)


def _handoff(step: Handoff, dialogue: Dialogue, toolbox: Toolbox) -> Stepped:
    if step.message is not None:
        dialogue = dialogue.say(Utterance(step.message.render(toolbox.scope(dialogue))))
    return replace(dialogue, handed_off=True), Next()
