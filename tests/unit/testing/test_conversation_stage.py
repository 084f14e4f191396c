"""Conversation tests are played: in process and over HTTP, with stubs and for real, each with a world of its own."""

import logging
import os
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from soni.errors import ConfigurationError
from soni.testing import Result, Stage, read_conversations
from soni.testing.logbook import logbook
from soni.testing.transcript import transcript

from .bank import ASSISTANT, build, told

PAY = '- user: pay\n  commands: ["/start_flow pay amount=50 recipient=Ana"]'


@pytest.fixture(params=[False, True], ids=["in process", "over HTTP"])
def http(request: pytest.FixtureRequest) -> bool:
    """Both ways to speak."""
    return bool(request.param)


def play(path: Path, *, http: bool = False) -> list[Result]:
    file = read_conversations(path)
    with Stage(file, http=http) as stage:
        return [stage.play(test) for test in file.tests]


def play_tests(path: Path, chosen: tuple[int, ...], *, http: bool = False) -> list[Result]:
    file = read_conversations(path)
    with Stage(file, http=http) as stage:
        return [stage.play(file.tests[number]) for number in chosen]


def play_one(folder: Path, steps: str, head: str = "", *, http: bool = False) -> Result:
    (result,) = play(build(folder, told(steps, head)), http=http)
    return result


def test_a_conversation_that_goes_as_told(tmp_path: Path, http: bool) -> None:
    """Every kind of step can hold, whichever way the user speaks."""
    steps = f"""
{PAY}
- bot:
    text: Send 50 to Ana?
    buttons: [Yes, {{title: No, payload: /deny}}]
- slots: {{amount: 50, recipient: Ana, receipt: null}}
- flow: pay
- stack: [pay]
- state: waiting_for_input
- action: {{transfer: {{times: 0}}, look_up: }}
- user: /set_slot amount=60
- bot: {{contains: "to 60"}}
- bot: Send 60 to Ana?
- user: /affirm
- bot: {{response: sent}}
- bot: {{matches: "-1.$"}}
- action: {{transfer: {{times: 1, inputs: {{amount: 60, recipient: Ana}}}}}}
- flow: null
- user: /start_flow quit
- state: handed_off
- user: hello?
  commands: []
- bot: []
"""
    result = play_one(tmp_path, steps, http=http)

    assert result.failure is None
    assert result.passed
    assert [exchange.said for exchange in result.exchanges] == [
        "pay", "/set_slot amount=60", "/affirm", "/start_flow quit", "hello?",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "expected", "got"),
    [
        ("- bot: Send 60 to Ana?", '"Send 60 to Ana?"', '"Send 50 to Ana?" [Yes (/affirm), No (/deny)]'),
        ("- bot: []", "nothing", '"Send 50 to Ana?" [Yes (/affirm), No (/deny)]'),
        ("- slots: {amount: 60}", "amount: 60", "amount: 50"),
        ("- flow: null", "none", "pay"),
        ("- stack: []", "[]", "[pay]"),
        ("- state: idle", "idle", "waiting_for_input"),
        ("- waiting_for: amount", "amount", "no slot"),
        ("- action: {transfer: {times: 1}}", "transfer called once", "called never"),
    ],
)
def test_a_step_that_does_not_hold(tmp_path: Path, step: str, expected: str, got: str) -> None:
    """The test ends there, and says which step it was, what was expected, and what there is."""
    result = play_one(tmp_path, f"{PAY}\n{step}\n- user: /affirm")

    assert result.failure is not None
    assert (result.failure.line, result.failure.expected, result.failure.got) == (6, expected, got)
    assert step.startswith(f"- {result.failure.step}:")
    assert len(result.exchanges) == 1


@pytest.mark.parametrize("last", ["", "- user: /affirm"])
def test_more_is_said_than_told(tmp_path: Path, last: str) -> None:
    """After a whole text nothing may come, neither before the user speaks again nor at the end."""
    result = play_one(tmp_path, f"{PAY}\n- user: /set_slot amount=60\n- bot: Okay, I've changed amount to 60.\n{last}")

    assert result.failure is not None
    assert (result.failure.line, result.failure.step) == (7, "bot")
    assert result.failure.got.startswith('"Send 60 to Ana?"')


