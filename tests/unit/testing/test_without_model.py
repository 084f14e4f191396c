"""Where a language model understands, tests are played from a cassette; the model is asked when somebody says so."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from soni.config.models import SoniConfig
from soni.dialogue.commands import Affirm, Command, SetSlot, StartFlow
from soni.errors import NLUError
from soni.events import Listener
from soni.testing import Result, ScriptedUnderstander, Stage, read_conversations
from soni.testing.asking import Ask, recording_command
from soni.testing.transcript import transcript
from soni.understanding.base import Understander, ignore

from .bank import ASSISTANT, build, told

pytest_plugins = ["pytester"]

MODEL = ASSISTANT.replace("settings:\n", "settings:\n  models: {nlu: {provider: openai, model: none}}\n")
STEPS = """
- user: fifty for Ana
- bot: Send 50 to Ana?
- user: go ahead
- bot: {contains: "50"}
"""
SCRIPT: dict[str, Sequence[Command] | NLUError] = {
    "fifty for Ana": [StartFlow("pay", {"amount": "50", "recipient": "Ana"})],
    "go ahead": [Affirm()],
    "prove me": [StartFlow("prove")],
    "it is 4321": [SetSlot({"pin": "4321"})],
}


@pytest.fixture(params=[False, True], ids=["in process", "over HTTP"])
def http(request: pytest.FixtureRequest) -> bool:
    """Both ways to speak."""
    return bool(request.param)


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    """Where it will be."""
    return tmp_path / "bank.cassette.json"


class Opened:
    """Opens the same understander each time, and counts."""

    def __init__(self, understander: ScriptedUnderstander) -> None:
        self.understander = understander
        self.configs: list[SoniConfig] = []

    def __call__(self, config: SoniConfig) -> Understander:
        self.configs.append(config)
        return self.understander


def nobody(_: SoniConfig) -> Understander:
    raise AssertionError("nobody is asked")


def play(
    path: Path, ask: Ask = "never", *, script: object = SCRIPT, http: bool = False
) -> tuple[list[Result], ScriptedUnderstander]:
    understander = ScriptedUnderstander(script)  # type: ignore[arg-type]
    file = read_conversations(path)
    with Stage(file, ask=ask, opening=nobody if ask == "never" else Opened(understander), http=http) as stage:
        return [stage.play(test) for test in file.tests], understander


def test_record_and_play(tmp_path: Path, http: bool) -> None:
    """What was recorded in one run is played in the next, with no understander at all, however the test speaks."""
    path = build(tmp_path, told(STEPS), MODEL)

    (recorded,), understander = play(path, "missing", http=http)
    (played,), _ = play(path, http=not http)

    assert recorded.passed, transcript(recorded, path)
    assert understander.heard == ["fifty for Ana", "go ahead"]
    assert played.passed, transcript(played, path)
    assert [exchange.understood for exchange in played.exchanges] == [
        exchange.understood for exchange in recorded.exchanges
    ]


def test_a_miss_fails_the_test(tmp_path: Path, http: bool) -> None:
    """In words, at its line, and also where the test expects what is said when something cannot be understood."""
    path = build(tmp_path, told("- user: fifty for Ana\n- bot: {matches: .}"), MODEL)

    (result,), _ = play(path, http=http)

    assert result.failure is not None
    assert result.failure.line == 4
    assert result.failure.got == (
        'bank.cassette.json does not know what is meant by "fifty for Ana" outside of any flow.'
        f" Record it with: soni test {path} --record"
    )


def test_a_miss_in_the_middle(tmp_path: Path) -> None:
    """What was recorded before is played, and says where the conversation was."""
    build(tmp_path, told("- user: fifty for Ana"), MODEL)
    play(tmp_path / "bank.conversation.yaml", "missing")
    path = build(tmp_path, told(STEPS), MODEL)

    (result,), _ = play(path)

    assert result.failure is not None
    assert "what is meant by \"go ahead\" as a yes or a no in 'pay'." in result.failure.got


def test_recording_goes_on_where_it_stopped(tmp_path: Path, cassette: Path) -> None:
    """Only what is missing is asked; with nothing missing, nothing is opened and nothing is written."""
    build(tmp_path, told("- user: fifty for Ana"), MODEL)
    play(tmp_path / "bank.conversation.yaml", "missing")
    path = build(tmp_path, told(STEPS), MODEL)

    _, understander = play(path, "missing")
    written = cassette.stat().st_mtime_ns
    file = read_conversations(path)
    with Stage(file, ask="missing", opening=nobody) as stage:
        assert stage.play(file.tests[0]).passed

    assert understander.heard == ["go ahead"]
    assert cassette.stat().st_mtime_ns == written


def test_live_asks_for_everything(tmp_path: Path, cassette: Path) -> None:
    """And neither reads the cassette, damaged as it may be, nor writes it."""
    path = build(tmp_path, told(STEPS), MODEL)
    cassette.write_text("damaged")

    (result,), understander = play(path, "always")

    assert result.passed
    assert understander.heard == ["fifty for Ana", "go ahead"]
    assert cassette.read_text() == "damaged"


@pytest.mark.parametrize("ask", ["missing", "always"])
def test_nobody_stands_in_for_the_model(tmp_path: Path, ask: Ask) -> None:
    """What the fallback understands is not what the model understands."""
    file = read_conversations(build(tmp_path, told(STEPS), MODEL))
    opened = Opened(ScriptedUnderstander(SCRIPT))

    with Stage(file, ask=ask, opening=opened) as stage:
        stage.play(file.tests[0])

    assert file.config.settings.models.nlu.fallback == "embedded"
    (nlu,) = [config.settings.models.nlu for config in opened.configs]
    assert (nlu.fallback, nlu.cache.size) == (None, 0)


class Kept(ScriptedUnderstander):
    """Needs something outside, and knows where it was opened and whether it is closed."""

    trouble = ""

    looks_again_after = None
    serves = True

    def __init__(self) -> None:
        super().__init__(SCRIPT)
        self.folder = Path.cwd()
        self.closed = 0

    async def probe(self, tell: Listener = ignore) -> None:
        pass

    async def aclose(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("ask", ["missing", "always"])
def test_what_is_opened_is_closed(tmp_path: Path, ask: Ask) -> None:
    """Once, when the stage is; and it was opened where we are, not where the test runs."""
    file = read_conversations(build(tmp_path, told(STEPS), MODEL))
    opened: list[Kept] = []

    def opening(_: SoniConfig) -> Understander:
        opened.append(Kept())
        return opened[-1]

    with Stage(file, ask=ask, opening=opening) as stage:
        assert stage.play(file.tests[0]).passed
        assert [kept.closed for kept in opened] == [0]

    assert [(kept.closed, kept.folder) for kept in opened] == [(1, Path.cwd())]


def test_a_model_that_fails_records_nothing(tmp_path: Path, cassette: Path) -> None:
    """The test fails with its words; what was recorded before it is kept."""
    path = build(tmp_path, told(STEPS), MODEL)

    (result,), _ = play(path, "missing", script={**SCRIPT, "go ahead": NLUError("no connection")})

    assert result.failure is not None
    assert result.failure.got == "Nothing is recorded of it, because understanding failed: no connection"
    assert [entry["said"] for entry in json.loads(cassette.read_text())["entries"]] == ["fifty for Ana"]


def test_what_is_sensitive_is_played_too(tmp_path: Path, cassette: Path) -> None:
    """The PIN is not in the cassette, and the slot gets it all the same."""
    path = build(tmp_path, told("- user: prove me\n- bot: PIN?\n- user: it is 4321\n- bot: To whom?"), MODEL)

    (recorded,), _ = play(path, "missing")
    (played,), _ = play(path)

    assert recorded.passed
    assert played.passed, transcript(played, path)
    assert played.exchanges[1].understood == (SetSlot({"pin": "4321"}),)
    assert '"4321' not in cassette.read_text()
    assert "it is" not in cassette.read_text()


def test_restarts_and_dictated_messages(tmp_path: Path, cassette: Path) -> None:
    """A service that restarts plays the same cassette; what the test dictates is not recorded."""
    steps = "- user: x\n  commands: [{start_flow: pay}]\n- user: fifty for Ana\n- restart: true\n- user: go ahead\n- bot: {contains: '50'}"
    path = build(tmp_path, told(steps), MODEL)

    (recorded,), _ = play(path, "missing")
    (played,), _ = play(path)

    assert recorded.passed, transcript(recorded, path)
    assert played.passed
    assert len(json.loads(cassette.read_text())["entries"]) == 2


def test_pytest_plays_the_cassette(pytester: pytest.Pytester) -> None:
    """As `soni test` does; a miss names the command that records it."""
    path = build(pytester.path, told(STEPS), MODEL)
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")

    missed = pytester.runpytest_inprocess()
    play(path, "missing")
    passed = pytester.runpytest_inprocess()

    missed.assert_outcomes(failed=1)
    missed.stdout.fnmatch_lines(
        ["*bank.cassette.json does not know*Record it with: soni test bank.conversation.yaml --record"]
    )
    passed.assert_outcomes(passed=1)


def test_the_command_can_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen from where we are, and quoted."""
    (tmp_path / "a b").mkdir()
    monkeypatch.chdir(tmp_path)

    assert recording_command(tmp_path / "a b" / "x.conversation.yaml") == (
        "soni test 'a b/x.conversation.yaml' --record"
    )
    assert recording_command(Path("/else/x.conversation.yaml")) == "soni test /else/x.conversation.yaml --record"


# --- the command line, as a process --------------------------------------------------------------------------------

RUNNER = """
import sys
from soni.dialogue.commands import Affirm, SetSlot, StartFlow
from soni.testing import ScriptedUnderstander
from soni.understanding import providers

def opened(config):
    print("the model is opened")
    return ScriptedUnderstander({
        "fifty for Ana": [StartFlow("pay", {"amount": "50", "recipient": "Ana"})], "go ahead": [Affirm()],
    })

providers.open_understander = opened
from soni.cli import main
main()
"""
OPENED = "the model is opened"


def soni(folder: Path, *arguments: str, model: bool = False) -> tuple[int, str, str]:
    """`soni test` in this folder; with ``model`` there is one that can be asked."""
    code = RUNNER if model else "from soni.cli import main; main()"
    environ = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    done = subprocess.run(
        [sys.executable, "-c", code, "test", *arguments], cwd=folder, capture_output=True, text=True, env=environ
    )
    return done.returncode, done.stdout, done.stderr


def test_the_life_of_a_cassette(tmp_path: Path, cassette: Path) -> None:
    """It is missing, recorded, played without any model, and what no test uses any more is dropped."""
    (tmp_path / "tests").mkdir()
    two = told(STEPS) + told("- user: fifty for Ana\n- user: blah").removeprefix("tests:\n").replace("it is told", "it")
    build(tmp_path, two, MODEL)

    code, output, _ = soni(tmp_path)
    assert (code, output.count("Record it with: soni test bank.conversation.yaml --record")) == (1, 2)
    assert not cassette.exists()

    code, output, _ = soni(tmp_path, "--record", model=True)
    assert (code, output.count(OPENED), "  bank.cassette.json: 3 recorded\n" in output) == (0, 1, True)

    code, output, _ = soni(tmp_path)
    assert (code, "2 passed" in output) == (0, True)

    (tmp_path / "bank.conversation.yaml").write_text(told(STEPS))
    code, output, _ = soni(tmp_path, "--record", "bank.conversation.yaml")
    assert (code, "bank.cassette.json: 1 dropped that no test used\n" in output) == (0, True)

    code, output, _ = soni(tmp_path, ".", "--record")
    assert (code, "bank.cassette.json: nothing was missing\n" in output) == (0, True)
    assert [entry["said"] for entry in json.loads(cassette.read_text())["entries"]] == ["fifty for Ana", "go ahead"]


