"""Commands as text: ``/set_slot amount=60``, as a button's payload or a test says them."""

import re
import shlex
from typing import Final

from soni.dialogue.commands import (
    ALONE,
    AskInfo,
    CancelFlow,
    Clarify,
    ClearSlot,
    Command,
    CorrectSlot,
    Deny,
    SetSlot,
    StartFlow,
)
from soni.value import Value

_NAMED: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)


def parse_payload(text: str) -> list[Command] | None:
    """The commands a message says outright, one a line; ``None`` for ordinary text.

    Every line must be a command with fitting arguments, quoted as in a shell; otherwise the whole message is ordinary
    text. Values stay texts: they are parsed by their slot's type later.
    """
    if not text.startswith("/"):
        return None
    commands: list[Command] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        command = _parse_line(line.strip())
        if command is None:
            return None
        commands.append(command)
    return commands


def _parse_line(line: str) -> Command | None:
    if not line.startswith("/") or line[1:2].isspace():
        return None
    try:
        words = shlex.split(line[1:])
    except ValueError:  # a quote that is not closed: then it is prose
        return None
    if not words:
        return None
    name, plain, named = words[0], [], dict[str, Value]()
    for word in words[1:]:
        if match := _NAMED.fullmatch(word):
            named[match[1]] = match[2]
        else:
            plain.append(word)
    return _build(name, tuple(plain), named)


def _build(name: str, plain: tuple[str, ...], named: dict[str, Value]) -> Command | None:
    """The command of this name, or ``None`` where the arguments are not its own."""
    match name, plain:
        case "start_flow", (flow,):
            return StartFlow(flow, named)
        case "set_slot", () if named:
            return SetSlot(named)
        case "correct_slot", () if named:
            return CorrectSlot(named)
        case "clarify", (_, *_):
            return Clarify(plain, named)
    if named:
        return None
    match name, plain:
        case "clear_slot", (_, *_):
            return ClearSlot(plain)
        case "cancel_flow", () | (_,):
            return CancelFlow(*plain)
        case "deny", () | (_,):
            return Deny(*plain)
        case "ask_info", () | (_,):
            return AskInfo(*plain)
        case _, () if name in ALONE:
            return ALONE[name]
        case _:
            return None
