"""``soni test`` runs conversation tests, shows those that fail, and says with its exit code how it went."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from soni.cli import app, main

from .bank import build, told

GOOD = told('- user: pay\n  commands: ["/start_flow pay amount=50"]\n- bot: To whom?')
BAD = GOOD.replace("it is told", "it is [bold]not[/]").replace("To whom?", "To me?")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and we are in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["test", *arguments])


@pytest.mark.parametrize("options", [(), ("--http",), ("bank.conversation.yaml",), ("-k", "IT IS")])
def test_all_pass(folder: Path, options: tuple[str, ...]) -> None:
    """A green run names its tests and counts them."""
    build(folder, GOOD)

    result = run(*options)

    assert result.exit_code == 0
    assert result.output.startswith("bank.conversation.yaml\n  ✓ it is told  ")
    assert "1 passed, in " in result.output


def test_one_fails(folder: Path) -> None:
    """The transcript follows the name, and the exit code is 1."""
    build(folder, GOOD + BAD.removeprefix("tests:\n"))

    result = run()

    assert result.exit_code == 1
    assert "  ✗ it is [bold]not[/]  " in result.output
    assert (
        'bank.conversation.yaml:11: this bot step failed\nexpected  "To me?"\n              ^^\n     got  "To whom?"\n              ^^^^\n'
        in result.output
    )
    assert "1 passed, 1 failed, in " in result.output


def test_the_log_of_a_failure_is_shown(folder: Path) -> None:
    """Why an action failed is told with the test that fails, and not with one that passes."""
    steps = '- user: pay\n  commands: ["/start_flow pay amount=50 recipient=Nobody"]\n- bot: {contains: %s}'
    build(folder, told(steps % "something went wrong"))
    passed = run()
    build(folder, told(steps % "Sure?"))
    failed = run()

    assert (passed.exit_code, "LookupError" in passed.output) == (0, False)
    assert (failed.exit_code, "  LookupError: no such account (" in failed.output) == (1, True)


@pytest.mark.parametrize("options", [("-k", "nobody"), ("sub",)])
def test_there_is_nothing_to_run(folder: Path, options: tuple[str, ...]) -> None:
    """A run without tests is no success."""
    build(folder, GOOD)
    (folder / "sub").mkdir()

    result = run(*options)

    assert result.exit_code == 1
    assert "There is no test to run" in result.output


def test_a_file_cannot_be_loaded(folder: Path) -> None:
    """The others run, what is wrong is told in words, and the exit code is 78."""
    build(folder / "a", GOOD.replace("- bot", "- bto"))
    build(folder / "b", GOOD)

    result = run()

    assert result.exit_code == 78
    assert "a/bank.conversation.yaml:6: " in result.output
    assert "1 passed, 1 file could not be loaded, in " in result.output


def test_a_path_that_is_not_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A path that is no conversation file is refused."""
    monkeypatch.setattr("sys.argv", ["soni", "test", "nowhere"])

    with pytest.raises(SystemExit) as caught:
        main()

    assert (caught.value.code, capfd.readouterr().err) == (78, "nowhere: is not there\n")