def test_not_all_tests_ran_to_their_end(tmp_path: Path, cassette: Path) -> None:
    """Then what the others use is not known, and nothing is dropped."""
    two = told(STEPS) + told("- user: blah").removeprefix("tests:\n").replace("it is told", "another")
    path = build(tmp_path, two, MODEL)
    play(path, "missing")
    before = cassette.read_text()

    code, output, _ = soni(tmp_path, "--record", "-k", "another", model=True)
    assert (code, "nothing recorded" in output, cassette.read_text()) == (0, True, before)

    path.write_text(two.replace("Send 50 to Ana?", "Send it?"))
    code, output, _ = soni(tmp_path, "--record", model=True)
    assert (code, "nothing recorded" in output, cassette.read_text()) == (1, True, before)


def test_live_records_nothing(tmp_path: Path, cassette: Path) -> None:
    """The model is asked, and no file is written."""
    build(tmp_path, told(STEPS), MODEL)

    code, output, _ = soni(tmp_path, "--live", model=True)

    assert (code, output.count(OPENED), cassette.exists()) == (0, 1, False)


@pytest.mark.parametrize("options", [("--record",), ("--live",), ("--record", "--http")])
def test_there_is_no_key(tmp_path: Path, cassette: Path, options: tuple[str, ...]) -> None:
    """The model the settings name cannot be asked: that is told once, and no test is blamed for it."""
    build(tmp_path, told(STEPS) + told(STEPS).removeprefix("tests:\n").replace("it is told", "it"), MODEL)

    code, output, _ = soni(tmp_path, *options)

    assert (code, output.count("OPENAI_API_KEY"), cassette.exists()) == (78, 1, False)
    assert "1 file could not be loaded" in output


