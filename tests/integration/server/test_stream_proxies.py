"""Streams behind proxies: what comes while an action still runs comes through while it still runs."""

import asyncio
from pathlib import Path

import httpx
import pytest

from soni.server import stream

from .bank import MOMENT, SEND, SENT, Bank, serving
from .events import Client, Event, Events
from .proxies import buffering, nginx

AT_ONCE = (Event("message", MOMENT), 0, ["message", "done"])
"""What comes before the money is sent, how much was sent then, and what comes after."""


async def test_a_proxy_that_buffers_passes_events_on_as_they_come(tmp_path: Path) -> None:
    """It is told not to buffer, and speaks an older HTTP; the client hears the message before the money is sent."""
    bank = Bank()
    async with serving(bank, tmp_path) as client, buffering(client.server.port) as port:
        heard = await _heard_through(port, bank)

    assert heard == AT_ONCE


async def test_a_proxy_that_does_not_listen_loses_nothing_but_time(tmp_path: Path) -> None:
    """Everything comes in the end, in its order."""
    bank = Bank()
    async with (
        serving(bank, tmp_path) as client,
        buffering(client.server.port, listens=False) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http,
    ):
        asked = asyncio.create_task(Client(http, client.server).all(SEND))
        await bank.paying.wait()
        silent = not asked.done()
        bank.gate.set()
        _, events = await asked

    assert silent
    assert events[:-1] == [Event("message", MOMENT), Event("message", SENT)]
    assert events[-1].name == "done"


@pytest.mark.parametrize("more", ["", 'proxy_http_version 1.1; proxy_set_header Connection "";'])
async def test_nginx_passes_events_on_as_they_come(tmp_path: Path, more: str) -> None:
    """With the settings of the how-to and without; compressed, too, for nginx does that whatever it is asked."""
    bank = Bank()
    async with serving(bank, tmp_path) as client, nginx(client.server.port, tmp_path, more) as port:
        heard = await _heard_through(port, bank)

    assert heard == AT_ONCE


async def test_comments_keep_a_connection_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An nginx that bears a second of silence, and an action that takes longer."""
    monkeypatch.setattr(stream, "HEARTBEAT", 0.2)
    bank = Bank()
    async with (
        serving(bank, tmp_path) as client,
        nginx(client.server.port, tmp_path, "proxy_read_timeout 1s;") as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http,
        Client(http, client.server).stream(SEND) as events,
    ):
        heard = [await events.next(comments=True) for _ in range(10)]
        bank.gate.set()
        rest = await events.rest()

    assert len(heard) == 10
    assert rest[-1].name == "done"


async def _heard_through(port: int, bank: Bank) -> tuple[Event, int, list[str]]:
    """The first event, what was paid when it came, and the names of those that came once paying could end."""
    headers = {"accept-encoding": "gzip"}
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20, headers=headers) as http,
        http.stream("POST", "/chat/ana/stream", json={"message": SEND}) as response,
    ):
        events = Events(response)
        first = await events.next()
        paid = len(bank.paid)
        bank.gate.set()
        rest = await events.rest()
    return first, paid, [event.name for event in rest]
