"""The same conversation on every store, with restarts in between: the same answers, effects and stored words."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest
from hypothesis import reject
from hypothesis import strategies as st
from tests.proving import Proof
from tests.stores import BACKENDS, empty_store, server_for

from soni import ConfigurationError, Reply, RuntimeLoop
from soni.config.models import SoniConfig
from soni.config.settings import Persistence
from soni.errors import ConversationUnknown
from soni.value import Value

from .generating import changed, drafts, loaded
from .rich import Draft
from .talking import USER, Talk
from .test_conversations import FAILING, _next, _text

ACTS: Final = st.sampled_from(["on"] * 6 + ["open"] * 3 + ["say"] * 4 + ["change", "wait", "deploy", "resume", "erase"])


@dataclass(frozen=True)
class Act:
    """Something that happens in a conversation."""

    kind: str
    text: str = ""
    failing: frozenset[str] = frozenset()
    config: SoniConfig | None = None
    """Of a deploy."""
    stops: bool = False
    """The service is stopped and started before it, where the store outlives the service; not where this is made up."""
    lost: bool = False
    """What was answered first gets lost, and it is said again; not where this is made up either."""


@dataclass(frozen=True)
class After:
    """What can be known when something has happened."""

    answer: Reply | str | None
    stored: object
    """All that is stored about the user, but for when it was written."""
    effects: dict[str, str]
    """Idempotency key → action."""


@dataclass
class Elsewhere(Talk):
    """A conversation in any store."""

    store: Persistence | None = None
    """``None`` for a file at its path."""

    async def start(self, config: SoniConfig | None = None) -> None:
        """As ``Talk.start``."""
        await self.service.aclose()
        self.config = config or self.config
        self._survey()
        store = self.store or Persistence(backend="sqlite", path=self.path)
        settings = self.config.settings.model_copy(update={"persistence": store})
        self.loop = RuntimeLoop(
            self.config.model_copy(update={"settings": settings}),
            understander=self.understander,
            registry=self.world.registry(self.config),
            clock=lambda: self.now,
            listeners=[self._listen],
        )
        self.service = AsyncExitStack()
        await self.service.enter_async_context(self.loop)

    async def do(self, act: Act) -> After:
        """Let it happen."""
        answer = None
        if act.config is not None or (act.stops and not (self.store and self.store.backend == "memory")):
            await self.start(act.config)
        match act.kind:
            case "say":
                answer = await self.say(act.text, act.failing, act.lost)
            case "wait":
                self.wait(61)
            case "resume":
                await self.come_back()
            case "erase":
                await self.loop.upkeep.erase(USER)
                await self.look()
                self.world.done.clear()  # the next one has the same name in this test, and with it the same keys
            case _:
                pass
        return After(answer, await self._stored(), dict(self.world.done))

    async def _stored(self) -> object:
        try:
            stored = dict(await self.loop.upkeep.export(USER))
        except ConversationUnknown:
            return None
        del stored["exported_at"]
        stored["transcript"] = [_undated(turn) for turn in _list(stored["transcript"])]
        return stored


def _list(value: Value) -> list[Value]:
    assert isinstance(value, list)
    return value


def _undated(turn: Value) -> Value:
    assert isinstance(turn, dict)
    return {name: value for name, value in turn.items() if name != "at"}


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Persistence]:
    """An empty store of each kind."""
    with empty_store(request.param, tmp_path, server_for(request.param, request)) as settings:
        yield settings


def test_differential(store: Persistence, monkeypatch: pytest.MonkeyPatch) -> None:
    """A conversation that is made up goes the same way in every store, word for word and key for key, whenever it stops."""
    # Conversations have random names, and these shall have the same keys.
    monkeypatch.setattr("soni.runtime.loop.token_hex", lambda _: "0123456789abcdef")

    def examine(data: st.DataObject) -> None:
        draft = data.draw(drafts(), label="assistant")
        with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
            acts, expected = runner.run(_made_up(data, draft, Path(folder) / "first.db"))
            if store.backend == "memory":  # which a deploy does not outlive
                acts = acts[: next((at for at, act in enumerate(acts) if act.kind == "deploy"), None)]
            found = runner.run(_told_again(acts, draft, store))
        for act, mine, first in zip(acts, found, expected, strict=False):
            assert mine.answer == first.answer, f"another answer to {act.kind} {act.text!r}"
            assert mine.effects == first.effects, f"other effects of {act.kind} {act.text!r}"
            assert mine.stored == first.stored, f"something else is stored after {act.kind} {act.text!r}"

    Proof(f"differential, {store.backend}", "conversations", short=4, long=2000).hold(st.data(), examine)


async def _made_up(data: st.DataObject, draft: Draft, file: Path) -> tuple[list[Act], list[After]]:
    """What happens, and what came of it in a file, where the service stops only to be deployed anew."""
    talk = Elsewhere(loaded(draft), file)
    try:
        await talk.start()
    except ConfigurationError:
        reject()  # it surely ends in a failed turn, as verification has seen
    acts: list[Act] = []
    known: list[After] = []
    try:
        for _ in range(data.draw(st.integers(6, 15))):
            act = _drawn(data, draft, talk)
            acts.append(act)
            known.append(await talk.do(replace(act, stops=False, lost=False)))
    finally:
        await talk.stop()
    return acts, known


async def _told_again(acts: list[Act], draft: Draft, store: Persistence) -> list[After]:
    """What came of it in this store, of which nothing is left from the conversation before."""
    talk = Elsewhere(loaded(draft), store.path, store=store)
    try:
        await talk.start()
        await talk.loop.upkeep.erase(USER)
        return [await talk.do(act) for act in acts]
    finally:
        await talk.stop()


def _drawn(data: st.DataObject, draft: Draft, talk: Talk) -> Act:
    kind = data.draw(ACTS)
    stops = data.draw(st.booleans())
    if kind == "deploy":
        return Act(kind, config=_next(data.draw(changed(draft))))
    if kind in ("wait", "resume", "erase"):
        return Act(kind, stops=stops)
    return Act("say", data.draw(_text(kind, talk)), data.draw(FAILING), stops=stops, lost=data.draw(st.booleans()))
