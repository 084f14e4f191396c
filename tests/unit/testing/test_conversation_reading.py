"""Conversation files are read into values, and what is wrong with them is told with file and line."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from soni.dialogue.commands import (
    Affirm,
    AskInfo,
    CancelFlow,
    ChitChat,
    Clarify,
    ClearSlot,
    CorrectSlot,
    Deny,
    SetSlot,
    StartFlow,
)
from soni.errors import ConfigurationError, Problem
from soni.testing import read_conversations
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
    Stub,
    TimePasses,
    UserSays,
)

from .bank import build, told


def read_steps(folder: Path, steps: str) -> tuple[Step, ...]:
    return read_conversations(build(folder, told(steps))).tests[0].steps


def problems_of(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(ConfigurationError) as caught:
        read_conversations(path)
    return caught.value.problems


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    """A file has its assistant, its environment and its tests, each with its line."""
    path = build(
        tmp_path / "bank",
        """\
assistant: ../bank/soni.yaml
env: {BANK: "${TOWN}", OLD: }
now: 2050-01-01
actions: {transfer: {receipt: R0}}
tests:
  - name: first, and whole
    actions: {transfer: {receipt: R1}, look_up: [{error: no net}, {}]}
    now: 2050-01-31T10:00:00+01:00
    user: ana@example.com
    language: es
    steps: [{user: hello}]
  - name: sécond
    actions: {look_up: }
    steps: [{user: /affirm}]
""",
    )

    file = read_conversations(path, {"TOWN": "Bern"})

    assert (file.path, file.assistant) == (path, path.parent / "../bank/soni.yaml")
    assert file.env == {"BANK": "Bern", "OLD": None}
    first, second = file.tests
    assert (first.name, first.line, first.user, first.language) == ("first, and whole", 6, "ana@example.com", "es")
    assert first.actions == {
        "transfer": (Stub({"receipt": "R1"}),),
        "look_up": (Stub(error="no net"), Stub()),
    }
    assert first.now == datetime(2050, 1, 31, 10, tzinfo=timezone(timedelta(hours=1)))
    assert (first.needs_understanding, second.needs_understanding) == (True, False)
    assert (second.now, second.user) == (datetime(2050, 1, 1, tzinfo=UTC), "test:s-cond")
    assert second.actions == {"look_up": (Stub(),), "transfer": (Stub({"receipt": "R0"}),)}


def test_every_step_is_read(tmp_path: Path) -> None:
    """Each step becomes a value that knows its line; several actions in one step are several."""
    steps = read_steps(
        tmp_path,
        """
- user: "  pay, please "
- bot: To whom?
- bot: [How much?, {contains: [a, b], matches: "a+", response: sent}]
- bot: []
- bot:
    text: Sure?
    buttons: [Yes, {title: No, payload: /deny}]
- slots: {amount: 0, recipient: null}
- flow: pay
- flow: null
- stack: [pay, pattern_correction]
- state: idle
- action: {transfer: {times: 0, inputs: {amount: 50}}, look_up: }
- waiting_for: amount
- waiting_for: null
- later: 90m
- restart: true
- resume: true
""",
    )

    assert steps == (
        UserSays(4, "pay, please"),
        BotSays(5, "To whom?"),
        BotSays(6, "How much?"),
        BotSays(6, contains=("a", "b"), matches="a+", response="sent"),
        BotIsSilent(7),
        BotSays(8, "Sure?", buttons=(ButtonIs("Yes"), ButtonIs("No", "/deny"))),
        SlotsAre(11, {"amount": 0, "recipient": None}),
        FlowIs(12, "pay"),
        FlowIs(13, None),
        StackIs(14, ("pay", "pattern_correction")),
        StateIs(15, "idle"),
        ActionWasCalled(16, "transfer", 0, {"amount": 50}),
        ActionWasCalled(16, "look_up"),
        SlotIsAwaited(17, "amount"),
        SlotIsAwaited(18, None),
        TimePasses(19, timedelta(minutes=90)),
        ServiceRestarts(20),
        PersonHandsBack(21),
    )


def test_every_way_to_write_a_command_is_read(tmp_path: Path) -> None:
    """A command is a name, a name with what it is about, or a payload."""
    (step,) = read_steps(
        tmp_path,
        """
- user: whatever
  commands:
    - {start_flow: pay}
    - start_flow: {flow: pay, slots: {amount: 50}}
    - start_flow: {flow: pay}
    - set_slot: {amount: 1.5}
    - correct_slot: {amount: 2}
    - clear_slot: amount
    - clear_slot: [amount, recipient]
    - clarify: [pay, prove]
    - clarify: {flows: [pay, prove], slots: {amount: 50}}
    - clarify: {flows: [pay]}
    - affirm
    - chitchat:
    - cancel_flow
    - {cancel_flow: pay}
    - {deny: amount}
    - deny:
    - ask_info: recipient
    - "/set_slot amount=60"
