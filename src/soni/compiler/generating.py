"""The step that lets a model write: it is told the author's instruction and values as data, and its text is said or kept."""

from soni.actions.effects import keep_text
from soni.compiler.acting import failed
from soni.compiler.blocks import FlowGraph
from soni.compiler.outcomes import Next, Stepped
from soni.config.steps import Generate
from soni.dialogue.secrets import secrets_of
from soni.dialogue.state import Dialogue, Utterance
from soni.dialogue.undoing import fill_by
from soni.errors import ActionError
from soni.fitting import fit
from soni.toolbox import Toolbox
from soni.understanding.model.failures import ModelFailed
from soni.value import Value
from soni.writing.base import Assignment, Hear
from soni.writing.telling import tidied


async def generate(step: Generate, dialogue: Dialogue, toolbox: Toolbox, graph: FlowGraph) -> Stepped:
    """Have the text written. A failure is one of an action: the flow's ``on_error``, or ActionError."""
    try:
        assignment = _assignment(step, dialogue, toolbox)
        await toolbox.say_so_far(dialogue)
        if step.store_as is None:
            # Heard as it is written. A text that is kept is not said here, and perhaps nowhere.
            hear = toolbox.aloud.hearer.written if toolbox.aloud is not None else None
            return dialogue.say(Utterance(await _written(step, assignment, toolbox, hear))), Next()
        text = await _kept(step, assignment, dialogue, toolbox)
        outcome = await fit({step.store_as: text}, dialogue, toolbox, said=False)
        if outcome.refusals:
            message = (
                f"{step.store_as!r} does not take what was written at {step.step!r}: {outcome.refusals[0].message}"
            )
            raise ActionError(message, action=step.step, reason="output")
    except ActionError as error:
        return failed(error, graph.flow.on_error, dialogue, dialogue, toolbox)
    return fill_by(dialogue, toolbox.flows, step.step, outcome.values), Next()


def _assignment(step: Generate, dialogue: Dialogue, toolbox: Toolbox) -> Assignment:
    """What the model is told. Values of sensitive slots are not in it, wherever they have been copied to."""
    scope, secrets = toolbox.scope(dialogue), secrets_of(toolbox.flows, dialogue)
    places = step.instruction.values(scope)
    slots = {name: scope.get(name) for name in (written.removesuffix("?") for written in step.context)}
    return Assignment(
        instruction=step.instruction.text,
        places={place: str(tidied(text, secrets)) for place, text in places.items()},
        slots={name: tidied(value, secrets) for name, value in slots.items() if value is not None},
        language=dialogue.language,
    )


async def _written(step: Generate, assignment: Assignment, toolbox: Toolbox, hear: Hear | None = None) -> str:
    """The text. Raises ActionError."""
    if toolbox.writer is None:
        raise ActionError(f"The step {step.step!r} needs a language model, and none is open.", action=step.step)
    try:
        return await toolbox.writer.generate(assignment, within=toolbox.left(), tell=toolbox.emit, hear=hear)
    except ModelFailed as error:
        reason = "timeout" if error.reason == "timeout" else "failed"
        raise ActionError(error.message, action=step.step, reason=reason) from error


async def _kept(step: Generate, assignment: Assignment, dialogue: Dialogue, toolbox: Toolbox) -> str:
    """The text for a slot: the same again where a turn that was lost comes again. Raises ActionError."""
    told: dict[str, Value] = {
        "instruction": assignment.instruction,
        "places": dict(assignment.places),
        "slots": dict(assignment.slots),
        "language": assignment.language,
    }
    ledger, occasion = toolbox.actions.ledger, toolbox.occasion(dialogue)
    return await keep_text(ledger, told, occasion, lambda: _written(step, assignment, toolbox))
