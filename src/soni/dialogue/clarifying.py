"""An open choice between flows: what it keeps until one is chosen, when it is over, and how often it is offered."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from soni.dialogue import repair
from soni.dialogue.flows import Flows
from soni.dialogue.stack import without_clarification
from soni.dialogue.state import Clarifying, Dialogue
from soni.value import Value

MAX_CANDIDATES: Final = 5
"""Flows of one choice. Understanding offers three at most by itself; a button's author may have a few more."""


def fitting(flows: Flows, names: Iterable[str]) -> frozenset[str]:
    """The slots that a user may fill in any of these flows, or in those they call."""
    facts = [flows[name] for name in names if name in flows]
    return frozenset().union(*(each.own | each.called for each in facts)) - flows.system


def choices(dialogue: Dialogue, flows: Flows) -> tuple[str, ...]:
    """The flows of the open choice that a deploy has not taken away; none where no choice is open."""
    return tuple(name for name in dialogue.clarifying.flows if name in flows) if dialogue.clarifying else ()


def asks_itself(dialogue: Dialogue) -> bool:
    """True where an author's ``pattern_clarification`` has asked a question of its own, and waits for the answer."""
    return any(frame.flow == repair.CLARIFICATION for frame in dialogue.stack)


def open_choice(dialogue: Dialogue, names: tuple[str, ...], slots: Mapping[str, Value], flows: Flows) -> Dialogue:
    """The dialogue with a choice between these flows.

    Where one was open already, nothing came of it, and what was said with it is kept as far as it fits.
    """
    before = dialogue.clarifying
    known = {**(before.slots if before else {}), **slots}
    fits = fitting(flows, names)
    choice = Clarifying(
        flows=names,
        slots={slot: value for slot, value in known.items() if slot in fits},
        times=before.times + 1 if before else 1,
        since=dialogue.frames,
    )
    return replace(without_clarification(dialogue), clarifying=choice)


def close_choice(dialogue: Dialogue) -> Dialogue:
    """The dialogue without an open choice; what was kept for it is forgotten."""
    return replace(without_clarification(dialogue), clarifying=None) if dialogue.clarifying else dialogue


def turn_to_flow(dialogue: Dialogue) -> Dialogue:
    """Something was said to the flow below the choice: that is none of the offered ones.

    What is said to the choice's own question leaves it open, and so does a value while nothing is going on.
    """
    return dialogue if asks_itself(dialogue) or not dialogue.stack else close_choice(dialogue)


def kept_for(dialogue: Dialogue, flow: str, flows: Flows) -> dict[str, Value]:
    """What was said with the open choice and fits this flow, where it is one of those that are offered."""
    choice = dialogue.clarifying
    if choice is None or flow not in choice.flows:
        return {}
    fits = fitting(flows, (flow,))
    return {slot: value for slot, value in choice.slots.items() if slot in fits}


def offer(dialogue: Dialogue, flows: Flows, most: int, reason: str) -> Dialogue:
    """The dialogue in which the open choice is offered, or, after it was offered so often in vain, handed to a person.

    ``reason`` is ``unclear`` for a new choice, ``again`` where nothing came of it, ``open`` beside another answer.
    """
    choice = dialogue.clarifying
    if choice is None:
        return dialogue
    if choice.times > most:
        return repair.due(close_choice(dialogue), flows, "pattern_human_handoff", {"reason": "clarification"})
    if asks_itself(dialogue):
        return dialogue  # its question is asked again, like any other
    offered = choices(dialogue, flows)
    titles = (f"{number}. {repair.name_of(flows, name)}" for number, name in enumerate(offered, 1))
    context: dict[str, Value] = {
        "candidates": repair.candidates(flows, offered),
        "titles": "\n".join(titles),
        "slots": list(choice.slots),
        "reason": reason,
    }
    return repair.due(dialogue, flows, repair.CLARIFICATION, context)