def test_live_and_record_are_two_things(tmp_path: Path) -> None:
    """Both at once are refused."""
    build(tmp_path, told(STEPS), MODEL)

    code, _, error = soni(tmp_path, "--live", "--record")

    assert (code, "only one of them" in error) == (2, True)


@pytest.mark.parametrize("options", [("--record",), ("--live",)])
def test_the_embedded_understanding_has_nothing_to_record(
    tmp_path: Path, cassette: Path, options: tuple[str, ...]
) -> None:
    """Its tests run as always, and no file is written."""
    build(tmp_path, told("- user: send money\n- bot: To whom?"))

    code, output, _ = soni(tmp_path, *options)

    assert (code, "1 passed" in output, cassette.exists()) == (0, True, False)
    assert ("nothing to record: the embedded understanding asks no model" in output) == ("--record" in options)


def test_a_damaged_cassette(tmp_path: Path, cassette: Path) -> None:
    """Is told as a file that cannot be loaded."""
    build(tmp_path, told(STEPS), MODEL)
    cassette.write_text('{"cassette": 99}')

    code, output, _ = soni(tmp_path)

    assert code == 78
    assert f"{cassette}: a later Soni has written this (form 99); this one reads form 1" in output


def test_the_conversation_of_a_user(tmp_path: Path) -> None:
    """One word that is no file or folder is a user; a path is a path, there or not; -o and --db are about users."""
    build(tmp_path, told(STEPS))
    (tmp_path / "eva").mkdir()

    for arguments in (("--record", "ana"), ("ana", "--record"), ("--record", "eva", "--db", "soni.db")):
        code, _, error = soni(tmp_path, *arguments)
        assert (code, "There is no soni.db" in error) == (78, True), arguments
    code, output, _ = soni(tmp_path, "--record", "eva")
    assert (code, "There is no test to run" in output) == (1, True)
    for path in ("x.conversation.yaml", "ana/x"):
        code, _, error = soni(tmp_path, "--record", path)
        assert (code, error) == (78, f"{path}: is not there\n")
    code, _, error = soni(tmp_path, "--record", "ana", "eva", "-o", "x.conversation.yaml")
    assert (code, "the id of one user" in error) == (2, True)
