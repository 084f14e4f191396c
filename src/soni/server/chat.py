"""``POST /chat/{user_id}``: JSON becomes a Message, and its Reply becomes JSON."""

import re
from operator import attrgetter
from typing import Final

from fastapi import APIRouter
from pydantic import ValidationError
from pydantic_core import to_json
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from soni.dialogue.state import Utterance
from soni.runtime.messages import Message, Reply
from soni.server.access import CHAT
from soni.server.errors import (
    ClientGone,
    UnsupportedMediaType,
    error_responses,
    invalid,
    refused,
)
from soni.server.schemas import MESSAGE_ID, ChatReply, ChatRequest, MessageBody, UserId
from soni.server.service import Limits, service_of

router = APIRouter(tags=["chat"], generate_unique_id_function=attrgetter("name"))

_JSON: Final = re.compile(r"application/(?:[\w.+-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)
_MESSAGE_ID: Final = re.compile(MESSAGE_ID)


@router.post(
    "/chat/{user_id}",
    summary="Say something",
    dependencies=[CHAT],
    response_model=ChatReply,
    responses={
        200: {
            "description": "The answer. It is stored before it is sent.",
            "headers": {
                "Idempotency-Replayed": {
                    "description": "`true` where this message id was answered before, and this is that answer.",
                    "schema": {"type": "string", "enum": ["true"]},
                }
            },
        },
        **error_responses(404, 405, 408, 409, 415, 422, 429, 500, 503, 504),
    },
    # Idempotency-Key is told in words, below: no schema can say that it and the message id of the body must be equal.
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ChatRequest"}}},
        },
    },
)
async def chat(user_id: UserId, request: Request) -> Response:
    """One turn of the conversation with this user. Turns of one conversation are answered one after the other.

    The header `Idempotency-Key` is another way to give the message id; where both are given they must be equal.
    """
    service = service_of(request)
    message = await read_message(user_id, request, service.limits)
    with service.turn() as runtime:
        reply = await runtime.process_message(message)
    headers = {"Idempotency-Replayed": "true"} if reply.replayed else None
    return Response(to_json(reply_body(reply)), 200, headers, "application/json")


async def read_message(user_id: str, request: Request, limits: Limits) -> Message:
    """What this user says, checked. Raises InvalidRequest, PayloadTooLarge or UnsupportedMediaType."""
    said = await read_request(request, limits)
    return Message(user_id, said.message, message_id_of(request, said), said.language, said.metadata or {})


async def read_request(request: Request, limits: Limits) -> ChatRequest:
    """What the caller sent, checked. Raises InvalidRequest, PayloadTooLarge, BodyTooSlow or UnsupportedMediaType."""
    try:
        body = await request.body()  # no more than is allowed: see bodies.py
    except ClientDisconnect:
        raise ClientGone from None
    if not body:
        raise refused(("", 'The body is empty; a JSON object such as {"message": "hello"} is expected'))
    if not _JSON.fullmatch(request.headers.get("content-type", "")):
        raise UnsupportedMediaType
    try:
        said = ChatRequest.model_validate_json(body)
    except ValidationError as error:
        raise invalid(error.errors(), tuple(ChatRequest.model_fields)) from None
    if len(said.message) > limits.message:
        raise refused(("message", f"must be at most {limits.message} characters long"))
    return said


def message_id_of(request: Request, said: ChatRequest) -> str | None:
    """The message's id, from the body or the ``Idempotency-Key`` header. Raises InvalidRequest where they differ."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return said.message_id
    if len(key) > 1 and key[0] == key[-1] == '"':
        # The draft standard of this header makes it a quoted string; most callers send it bare.
        key = key[1:-1]
    if not _MESSAGE_ID.fullmatch(key):
        raise refused(("Idempotency-Key", "must be 1 to 128 visible ASCII characters, without spaces"))
    if said.message_id not in (None, key):
        raise refused(("message_id", "must be the same as the Idempotency-Key header, where both are given"))
    return key


def reply_body(reply: Reply) -> ChatReply:
    """A reply as callers see it."""
    return {
        "user_id": reply.user_id,
        "message_id": reply.message_id,
        "turn": reply.turn,
        "response": reply.text,
        "messages": [message_body(message) for message in reply.messages],
        "conversation_state": reply.state,
        "waiting_for_input": reply.state == "waiting_for_input",
        "active_flow": reply.active_flow,
        "expected_slot": reply.expected_slot,
    }


def message_body(message: Utterance) -> MessageBody:
    """One message as callers see it; an image and custom content only where there are any."""
    body: MessageBody = {
        "text": message.text,
        "buttons": [{"title": button.title, "payload": button.payload} for button in message.buttons],
    }
    if message.image is not None:
        body["image"] = message.image
    if message.custom is not None:
        body["custom"] = message.custom
    return body
