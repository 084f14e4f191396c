"""Steps that repeat."""

from dataclasses import replace

from soni.compiler.answered import pass_settled, running
from soni.compiler.blocks import FlowGraph, Placed
from soni.compiler.outcomes import Goto, Next, Stepped
from soni.config.steps import While
from soni.dialogue.corrections import asked_in, release
from soni.dialogue.scope import fill
from soni.dialogue.state import Dialogue
from soni.dialogue.undoing import forget
from soni.toolbox import Toolbox


def repeat(step: While, placed: Placed, dialogue: Dialogue, toolbox: Toolbox, graph: FlowGraph) -> Stepped:
    """Into the body while the condition holds, each time as if for the first time."""
    passed = pass_settled(dialogue)  # a correction leads past it: its rounds so far stand
    dialogue = passed or dialogue
    top, body = running(dialogue), graph.bodies[step.step]
    number = top.rounds.get(step.step, 0) + 1
    if not step.condition.holds(toolbox.scope(dialogue)):
        rounds = {name: count for name, count in top.rounds.items() if name != step.step}
        return dialogue.with_top(replace(top, rounds=rounds)), Next()
    if number > 1 or passed is not None:
        dialogue = _new_round(dialogue, body, toolbox)
        top = running(dialogue)
    dialogue = dialogue.with_top(replace(top, rounds={**top.rounds, step.step: number}))
    return dialogue, Goto(placed.exits["do"])


def _new_round(dialogue: Dialogue, body: frozenset[str], toolbox: Toolbox) -> Dialogue:
    """Forget what the body asked and did in the last round, so that it asks and does it anew."""
    top = running(dialogue)
    asks = toolbox.flows[top.flow].asks
    slots = {asks[step] for step in body if step in asks}
    for step in body & top.calls.keys():
        if top.calls[step].shares:
            slots.update(asked_in(top.calls[step]))
    top = replace(
        forget(top, body),
        asked={slot: step for slot, step in top.asked.items() if step not in body},
        skipped=tuple(step for step in top.skipped if step not in body),
        review=tuple(step for step in top.review if step not in body),
        written=tuple(step for step in top.written if step not in body),
        settled=tuple(step for step in top.settled if step not in body),
        calls={step: called for step, called in top.calls.items() if step not in body},
        rounds={name: count for name, count in top.rounds.items() if name not in body},
    )
    dialogue = release(dialogue.with_top(top), slots)
    return fill(dialogue, toolbox.flows, len(dialogue.stack) - 1, dict.fromkeys(slots))