""",
    )

    assert isinstance(step, UserSays)
    assert step.commands == (
        StartFlow("pay"),
        StartFlow("pay", {"amount": 50}),
        StartFlow("pay"),
        SetSlot({"amount": 1.5}),
        CorrectSlot({"amount": 2}),
        ClearSlot(("amount",)),
        ClearSlot(("amount", "recipient")),
        Clarify(("pay", "prove")),
        Clarify(("pay", "prove"), {"amount": 50}),
        Clarify(("pay",)),
        Affirm(),
        ChitChat(),
        CancelFlow(),
        CancelFlow("pay"),
        Deny("amount"),
        Deny(),
        AskInfo("recipient"),
        SetSlot({"amount": "60"}),
    )


@pytest.mark.parametrize(
    ("steps", "line", "message", "suggestion"),
    [
        ("- usr: hi", 4, "unknown key 'usr'", "user"),
        ("- zebra: hi", 4, "unknown key 'zebra'; known here: user, bot,", None),
        ("- {}", 4, "a step with one of the keys user, bot,", None),
        ("- hello", 4, "a step with one of the keys user, bot,", None),
        ("- {user: hi, bot: hello}", 4, "user and bot stand in one step", None),
        ("- bot: hello", 4, "a conversation begins with what the user says", None),
        ("- user: 20", 4, 'in quotes it is a text: "20"', None),
        ("- user: ' '", 4, "a text stands here, and it is empty", None),
        ("- user: hi\n- bot: hello\n  commands: [affirm]", 6, "only a 'user' step has commands", None),
        ("- user: /affirm\n  commands: [affirm]", 5, "is a command already", None),
        ("- user: hi\n  commands: affirm", 5, "a list is expected", None),
        ("- user: hi\n  commands: [afirm]", 5, "there is no command 'afirm'", "affirm"),
        ("- user: hi\n  commands: [zzz]", 5, "one of start_flow, cancel_flow,", None),
        ("- user: hi\n  commands: [start_flow]", 5, "{start_flow: transfer_money}", None),
        ("- user: hi\n  commands: ['']", 5, "it is empty", None),
        ("- user: hi\n  commands: [{affirm: pay}]", 5, "'affirm' stands alone", None),
        ("- user: hi\n  commands: [{affirm: , deny: }]", 5, "each is an item of its own", None),
        ("- user: hi\n  commands: [/start_flow]", 5, "this is not one command", None),
        ("- user: hi\n  commands: [{start_flow: pey}]", 5, "the assistant has no flow 'pey'", "pay"),
        ("- user: hi\n  commands: [{start_flow: {slots: {amount: 1}}}]", 5, "'flow' is missing", None),
        ("- user: hi\n  commands: [{set_slot: {amuont: 1}}]", 5, "the assistant has no slot 'amuont'", "amount"),
        ("- user: hi\n- bot: {contains: Hello, Ana}", 5, "a text with a comma in it needs quotes", None),
        ("- user: hi\n- bot: {}", 5, "one of text, contains, matches, response and buttons", None),
        ("- user: hi\n- bot: {matches: '('}", 5, "this is no regular expression", None),
        ("- user: hi\n- bot: {response: snet}", 5, "the assistant has no response 'snet'", "sent"),
        ("- user: hi\n- bot: {buttons: [{payload: x}]}", 5, "'title' is missing", None),
        ("- user: hi\n- slots: [amount]", 5, "a mapping of names and values is expected", None),
        ("- user: hi\n- slots: {amont: 1}", 5, "the assistant has no slot 'amont'", "amount"),
        ("- user: hi\n- waiting_for: amont", 5, "the assistant has no slot 'amont'", "amount"),
        ("- user: hi\n- later: soon", 5, "a duration such as 300ms, 10s, 5m, 2h or 30d is expected", None),
        ("- user: hi\n- later: 0s", 5, "must be more than nothing", None),
        ("- user: hi\n- restart: maybe", 5, "true is expected, not the text 'maybe'", None),
        ("- user: hi\n- resume: false", 5, "true is expected, not false", None),
        ("- user: hi\n- stack: pay", 5, "a list is expected", None),
        ("- user: hi\n- state: waiting_for_inputs", 5, "one of idle, waiting_for_input,", "waiting_for_input"),
        ("- user: hi\n- action: {transfers: {times: 0}}", 5, "the assistant has no action 'transfers'", "transfer"),
        ("- user: hi\n- action: {transfer: {times: -1}}", 5, "a whole number from 0 on", None),
        ("- user: hi\n- action: {transfer: {inputs: {sum: 1}}}", 5, "the assistant has no input 'sum'", None),
        ("- user: hi\n- action: {transfer: {time: 1}}", 5, "unknown key 'time'", "times"),
    ],
)
def test_a_step_that_is_wrong_is_told(
    tmp_path: Path, steps: str, line: int, message: str, suggestion: str | None
) -> None:
    """One mistake is one problem, at its line, with the nearest name."""
    path = build(tmp_path, told(steps))

    (problem,) = problems_of(path)

    assert message in problem.message
    assert (problem.file, problem.line, problem.suggestion) == (path, line, suggestion)


@pytest.mark.parametrize(
    ("head", "message", "suggestion"),
    [
        ("now: soon", "2050-01-31T10:00 is expected, not 'soon'", None),
        ("now: 12", "a text is expected, not the number 12", None),
        ("user: Ana Ruiz", "a user id has 1 to 128 letters", None),
        ("language: fr", "the assistant has no language 'fr'", None),
        ("actions: {transfr: {}}", "the assistant has no action 'transfr'", "transfer"),
        ("actions: {transfer: {reciept: 1}}", "the assistant has no output 'reciept'", "receipt"),
        ("actions: {transfer: done}", "a mapping of names and values is expected, not the text 'done'", None),
        ("actions: {transfer: []}", "at least one outcome is expected", None),
        ("actions: {transfer: [{reciept: 1}]}", "the assistant has no output 'reciept'", "receipt"),
        ("user_id: ana", "unknown key 'user_id'", "user"),
    ],
)
def test_the_head_of_a_test_is_checked(tmp_path: Path, head: str, message: str, suggestion: str | None) -> None:
    """What stands beside the name is checked too."""
    (problem,) = problems_of(build(tmp_path, told("- user: hi", head)))

    assert message in problem.message
    assert (problem.line, problem.suggestion) == (3, suggestion)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "is empty; it begins with 'tests:'"),
        ("- user: hi", 1, "begins with 'tests:'"),
        ("test: []", 1, "unknown key 'test'"),
        ("env: {}", 1, "'tests' is missing"),
        ("tests: hello", 1, "a list is expected"),
        ("tests: [hello]", 1, "a test with a name and steps is expected"),
        ("tests: [{name: a}]", 1, "'steps' is missing"),
        ("tests: [{steps: [{user: hi}]}]", 1, "'name' is missing"),
        ("tests: [{name: a, step: [{user: hi}]}]", 1, "unknown key 'step'"),
        ("tests: [{name: a, steps: []}]", 1, "a conversation needs steps"),
        ("tests:\n- {name: a, steps: [{user: x}]}\n- {name: a, steps: [{user: x}]}", 3, "the test on line 2 has this"),
        ("assistant: ../nowhere\ntests: []", 1, "there is no "),
        ("tests: []\nenv: {A: 1}", 2, 'in quotes it is a text: "1"'),
        ("tests: ${NO_SUCH_THING}", 1, "there is no environment variable NO_SUCH_THING"),
        ("tests: [", 2, "this is not YAML"),
    ],
)
def test_a_file_that_is_wrong_is_told(tmp_path: Path, text: str, line: int, message: str) -> None:
    """What is wrong with the whole file is told as well."""
    first, *_ = problems_of(build(tmp_path, text))

    assert message in first.message
    assert first.line == line


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    """The file's and its assistant's, the file's first."""
    path = build(tmp_path, told("- usr: hi\n- slots: {no_matter: 1}"), assistant="version: '1.0'\nflow: {}\n")

    first, second = problems_of(path)

    assert (first.file, second.file) == (path, tmp_path / "soni.yaml")


def test_a_stub_may_have_an_output_called_error(tmp_path: Path) -> None:
    """Where an action declares it, ``error`` is an output like any other."""
    assistant = "version: '1.0'\nactions: {check: {outputs: [error]}}\nslots: {error: {type: string}}\n"
    path = build(tmp_path, told("- user: hi", "actions: {check: {error: none}}"), assistant)

    assert read_conversations(path).tests[0].actions == {"check": (Stub({"error": "none"}),)}


def test_without_an_assistant_nothing_is_tested(tmp_path: Path) -> None:
    """A file with no assistant beside or above it says how to name one."""
    (tmp_path / ".git").mkdir()
    path = tmp_path / "lonely.conversation.yaml"
    path.write_text("tests: []")

    (problem,) = problems_of(path)

    assert "'assistant: ../my/soni.yaml' names one" in problem.message
