"""``POST /chat/{user_id}/stream``: the turn of ``POST /chat/{user_id}``, told while it runs, as server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from operator import attrgetter
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import Field, TypeAdapter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from typing_extensions import TypedDict

from soni.aloud import Hearer
from soni.dialogue.state import Utterance
from soni.runtime.messages import Message, Reply
from soni.server.access import CHAT
from soni.server.chat import message_body, read_message, reply_body
from soni.server.errors import error_response, error_responses
from soni.server.schemas import UserId
from soni.server.service import Service, service_of

router = APIRouter(tags=["chat"], generate_unique_id_function=attrgetter("name"))

HEARTBEAT: Final = 15.0
"""Seconds of silence after which a comment is sent: less than proxies and browsers wait before they give a connection up."""

_COMMENT: Final = b": \n\n"
_BREAKS: Final = tuple((chr(code).encode(), b"\\u%04x" % code) for code in (0x85, 0x2028, 0x2029))
_HEADERS: Final = {
    # A proxy that compresses collects what it compresses.
    "Cache-Control": "no-cache, no-transform",
    # nginx, and those that learned from it, then pass on what comes as it comes.
    "X-Accel-Buffering": "no",
}


class TokenBody(TypedDict):
    """A piece of a text that a model is writing, before it is known whether it can be said."""

    text: str
    begins: Annotated[
        bool, Field(description="True where a text begins: what was shown of an unfinished one is dropped.")
    ]


def _event_schema(name: str, data: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "properties": {
            "event": {"const": name},
            "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": data},
        },
        "required": ["event", "data"],
    }


def _named(schema: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{schema}"}


_EVENTS: Final = {
    "description": "Each event of the stream.",
    "oneOf": [
        _event_schema("message", _named("MessageBody"), "The next message. What `token` events showed before it goes."),
        _event_schema("token", TypeAdapter(TokenBody).json_schema(), "A piece of a text that is being written."),
        _event_schema(
            "done", _named("ChatReply"), "The last event: the answer is stored. What it says is what was said."
        ),
        _event_schema("error", _named("ErrorBody"), "The last event: the turn has not happened, whatever was shown."),
    ],
}


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"


@router.post(
    "/chat/{user_id}/stream",
    summary="Say something, and hear the answer while it comes about",
    dependencies=[CHAT],
    # Without a media type, so that the one of errors stays JSON.
    response_class=Response,
    responses={
        200: {
            "description": "`message` and `token` events, then one `done` or `error`. Comments are sent while nothing happens.",
            "headers": {
                "Idempotency-Replayed": {
                    "description": "`true` where it is known at the beginning that this message id was answered before.",
                    "schema": {"type": "string", "enum": ["true"]},
                }
            },
            "content": {"text/event-stream": {"schema": _EVENTS}},
        },
        **error_responses(404, 405, 408, 409, 415, 422, 429, 500, 503, 504),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ChatRequest"}}},
        },
    },
)
async def stream(user_id: UserId, request: Request) -> Response:
    """One turn of the conversation, as of `POST /chat/{user_id}`, with its messages as soon as they exist.

    What fails before the turn has begun is answered with its status; what fails later is an `error` event. The turn goes on
    to its end when the caller goes away: ask again with the same message id.
    """
    service = service_of(request)
    message = await read_message(user_id, request, service.limits)
    told = Told()
    service.go_alone(_turn(service, message, told)).add_done_callback(told.end)
    await told.decided(HEARTBEAT)
    if told.failure is not None:
        return told.failure
    replayed = {"Idempotency-Replayed": "true"} if told.replayed else {}
    return EventStream(told.events(HEARTBEAT), headers={**_HEADERS, **replayed})


async def _turn(service: Service, message: Message, hearer: Hearer) -> Reply:
    with service.turn() as runtime:
        return await runtime.process_message(message, hearer)


class Told:
    """What a turn has told so far, from the turn to whoever sends it on."""

    def __init__(self) -> None:
        self.failure: Response | None = None
        """How the turn failed, as it is answered where nothing was sent yet."""
        self.replayed = False
        self._events: list[bytes] = []
        """Not sent yet."""
        self._over = False
        self._more = asyncio.Event()
        self._decided = asyncio.Event()

    def begun(self) -> None:
        """The message is being answered."""
        self._decided.set()

    def said(self, message: Utterance) -> None:
        """The next message."""
        self._add("message", message_body(message))

    def written(self, text: str, begins: bool) -> None:
        """A piece of a text."""
        piece: TokenBody = {"text": text, "begins": begins}
        self._add("token", piece)

    def end(self, turn: asyncio.Task[Reply]) -> None:
        """The turn is over. One that was cut off has no last event: nobody knows what came of it."""
        if not turn.cancelled():
            error = turn.exception()
            if error is None:
                self.replayed = turn.result().replayed
                self._add("done", reply_body(turn.result()))
            else:
                assert isinstance(error, Exception), "what else is raised ends the process"
                self.failure = error_response(error)
                self._events.append(_event("error", bytes(self.failure.body)))
        self._over = True
        self._more.set()
        self._decided.set()

    def _add(self, name: str, body: object) -> None:
        self._events.append(_event(name, to_json(body)))
        self._more.set()

    async def decided(self, within: float) -> None:
        """Wait until it is known what kind of answer there will be, but no longer than so many seconds."""
        await _within(within, self._decided)

    async def events(self, heartbeat: float) -> AsyncIterator[bytes]:
        """The events as they come, as they are sent; comments at once and after so many seconds of silence."""
        yield _COMMENT
        over = False
        while not over:
            if not await _within(heartbeat, self._more):
                yield _COMMENT
                continue
            self._more.clear()
            events, self._events, over = b"".join(self._events), [], self._over
            yield events


def _event(name: str, data: bytes) -> bytes:
    """An event as it is sent. JSON has no line breaks but those that only some clients take for one: these are escaped."""
    for character, escaped in _BREAKS:
        data = data.replace(character, escaped)
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)


async def _within(seconds: float, event: asyncio.Event) -> bool:
    """Whether this happens within so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