def test_stubs_stand_in_for_actions(tmp_path: Path, http: bool) -> None:
    """A stub gives its outputs or fails; what has none runs for real; all of them are counted."""
    path = build(
        tmp_path,
        """
tests:
  - name: with outputs
    actions: {transfer: {receipt: R7}, look_up: }
    steps: &steps
      - {user: pay, commands: ["/start_flow pay amount=50 recipient=Nobody"]}
      - user: /affirm
      - bot: {contains: "Receipt: R7."}
      - action: {transfer: {times: 1}}
  - name: without
    steps: *steps
  - name: failing
    actions: {transfer: {error: the ledger is locked}}
    steps:
      - user: /start_flow pay amount=50 recipient=Ana
      - user: /affirm
      - bot: {contains: something went wrong}
      - action: {transfer: {times: 1}}
      - flow: pay
""",
    )

    stubbed, real, failing = play(path, http=http)

    assert (stubbed.passed, failing.passed) == (True, True)
    assert real.failure is not None
    assert real.failure.line == 8


def test_an_action_fails_and_then_works(tmp_path: Path, http: bool) -> None:
    """A list of outcomes is taken one by one, the last for every call that follows."""
    steps = """
- user: /start_flow pay amount=50 recipient=Ana
- user: /affirm
- bot: {contains: something went wrong}
- user: /affirm
- bot: {contains: "Receipt: R1."}
- user: /start_flow pay amount=50 recipient=Ana
- user: /affirm
- bot: {contains: "Receipt: R2."}
- user: /start_flow pay amount=50 recipient=Ana
- user: /affirm
- bot: {contains: "Receipt: R2."}
- action: {transfer: {times: 4}}
"""
    head = "actions: {transfer: [{error: the line is dead}, {receipt: R1}, {receipt: R2}]}"

    result = play_one(tmp_path, steps, head, http=http)

    assert result.failure is None


def test_time_passes(tmp_path: Path, http: bool) -> None:
    """A session that was left too long is over, without anybody waiting for it; not before."""
    steps = f"{PAY}\n- later: 59m\n- user: /repeat\n- flow: pay\n- later: 61m\n- user: /repeat\n- flow: null"

    fixed = play_one(tmp_path, steps, "now: 2050-01-31T10:00", http=http)
    real = play_one(tmp_path, steps, http=http)

    assert (fixed.failure, real.failure) == (None, None)
    assert fixed.exchanges[0].then == ("59m later",)


def test_dates_follow_the_time_of_the_test(tmp_path: Path) -> None:
    """What the user calls tomorrow is another day when a day has passed."""
    assistant = ASSISTANT.replace("recipient: {type: string", "recipient: {type: date")
    steps = """
- user: /start_flow pay recipient=tomorrow
- slots: {recipient: 2050-02-01}
- later: 1d
- user: /start_flow pay recipient=tomorrow
- slots: {recipient: 2050-02-02}
"""
    (result,) = play(build(tmp_path, told(steps, "now: 2050-01-31T10:00"), assistant))

    assert result.failure is None


def test_the_service_is_restarted(tmp_path: Path, http: bool) -> None:
    """In the middle of a conversation: it goes on, actions stay counted, and the tests after it are as ever."""
    steps = """
- user: /start_flow pay amount=50
- bot: To whom?
- restart: true
- user: /set_slot recipient=Ana
- bot: Send 50 to Ana?
- slots: {amount: 50}
- restart: true
- restart: true
- user: /affirm
- bot: {contains: "-1."}
- action: {transfer: {times: 1}, look_up: {times: 1}}
"""
    other = "  - {name: other, steps: [{user: /start_flow pay}, {bot: To whom?}]}\n"
    path = build(tmp_path, told(steps) + other)
    before = set(tmp_path.iterdir())

    restarted, ordinary, again = play_tests(path, (0, 1, 0), http=http)

    assert (restarted.failure, ordinary.failure, again.failure) == (None, None, None)
    assert restarted.exchanges[1].then == ("the service is restarted",) * 2
    assert {file.name for file in set(tmp_path.iterdir()) - before} <= {"__pycache__"}


def test_a_person_hands_the_conversation_back(tmp_path: Path, http: bool) -> None:
    """Then the assistant answers again."""
    steps = """
- user: /start_flow quit
- state: handed_off
- waiting_for: null
- user: hello?
  commands: []
- bot: []
- resume: true
- state: idle
- user: /start_flow pay
- waiting_for: recipient
"""
    result = play_one(tmp_path, steps, http=http)

    assert result.failure is None
    assert result.exchanges[1].then == ("a person hands the conversation back",)


