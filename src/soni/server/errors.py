"""One table: which error gets which status and which words; and the one shape in which a caller sees it."""

import difflib
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi.exceptions import RequestValidationError
from pydantic import Field
from pydantic_core import ErrorDetails, to_json
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from typing_extensions import TypedDict

from soni.errors import (
    ActionError,
    ConversationBusy,
    ConversationUnknown,
    FlowError,
    Forbidden,
    IssuerUnavailable,
    MessageIdReused,
    NLUError,
    RateLimited,
    SoniError,
    StateError,
    StoreUnavailable,
    TooManyRequests,
    TurnRefused,
    TurnTimeout,
    Unauthenticated,
)
from soni.observability.logging import IN_WORDS, request_id
from soni.observability.redaction import without_secrets
from soni.value import Value

log = logging.getLogger("soni.server")


class ErrorBody(TypedDict):
    """What went wrong, in one shape for every error."""

    error: Annotated[str, Field(description="In words that are safe to show.", examples=[ConversationBusy().message])]
    type: Annotated[str, Field(description="The class of the error.", examples=["ConversationBusy"])]
    code: Annotated[str, Field(description="The same as a stable code.", examples=["conversation_busy"])]
    details: Annotated[dict[str, Value], Field(description="What helps to correct the request.")]
    reference: Annotated[str, Field(description="The request id, as in `X-Request-ID` and in the service's log.")]


class RequestError(SoniError):
    """The request cannot be answered as it is; its words are for the caller."""

    def __init__(self, message: str | None = None, details: Mapping[str, Value] | None = None) -> None:
        super().__init__(message)
        self.details = dict(details or {})


class InvalidRequest(RequestError):
    """The request is not valid."""


class NotFound(RequestError):
    """There is nothing at this path."""


class MethodNotAllowed(RequestError):
    """This path does not know this method."""


class PayloadTooLarge(RequestError):
    """The body is too large."""


class BodyTooSlow(RequestError):
    """The body took too long to arrive."""


class InvalidHost(RequestError):
    """This service is not called by this name."""


class OriginRefused(RequestError):
    """A page of this origin may not do this."""


class UnsupportedMediaType(RequestError):
    """The body must be JSON: content-type application/json."""


class NotReady(RequestError):
    """The service is not ready."""


class ClientGone(RequestError):
    """The caller went away before the request was complete."""


class InternalError(SoniError):
    """Something went wrong here. The reference helps to find out what."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the caller of a failed request is told."""

    status: int
    words: str | None = None
    """``None``: the error's own words, which were written for the caller."""
    retry_after: int | None = None
    """Seconds."""
    log_level: int | None = None
    """How loudly the operator hears of it, with the cause; ``None``: the line of the request says enough."""
    traced: bool = True
    """Whether the log has the cause's traceback; else its words say it, as during an outage, again with each request."""


VERDICTS: Final[Mapping[type[Exception], Verdict]] = {
    ActionError: Verdict(400, "Something this conversation needs did not work.", log_level=logging.WARNING),
    FlowError: Verdict(422, "This conversation cannot go on in this way.", log_level=logging.WARNING),
    MessageIdReused: Verdict(422, "This message id was already used with another text."),
    TurnRefused: Verdict(422, "This message cannot be taken."),
    TurnTimeout: Verdict(504, "The answer took too long.", log_level=logging.ERROR),
    StateError: Verdict(500, "The saved state of this conversation cannot be read.", log_level=logging.ERROR),
    NLUError: Verdict(503, "The message cannot be understood at the moment.", 5, logging.ERROR),
    ConversationBusy: Verdict(409, "Another message of this conversation is being answered.", 1),
    TooManyRequests: Verdict(429, "Too many messages are waiting; try again in a moment.", 1),
    RateLimited: Verdict(429, RateLimited().message, 1),
    Unauthenticated: Verdict(401),
    Forbidden: Verdict(403),
    IssuerUnavailable: Verdict(503, IssuerUnavailable().message, 5),
    ConversationUnknown: Verdict(404, "There is no conversation with this user."),
    StoreUnavailable: Verdict(503, "Conversations cannot be stored at the moment.", 5, logging.ERROR, traced=False),
    InvalidRequest: Verdict(422),
    NotFound: Verdict(404),
    MethodNotAllowed: Verdict(405),
    InvalidHost: Verdict(400),
    OriginRefused: Verdict(400),
    BodyTooSlow: Verdict(408),
    PayloadTooLarge: Verdict(413),
    UnsupportedMediaType: Verdict(415),
    NotReady: Verdict(503, retry_after=1),
    # 499 is nginx's; nobody reads it but the log.
    ClientGone: Verdict(499),
    InternalError: Verdict(500, InternalError().message, log_level=logging.ERROR),
}
"""An error that is not here is answered as its nearest ancestor; one without any as ``InternalError``."""

_BY_STATUS: Final[Mapping[int, type[RequestError]]] = {
    404: NotFound,
    405: MethodNotAllowed,
    413: PayloadTooLarge,
    415: UnsupportedMediaType,
}


