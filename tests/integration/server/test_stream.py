"""POST /chat/{user_id}/stream: what is heard, when, and what comes of a turn whose client is gone."""

import asyncio
import json
import logging
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from pydantic import TypeAdapter

from soni.dialogue.state import Dialogue, Line
from soni.errors import StoreUnavailable
from soni.persistence.dialogues import Dialogues, Saved
from soni.runtime.messages import Message
from soni.server import api, stream
from soni.server.errors import ErrorBody
from soni.server.schemas import ChatReply

from .bank import MOMENT, SEND, SENT, Bank, serving
from .doubles import EchoRuntime
from .events import Event, listening
from .processes import ASSISTANT, served


@pytest.fixture
def bank() -> Bank:
    return Bank()


async def test_messages_come_in_order_and_then_the_whole_reply(bank: Bank, tmp_path: Path) -> None:
    """Each message once, then `done` with exactly the body that POST /chat has; nothing on the way may hold it back."""
    bank.gate.set()
    async with serving(bank, tmp_path) as client:
        headers, events = await client.all(SEND, "m1")
        chat = (await client.chat(SEND, "m1")).json()

    assert events == [Event("message", MOMENT), Event("message", SENT), Event("done", chat)]
    assert chat["messages"] == [MOMENT, SENT]
    TypeAdapter(ChatReply).validate_python(events[-1].data, strict=True)
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-cache, no-transform", "no")
    assert headers["x-request-id"]
    assert "idempotency-replayed" not in headers


async def test_a_message_before_a_slow_action_is_heard_before_the_action_ends(bank: Bank, tmp_path: Path) -> None:
    """What comes after it waits for it."""
    async with serving(bank, tmp_path) as client, client.stream(SEND) as events:
        first = await events.next()
        await bank.paying.wait()
        paid = list(bank.paid)
        bank.gate.set()
        rest = await events.rest()

    assert (first, paid) == (Event("message", MOMENT), [])
    assert [event.name for event in rest] == ["message", "done"]


