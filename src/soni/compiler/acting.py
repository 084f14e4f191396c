"""Steps that act and compute: actions with their effects, and values that are set."""

import time
from collections.abc import Mapping
from dataclasses import replace

from soni.actions.runner import Outputs, UnfitOutput
from soni.compiler.answered import pass_settled, running
from soni.compiler.blocks import FlowGraph, Placed
from soni.compiler.filling import computed, fitted, new_ones
from soni.compiler.outcomes import Goto, Next, Stepped
from soni.confidential import hear
from soni.config.models import ActionSpec
from soni.config.steps import Action, Set
from soni.dialogue.corrections import use_up
from soni.dialogue.flows import action_reads
from soni.dialogue.scope import fill
from soni.dialogue.state import Dialogue
from soni.dialogue.undoing import fill_by
from soni.errors import ActionError
from soni.events import ActionRan
from soni.fitting import fit
from soni.toolbox import Toolbox
from soni.value import Value


class HalfDone(ActionError):
    """An action failed, no step handles it, and what has been done in this turn stays done."""

    def __init__(self, error: ActionError, dialogue: Dialogue) -> None:
        super().__init__(error.message, action=error.action, reason=error.reason)
        self.dialogue = dialogue
        """Standing at the step that failed."""


async def act(step: Action, placed: Placed, dialogue: Dialogue, toolbox: Toolbox, graph: FlowGraph) -> Stepped:
    """Run the action, and fill the slots its outputs belong to. Raises ActionError."""
    if (passed := pass_settled(dialogue)) is not None:
        return passed, Next()
    handler = placed.exits.get("on_error") or graph.flow.on_error
    spec = toolbox.actions.specs[step.call]
    await toolbox.say_so_far(dialogue)
    began = time.perf_counter()
    inputs: dict[str, Value] = {}
    failure: ActionError | None = None
    try:
        inputs = _inputs(step, spec, dialogue, toolbox)
        ran = await toolbox.actions.run(
            step.call, inputs, toolbox.occasion(dialogue), within=step.timeout, retry=step.retry
        )
        attempts, outputs = ran.attempts, ran.outputs
    except UnfitOutput as error:
        attempts, outputs, failure = error.attempts, error.outputs, error
    except ActionError as error:
        toolbox.emit(ActionRan(step.call, time.perf_counter() - began, error.attempts, error.reason, tuple(inputs)))
        return failed(error, handler, dialogue, dialogue, toolbox)
    values, refused = await _take(step, outputs, dialogue, toolbox)
    failure = failure or refused
    toolbox.emit(
        ActionRan(step.call, time.perf_counter() - began, attempts, failure.reason if failure else None, tuple(inputs))
    )
    if spec.effect == "read":
        if failure is not None:
            return failed(failure, handler, dialogue, dialogue, toolbox)
        return fill_by(dialogue, toolbox.flows, step.step, values), Next()
    dialogue = _remember_effect(step, spec, dialogue, toolbox)
    dialogue = fill(dialogue, toolbox.flows, len(dialogue.stack) - 1, values)
    if failure is not None:
        return failed(failure, handler, dialogue, _settled(dialogue), toolbox)
    return dialogue, Next()


def failed(
    error: ActionError, handler: str | None, dialogue: Dialogue, standing: Dialogue, toolbox: Toolbox
) -> Stepped:
    """On to the step that handles it; else the error itself, with what stays as it stands where there was an effect."""
    if handler is not None:
        return dialogue, Goto(handler)
    if dialogue.acted > toolbox.acted:
        raise HalfDone(error, standing) from error
    raise error


def _settled(dialogue: Dialogue) -> Dialogue:
    """What the top frame's step has done is done, whatever came of it: it is passed when the flow comes to it again."""
    top = running(dialogue)
    return dialogue.with_top(replace(top, settled=(*top.settled, top.step)))


async def _take(
    step: Action, outputs: Outputs, dialogue: Dialogue, toolbox: Toolbox
) -> tuple[Mapping[str, Value], ActionError | None]:
    """What of an action's outputs their slots take, and what is wrong with the rest."""
    filled = {step.map_outputs.get(name, name): value for name, value in outputs.items()}
    known = {slot: value for slot, value in filled.items() if slot in toolbox.flows.slots}
    changed = new_ones(known, toolbox.scope(dialogue))
    try:
        outcome = await fit(changed, dialogue, toolbox, said=False)
    except ActionError as error:
        return {}, error
    values = {slot: value for slot, value in known.items() if slot not in changed} | dict(outcome.values)
    if not outcome.refusals:
        return values, None
    refusal = outcome.refusals[0]
    message = f"The action {step.call!r} gave {refusal.slot!r} a value that it does not take: {refusal.message}"
    return values, ActionError(message, action=step.call, reason="output")


def _inputs(step: Action, spec: ActionSpec, dialogue: Dialogue, toolbox: Toolbox) -> dict[str, Value]:
    """Each input's value; an optional one that is unset is left out. Raises ActionError where a required one is unset."""
    scope = toolbox.scope(dialogue)
    inputs: dict[str, Value] = {}
    # What is computed from something sensitive is not in any slot, and may be as sensitive.
    sensitive = bool(step.inputs) and not toolbox.flows.sensitive.isdisjoint(action_reads(step, spec.input_names))
    for name in spec.input_names:
        value = computed(step.inputs[name], scope) if name in step.inputs else scope.get(name)
        if name in step.inputs:
            hear(value, sensitive=sensitive)
        if value is not None:
            inputs[name] = value
        elif name in spec.required_inputs:
            raise ActionError(
                f"The action {step.call!r} needs {name!r}, which is unset.", action=step.call, reason="input"
            )
    return inputs


def _remember_effect(step: Action, spec: ActionSpec, dialogue: Dialogue, toolbox: Toolbox) -> Dialogue:
    """What this effect has used can no longer be corrected."""
    top = running(dialogue)
    written = top.written if step.step in top.written else (*top.written, step.step)
    dialogue = replace(dialogue.with_top(replace(top, written=written)), acted=dialogue.acted + 1)
    return use_up(dialogue, toolbox.flows, action_reads(step, spec.input_names))


async def assign(step: Set, dialogue: Dialogue, toolbox: Toolbox) -> Stepped:
    """Set slots to values and to what expressions give. Raises UnfitValue."""
    if (passed := pass_settled(dialogue)) is not None:
        return passed, Next()
    scope = toolbox.scope(dialogue)
    if step.condition is not None and not step.condition.holds(scope):
        return dialogue, Next()
    values = {slot: computed(written, scope) for slot, written in step.slots.items()}
    return fill_by(dialogue, toolbox.flows, step.step, await fitted(values, dialogue, toolbox)), Next()
