"""A failed test in words: the conversation up to the step that failed, what was expected, and what there was."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from soni.dialogue.commands import COMMANDS, Clarify, ClearSlot, Command, CorrectSlot, SetSlot, StartFlow
from soni.dialogue.state import Utterance
from soni.testing.expectations import quoted
from soni.testing.playing import Exchange, Result
from soni.value import Value

_NAMES: Final = {kind: name for name, kind in COMMANDS.items()}
_MARGIN: Final = 8


def transcript(result: Result, path: Path) -> str:
    """What was said until the test ended or failed, one line each; several lines where a message has several."""
    lines = [f"{path}:{result.test.line}: {result.test.name}", ""]
    lines += [line for exchange in result.exchanges for line in _exchange(exchange)]
    if (failure := result.failure) is not None:
        lines += ["", f"{path}:{failure.line}: this {failure.step} step failed"]
        above, below = failure.marks
        lines += [*_lines("expected", failure.expected), *_beneath(above)]
        lines += [*_lines("got", failure.got), *_beneath(below)]
        lines += ["", *_lines("", failure.hint)] if failure.hint else []
    return "\n".join(lines)


def spell(command: Command) -> str:
    """A command as a payload says it, without the slash: ``start_flow transfer_money amount=50``."""
    words = [_NAMES[type(command)]]
    match command:
        case StartFlow(flow, slots):
            words += [flow, *_pairs(slots)]
        case SetSlot(slots) | CorrectSlot(slots):
            words += _pairs(slots)
        case ClearSlot(names):
            words += names
        case Clarify(names, slots):
            words += [*names, *_pairs(slots)]
        case _:
            about = getattr(command, "slot", None) or getattr(command, "flow", None)
            words += [str(about)] if about else []
    return " ".join(words)


def _pairs(slots: Mapping[str, Value]) -> list[str]:
    return [
        f"{name}={shlex.quote(value if isinstance(value, str) else quoted(value))}" for name, value in slots.items()
    ]


def _exchange(exchange: Exchange) -> Iterator[str]:
    yield from _lines("user", exchange.said)
    if exchange.understood is not None:
        dictated = " (dictated)" if exchange.dictated else ""
        yield " " * _MARGIN + "  → " + (", ".join(map(spell, exchange.understood)) or "not understood") + dictated
    for words in exchange.refused:
        yield " " * _MARGIN + f"  ✗ {words}"
    for call in exchange.calls:
        yield from _lines("ran", " ".join([call.action, *_pairs(call.inputs)]))
    for message in exchange.messages:
        yield from _message(message)
    for words in exchange.then:
        yield " " * _MARGIN + f"  ({words})"


def _beneath(marks: str) -> list[str]:
    return [" " * _MARGIN + f"  {marks}"] if marks else []


def _message(message: Utterance) -> Iterator[str]:
    yield from _lines("bot", message.text)
    if message.buttons:
        yield " " * _MARGIN + "  " + " ".join(f"[{button.title}]" for button in message.buttons)


def _lines(head: str, text: str) -> Iterator[str]:
    for line in text.splitlines() or [""]:
        yield f"{head:>{_MARGIN}}  {line}"
        head = ""
