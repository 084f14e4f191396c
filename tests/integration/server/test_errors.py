"""Errors as callers see them: one shape, the right status, and nothing that only the operator may know."""

import logging

import httpx
import pytest
from pydantic import TypeAdapter

from soni import errors as soni_errors
from soni.errors import (
    ActionError,
    ConversationBusy,
    ConversationUnknown,
    FlowError,
    MessageIdReused,
    NLUError,
    SoniError,
    StateError,
    StoreUnavailable,
    TooManyRequests,
    TurnError,
    TurnRefused,
    TurnTimeout,
)
from soni.observability.logging import IN_WORDS
from soni.server.errors import VERDICTS, ErrorBody

from .doubles import EchoRuntime

CAUSE = "postgresql://soni:hunter2@10.0.0.3 SELECT * FROM /var/lib/soni.db"


class PaymentRefusedError(ActionError):
    """An author's own error."""


@pytest.mark.parametrize(
    ("failure", "status", "kind", "code", "retry_after"),
    [
        (ActionError(CAUSE, action="pay"), 400, "ActionError", "action_error", None),
        (PaymentRefusedError(CAUSE), 400, "ActionError", "action_error", None),
        (ConversationUnknown(CAUSE), 404, "ConversationUnknown", "conversation_unknown", None),
        (ConversationBusy(CAUSE), 409, "ConversationBusy", "conversation_busy", "1"),
        (FlowError(CAUSE), 422, "FlowError", "flow_error", None),
        (TurnRefused(CAUSE), 422, "TurnRefused", "turn_refused", None),
        (MessageIdReused(CAUSE), 422, "MessageIdReused", "message_id_reused", None),
        (TooManyRequests(CAUSE), 429, "TooManyRequests", "too_many_requests", "1"),
        (StateError(CAUSE), 500, "StateError", "state_error", None),
        (TurnError(CAUSE), 500, "InternalError", "internal_error", None),
        (SoniError(CAUSE), 500, "InternalError", "internal_error", None),
        (RuntimeError(CAUSE), 500, "InternalError", "internal_error", None),
        (KeyError(CAUSE), 500, "InternalError", "internal_error", None),
        (NLUError(CAUSE), 503, "NLUError", "nlu_error", "5"),
        (StoreUnavailable(CAUSE), 503, "StoreUnavailable", "store_unavailable", "5"),
        (TurnTimeout(CAUSE), 504, "TurnTimeout", "turn_timeout", None),
    ],
)
async def test_an_error_has_its_status_and_says_nothing_of_its_cause(
    client: httpx.AsyncClient,
    runtime: EchoRuntime,
    failure: Exception,
    status: int,
    kind: str,
    code: str,
    retry_after: str | None,
) -> None:
    """Each class of error has one status and one code, and words that hold nothing of the error's own."""
    runtime.failure = failure
    response = await client.post("/chat/ana", json={"message": "hello"})

    error = TypeAdapter(ErrorBody).validate_json(response.content, strict=True)
    assert (response.status_code, error["type"], error["code"]) == (status, kind, code)
    assert response.headers.get("retry-after") == retry_after
    assert error["reference"] == response.headers["x-request-id"]
    assert not any(word in response.text for word in CAUSE.split() if len(word) > 1)


async def test_the_next_message_works_after_an_error(client: httpx.AsyncClient, runtime: EchoRuntime) -> None:
    """One failed turn is no reason to fail the next."""
    runtime.failure = RuntimeError("boom")
    await client.post("/chat/ana", json={"message": "hello"})
    runtime.failure = None

    assert (await client.post("/chat/ana", json={"message": "hello"})).status_code == 200


async def test_the_log_has_the_cause_and_the_reference(
    client: httpx.AsyncClient, runtime: EchoRuntime, caplog: pytest.LogCaptureFixture
) -> None:
    """What the caller is not told, the operator finds by the reference."""
    runtime.failure = RuntimeError("the disk is full")
    await client.post("/chat/ana", json={"message": "hello"})

    record = next(record for record in caplog.records if record.message == "request.failed")
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.exc_info[1] is runtime.failure


async def test_an_outage_of_the_store_is_told_in_a_word(
    client: httpx.AsyncClient, runtime: EchoRuntime, caplog: pytest.LogCaptureFixture
) -> None:
    """Every request meets it: as many tracebacks would bury what else goes on."""
    runtime.failure = StoreUnavailable("The conversation store does not answer: connection refused.")
    await client.post("/chat/ana", json={"message": "hello"})

    record = next(record for record in caplog.records if record.message == "request.failed")
    assert (record.levelno, vars(record)[IN_WORDS]) == (logging.ERROR, True)
    assert vars(record)["cause"] == "The conversation store does not answer: connection refused."
    # For whoever collects errors; what becomes of it in a line is the formatter's.
    assert record.exc_info is not None
    assert record.exc_info[1] is runtime.failure


async def test_what_a_caller_does_wrong_is_not_an_alarm(
    client: httpx.AsyncClient, runtime: EchoRuntime, caplog: pytest.LogCaptureFixture
) -> None:
    """Busy conversations and bad requests are not logged as failures of the service."""
    runtime.failure = ConversationBusy()
    await client.post("/chat/ana", json={"message": "hello"})
    await client.post("/chat/ana", json={})

    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_every_error_of_a_turn_has_a_verdict() -> None:
    """Whoever adds a class of errors is reminded to decide what callers are told."""
    decided_by_ancestor = {SoniError, TurnError, soni_errors.ConfigurationError, soni_errors.ExpressionError}
    raised = {kind for kind in vars(soni_errors).values() if isinstance(kind, type) and issubclass(kind, SoniError)}

    assert raised - decided_by_ancestor <= set(VERDICTS)


@pytest.mark.parametrize(
    "path", ["/", "/chat", "/chat/", "/chat/ana/", "/chat/a/b", "/chat/a%2Fb", "/health/", "/docs"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_unknown_paths(client: httpx.AsyncClient, method: str, path: str) -> None:
    """A path that is not there is 404, also one that is nearly there."""
    response = await client.request(method, path)

    error = TypeAdapter(ErrorBody).validate_json(response.content, strict=True)
    assert (response.status_code, error["type"], error["code"]) == (404, "NotFound", "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/chat/ana", "POST"),
        ("POST", "/health", "GET"),
        ("DELETE", "/ready", "GET"),
        ("PUT", "/conversations/ana", "DELETE, GET"),
        ("OPTIONS", "/chat/ana", "POST"),
        ("BREW", "/chat/ana", "POST"),
    ],
)
async def test_unknown_methods(client: httpx.AsyncClient, method: str, path: str, allowed: str) -> None:
    """A method that a path does not know is 405, with all those that it does know."""
    response = await client.request(method, path)

    error = TypeAdapter(ErrorBody).validate_json(response.content, strict=True)
    assert (response.status_code, error["type"]) == (405, "MethodNotAllowed")
    assert response.headers["allow"] == allowed
