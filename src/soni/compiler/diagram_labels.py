"""What stands in the boxes of a drawing: the words of a step, short and without anything that must stay private."""

import json
import re
from typing import Final, assert_never

from soni.config.models import Flow, SoniConfig
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
    Spoken,
    Step,
    While,
)
from soni.expressions import Expression
from soni.value import Value

WIDTH: Final = 100
"""Characters of one text in a box: a question fits, a paragraph is cut."""
_MOST_SET: Final = 4
"""Slots of one ``set`` that are listed."""
_FORMATTED: Final = re.compile(r"(?<!\{)\{([\w.\[\]]+)[:|][^{}]*\}")


def label(step: Step, config: SoniConfig) -> tuple[str, ...]:
    """The lines of a step's box, each at least one character long."""
    lines = [shorten(line) for line in _lines(step, config)]
    guard = step.guard if isinstance(step, Set) else step.when
    if isinstance(guard, Expression):
        lines.append(shorten(f"only when {guard.text}"))
    return tuple(line for line in lines if line) or (step.step,)


def opening(flow: Flow) -> str:
    """How a flow begins: with what a user says, where anything is written."""
    if flow.startable and flow.trigger.intents:
        return shorten(f"“{flow.trigger.intents[0]}”", WIDTH // 2)
    return "start"


def shorten(text: str, width: int = WIDTH) -> str:
    """The text on one line, without control characters, cut between words where it is longer."""
    tidy = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if len(tidy) <= width:
        return tidy
    cut = tidy[: width - 1]
    words, _, _ = cut.rpartition(" ")
    return f"{words if len(words) > width // 2 else cut}…"


def _lines(step: Step, config: SoniConfig) -> tuple[str, ...]:
    match step:
        case Collect():
            prompt = config.slots[step.slot].prompt
            words = _words(step, config) or (_plain(prompt.text) if prompt is not None else "")
            return words, f"→ {step.slot}"
        case Say():
            return (_words(step, config),)
        case Confirm():
            return (_words(step, config) or "Is that right?", *([f"→ {step.slot}"] if step.slot else []))
        case Action():
            effect = config.actions[step.call].effect
            return step.call, f"({effect}s)"
        case Set():
            return _assignments(step, config)
        case Branch():
            return (f"{step.slot}?" if step.slot else step.evaluate.text if step.evaluate is not None else step.step,)
        case While():
            return (f"while {step.condition.text}",)
        case Call():
            return (f"call {step.flow}",)
        case Link():
            return (f"go over to {step.flow}",)
        case Generate():
            return f"write: {step.instruction.text}", f"→ {step.store_as}" if step.store_as else ""
        case Handoff():
            words = _plain(step.message.text) if step.message is not None else ""
            return f"a person takes over: {step.queue}" if step.queue else "a person takes over", words
        case Noop():
            return (step.step,)
        case _:
            assert_never(step)


def _words(step: Spoken, config: SoniConfig) -> str:
    """What is said: of a response, its first text."""
    if step.message is not None:
        return _plain(step.message.text)
    if step.response is not None:
        return _plain(config.responses[step.response][0].text.text)
    return ""


def _plain(template: str) -> str:
    """``{amount:,.2f}`` and ``{amount|nothing}`` as ``{amount}``."""
    return _FORMATTED.sub(r"{\1}", template)


def _assignments(step: Set, config: SoniConfig) -> tuple[str, ...]:
    lines = [f"{slot} = {_value(value, config.slots[slot].sensitive)}" for slot, value in step.slots.items()]
    if len(lines) > _MOST_SET:
        lines[_MOST_SET - 1 :] = [f"and {len(lines) - _MOST_SET + 1} more"]
    return tuple(lines)


def _value(value: Expression | Value, sensitive: bool) -> str:
    if value is None:
        return "unset"
    if isinstance(value, Expression):
        return value.text
    return "•••" if sensitive else json.dumps(value, ensure_ascii=False)
