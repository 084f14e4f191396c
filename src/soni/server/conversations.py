"""Conversations from outside: look at one, read it, reset it, take it back from a person, hand it out, erase it."""

from operator import attrgetter
from typing import Annotated, cast

from fastapi import APIRouter, Query
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from soni.runtime.messages import ConversationView
from soni.server.access import ADMIN, READ, RESET, caller_of
from soni.server.errors import error_responses
from soni.server.schemas import ConversationBody, ExportBody, FrameBody, TranscriptBody, UserId
from soni.server.service import service_of

Before = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="The `before` of a page that was read: the turns before it.",
    ),
]
Limit = Annotated[int, Query(ge=1, le=200, description="How many turns at most.")]
Erase = Annotated[bool, Query(description="Whether everything that is stored about this user is removed.")]

router = APIRouter(tags=["conversations"], generate_unique_id_function=attrgetter("name"))


@router.get(
    "/conversations/{user_id}",
    summary="Look at a conversation",
    dependencies=[READ],
    response_model=ConversationBody,
    responses=error_responses(404, 405, 422, 500, 503),
)
async def look(user_id: UserId, request: Request) -> Response:
    """The flows in progress, the slots that can be read, and the pending question; nothing is changed."""
    view = await service_of(request).runtime.get_state(user_id)
    return Response(to_json(conversation_body(view)), media_type="application/json")


@router.get(
    "/conversations/{user_id}/messages",
    summary="Read what was said",
    dependencies=[READ],
    response_model=TranscriptBody,
    responses=error_responses(404, 405, 422, 500, 503),
)
async def read(user_id: UserId, request: Request, before: Before = None, limit: Limit = 50) -> Response:
    """The last turns, or those before a page that was read already. What was said to a person is not among them."""
    told = await service_of(request).runtime.upkeep.transcript(user_id, before, limit + 1)
    page = told[-limit:]
    body: TranscriptBody = {
        "user_id": user_id,
        "messages": [
            {
                "turn": each.turn,
                "at": each.at.isoformat(timespec="milliseconds"),
                "role": line.role,
                "text": line.text,
            }
            for each in page
            for line in each.lines
        ],
        "before": page[0].id if len(told) > limit else None,
    }
    return Response(to_json(body), media_type="application/json")


@router.get(
    "/conversations/{user_id}/export",
    summary="Hand out everything about a user",
    dependencies=[ADMIN],
    response_model=ExportBody,
    responses=error_responses(404, 405, 422, 500, 503),
)
async def export(user_id: UserId, request: Request) -> Response:
    """The state, the transcript and the ledger, as they are stored. Sensitive values are in the state: mind who may see it."""
    stored = await service_of(request).runtime.upkeep.export(user_id)
    return Response(
        to_json(stored),
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="conversation.json"'},
    )


@router.delete(
    "/conversations/{user_id}",
    summary="Reset or erase a conversation",
    dependencies=[RESET],
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is forgotten."}, **error_responses(404, 405, 409, 422, 429, 500, 503)},
)
async def reset(user_id: UserId, request: Request, erase: Erase = False) -> Response:
    """The next message of this user begins a new conversation. Nothing is wrong with resetting an unknown one.

    The transcript stays, unless `erase` is true: then nothing is left of this user at all. Users may reset their own
    conversation with the scope `chat`; to erase takes `admin`.
    """
    runtime = service_of(request).runtime
    if erase:
        caller_of(request).must("admin")
        await runtime.upkeep.erase(user_id)
    else:
        await runtime.reset_state(user_id)
    return Response(status_code=204)


@router.post(
    "/conversations/{user_id}/resume",
    summary="Take a conversation back from a person",
    dependencies=[ADMIN],
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
