"""What a service tells Sentry: where an error happened, in which turn of which conversation, and not what was said."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from tests.integration.server.processes import ASSISTANT, run
from tests.receiving import Receiver, receiving, reports_in

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
    """Write what was said where a number belongs: whatever refuses it will want to quote it."""
    database = sqlite3.connect(path, timeout=30)
    serde = JsonPlusSerializer()
    with database:
        (row,) = database.execute("select checkpoint_id, type, checkpoint from checkpoints").fetchall()
        stored = serde.loads_typed(row[1:])
        stored["channel_values"]["dialogue"]["turn"] = " ".join(CANARIES.values())
        database.execute("update checkpoints set type = ?, checkpoint = ?", serde.dumps_typed(stored))
    database.close()


def raised(report: dict[str, Any]) -> list[tuple[str, str]]:
    """The types of the exceptions, the first cause first, and the words that were told of them."""
    return [(each["type"], each["value"]) for each in report["exception"]["values"]]


def test_an_error_is_reported_with_where_and_who(told: Told) -> None:
    """Where in the code, in which request, in which conversation: by the names the log has for them."""
    report = told.reports[-1]

    assert (report["level"], report["logger"]) == ("error", "soni.server")
    assert report["logentry"] == {"message": "request.failed"}
    assert report["environment"] == "rehearsal"
    assert re.fullmatch(r"soni@[\d.]+\+[0-9a-f]+", report["release"])
    assert report["tags"]["request_id"] == told.reference
    assert re.fullmatch("[0-9a-f]{16}", report["tags"]["conversation"])
    frames = [frame for each in report["exception"]["values"] for frame in each["stacktrace"]["frames"]]
    assert any(frame["function"] == "from_json" and frame["context_line"] for frame in frames)


def test_soni_s_errors_have_their_general_words_and_others_none(told: Told) -> None:
    """The words of an exception may be about a value: Pydantic's are, and an author's."""
    apology, failed = told.reports

    # Without Pydantic's error, which is not even its cause: its words repeat what is saved.
    assert raised(failed) == [("StateError", "The saved state of this conversation cannot be read.")]
    assert raised(apology)[0] == ("LookupError", "")
    assert raised(apology)[-1] == ("ActionError", "An action failed or timed out.")
    assert apology["logentry"] == {"message": "%s failed, and no step handles it"}
    assert apology["tags"]["turn"] == "3"


def test_only_what_is_known_to_be_harmless_is_sent(told: Told) -> None:
    """No request, no user, no breadcrumbs, no variables; and none of the SDK's integrations finds anything more."""
    for report in told.reports:
        assert not {"request", "user", "breadcrumbs", "extra", "modules", "threads"} & set(report)
        assert report["sdk"]["integrations"] == []
        for each in report["exception"]["values"]:
            assert all("vars" not in frame for frame in each["stacktrace"]["frames"])


@pytest.mark.parametrize("canary", list(CANARIES.values()))
def test_nothing_of_a_conversation_is_in_a_report(told: Told, canary: str) -> None:
    """Neither words nor values nor users nor keys, in headers or bodies, whatever was done with them."""
    assert canary.encode() not in told.sentry.bodies
    assert not any(canary in value for _, headers, _ in told.sentry.posts for value in headers.values())


def test_a_dsn_that_is_none_is_said(tmp_path: Path) -> None:
    """At the start, without repeating it: it may hold a key."""
    (tmp_path / "soni.yaml").write_text(ASSISTANT % "memory")
    done = run(tmp_path, SENTRY_DSN="not-a-dsn-but-a-secret")

    assert done.returncode == 78
    assert "SENTRY_DSN is no DSN" in done.stderr
    assert "but-a-secret" not in done.stderr


def test_a_sentry_that_is_down_hurts_nobody(tmp_path: Path) -> None:
    """The request is answered, and the service ends."""
    with receiving() as bank, shop(tmp_path, bank.url, SENTRY_DSN="http://key@127.0.0.1:9/1") as (service, _):
        assert say(service, BREAK)[0] == 200
        assert service.stop() == 0
