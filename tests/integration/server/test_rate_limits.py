"""How often: over HTTP, in one process, and in several that count together in Redis."""

import logging
import signal
import time
from pathlib import Path

import httpx
import pytest
from tests.servers import own_redis

from soni.access.api_keys import entry_of, new_key

from .doubles import EchoRuntime, serving
from .processes import ASSISTANT, served

KEY, OTHER = new_key(), new_key()


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONI_API_KEYS", f"{entry_of('shop', ['admin'], KEY)} {entry_of('web', ['chat'], OTHER)}")


def limited(mode: str = "none", **limits: object) -> EchoRuntime:
    return EchoRuntime({"server": {"auth": {"mode": mode}, "rate_limit": limits}})


async def say(client: httpx.AsyncClient, user: str, key: str | None = None, **body: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
    return await client.post(f"/chat/{user}", json={"message": "hello", **body}, headers=headers)


async def test_a_user_who_says_too_much() -> None:
    """One too many is 429, with the limit and when to come again; others, and probes, go on."""
    runtime = limited(per_user="2/minute")
    async with serving(runtime) as client:
        statuses = [(await say(client, "ana")).status_code for _ in range(2)]
        refused = await say(client, "ana")
        read = await client.get("/conversations/ana")
        other = await say(client, "bob")
        probes = [(await client.get("/health")).status_code for _ in range(5)]

    body = refused.json()
    assert statuses == [200, 200]
    assert (refused.status_code, body["type"], body["code"]) == (429, "RateLimited", "rate_limited")
    assert body["details"] == {"limit": "2/minute", "per": "user"}
    assert 55 <= int(refused.headers["retry-after"]) <= 60
    assert (read.status_code, other.status_code, probes) == (429, 200, [200] * 5)
    assert len(runtime.heard) == 3


async def test_a_replay_counts() -> None:
    """Who asks for the same answer again and again is asking."""
    async with serving(limited(per_user="2/minute")) as client:
        statuses = [(await say(client, "ana", message_id="m-1")).status_code for _ in range(3)]

    assert statuses == [200, 200, 429]


async def test_a_client_by_its_key() -> None:
    """All that a key does counts together, and another key has its own."""
    async with serving(limited("api_key", per_client="2/minute")) as client:
        mine = [(await say(client, user, KEY)).status_code for user in ("ana", "bob", "carl")]
        refused = await client.get("/version", headers={"X-API-Key": KEY})
        other = await say(client, "ana", OTHER)

    assert mine == [200, 200, 429]
    assert (refused.status_code, refused.json()["details"]["per"], other.status_code) == (429, "client", 200)


async def test_an_operator_is_not_kept_out_by_a_user() -> None:
    """What is for operators does not count for the user."""
    async with serving(limited("api_key", per_user="1/minute")) as client:
        statuses = [(await say(client, "ana", KEY)).status_code for _ in range(2)]
        headers = {"X-API-Key": KEY}
        exported = await client.get("/conversations/ana/export", headers=headers)
        reset = await client.delete("/conversations/ana", headers=headers)

    assert statuses == [200, 429]
    assert (exported.status_code, reset.status_code) == (200, 204)


async def test_who_is_refused_is_limited_by_address() -> None:
    """Wrong keys are counted, and 429 takes the place of 401; who has a right one is let in from the same address."""
    async with serving(limited("api_key", per_client="3/minute")) as client:
        statuses = [(await say(client, "ana", f"wrong-{number}")).status_code for number in range(5)]
        without = await say(client, "ana")
        right = await say(client, "ana", KEY)

    assert statuses == [401, 401, 401, 429, 429]
    assert (without.status_code, right.status_code) == (429, 200)


async def test_a_user_id_that_is_none_is_not_counted() -> None:
    """What is no user id is refused as such, however often."""
    async with serving(limited(per_user="1/minute")) as client:
        statuses = [(await say(client, "a" * 200)).status_code for _ in range(3)]

    assert statuses == [422, 422, 422]


def test_two_processes_count_together(tmp_path: Path) -> None:
    """On Redis, the limit is that of all processes; what one has granted, the other does not grant again."""
    with own_redis() as redis:
        limit = {
            "SONI_SERVER__RATE_LIMIT__PER_USER": "5/hour",
            "SONI_SERVER__RATE_LIMIT__STORAGE": redis.url,
        }
        (tmp_path / "soni.yaml").write_text(ASSISTANT % "memory")
        with served(tmp_path, **limit) as one, served(tmp_path, **limit) as two:
            answers = [
                service.client.post("/chat/ana", json={"message": "hello"}) for _ in range(4) for service in (one, two)
            ]
            others = [service.client.post("/chat/bob", json={"message": "hello"}) for service in (one, two)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3
    assert all(3500 <= int(answer.headers["retry-after"]) <= 3600 for answer in answers[5:])
    assert [answer.status_code for answer in others] == [200, 200]


async def test_a_redis_that_is_down(caplog: pytest.LogCaptureFixture) -> None:
    """Each process counts alone meanwhile: nobody is shut out, nobody may flood, and the log says so once."""
    caplog.set_level(logging.INFO)
    with own_redis() as redis:
        async with serving(limited(per_user="2/hour", storage=redis.url)) as client:
            before = (await say(client, "ana")).status_code
            redis.stop(signal.SIGKILL)
            alone = [(await say(client, "ana")).status_code for _ in range(3)]

    assert before == 200
    assert alone == [200, 200, 429]
    assert [record.message for record in caplog.records if record.message.startswith("rates.")] == ["rates.alone"]


async def test_a_redis_that_hangs_and_comes_back(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is waited for a moment only; and when it answers again, all count together again."""
    monkeypatch.setattr("soni.access.rates._PAUSE", 0.0)
    caplog.set_level(logging.INFO)
    with own_redis() as redis:
        async with serving(limited(per_user="2/hour", storage=redis.url)) as client:
            first = (await say(client, "ana")).status_code
            redis.signal(signal.SIGSTOP)
            began = time.monotonic()
            meanwhile = (await say(client, "ana")).status_code
            waited = time.monotonic() - began
            redis.signal(signal.SIGCONT)
            after = [(await say(client, "ana")).status_code for _ in range(3)]

    assert (first, meanwhile) == (200, 200)
    assert waited < 20
    assert 429 in after
    told = [record.message for record in caplog.records if record.message.startswith("rates.")]
    assert told == ["rates.alone", "rates.together"]


async def test_an_address_that_is_no_redis() -> None:
    """It is told at the start, without a piece of the password."""
    with pytest.raises(Exception, match="This is no address of a Redis") as refused:
        async with serving(limited(per_user="2/hour", storage="redis://me:swordfish@host:port/0")):
            pass

    assert "swordfish" not in str(refused.value)
