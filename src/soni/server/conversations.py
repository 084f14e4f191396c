"""Conversations from outside: look at one, reset it, take it back from a person."""

from operator import attrgetter
from typing import cast

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from soni.runtime.messages import ConversationView
from soni.server.errors import error_responses
from soni.server.schemas import ConversationBody, FrameBody, UserId
from soni.server.service import service_of

router = APIRouter(tags=["conversations"], generate_unique_id_function=attrgetter("name"))


@router.get(
    "/conversations/{user_id}",
    summary="Look at a conversation",
    response_model=ConversationBody,
    responses=error_responses(404, 405, 422, 500, 503),
)
async def look(user_id: UserId, request: Request) -> Response:
    """The flows in progress, the slots that can be read, and the pending question; nothing is changed."""
    view = await service_of(request).runtime.get_state(user_id)
    return Response(to_json(conversation_body(view)), media_type="application/json")


@router.delete(
    "/conversations/{user_id}",
    summary="Reset a conversation",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is forgotten."}, **error_responses(404, 405, 409, 422, 429, 500, 503)},
)
async def reset(user_id: UserId, request: Request) -> Response:
    """The next message of this user begins a new conversation. Nothing is wrong with resetting an unknown one."""
    await service_of(request).runtime.reset_state(user_id)
    return Response(status_code=204)


@router.post(
    "/conversations/{user_id}/resume",
    summary="Take a conversation back from a person",
    status_code=204,
    response_class=Response,
    responses={
        204: {"description": "The assistant has it again."},
        **error_responses(404, 405, 409, 422, 429, 500, 503),
    },
)
async def resume(user_id: UserId, request: Request) -> Response:
    """After a handoff, the assistant answers again."""
    await service_of(request).runtime.resume(user_id)
    return Response(status_code=204)


def conversation_body(view: ConversationView) -> ConversationBody:
    """A conversation as callers see it."""
    return {
        "user_id": view.user_id,
        "turn": view.turn,
        "language": view.language,
        "conversation_state": view.state,
        "waiting_for_input": view.state == "waiting_for_input",
        "active_flow": view.active_flow,
        "expected_slot": view.expected_slot,
        "stack": cast("list[FrameBody]", list(view.stack)),
        "slots": view.slots,
    }
