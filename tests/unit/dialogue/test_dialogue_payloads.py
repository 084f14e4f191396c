"""Commands as text: what is a payload, what is prose, and how values are quoted."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.dialogue.commands import (
    COMMANDS,
    Affirm,
    AskInfo,
    CancelFlow,
    ChitChat,
    Clarify,
    ClearSlot,
    Command,
    CorrectSlot,
    Deny,
    HumanHandoff,
    OutOfScope,
    Repeat,
    Restart,
    SetSlot,
    SkipQuestion,
    StartFlow,
)
from soni.dialogue.payloads import parse_payload
from soni.dialogue.transitions import in_order

SAID: list[tuple[str, Command]] = [
    ("/start_flow pay", StartFlow("pay")),
    ('/start_flow pay amount=50 to="Ana Ruiz"', StartFlow("pay", {"amount": "50", "to": "Ana Ruiz"})),
    ("/set_slot amount=60", SetSlot({"amount": "60"})),
    (r"""/set_slot note="a \"b\"" to='Ana Ruiz' empty= eq=a=b""",
     SetSlot({"note": 'a "b"', "to": "Ana Ruiz", "empty": "", "eq": "a=b"})),
    ('/set_slot date="Jan 1st, 2050"', SetSlot({"date": "Jan 1st, 2050"})),
    ("/correct_slot amount=60", CorrectSlot({"amount": "60"})),
    ("/clear_slot amount to", ClearSlot(("amount", "to"))),
    ("/affirm", Affirm()),
    ("/deny", Deny()),
    ("/deny amount", Deny("amount")),
    ("/cancel_flow", CancelFlow()),
    ("/cancel_flow pay", CancelFlow("pay")),
    ("/clarify pay balance", Clarify(("pay", "balance"))),
    ("/clarify pay balance amount=50", Clarify(("pay", "balance"), {"amount": "50"})),
    ("/ask_info", AskInfo()),
    ("/ask_info amount", AskInfo("amount")),
    ("/chitchat", ChitChat()),
    ("/out_of_scope", OutOfScope()),
    ("/human_handoff", HumanHandoff()),
    ("/skip_question", SkipQuestion()),
    ("/repeat", Repeat()),
    ("/restart", Restart()),
    ("/affirm  ", Affirm()),
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "command"), SAID)
def test_every_command_can_be_said_outright(text: str, command: Command) -> None:
    """A slash, its name, and what it is about."""
    assert parse_payload(text) == [command]


def test_every_command_is_among_them() -> None:
    """None is forgotten in the table above."""
    assert {type(command) for _, command in SAID} == set(COMMANDS.values())


def test_several_commands_are_several_lines() -> None:
    """Empty lines are no commands."""
    assert parse_payload("/affirm\n\n  /repeat\n") == [Affirm(), Repeat()]


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "",
        " /affirm",
        "/",
        "/ affirm",
        "/nonsense",
        "/Affirm",
        "/affirm please",
        "/affirm a=1",
        "/start_flow",
        "/start_flow a b",
        "/start_flow amount=5",
        "/set_slot",
        "/set_slot amount",
        "/set_slot amount=5 more",
        "/set_slot 1a=5",
        "/clear_slot",
        "/clear_slot a=1",
        "/clarify",
        "/clarify amount=5",
        "/deny a b",
        "/cancel_flow a b",
        "/ask_info a b",
        "/set_slot note='no end",
        "/affirm\nand another thing",
        "/etc/passwd is a file",
    ],
)
def test_everything_else_is_ordinary_text(text: str) -> None:
    """A slash does not make a command, and half a payload is none."""
    assert parse_payload(text) is None


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    """Whatever follows a slash is a list of commands or ordinary text."""
    for prefix in ("", "/", "/set_slot x="):
        assert parse_payload(prefix + text) is None or isinstance(parse_payload(prefix + text), list)


LINE = st.text().filter(lambda text: len(text.splitlines()) < 2 and text.strip() == text)


@given(st.dictionaries(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True), LINE, min_size=1))
def test_quoted_values_come_back_as_they_were(slots: dict[str, str]) -> None:
    """What a shell quotes, a payload reads."""
    words = " ".join(shlex.quote(f"{name}={value}") for name, value in slots.items())

    assert parse_payload(f"/set_slot {words}") == [SetSlot(slots)]


@given(
    st.permutations(
        [Restart(), CancelFlow(), StartFlow("f"), ClearSlot(("x",)), SetSlot({}), Affirm(), Repeat(), HumanHandoff()]
    )
)
def test_commands_are_applied_in_the_order_that_makes_sense(said: list[Command]) -> None:
    """Leave, answer, enter, fill, and then what only asks for words; whatever came first."""
    assert [type(command) for command in in_order(said)] == [
        Restart, CancelFlow, Affirm, StartFlow, ClearSlot, SetSlot, Repeat, HumanHandoff,
    ]  # fmt: skip
