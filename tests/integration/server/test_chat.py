"""POST /chat/{user_id}: what goes in, what comes out, and what is refused."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from soni.dialogue.state import Utterance
from soni.runtime.messages import Message
from soni.server.errors import ErrorBody
from soni.server.schemas import ChatReply, ChatRequest

from .doubles import EchoRuntime, serving

JSON = {"content-type": "application/json"}


async def test_a_message_is_answered_with_the_whole_reply(client: httpx.AsyncClient, runtime: EchoRuntime) -> None:
    """The reply holds the messages, their texts in one, and how the conversation stands."""
    response = await client.post("/chat/ana", json={"message": "hello", "message_id": "c0ffee"})

    assert response.status_code == 200
    assert response.json() == {
        "user_id": "ana",
        "message_id": "c0ffee",
        "turn": 1,
        "response": "hello\nAnd now?",
        "messages": [
            {"text": "hello", "buttons": [{"title": "Yes", "payload": "/affirm"}]},
            {"text": "And now?", "buttons": []},
        ],
        "conversation_state": "waiting_for_input",
        "waiting_for_input": True,
        "active_flow": "echo",
        "expected_slot": "text",
    }
    assert response.headers["content-type"] == "application/json"
    assert "idempotency-replayed" not in response.headers
    TypeAdapter(ChatReply).validate_json(response.content, strict=True)


async def test_images_and_custom_content_are_passed_on(client: httpx.AsyncClient, runtime: EchoRuntime) -> None:
    """What an author gives a channel to show arrives with the message it belongs to."""
    runtime.utterances = (Utterance("Look", image="https://example.org/a.png", custom={"card": [1, 2.5, None]}),)

    body = (await client.post("/chat/ana", json={"message": "hello"})).json()

    assert body["messages"] == [
        {"text": "Look", "buttons": [], "image": "https://example.org/a.png", "custom": {"card": [1, 2.5, None]}}
    ]


async def test_the_assistant_hears_what_was_sent(client: httpx.AsyncClient, runtime: EchoRuntime) -> None:
    """The text arrives without the spaces around it, the rest as it is."""
    await client.post(
        "/chat/ana@example.org",
        json={"message": "  {slot} ¿sí?\u2003", "message_id": "1", "language": "pt-BR", "metadata": {"a": [0, False]}},
    )

    assert runtime.heard == [Message("ana@example.org", "{slot} ¿sí?", "1", "pt-BR", {"a": [0, False]})]


async def test_nulls_are_as_good_as_nothing(client: httpx.AsyncClient, runtime: EchoRuntime) -> None:
    """A client that writes out its unset fields is understood."""
    body = {"message": "hello", "message_id": None, "language": None, "metadata": None}
    response = await client.post("/chat/ana", json=body)

    assert response.status_code == 200
    assert runtime.heard == [Message("ana", "hello")]


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=utf-8", "application/vnd.soni+json"]
)
async def test_json_by_any_of_its_names(client: httpx.AsyncClient, content_type: str) -> None:
    """A content type that means JSON is JSON."""
    response = await client.post("/chat/ana", content=b'{"message": "hello"}', headers={"content-type": content_type})

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "The body is empty"),
        (b"{", "The body is not valid JSON."),
        (b"hello", "The body is not valid JSON."),
        (b'{"message": "\xff"}', "The body is not valid JSON."),
        (b'{"message": "\\ud800"}', "The body is not valid JSON."),
        (b'{"message": "a", "metadata": ' + b"[" * 5000, "The body is not valid JSON."),
        (b'{"message": "a", "metadata": {"n": ' + b"9" * 5000 + b"}}", "The body is not valid JSON."),
        (b'"hello"', "The body must be a JSON object."),
        (b"[]", "The body must be a JSON object."),
        (b"null", "The body must be a JSON object."),
        (b"{}", "message: is required."),
        (b'{"message": null}', "message: must be a text."),
        (b'{"message": 5}', "message: must be a text."),
        (b'{"message": NaN}', "message: must be a text."),
        (b'{"message": ["a"]}', "message: must be a text."),
        (b'{"message": ""}', "message: must not be empty."),
        (b'{"message": " \\n\\t\\u2003"}', "message: must not be empty."),
        (b'{"message": "a\\u0000b"}', "message: must not contain the character NUL."),
        (b'{"message": "a", "mesage_id": "1"}', "mesage_id: is not known; did you mean message_id."),
        (b'{"message": "a", "path": "1"}', "path: is not known."),
        (
            b'{"message": "a", "message_id": ""}',
            "message_id: must be 1 to 128 visible ASCII characters",
        ),
        (b'{"message": "a", "message_id": 7}', "message_id: must be a text."),
        (b'{"message": "a", "language": "en us"}', "language: must be a language tag such as en or pt-BR."),
        (b'{"message": "a", "metadata": []}', "metadata: must be an object."),
        (b'{"message": "a", "metadata": {"n": NaN}}', "metadata: must not contain numbers of more than"),
        (b'{"message": "a", "metadata": {"n": 1e999}}', "metadata: must not contain numbers of more than"),
        (
            b'{"message": "a", "metadata": {"n": 9223372036854775808}}',
            "metadata: must not contain numbers of more than",
        ),
        (b'{"message": "a", "metadata": {"n": ["\\u0000"]}}', "metadata: must not contain the character NUL."),
        (b'{"message": "a", "metadata": {"\\u0000": 1}}', "metadata: must not contain the character NUL."),
        (b'{"message": "a", "metadata": {"n": ' + b"[" * 20 + b"]" * 20 + b"}}", "metadata: must not be nested deeper"),
    ],
)
async def test_a_bad_body_is_refused_in_words(
    client: httpx.AsyncClient, runtime: EchoRuntime, body: bytes, words: str
) -> None:
    """A body that is not what it must be gets 422, says what is wrong, and reaches nobody."""
    response = await client.post("/chat/ana", content=body, headers=JSON)

    error = TypeAdapter(ErrorBody).validate_json(response.content, strict=True)
    assert (response.status_code, error["type"], error["code"]) == (422, "InvalidRequest", "invalid_request")
    assert error["error"].startswith(words)
    assert error["details"]["problems"]
    assert runtime.heard == []


async def test_all_problems_of_a_body_are_told_at_once(client: httpx.AsyncClient) -> None:
    """Whoever corrects a request sees everything that is wrong with it."""
    error = (await client.post("/chat/ana", json={"text": "a", "language": 1})).json()

    assert error["details"]["problems"] == [
        {"field": "message", "message": "is required"},
        {"field": "language", "message": "must be a text"},
        {"field": "text", "message": "is not known"},
    ]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
async def test_other_content_types_are_refused(
    client: httpx.AsyncClient, runtime: EchoRuntime, content_type: str
) -> None:
    """What does not say that it is JSON is not read as JSON."""
    response = await client.post("/chat/ana", content=b'{"message": "hello"}', headers={"content-type": content_type})

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    assert runtime.heard == []


@pytest.mark.parametrize("user_id", ["a" * 129, "an%20a", "ana%0A", "%00", "ñ", "a%3Bb", "a%25b"])
async def test_wrong_user_ids_are_refused(client: httpx.AsyncClient, runtime: EchoRuntime, user_id: str) -> None:
    """A user id is short and plain; anything else is told so."""
    response = await client.post(f"/chat/{user_id}", json={"message": "hello"})

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert response.json()["details"]["problems"][0]["field"] == "user_id"
    assert runtime.heard == []


@pytest.mark.parametrize("user_id", ["a", "a" * 128, "ana@example.org", "tel:-1_2.3"])
async def test_right_user_ids_are_taken(client: httpx.AsyncClient, runtime: EchoRuntime, user_id: str) -> None:
    """Letters, digits and a few signs make a user id."""
    response = await client.post(f"/chat/{user_id}", json={"message": "hello"})

    assert response.json()["user_id"] == user_id


async def test_a_message_may_be_as_long_as_the_settings_say() -> None:
    """The limit counts characters, after the spaces around the message are gone."""
    runtime = EchoRuntime({"security": {"max_message_length": 5}})
    async with serving(runtime) as client:
        fits = await client.post("/chat/ana", json={"message": "  ñañañ  "})
        too_long = await client.post("/chat/ana", json={"message": "ñañaña"})

    assert (fits.status_code, too_long.status_code) == (200, 422)
    assert too_long.json()["error"] == "message: must be at most 5 characters long."
    assert len(runtime.heard) == 1


async def test_a_body_may_be_as_large_as_the_settings_say() -> None:
    """The limit counts bytes, whether the size is declared or the body comes in chunks."""
    runtime = EchoRuntime({"server": {"max_body_size": 40}})

    async def chunks(content: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(content), 7):
            yield content[start : start + 7]

    async with serving(runtime) as client:
        exact = json.dumps({"message": "a" * 25}).encode()
        statuses = [
            (await client.post("/chat/ana", content=content, headers=JSON)).status_code
            for content in (exact, exact + b" ", chunks(exact), chunks(exact + b" "))
        ]
        refused = await client.post("/chat/ana", content=exact + b" ", headers=JSON)

    assert len(exact) == 40
    assert statuses == [200, 413, 200, 413]
    assert refused.json()["error"] == "The body is too large; 40 bytes are allowed."
    assert refused.json()["details"] == {"limit": 40}
    assert len(runtime.heard) == 2


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*ChatRequest.model_fields, "x"]), inner),
)


@given(body=st.binary(max_size=60) | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
@settings(deadline=None, max_examples=200)
def test_any_body_gets_a_reply_or_the_error_shape(body: bytes) -> None:
    """Whatever is sent, the answer is a reply or a refusal in the one shape, and only a reply was heard."""

    async def send() -> tuple[httpx.Response, EchoRuntime]:
        runtime = EchoRuntime()
        async with serving(runtime) as client:
            return await client.post("/chat/ana", content=body, headers=JSON), runtime

    response, runtime = asyncio.run(send())

    if response.status_code == 200:
        TypeAdapter(ChatReply).validate_json(response.content, strict=True)
    else:
        assert response.status_code == 422
        TypeAdapter(ErrorBody).validate_json(response.content, strict=True)
    assert len(runtime.heard) == (response.status_code == 200)


async def test_the_idempotency_key_is_the_message_id(client: httpx.AsyncClient, runtime: EchoRuntime) -> None:
    """The header does what the field does, bare or quoted as its standard wants it; a replayed reply says so."""
    first = await client.post("/chat/ana", json={"message": "a"}, headers={"Idempotency-Key": "k-1"})
    again = await client.post("/chat/ana", json={"message": "a"}, headers={"Idempotency-Key": '"k-1"'})
    both = await client.post(
        "/chat/ana", json={"message": "a", "message_id": "k-1"}, headers={"Idempotency-Key": "k-1"}
    )

    assert [message.message_id for message in runtime.heard] == ["k-1"] * 3
    assert [response.headers.get("Idempotency-Replayed") for response in (first, again, both)] == [None, "true", "true"]


@pytest.mark.parametrize(("key", "field"), [("k-2", "message_id"), ("", "Idempotency-Key"), ("k 1", "Idempotency-Key")])
async def test_a_wrong_idempotency_key_is_refused(
    client: httpx.AsyncClient, runtime: EchoRuntime, key: str, field: str
) -> None:
    """A key that is not one, or that differs from the message id, is not guessed at."""
    response = await client.post(
        "/chat/ana", json={"message": "a", "message_id": "k-1"}, headers={"Idempotency-Key": key}
    )

    assert response.status_code == 422
    assert response.json()["details"]["problems"][0]["field"] == field
    assert runtime.heard == []


async def test_turns_at_once_are_limited() -> None:
    """Beyond the limit a message is refused with a time to try again; when a turn is over there is room again."""
    runtime = EchoRuntime({"server": {"max_concurrent_turns": 1}})
    runtime.hold = asyncio.Event()
    async with serving(runtime) as client, asyncio.TaskGroup() as tasks:
        first = tasks.create_task(client.post("/chat/ana", json={"message": "a"}))
        await runtime.turn_began.wait()
        refused = await client.post("/chat/bob", json={"message": "a"})
        runtime.hold.set()
        await first
        later = await client.post("/chat/bob", json={"message": "a"})

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert refused.headers["retry-after"] == "1"
    assert (first.result().status_code, later.status_code) == (200, 200)