def test_a_report_for_build_servers(folder: Path) -> None:
    """Each test is a case with its file and line; a failure has its transcript, in letters that XML can hold."""
    build(folder, GOOD + BAD.removeprefix("tests:\n").replace("user: pay", 'user: "\\u0001pay"'))

    run("--junit", "report.xml")

    suite = ElementTree.parse("report.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    passed, failed = suite
    assert (passed.get("name"), passed.get("file"), passed.get("line"), len(passed)) == (
        "it is told", "bank.conversation.yaml", "2", 0,
    )  # fmt: skip
    assert (failed[0].get("message"), failed[0].get("type")) == ("line 11: this bot step failed", "bot")
    assert "    user  \N{REPLACEMENT CHARACTER}pay\n" in str(failed[0].text)


def test_a_report_of_a_file_that_cannot_be_loaded(folder: Path) -> None:
    """It is an error, at its line; so is an assistant that cannot be set up."""
    build(folder / "a", GOOD.replace("- bot", "- bto"))
    build(folder / "b", GOOD)
    build(folder / "c", GOOD, actions="")

    run("--junit", "report.xml")

    suites = ElementTree.parse("report.xml").getroot()
    (suite,) = suites
    assert {name: suites.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "3", "failures": "0", "errors": "2",
    }  # fmt: skip
    assert suites.attrib.items() <= suite.attrib.items()
    passed, unknown, missing = suite
    assert (float(passed.get("time", "")) > 0, len(passed)) == (True, 0)
    assert (unknown.get("file"), unknown.get("line"), unknown[0].tag) == ("a/bank.conversation.yaml", "6", "error")
    assert str(unknown[0].get("message")).startswith("unknown key 'bto'")
    assert "a/bank.conversation.yaml:6: " in str(unknown[0].text)
    assert (missing.get("classname"), missing.get("line")) == ("c/bank.conversation.yaml", "1")
    assert '@action("transfer")' in str(missing[0].text)


@pytest.mark.parametrize("option", ["-x", "--exitfirst"])
def test_the_first_failure_ends_the_run(folder: Path, option: str) -> None:
    """Neither the other tests of the file nor other files are run."""
    build(folder / "a", BAD + GOOD.removeprefix("tests:\n"))
    build(folder / "b", GOOD)

    result = run(option)

    assert result.exit_code == 1
    assert "\n1 failed, in " in result.output
    assert "b/bank.conversation.yaml" not in result.output


def test_a_file_that_cannot_be_loaded_ends_the_run_too(folder: Path) -> None:
    """With --exitfirst."""
    build(folder / "a", "tests: hello")
    build(folder / "b", GOOD)

    result = run("-x")

    assert result.exit_code == 78
    assert "\n1 file could not be loaded, in " in result.output


def test_tests_are_named_and_not_run(folder: Path) -> None:
    """With --list, as pytest names them; a file that cannot be loaded is told."""
    build(folder / "a", BAD + GOOD.removeprefix("tests:\n"))
    good = run("--list", "-k", "told")
    none = run("--list", "-k", "nobody")
    build(folder / "b", "tests: hello")
    bad = run("--list")

    file = "a/bank.conversation.yaml"
    assert (good.exit_code, good.output) == (0, f"{file}::it is told\n")
    assert (none.exit_code, none.output) == (1, "")
    assert bad.exit_code == 78
    assert bad.output.startswith(f"{file}::it is [bold]not[/]\n{file}::it is told\nb/bank.conversation.yaml:1: ")


def test_coverage_is_shown(folder: Path) -> None:
    """The table after the tests, the sum last, and the JSON where it is asked for."""
    build(folder, GOOD)

    result = run("--coverage", "--coverage-json", "cov.json")

    assert result.exit_code == 0
    assert "\nCoverage of soni.yaml\n\n  pay        1/7  14 % steps      0/2   0 % ways\n" in result.output
    assert "\nCoverage: 1 of 10 steps (10 %), 0 of 2 ways (0 %)\n1 passed, in " in result.output
    assert '"percent": 10.0' in Path("cov.json").read_text()


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--fail-under", "10"), 0, "Coverage: 1 of 10 steps"),
        (("--fail-under", "11"), 1, "10 % of steps is less than 11 %."),
        (("--fail-under-ways", "1"), 1, "0 % of ways is less than 1 %."),
    ],
)
def test_too_little_is_covered(folder: Path, options: tuple[str, ...], code: int, words: str) -> None:
    """A run that goes well fails where less was covered than it should be; the table is shown only where asked for."""
    build(folder, GOOD)

    result = run(*options)

    assert (result.exit_code, words in result.output) == (code, True)
    assert "Coverage of" not in result.output


def test_a_report_that_cannot_be_written(folder: Path) -> None:
    """It is said in words."""
    build(folder, GOOD)

    result = run("--junit", "no/such/folder.xml")

    assert result.exit_code == 1
    assert "no/such/folder.xml cannot be written: No such file or directory." in str(result.exception)
