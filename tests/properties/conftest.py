"""Tells the figures of the proofs, where more than the short forms were asked for."""

import logging
import os
from collections.abc import Iterator

import pytest

from .proving import FIGURES


@pytest.fixture(autouse=True)
def _no_logs() -> Iterator[None]:
    """Thousands of failures that are meant to happen are not written down."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each proof that held."""
    if os.environ.get("SONI_PROVE"):
        for figure in FIGURES:
            terminalreporter.write_line(str(figure))
