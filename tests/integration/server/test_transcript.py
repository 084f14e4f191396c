"""What was said can be read, handed out, and erased."""

import httpx
from pydantic import TypeAdapter

from soni.server.schemas import ExportBody, TranscriptBody

from .doubles import EchoRuntime


async def say(client: httpx.AsyncClient, number: int) -> None:
    """So many messages of one user."""
    for n in range(1, number + 1):
        await client.post("/chat/ana", json={"message": f"message {n}"})


async def test_the_transcript_is_read_page_by_page(client: httpx.AsyncClient) -> None:
    """The newest page first, within it the earliest turn first; the cursor leads to the beginning and ends there."""
    await say(client, 5)
    pages, before = [], None
    while True:
        response = await client.get(
            "/conversations/ana/messages", params={"limit": 2, **({"before": before} if before else {})}
        )
        page = TypeAdapter(TranscriptBody).validate_json(response.content, strict=True)
        pages.append([line["text"] for line in page["messages"]])
        if (before := page["before"]) is None:
            break

    assert pages == [["message 4", "message 5"], ["message 2", "message 3"], ["message 1"]]


async def test_a_line_says_who_when_and_in_which_turn(client: httpx.AsyncClient) -> None:
    """The time is that of the turn's commit."""
    await say(client, 1)
    body = (await client.get("/conversations/ana/messages")).json()

    assert body == {
        "user_id": "ana",
        "messages": [{"turn": 1, "at": "1582-10-15T00:00:00.000+00:00", "role": "user", "text": "message 1"}],
        "before": None,
    }


async def test_nobody_and_nonsense_are_refused(client: httpx.AsyncClient) -> None:
    """An unknown user is 404, a cursor that is none and a limit out of bounds are 422."""
    await say(client, 1)
    asked = [
        "/nobody/messages",
        "/nobody/export",
        "/ana/messages?before=x",
        "/ana/messages?limit=0",
        "/ana/messages?limit=201",
    ]
    statuses = [(await client.get(f"/conversations{path}")).status_code for path in asked]
    bad = await client.delete("/conversations/ana?erase=perhaps")

    assert statuses == [404, 404, 422, 422, 422]
    assert bad.status_code == 422


async def test_everything_is_handed_out_as_a_document(client: httpx.AsyncClient) -> None:
    """As a file that no cache keeps."""
    await say(client, 2)
    response = await client.get("/conversations/ana/export")

    assert response.headers["content-disposition"] == 'attachment; filename="conversation.json"'
    assert response.headers["cache-control"] == "no-store"
    assert TypeAdapter(ExportBody).validate_json(response.content)["conversation"] == {"turn": 2}


async def test_erasing_is_more_than_resetting(client: httpx.AsyncClient, runtime: EchoRuntime) -> None:
    """Only where it is asked for; 204 either way."""
    await say(client, 1)
    statuses = [
        (await client.delete(f"/conversations/ana{query}")).status_code for query in ("", "?erase=false", "?erase=true")
    ]

    assert statuses == [204, 204, 204]
    assert runtime.upkeep.erased == ["ana"]