def error_response(error: Exception, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a request that failed, in the one shape; what only the operator may know goes to the log."""
    kind = next((ancestor for ancestor in type(error).__mro__ if ancestor in VERDICTS), InternalError)
    verdict = VERDICTS[kind]
    if verdict.log_level is not None:
        words = {} if verdict.traced else {"cause": str(error), IN_WORDS: True}
        log.log(verdict.log_level, "request.failed", exc_info=error, extra={"error": type(error).__name__, **words})
    body: ErrorBody = {
        "error": verdict.words or (error.message if isinstance(error, SoniError) else ""),
        "type": kind.__name__,
        "code": code_of(kind),
        "details": _details(error),
        "reference": request_id.get() or "",
    }
    more = {"Retry-After": str(verdict.retry_after)} if verdict.retry_after is not None else {}
    return Response(to_json(body), verdict.status, {**more, **_headers(error), **(headers or {})}, "application/json")


def _details(error: Exception) -> dict[str, Value]:
    match error:
        case RequestError():
            return error.details
        case RateLimited():
            return {"limit": error.limit, "per": error.per}
        case _:
            return {}


def _headers(error: Exception) -> dict[str, str]:
    """What only this error knows: when to come again, and what to bring (RFC 6750, 3)."""
    match error:
        case RateLimited() | IssuerUnavailable():
            return {"Retry-After": str(error.retry_after)}
        case Unauthenticated(code=str() as code):
            return {"WWW-Authenticate": f'Bearer realm="soni", error="{code}", error_description="{error.message}"'}
        case Unauthenticated():
            return {"WWW-Authenticate": 'Bearer realm="soni"'}
        case Forbidden(scope=str() as scope):
            return {"WWW-Authenticate": f'Bearer realm="soni", error="insufficient_scope", scope="{scope}"'}
        case _:
            return {}


def code_of(kind: type[Exception]) -> str:
    """``conversation_busy`` for ConversationBusy, ``nlu_error`` for NLUError."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind.__name__).lower()


async def answer_soni_error(_: Request, error: Exception) -> Response:
    """The exception handler for everything Soni raises on purpose."""
    return error_response(error)


async def answer_http_exception(request: Request, error: Exception) -> Response:
    """The exception handler for what the router raises: unknown paths and methods."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        # The router names the methods of the first route that has this path; a path may have several.
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    kind = _BY_STATUS.get(error.status_code, InvalidRequest if error.status_code < 500 else InternalError)
    return error_response(kind(), headers)


async def answer_invalid_request(_: Request, error: Exception) -> Response:
    """The exception handler for parameters of the path that are not valid."""
    assert isinstance(error, RequestValidationError)
    return error_response(invalid(error.errors()))


ANYWHERE: Final = (400, 413)
"""A host that is not served, and a body that is too large, are refused before it matters what they are for."""


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: these statuses and those of ANYWHERE, each with the one shape and what its errors mean."""
    return {
        status: {
            "model": ErrorBody,
            "description": " Or: ".join(
                verdict.words or str(kind()) for kind, verdict in VERDICTS.items() if verdict.status == status
            ),
            **({"headers": _RETRY_AFTER} if _may_retry(status) else {}),
        }
        for status in sorted({*statuses, *ANYWHERE})
    }


_RETRY_AFTER: Final = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}


def _may_retry(status: int) -> bool:
    return any(verdict.retry_after for verdict in VERDICTS.values() if verdict.status == status)


def refused(*problems: tuple[str, str]) -> InvalidRequest:
    """What is wrong with a request: where (nothing, for the whole body), and in which way."""
    field, words = problems[0]
    return InvalidRequest(
        f"{field}: {words}." if field else f"{words}.",
        {"problems": [{"field": field, "message": words} for field, words in problems]},
    )


def invalid(errors: Sequence[ErrorDetails], known: Sequence[str] = ()) -> InvalidRequest:
    """What Pydantic found, in words; never with the values that were sent. ``known`` are the keys a body may have."""
    return refused(*(_problem(error, known) for error in errors[:_SHOWN_PROBLEMS]))


_SHOWN_PROBLEMS: Final = 10

_WORDS: Final[Mapping[str, str]] = {
    "missing": "is required",
    "string_type": "must be a text",
    "dict_type": "must be an object",
    "model_type": "The body must be a JSON object",
    "json_invalid": "The body is not valid JSON",
}

_SHAPES: Final[Mapping[str, str]] = {
    "user_id": "must be 1 to 128 letters, digits and characters of _.@:-",
    "message_id": "must be 1 to 128 visible ASCII characters, without spaces",
    "language": "must be a language tag such as en or pt-BR",
    "before": "must be the `before` of a page of the transcript",
}
"""What a text must look like that does not match its pattern, by field."""


def _problem(error: ErrorDetails, known: Sequence[str]) -> tuple[str, str]:
    place = [str(part) for part in error["loc"]]
    if len(place) > 1 and place[0] in ("path", "query"):  # FastAPI's words for where a parameter stands
        del place[0]
    words = _WORDS.get(error["type"], error["msg"].removeprefix("Value error, "))
    if error["type"] == "string_pattern_mismatch":
        words = _SHAPES[place[-1]]
    elif error["type"] == "extra_forbidden":
        words = "is not known"
        if near := difflib.get_close_matches(place[-1][:_SHOWN_LENGTH], known, n=1):
            words += f"; did you mean {near[0]}"
    # A key that nobody knows is the caller's own text, of any length.
    return without_secrets(".".join(place))[:_SHOWN_LENGTH], words


_SHOWN_LENGTH: Final = 100


def _methods(request: Request) -> set[str]:
    return {
        method
        for route in request.app.routes
        if route.matches(request.scope)[0] is not Match.NONE
        for method in getattr(route, "methods", None) or ()
    }
