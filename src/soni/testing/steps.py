"""The steps of a conversation test, from YAML."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, get_args

from soni.dialogue.payloads import parse_payload
from soni.dialogue.state import ConversationState
from soni.testing.conversations import (
    ActionWasCalled,
    BotIsSilent,
    BotSays,
    ButtonIs,
    FlowIs,
    PersonHandsBack,
    ServiceRestarts,
    SlotIsAwaited,
    SlotsAre,
    StackIs,
    StateIs,
    Step,
    TimePasses,
    UserSays,
)
from soni.testing.dictation import read_command
from soni.testing.known import Known
from soni.testing.nodes import Node


def read_steps(node: Node, known: Known) -> tuple[Step, ...]:
    """The steps of a test, in order; what is wrong is told by the node."""
    items = node.items()
    if node.is_list and not items:
        node.tell("a conversation needs steps; the first is what the user says", code="missing-key")
    steps = [tuple(_step(item, known)) for item in items]
    if steps and steps[0] and not isinstance(steps[0][0], UserSays):
        items[0].tell("a conversation begins with what the user says: the first step is 'user'", code="wrong-value")
    return tuple(step for of_item in steps for step in of_item)


def _step(node: Node, known: Known) -> Iterator[Step]:
    kinds = ("user", *_OTHERS)
    expected = f"a step with one of the keys {', '.join(kinds)}"
    entries = node.keyed((*kinds, "commands"), what=expected)
    commands = entries.pop("commands", None)
    if len(entries) > 1:
        node.tell(f"{' and '.join(entries)} stand in one step; each is a step of its own", code="wrong-value")
    elif "user" in entries:
        yield _user(entries["user"], commands, known)
    elif commands is not None:
        commands.tell("only a 'user' step has commands", code="unknown-key")
    else:
        for kind, entry in entries.items():
            yield from _OTHERS[kind](entry, known)
        if node.is_mapping and not node.written.entries():
            node.expected(expected)


# --- what is said --------------------------------------------------------------------------------------------------


def _user(node: Node, commands: Node | None, known: Known) -> UserSays:
    text = node.text().strip()
    if commands is None:
        return UserSays(node.line, text)
    if parse_payload(text) is not None:
        commands.tell("what the user says is a command already; leave one of the two out", code="wrong-value")
    return UserSays(node.line, text, tuple(read_command(item, known) for item in commands.items()))


def _bot(node: Node, known: Known) -> Iterator[Step]:
    if node.is_mapping:
        yield _one_message(node, known)
    elif node.is_list:
        items = node.items()
        if not items:
            yield BotIsSilent(node.line)
        for item in items:
            yield from _bot(item, known)
    else:
        yield BotSays(node.line, text=node.text())


def _one_message(node: Node, known: Known) -> BotSays:
    entries = node.keyed(("text", "contains", "matches", "response", "buttons"))
    if not node.written.entries():
        node.tell("one of text, contains, matches, response and buttons is expected", code="missing-key")
    pattern = None
    if "matches" in entries:
        pattern = entries["matches"].text()
        try:
            re.compile(pattern)
        except re.error as error:
            entries["matches"].tell(f"this is no regular expression: {error}", code="wrong-value")
    return BotSays(
        node.line,
        text=entries["text"].text() if "text" in entries else None,
        contains=entries["contains"].texts() if "contains" in entries else (),
        matches=pattern,
        response=entries["response"].name("response", known.responses) if "response" in entries else None,
        buttons=tuple(_button(item) for item in entries["buttons"].items()) if "buttons" in entries else None,
    )


def _button(node: Node) -> ButtonIs:
    if not node.is_mapping:
        return ButtonIs(node.text())
    entries = node.keyed(("title", "payload"), required=("title",))
    title = entries["title"].text() if "title" in entries else ""
    return ButtonIs(title, entries["payload"].text() if "payload" in entries else None)


# --- what is so ----------------------------------------------------------------------------------------------------


def _slots(node: Node, known: Known) -> Iterator[Step]:
    yield SlotsAre(node.line, known.slot_values(node))


def _flow(node: Node, known: Known) -> Iterator[Step]:
    yield FlowIs(node.line, None if node.is_nothing else node.name("flow", known.flows))


def _stack(node: Node, known: Known) -> Iterator[Step]:
    yield StackIs(node.line, tuple(item.name("flow", known.flows) for item in node.items()))


def _state(node: Node, _: Known) -> Iterator[Step]:
    word = node.one_of(get_args(ConversationState))
    for state in get_args(ConversationState):
        if state == word:
            yield StateIs(node.line, state)


def _waiting_for(node: Node, known: Known) -> Iterator[Step]:
    yield SlotIsAwaited(node.line, None if node.is_nothing else node.name("slot", known.slots))


def _action(node: Node, known: Known) -> Iterator[Step]:
    for name, entry in node.named("a mapping of actions").items():
        entry.check_name(name, "action", known.actions)
        parts = {} if entry.is_nothing else entry.keyed(("times", "inputs"))
        times = parts["times"].count() if "times" in parts else None
        inputs = known.input_values(parts["inputs"], name) if "inputs" in parts else {}
        yield ActionWasCalled(entry.line, name, times, inputs)


# --- what happens meanwhile ----------------------------------------------------------------------------------------


def _later(node: Node, _: Known) -> Iterator[Step]:
    yield TimePasses(node.line, node.duration())


def _restart(node: Node, _: Known) -> Iterator[Step]:
    node.only_true()
    yield ServiceRestarts(node.line)


def _resume(node: Node, _: Known) -> Iterator[Step]:
    node.only_true()
    yield PersonHandsBack(node.line)


_OTHERS: Final[Mapping[str, Callable[[Node, Known], Iterator[Step]]]] = {
    "bot": _bot,
    "slots": _slots,
    "flow": _flow,
    "stack": _stack,
    "action": _action,
    "state": _state,
    "waiting_for": _waiting_for,
    "later": _later,
    "restart": _restart,
    "resume": _resume,
}
