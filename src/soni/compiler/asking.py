"""Steps that ask: a value that is collected, a yes or no that is awaited."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from soni.compiler.answered import running, take_answer
from soni.compiler.blocks import Placed
from soni.compiler.filling import fitted
from soni.compiler.outcomes import Goto, Next, Stepped, Wait
from soni.config.steps import Collect, Confirm, Rejection
from soni.dialogue.scope import fill, owner, value_of
from soni.dialogue.state import Dialogue
from soni.dialogue.transitions import reject
from soni.dialogue.undoing import fill_by, take_back
from soni.responses import compose
from soni.templates import Template, parse_template
from soni.toolbox import Toolbox
from soni.value import Value

_IS_THAT_RIGHT: Final = parse_template("Is that right?")
_NOT_POSSIBLE: Final = parse_template("That is not possible.")


def collect(step: Collect, placed: Placed, dialogue: Dialogue, toolbox: Toolbox) -> Stepped:
    """Ask until the slot has a value that will do."""
    answer, dialogue = take_answer(dialogue)
    match answer:
        case "invalid":
            return dialogue, Goto(placed.exits["on_invalid"])
        case "exhausted":
            return dialogue, Goto(placed.exits["on_max_attempts"])
        case "skipped":
            return _passed(step, dialogue, skipped=True), Next()
    top, at = running(dialogue), len(dialogue.stack) - 1
    if step.step in top.skipped:
        return dialogue, Next()
    value = value_of(dialogue, toolbox.flows, at, step.slot)
    if value is not None and step.step in top.review and step.slot in dialogue.stack[owner(dialogue, at)].used:
        # A correction leads past it again, and it is too late for another answer.
        return _passed(step, dialogue), Next()
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
    top = running(dialogue)
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


async def confirm(step: Confirm, placed: Placed, dialogue: Dialogue, toolbox: Toolbox) -> Stepped:
    """Wait for a yes or a no; a change of what it is about is told, and asked about anew. Raises UnfitValue."""
    answer, dialogue = take_answer(dialogue)
    if answer in ("yes", "no") and step.slot is not None:
        values = await fitted({step.slot: answer == "yes"}, dialogue, toolbox)
        dialogue = fill_by(dialogue, toolbox.flows, step.step, values)
    match answer:
        case "yes":
            return dialogue, Goto(placed.exits["on_confirm"]) if "on_confirm" in placed.exits else Next()
        case "no":
            return dialogue, Goto(placed.exits.get("on_deny", "cancel_flow"))
        case "changed" if "on_change" in placed.exits:
            target = _rejecting(dialogue, toolbox) or placed.exits["on_change"]
            return _computed_anew(dialogue, target, toolbox), Goto(target, corrected=True)
    return _ask(step, dialogue, toolbox)


def _computed_anew(dialogue: Dialogue, target: str, toolbox: Toolbox) -> Dialogue:
    """What this flow has computed from the target on is taken back: it goes there, and computes it again."""
    position = toolbox.flows[running(dialogue).flow].position
    steps = {step for step in running(dialogue).filled if position.get(step, -1) >= position.get(target, len(position))}
    return take_back(dialogue, toolbox.flows, len(dialogue.stack) - 1, steps)


def _rejecting(dialogue: Dialogue, toolbox: Toolbox) -> str | None:
    """The first question of this flow that would not take the answer it has, now that another one has changed."""
    top, scope = running(dialogue), toolbox.scope(dialogue)
    steps = (toolbox.flows[top.flow].steps.get(step) for step in top.asked.values())
    asked = (step for step in steps if isinstance(step, Collect) and scope.get(step.slot) is not None)
    return next((step.step for step in asked if any(each.when.holds(scope) for each in step.rejections)), None)
