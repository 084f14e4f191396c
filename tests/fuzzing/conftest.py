"""Tells the figures of the proofs, where more than the short forms were asked for."""

import logging
from collections.abc import Iterator

import pytest
from tests.proving import tell_figures


@pytest.fixture(autouse=True)
def _no_logs() -> Iterator[None]:
    """Thousands of failures that are meant to happen are not written down."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures of the proofs."""
    tell_figures(terminalreporter.write_line)