async def test_silence_is_filled(bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first bytes are a comment that comes at once; while an action takes its time there are more."""
    monkeypatch.setattr(stream, "HEARTBEAT", 0.02)
    async with serving(bank, tmp_path) as client, client.stream(SEND) as events:
        heard = [await events.next(comments=True) for _ in range(6)]
        bank.gate.set()
        rest = await events.rest()

    assert heard[0] == Event("")
    assert sorted(event.name for event in heard) == [""] * 5 + ["message"]
    assert [event.name for event in rest] == ["message", "done"]


async def test_nothing_but_what_is_saved_is_done(bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the store is writing, neither `done` nor the messages that nothing slow followed are heard."""
    monkeypatch.setattr(stream, "HEARTBEAT", 0.02)
    bank.gate.set()
    committing, may_commit = asyncio.Event(), asyncio.Event()
    commit = Dialogues.commit

    async def slow(
        self: Dialogues, conversation: str, read: Saved | None, dialogue: Dialogue, said: Sequence[Line] = ()
    ) -> None:
        committing.set()
        await may_commit.wait()
        await commit(self, conversation, read, dialogue, said)

    monkeypatch.setattr(Dialogues, "commit", slow)
    async with serving(bank, tmp_path) as client, client.stream(SEND) as events:
        first = await events.next()
        await committing.wait()
        silence = [await events.next(comments=True) for _ in range(3)]
        may_commit.set()
        rest = await events.rest()

    assert first == Event("message", MOMENT)
    assert silence == [Event("")] * 3
    assert [event.name for event in rest] == ["message", "done"]


async def test_a_client_that_goes_away_changes_nothing(
    bank: Bank, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The turn is saved once, its action ran once, and whoever asks again with the same id gets its answer; it is logged as gone."""
    caplog.set_level(logging.INFO, "soni.access")
    async with serving(bank, tmp_path) as client:
        async with client.stream(SEND, "m1") as events:
            await events.next()
            await bank.paying.wait()
        await client.hung_up()
        bank.gate.set()
        await bank.ended.wait()
        headers, again = await client.all(SEND, "m1")

    assert bank.paid == [5]
    assert headers["idempotency-replayed"] == "true"
    assert [event.name for event in again] == ["message", "message", "done"]
    assert (again[-1].data["turn"], again[-1].data["messages"]) == (1, [MOMENT, SENT])
    served = [record.__dict__["status"] for record in caplog.records if record.name == "soni.access"]
    assert served == [499, 200]


async def test_a_client_that_comes_back_at_once_hears_the_end_of_the_same_turn(bank: Bank, tmp_path: Path) -> None:
    """While the turn of the one that is gone still runs; nothing is done twice."""
    async with serving(bank, tmp_path) as client:
        async with client.stream(SEND, "m1") as events:
            await events.next()
        await client.hung_up()
        again = asyncio.create_task(client.all(SEND, "m1"))
        await bank.paying.wait()
        bank.gate.set()
        headers, heard = await again

    assert bank.paid == [5]
    assert headers["idempotency-replayed"] == "true"
    assert [event.data for event in heard[:2]] == [MOMENT, SENT]
    assert heard[-1].data["turn"] == 1


async def test_equal_messages_at_once_share_a_turn(bank: Bank, tmp_path: Path) -> None:
    """Streams and plain requests alike: one action, and everybody has the whole answer."""
    async with serving(bank, tmp_path) as client, asyncio.TaskGroup() as tasks:
        first = tasks.create_task(client.all(SEND, "m1"))
        await bank.paying.wait()
        others = [tasks.create_task(client.all(SEND, "m1")) for _ in range(3)]
        plain = tasks.create_task(client.chat(SEND, "m1"))
        bank.gate.set()

    reply = first.result()[1][-1]
    assert bank.paid == [5]
    assert reply.name == "done"
    assert [other.result()[1] for other in others] == [first.result()[1]] * 3
    assert plain.result().json() == reply.data


async def test_a_stream_may_wait_for_another_turn(bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not silent for long: it begins before it is known what comes of the message, and ends as any other."""
    monkeypatch.setattr(stream, "HEARTBEAT", 0.02)
    async with serving(bank, tmp_path) as client, client.stream(SEND) as first:
        await bank.paying.wait()
        async with client.stream("/start_flow balance") as second:
            waiting = [await second.next(comments=True) for _ in range(3)]
            bank.gate.set()
            heard = await second.rest()
        await first.rest()

    assert waiting == [Event("")] * 3
    assert [event.name for event in heard] == ["message", "message", "done"]
    assert heard[-1].data["turn"] == 2


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b'{"message": ""}', {}, 422, "invalid_request"),
        (b"{", {}, 422, "invalid_request"),
        (b'{"message": "a", "message_id": "1"}', {"idempotency-key": "2"}, 422, "invalid_request"),
        (b'{"message": "hello"}', {"content-type": "text/plain"}, 415, "unsupported_media_type"),
        (b'{"message": "' + b"a" * 70_000 + b'"}', {}, 413, "payload_too_large"),
    ],
)
async def test_what_is_wrong_with_a_request_is_no_stream(
    bank: Bank, tmp_path: Path, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    """It has its ordinary status and body."""
    async with serving(bank, tmp_path) as client:
        asked = {"content-type": "application/json", **headers}
        response = await client.http.post("/chat/ana/stream", content=content, headers=asked)

    assert (response.status_code, response.headers["content-type"]) == (status, "application/json")
    assert TypeAdapter(ErrorBody).validate_json(response.content, strict=True)["code"] == code


async def test_a_turn_that_cannot_begin_is_no_stream(bank: Bank, tmp_path: Path) -> None:
    """A busy conversation, an id that was used with another text, too many turns: each with its status and words."""
    async with serving(bank, tmp_path, concurrent="reject") as client, client.stream(SEND, "m1") as events:
        await bank.paying.wait()
        async with client.stream("/start_flow balance") as busy:
            await busy.response.aread()
        async with client.stream("another", "m1") as reused:
            await reused.response.aread()
        client.service.limits = type(client.service.limits)(turns=1)
        async with client.stream("hello", user="eva") as crowded:
            await crowded.response.aread()
        bank.gate.set()
        await events.rest()

    refused = [each.response for each in (busy, reused, crowded)]
    assert [(each.status_code, each.json()["code"]) for each in refused] == [
        (409, "conversation_busy"),
        (422, "message_id_reused"),
        (429, "too_many_requests"),
    ]
    assert refused[0].headers["retry-after"] == refused[2].headers["retry-after"] == "1"


async def test_a_turn_that_runs_out_of_time_ends_in_an_error(bank: Bank, tmp_path: Path) -> None:
    """The error is the last event, with the one body; what was heard before counts for nothing."""
    async with serving(bank, tmp_path, turn_timeout="300ms") as client:
        headers, events = await client.all(SEND)
        state = await client.http.get("/conversations/ana")

    assert [event.name for event in events] == ["message", "error"]
    error = TypeAdapter(ErrorBody).validate_python(events[-1].data, strict=True)
    assert (error["code"], error["reference"]) == ("turn_timeout", headers["x-request-id"])
    assert state.status_code == 404


async def test_a_turn_that_cannot_be_saved_ends_in_an_error(
    bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The message that nothing slow followed was never heard; the cause is in the log, once, and not in the event."""

    async def fail(*_: object, **__: object) -> None:
        raise StoreUnavailable("The disk /secret/path is full.")

    bank.gate.set()
    monkeypatch.setattr(Dialogues, "commit", fail)
    async with serving(bank, tmp_path) as client:
        _, events = await client.all(SEND)

    assert events[0] == Event("message", MOMENT)
    assert [(event.name, event.data.get("code")) for event in events[1:]] == [("error", "store_unavailable")]
    assert "/secret/path" not in json.dumps(events[-1].data)
    assert [record.message for record in caplog.records].count("request.failed") == 1


async def test_what_nobody_expected_is_an_error_too(tmp_path: Path) -> None:
    """A bug of ours says nothing of itself, before the stream as within."""
    runtime = EchoRuntime()
    runtime.failure = RuntimeError("secret")
    async with listening(runtime) as client:
        response = await client.http.post("/chat/ana/stream", json={"message": "hello"})

    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert "secret" not in response.text


async def test_any_character_is_part_of_one_line(tmp_path: Path) -> None:
    """Also those that many clients take for the end of a line."""
    text = "a\nb\r\nc\x85d\u2028e\u2029f\x0bg\x1ch \U0001f469 é"
    async with listening(EchoRuntime()) as client:
        _, events = await client.all(text)

    assert [event.data["text"] for event in events[:-1]] == [text, "And now?"]
    assert events[-1].data["messages"][0]["text"] == text


async def test_a_turn_that_is_taken_back_says_so_in_the_end(bank: Bank, tmp_path: Path) -> None:
    """An action failed: what was heard before it is not in the reply, which says what was said."""
    bank.failure = ValueError("no")
    bank.gate.set()
    async with serving(bank, tmp_path) as client:
        _, events = await client.all("/start_flow balance", "m1")
        _, again = await client.all("/start_flow balance", "m1")

    texts = [event.data["text"] for event in events[:-1]]
    assert texts[0] == "I am looking."
    assert "something went wrong" in texts[1]
    assert [message["text"] for message in events[-1].data["messages"]] == texts[1:]
    assert again == events[1:]


async def test_a_flow_that_cannot_go_on_ends_in_an_error(bank: Bank, tmp_path: Path) -> None:
    """After a message was heard."""
    async with serving(bank, tmp_path) as client, client.stream("/start_flow loop") as events:
        first = await events.next()
        bank.gate.set()
        rest = await events.rest()

    assert first.data["text"] == "I am looking."
    assert [(event.name, event.data["code"]) for event in rest] == [("error", "flow_error")]


async def test_secrets_are_in_no_event_and_in_no_log(
    bank: Bank, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What the user said into a sensitive slot."""
    caplog.set_level(logging.DEBUG, "soni")
    bank.gate.set()
    async with serving(bank, tmp_path) as client:
        _, events = await client.all('/start_flow identify pin="4711"')
        transcript = await client.http.get("/conversations/ana/messages")

    assert [event.name for event in events] == ["message", "message", "done"]
    assert "4711" not in repr(events) + caplog.text + transcript.text


async def test_draining_lets_streams_end(bank: Bank, tmp_path: Path) -> None:
    """After SIGTERM nothing new begins, and a stream under way has its end, also that of a client that is gone."""
    async with serving(bank, tmp_path) as client, client.stream(SEND) as events:
        await events.next()
        async with client.stream(SEND, user="eva") as gone:
            await gone.next()
        signal.raise_signal(signal.SIGTERM)
        refused = await client.http.post("/chat/bob/stream", json={"message": "hello"})
        bank.gate.set()
        rest = await events.rest()

    assert (refused.status_code, refused.json()["code"]) == (503, "not_ready")
    assert [event.name for event in rest] == ["message", "done"]
    assert bank.paid == [5, 5]


async def test_a_turn_without_an_end_is_cut_off(bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service ends nevertheless; a stream without a last event says that nobody knows, and nothing is saved."""
    monkeypatch.setattr(api, "MARGIN", 0.1)
    async with serving(bank, tmp_path) as client, client.stream(SEND) as events:
        await events.next()
        client.server.config.timeout_graceful_shutdown = 1
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(httpx.RemoteProtocolError):
            await events.rest()
    async with bank.loop(tmp_path) as loop:
        bank.gate.set()
        reply = await loop.process_message(Message("ana", SEND))

    assert (reply.turn, bank.paid) == (1, [5])


def test_whoever_has_heard_the_end_finds_it_after_a_crash(tmp_path: Path) -> None:
    """Killed at the very moment the client has read `done`: a new process answers the same message with the same reply."""
    (tmp_path / "soni.yaml").write_text(ASSISTANT % "sqlite")
    body = {"message": "hello", "message_id": "m1"}
    with served(tmp_path) as service, service.client.stream("POST", "/chat/ana/stream", json=body) as response:
        for line in response.iter_lines():
            if line == "event: done":
                os.kill(service.process.pid, signal.SIGKILL)
                break
    with served(tmp_path) as service:
        again = service.client.post("/chat/ana/stream", json=body)

    assert again.headers["idempotency-replayed"] == "true"
    assert again.text.startswith(': \n\nevent: message\ndata: {"text":"What is your name?"')
    assert '"turn":1' in again.text