def test_what_was_not_taken_is_told(tmp_path: Path) -> None:
    """Commands that were dropped, values that did not fit and actions that failed stand beneath what the user said."""
    steps = """
- user: /start_flow pay amount=-1
- user: /set_slot receipt=R1
- user: /set_slot amount=5 recipient=Nobody
- flow: null
"""
    result = play_one(tmp_path, steps)

    first, second, third = result.exchanges
    assert first.refused == ("a value for amount was not taken: min",)
    assert third.refused == ("the action look_up did not work: failed",)
    assert second.refused == ("set_slot receipt was not taken: system_slot",)
    assert "          ✗ a value for amount was not taken: min\n" in transcript(result, tmp_path)


def test_tests_know_nothing_of_each_other(tmp_path: Path) -> None:
    """Each has a conversation, a count of calls and a working directory of its own, also for the same user."""
    steps = """
      - user: /start_flow pay amount=50 recipient=Ana
      - bot: Send 50 to Ana?
      - user: /affirm
      - action: {transfer: {times: 1}}
      - bot: {contains: "-1."}
      - user: /start_flow prove
"""
    path = build(tmp_path, "tests:" + "".join(f"\n  - name: {n}\n    user: ana\n    steps:{steps}" for n in "ab"))
    before = Path.cwd()

    results = play(path)

    assert [result.passed for result in results] == [True, True]
    assert (Path.cwd(), (tmp_path / "ledger.txt").exists()) == (before, False)


def test_the_environment_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables are as the file says while its tests run, for the assistant and its actions, and as before afterwards."""
    monkeypatch.setenv("BANK", "the real one")
    monkeypatch.setenv("OLD", "old")
    assistant = ASSISTANT.replace("Receipt:", "${OLD:-new} receipt:")
    steps = f"{PAY}\n- user: /affirm\n- bot: {{contains: new receipt}}\n- bot: {{contains: play money-1}}"
    path = build(tmp_path, f"env: {{BANK: play money, NEW: x, OLD: }}\n{told(steps)}", assistant)

    (result,) = play(path)

    assert result.passed
    assert (os.environ["BANK"], os.environ["OLD"], "NEW" in os.environ) == ("the real one", "old", False)


def test_the_same_words_every_time(tmp_path: Path) -> None:
    """Variations are chosen by the user id, so a test hears the same ones whenever it runs."""
    steps = f"{PAY}\n- user: /affirm"
    first, second = play_one(tmp_path, steps), play_one(tmp_path, steps)
    others = {play_one(tmp_path, steps, f"user: u{n}").exchanges[-1].messages[0].text for n in range(6)}

    assert first.exchanges == second.exchanges
    assert len(others) > 1


def test_the_language_of_a_test(tmp_path: Path, http: bool) -> None:
    """Everything is said in the test's language."""
    result = play_one(
        tmp_path, f"{PAY}\n- user: /affirm\n- bot: {{contains: 'Enviado: 50.'}}", "language: es", http=http
    )

    assert result.passed


def test_the_time_of_a_test(tmp_path: Path) -> None:
    """With ``now`` the time stands still; without, it is the real one."""
    assistant = ASSISTANT.replace("recipient: {type: string", "recipient: {type: date")
    path = build(
        tmp_path,
        told("- user: /start_flow pay recipient=tomorrow\n- slots: {recipient: 2050-02-01}", "now: 2050-01-31T10:00")
        + "  - {name: really, steps: [{user: /start_flow pay recipient=tomorrow}, {slots: {recipient: 2050-02-01}}]}\n",
        assistant,
    )

    still, real = play(path)

    assert (still.passed, real.passed) == (True, False)


def test_sensitive_slots_are_masked(tmp_path: Path, http: bool) -> None:
    """A test sees what everybody sees of a sensitive slot: that it is filled."""
    assert play_one(tmp_path, "- user: /start_flow prove pin=12\n- slots: {pin: •••}", http=http).passed


def test_a_turn_that_fails_fails_the_test(tmp_path: Path, http: bool) -> None:
    """What a turn raises is told, over HTTP too, where the caller is told less."""
    endless = "\n".join(
        [
            "  spin:",
            "    steps:",
            "      - {step: a, type: noop}",
            "      - {step: b, type: noop, when: 1 == 1, jump_to: a}",
            "",
        ]
    )
    path = build(tmp_path, told("- user: /start_flow spin\n- flow: null"), ASSISTANT + endless)

    (result,) = play(path, http=http)

    assert result.failure is not None
    assert (result.failure.line, result.failure.step, result.failure.expected) == (4, "user", "an answer")
    assert "the flow 'spin' seems to loop" in result.failure.got
    assert ("Status 422, FlowError" in result.failure.got) is http


