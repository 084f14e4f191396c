"""Conversations from outside: look, reset, take back."""

import httpx
from pydantic import TypeAdapter

from soni.server.schemas import ConversationBody

from .doubles import EchoRuntime


async def test_a_conversation_can_be_looked_at(client: httpx.AsyncClient) -> None:
    """The view holds the stack, the slots as they are and the pending question."""
    await client.post("/chat/ana", json={"message": "hello"})
    response = await client.get("/conversations/ana")

    assert response.status_code == 200
    assert response.json() == {
        "user_id": "ana",
        "turn": 1,
        "language": "en",
        "conversation_state": "idle",
        "waiting_for_input": False,
        "active_flow": None,
        "expected_slot": None,
        "stack": [{"flow": "echo", "step": "ask", "waiting": True}],
        "slots": {"amount": 0, "note": "", "pin": "***"},
    }
    TypeAdapter(ConversationBody).validate_json(response.content, strict=True)


async def test_an_unknown_conversation_is_not_found(client: httpx.AsyncClient) -> None:
    """Looking at nobody is 404, in words, and makes nobody."""
    responses = [await client.get("/conversations/nobody") for _ in range(2)]

    assert [response.status_code for response in responses] == [404, 404]
    assert responses[0].json()["code"] == "conversation_unknown"


async def test_a_reset_conversation_is_gone(client: httpx.AsyncClient) -> None:
    """After a reset the user is unknown again; resetting nobody is no error."""
    await client.post("/chat/ana", json={"message": "hello"})
    responses = [await client.delete("/conversations/ana") for _ in range(2)]

    assert [(response.status_code, response.content) for response in responses] == [(204, b""), (204, b"")]
    assert (await client.get("/conversations/ana")).status_code == 404


async def test_a_conversation_is_taken_back(client: httpx.AsyncClient, runtime: EchoRuntime) -> None:
    """Resume reaches the runtime; nobody can be taken back from where they never were."""
    await client.post("/chat/ana", json={"message": "hello"})
    known = await client.post("/conversations/ana/resume")
    unknown = await client.post("/conversations/nobody/resume")

    assert (known.status_code, unknown.status_code, runtime.resumed) == (204, 404, ["ana"])


async def test_user_ids_are_checked_here_too(client: httpx.AsyncClient) -> None:
    """A wrong user id is refused wherever it stands."""
    for method, path in (("GET", "/conversations/a%20b"), ("DELETE", "/conversations/a%20b")):
        assert (await client.request(method, path)).status_code == 422
