"""pytest collects conversation tests, runs them, and shows what went wrong in words."""

import subprocess
import sys
from pathlib import Path

import pytest

from .bank import build, told

pytest_plugins = ["pytester"]

GOOD = told('- user: pay\n  commands: ["/start_flow pay amount=50"]\n- bot: To whom?')


@pytest.fixture(autouse=True)
def settings(pytester: pytest.Pytester) -> None:
    """pytest-asyncio warns of projects that do not say this."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")


@pytest.mark.parametrize("options", [(), ("--soni-http",), ("-p", "no:asyncio"), ("-W", "error", "--strict-markers")])
def test_conversations_are_items(pytester: pytest.Pytester, options: tuple[str, ...]) -> None:
    """Each test is an item with its name, in process and over HTTP, with pytest-asyncio and without."""
    build(pytester.path, GOOD + GOOD.removeprefix("tests:\n").replace("it is told", "bad").replace("whom?", "me?"))

    result = pytester.runpytest_inprocess("-v", *options)

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "bank.conversation.yaml::it is told PASSED*",
            "bank.conversation.yaml::bad FAILED*",
            "* bad *",
            "    user  pay",
            "     bot  To whom?",
            "*bank.conversation.yaml:11: this bot step failed",
            'expected  "To me?"',
            '     got  "To whom?"',
        ]
    )
    assert "Traceback" not in result.stdout.str()


@pytest.mark.parametrize(
    ("options", "code", "shown"),
    [
        (("--soni-coverage",), pytest.ExitCode.OK, True),
        (("--soni-coverage", "--soni-http", "--soni-fail-under=10"), pytest.ExitCode.OK, True),
        (("--soni-fail-under=50",), pytest.ExitCode.TESTS_FAILED, False),
        ((), pytest.ExitCode.OK, None),
    ],
)
def test_coverage_is_shown(
    pytester: pytest.Pytester, options: tuple[str, ...], code: pytest.ExitCode, shown: bool | None
) -> None:
    """The table where it is asked for, the sum where it is needed; too little of it fails the run."""
    build(pytester.path, GOOD)

    result = pytester.runpytest_inprocess(*options)

    output = result.stdout.str()
    assert result.ret == code
    assert ("soni.yaml:29  send" in output) is (shown is True)
    assert ("Coverage: 1 of 10 steps (10 %), 0 of 2 ways (0 %)" in output) is (shown is not None)
    assert ("10 % of steps is less than 50 %." in output) is (shown is False)


def test_a_run_that_failed_already_stays_failed(pytester: pytest.Pytester) -> None:
    """And a run without conversations has no coverage to ask for."""
    build(pytester.path, GOOD.replace("whom?", "me?"))
    failed = pytester.runpytest_inprocess("--soni-fail-under=50")
    pytester.path.joinpath("bank.conversation.yaml").unlink()
    pytester.makepyfile("def test_it(): pass")
    other = pytester.runpytest_inprocess("--soni-coverage", "--soni-fail-under=50")

    assert (failed.ret, other.ret) == (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.OK)
    assert "Coverage" not in other.stdout.str()


def test_other_files_are_left_alone(pytester: pytest.Pytester) -> None:
    """Neither the assistant nor other YAML is a test; -k chooses by name."""
    build(pytester.path, GOOD)
    pytester.makefile(".yaml", other="tests: []")

    result = pytester.runpytest_inprocess("--collect-only", "-q")
    chosen = pytester.runpytest_inprocess("-k", "nobody")

    result.stdout.fnmatch_lines(["bank.conversation.yaml::it is told", "*1 test collected*"])
    chosen.assert_outcomes(deselected=1)


def test_a_file_with_a_mistake_is_told_once(pytester: pytest.Pytester) -> None:
    """What is wrong is told at collection, with its line and without a traceback."""
    build(pytester.path, GOOD.replace("- bot", "- bto"))

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*bank.conversation.yaml:6: *unknown key 'bto'*"])
    assert "Traceback" not in result.stdout.str()


def test_an_assistant_that_cannot_be_set_up(pytester: pytest.Pytester) -> None:
    """A missing function is an error of the tests that need it, in words."""
    build(pytester.path, GOOD, actions="")

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*No function is marked @action("transfer")*'])


def test_what_is_no_failure_of_the_conversation_is_shown_as_ever(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error in the machinery keeps its traceback."""
    build(pytester.path, GOOD)

    def broken(*_: object) -> None:
        raise LookupError("broken")

    monkeypatch.setattr("soni.testing.stage.Stage.play", broken)

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*def broken(*", "*LookupError: broken*"])


def test_the_plugin_brings_nothing_along(tmp_path: Path) -> None:
    """A run of pytest without conversation tests does not load the engine."""
    (tmp_path / "test_it.py").write_text(
        "import sys\n"
        "def test_it():\n"
        "    assert 'soni.testing.plugin' in sys.modules\n"
        "    heavy = ('langgraph', 'numpy', 'fastapi', 'uvicorn', 'httpx', 'yaml', 'rich', 'soni.testing.stage')\n"
        "    assert [name for name in heavy if name in sys.modules] == []\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:hypothesispytest", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout
