"""What a service tells Sentry: where an error happened, in which turn of which conversation, and not what was said."""

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.integration.server.processes import ASSISTANT, run, served

from .receiving import Receiver, receiving, reports_in
from .shop import BREAK, CANARIES, SEND, say, shop


@dataclass
class Told:
    """What has been reported in the life of a service."""

    sentry: Receiver
    reports: list[dict[str, Any]]
    reference: str


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """A conversation in which an action fails, and whose state then cannot be read any more."""
    folder = tmp_path_factory.mktemp("shop")
    with receiving() as sentry, receiving() as bank:
        environ = {"SENTRY_DSN": f"http://key@127.0.0.1:{sentry.server_port}/1", "SENTRY_ENVIRONMENT": "rehearsal"}
        with shop(folder, bank.url, **environ) as (service, _):
            assert say(service, SEND)[0] == 200
            assert say(service, "/affirm")[0] == 200
            assert say(service, BREAK)[0] == 200
            garble(folder / "soni.db")
            status, body = say(service, SEND)
            assert (status, body["code"]) == (500, "state_error")
            assert service.stop() == 0
        yield Told(sentry, reports_in(sentry), str(body["reference"]))


def garble(path: Path) -> None:
    """Add a field that no version knows to what is stored; what was said stays in it."""
    database = sqlite3.connect(path, timeout=30)
    with database:
        database.execute(GARBLE)
    database.close()


GARBLE = ""


def raised(report: dict[str, Any]) -> list[tuple[str, str]]:
    """The types of the exceptions, the first cause first, and the words that were told of them."""
    return [(each["type"], each["value"]) for each in report["exception"]["values"]]
