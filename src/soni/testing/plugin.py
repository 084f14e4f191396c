"""The pytest plugin: collects ``*.conversation.yaml``. Every run of pytest imports it, so it brings nothing along."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from soni.testing.coverage import Tallies

SUFFIX = ".conversation.yaml"
TALLIES: "pytest.StashKey[Tallies]" = pytest.StashKey()
"""What has run in the tests of this session; only there where coverage is asked for and conversations are tested."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--soni-http``: say everything over real HTTP; ``--soni-coverage``: show what of the flows was not tested."""
    group = parser.getgroup("soni", "conversation tests of Soni")
    group.addoption(
        "--soni-http", action="store_true", help="Speak conversation tests over HTTP, and not within the process."
    )
    group.addoption(
        "--soni-coverage", action="store_true", help="Show the steps and the ways of each flow that no test has gone."
    )
    group.addoption(
        "--soni-fail-under", type=float, metavar="PERCENT", help="Fail where fewer of the flows' steps were run."
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A file of conversation tests becomes a collector of them."""
    if not file_path.name.endswith(SUFFIX):
        return None
    from soni.testing.items import ConversationModule

    return ConversationModule.from_parent(parent, path=file_path)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The coverage, and what is less than it should be."""
    if (tallies := config.stash.get(TALLIES, None)) is None:
        return
    from soni.testing.coverage_report import coverage_lines, shortfall

    covered = tallies.coverage()
    lines = list(coverage_lines(covered))
    terminalreporter.section("coverage of conversations")
    for line in lines if config.getoption("--soni-coverage") else lines[-1:]:
        terminalreporter.write_line(line)
    if (less := shortfall(covered, config.getoption("--soni-fail-under"))) is not None:
        terminalreporter.write_line(less, red=True, bold=True)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A run that went well fails where too little was covered."""
    if (tallies := session.config.stash.get(TALLIES, None)) is None or exitstatus != pytest.ExitCode.OK:
        return
    from soni.testing.coverage_report import shortfall

    if shortfall(tallies.coverage(), session.config.getoption("--soni-fail-under")) is not None:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