def test_the_real_understanding_is_asked(tmp_path: Path) -> None:
    """What a test does not dictate is understood by the assistant itself, and the transcript says how."""
    result = play_one(tmp_path, "- user: send money\n- bot: To whom?\n- user: blah blubb\n- flow: null")

    words = transcript(result, Path("x.conversation.yaml"))
    assert "    user  send money\n          → start_flow pay\n     bot  To whom?\n" in words


def test_a_failing_test_in_words(tmp_path: Path) -> None:
    """The conversation up to the step that failed, with buttons; then what was expected and what there is."""
    result = play_one(tmp_path, f"{PAY}\n- bot: {{contains: [no, never]}}")

    assert (
        transcript(result, Path("bank.conversation.yaml"))
        == """\
bank.conversation.yaml:2: it is told

    user  pay
          → start_flow pay amount=50 recipient=Ana (dictated)
     ran  look_up recipient=Ana
     bot  Send 50 to Ana?
          [Yes] [No]

bank.conversation.yaml:6: this bot step failed
expected  contains "no"
          contains "never"
     got  "Send 50 to Ana?" [Yes (/affirm), No (/deny)]"""
    )


def test_webhooks_can_be_stubbed_and_run_for_real(tmp_path: Path, hook: str) -> None:
    """An action that is a call over HTTP is recorded and stubbed like any other."""
    webhook = f"transfer: {{inputs: [recipient, amount], outputs: [receipt], http: {{url: '{hook}'}}}}"
    assistant = ASSISTANT.replace("transfer: {inputs: [recipient, amount], outputs: [receipt]}", webhook)
    steps = f"{PAY}\n- user: /affirm\n- bot: {{contains: 'Receipt: %s.'}}\n- action: {{transfer: {{times: 1}}}}\n"
    tests = told(steps % "of Ana") + told(steps % "S1", "actions: {transfer: {receipt: S1}}")
    path = build(
        tmp_path, tests.replace("tests:\n  - name: it is told\n    actions", "  - name: other\n    actions"), assistant
    )

    results = play(path)

    assert [transcript(result, path) for result in results if not result.passed] == []


@pytest.fixture
def hook() -> Iterator[str]:
    """The address of a service that gives receipts."""

    class Receipts(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"receipt": "of Ana"}')

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
            pass

    server = HTTPServer(("127.0.0.1", 0), Receipts)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/transfers"
    server.shutdown()
    thread.join()
    server.server_close()


def test_two_assistants_have_modules_of_one_name(tmp_path: Path) -> None:
    """Each is tested with its own, though both call theirs the same; and nothing stays on Python's path."""
    steps = f"{PAY}\n- user: /affirm\n- bot: {{contains: %s-1}}"
    paths = [build(tmp_path / name, told(steps % name)) for name in ("one", "two")]
    before = list(sys.path)

    results = [result for path in (*paths, *paths) for result in play(path)]

    assert [result.passed for result in results] == [True] * 4
    assert sys.path == before


def test_an_assistant_that_cannot_be_set_up(tmp_path: Path, http: bool) -> None:
    """A function that is missing is found before any test runs, and nothing stays open."""
    path = build(tmp_path, told("- user: /start_flow pay"), actions="")
    before = list(sys.path)

    with pytest.raises(ConfigurationError, match="transfer"):
        play(path, http=http)

    assert sys.path == before


def test_a_log_in_few_words() -> None:
    """Errors are told with their causes and where those were raised; what is less than a warning is not."""
    with logbook() as lines:
        log = logging.getLogger("soni.actions.transfer")
        log.warning("slow")
        log.info("fine")
        try:
            try:
                raise LookupError("no such account")
            except LookupError as error:
                raise RuntimeError("it failed") from error
        except RuntimeError:
            log.exception("it is over")

    assert lines[:2] == ["WARNING soni.actions.transfer: slow", "ERROR soni.actions.transfer: it is over"]
    assert lines[2].startswith(f"  RuntimeError: it failed ({__file__}:")
    assert lines[3].startswith("  LookupError: no such account (")
