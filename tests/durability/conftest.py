"""Tells the figures of the proofs."""

import pytest
from tests.proving import tell_figures


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures of the proofs."""
    tell_figures(terminalreporter.write_line)
