"""Values that a flow computes, on their way into slots: as what a user says, they have to fit."""

from collections.abc import Mapping

from soni.compiler.answered import running
from soni.dialogue.state import Dialogue
from soni.errors import FlowError
from soni.expressions import Expression
from soni.fitting import Refusal, fit
from soni.toolbox import Toolbox
from soni.value import Value


class UnfitValue(FlowError):
    """A step computed a value that its slot does not take."""

    def __init__(self, step: str, refusal: Refusal) -> None:
        super().__init__(f"The step {step!r} sets {refusal.slot!r} to a value that it does not take: {refusal.message}")


def computed(written: Expression | Value, scope: Mapping[str, Value]) -> Value:
    """A value as written, or what its expression gives."""
    return written.evaluate(scope) if isinstance(written, Expression) else written


def new_ones(values: Mapping[str, Value], scope: Mapping[str, Value]) -> dict[str, Value]:
    """The values that their slots do not hold already: those have been found fit."""
    return {slot: value for slot, value in values.items() if not _same(value, scope.get(slot))}


async def fitted(values: Mapping[str, Value], dialogue: Dialogue, toolbox: Toolbox) -> dict[str, Value]:
    """The values as their slots keep them; ``None`` clears. Raises UnfitValue, and ActionError where a validator fails."""
    changed = new_ones(values, toolbox.scope(dialogue))
    if not changed:
        return dict(values)
    outcome = await fit(changed, dialogue, toolbox, said=False)
    if outcome.refusals:
        raise UnfitValue(running(dialogue).step, outcome.refusals[0])
    return {**values, **outcome.values}


def _same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and one == other
