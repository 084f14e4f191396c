"""Steps that run another flow and come back."""

from dataclasses import replace

from soni.compiler.answered import running, take_answer
from soni.compiler.filling import computed, fitted
from soni.compiler.outcomes import Next, Push, Stepped
from soni.config.steps import Call
from soni.dialogue.corrections import called_anew, computing, without
from soni.dialogue.state import Dialogue
from soni.dialogue.undoing import fill_by, without_changes_of
from soni.toolbox import Toolbox


async def call(step: Call, dialogue: Dialogue, toolbox: Toolbox) -> Stepped:
    """Put the called flow on top; when it has come back, take over its outputs. Raises UnfitValue."""
    answer, dialogue = take_answer(dialogue)
    top, at = running(dialogue), len(dialogue.stack) - 1
    if answer == "returned":
        return await _bring_back(step, dialogue, toolbox), Next()
    facts = toolbox.flows[step.flow]
    frame, before, again = facts.frame("called"), top.calls.get(step.step), frozenset[str]()
    if before is not None and before.flow == step.flow and step.step in top.review:
        frame, again = called_anew(before, frame, toolbox.flows), computing(before, toolbox.flows)
    # While it is open, what it asked the last time is no place to go back to.
    top = replace(top, calls=without(top.calls, step.step))
    if step.inputs is None:
        dialogue = dialogue.with_top(replace(top, early={}))
        return dialogue, Push(replace(frame, shares=True, early={**frame.early, **top.early}), again)
    scope = toolbox.scope(dialogue)
    given = await fitted({name: computed(written, scope) for name, written in step.inputs.items()}, dialogue, toolbox)
    early = {slot: value for slot, value in top.early.items() if slot in facts.own}
    later = {slot: value for slot, value in top.early.items() if slot in facts.called and slot not in early}
    slots = {**frame.slots, **early, **given}
    rest = {slot: value for slot, value in top.early.items() if slot not in early}
    dialogue = dialogue.with_frame(at, replace(top, early=rest))
    known = {slot: value for slot, value in slots.items() if value is not None}
    lasting = {slot: value for slot, value in known.items() if slot in facts.kept}
    dialogue = replace(dialogue, slots={**dialogue.slots, **lasting})
    own = {slot: value for slot, value in known.items() if slot not in facts.kept}
    frame = without_changes_of(frame, given)
    return dialogue, Push(replace(frame, slots=own, early={**frame.early, **later}), again)


async def _bring_back(step: Call, dialogue: Dialogue, toolbox: Toolbox) -> Dialogue:
    """Copy the called flow's outputs into this flow's slots, or take back what is still early where it shared them."""
    top = running(dialogue)
    back = top.calls[step.step]
    if back.shares:
        calls = {**top.calls, step.step: replace(back, early={})}
        return dialogue.with_top(replace(top, early={**top.early, **back.early}, calls=calls))
    sources = {**dialogue.slots, **back.slots}
    values = {mine: sources.get(its) for its, mine in step.outputs.items()}
    return fill_by(dialogue, toolbox.flows, step.step, await fitted(values, dialogue, toolbox))
