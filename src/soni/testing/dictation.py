"""Commands that a test dictates, from YAML: ``{start_flow: transfer_money}``, ``affirm``, ``"/set_slot amount=60"``."""

from collections.abc import Mapping
from typing import Final

from soni.config.problems import nearest
from soni.dialogue.commands import (
    ALONE,
    COMMANDS,
    AskInfo,
    CancelFlow,
    Clarify,
    ClearSlot,
    Command,
    CorrectSlot,
    Deny,
    Repeat,
    SetSlot,
    StartFlow,
)
from soni.dialogue.payloads import parse_payload
from soni.testing.known import Known
from soni.testing.nodes import Node

_EXAMPLES: Final[Mapping[str, str]] = {
    "start_flow": "{start_flow: transfer_money}",
    "set_slot": "{set_slot: {amount: 60}}",
    "correct_slot": "{correct_slot: {amount: 60}}",
    "clear_slot": "{clear_slot: amount}",
    "clarify": "{clarify: [transfer_money, check_balance]}",
}
_NO_COMMAND: Final = Repeat()
"""Stands for one that cannot be read; what was told about it keeps the test from running."""


def read_command(node: Node, known: Known) -> Command:
    """One command: a name, a mapping of one name to what it is about, or a payload."""
    if node.is_mapping:
        entries = node.named()
        if len(entries) == 1:
            ((name, about),) = entries.items()
            return _read(name, about, known)
        node.tell("a command is one name and what it is about; each is an item of its own", code="wrong-value")
        return _NO_COMMAND
    text = node.text()
    if not text.startswith("/"):
        return _read(text, node, known) if text else _NO_COMMAND
    commands = parse_payload(text) or []
    if len(commands) == 1:
        return commands[0]
    node.tell(f"this is not one command: {text!r}", code="wrong-value")
    return _NO_COMMAND


def _read(name: str, node: Node, known: Known) -> Command:
    """The command of this name; ``node`` is what it is about, or the name itself where nothing is said about it."""
    about = None if node.is_nothing or node.written.content == name else node
    match name:
        case "affirm" | "chitchat" | "out_of_scope" | "human_handoff" | "skip_question" | "repeat" | "restart":
            if about is not None:
                about.tell(f"{name!r} stands alone: it is not about anything", code="wrong-value")
            return ALONE[name]
        case "cancel_flow":
            return CancelFlow(about.name("flow", known.flows) if about else None)
        case "deny":
            return Deny(about.name("slot", known.slots) if about else None)
        case "ask_info":
            return AskInfo(about.name("slot", known.slots) if about else None)
        case _ if name not in COMMANDS:
            words = "" if (near := nearest(name, COMMANDS)) else f"; one of {', '.join(COMMANDS)}"
            node.tell(f"there is no command {name!r}{words}", near, "unknown-command")
        case _ if about is None:
            node.tell(f"{name!r} says what it is about: {_EXAMPLES[name]}", code="missing-key")
        case "start_flow":
            return _start(about, known)
        case "set_slot":
            return SetSlot(known.slot_values(about))
        case "correct_slot":
            return CorrectSlot(known.slot_values(about))
        case "clear_slot":
            return ClearSlot(about.names("slot", known.slots))
        case "clarify":
            return _clarify(about, known)
    return _NO_COMMAND


def _clarify(node: Node, known: Known) -> Command:
    if not node.is_mapping:
        return Clarify(node.names("flow", known.flows))
    entries = node.keyed(("flows", "slots"), required=("flows",))
    flows = entries["flows"].names("flow", known.flows) if "flows" in entries else ()
    return Clarify(flows, known.slot_values(entries["slots"]) if "slots" in entries else {})


def _start(node: Node, known: Known) -> Command:
    if not node.is_mapping:
        return StartFlow(node.name("flow", known.flows))
    entries = node.keyed(("flow", "slots"), required=("flow",))
    flow = entries["flow"].name("flow", known.flows) if "flow" in entries else ""
    return StartFlow(flow, known.slot_values(entries["slots"]) if "slots" in entries else {})
