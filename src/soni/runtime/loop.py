"""RuntimeLoop: hold the lock, load, run the turn, commit, publish events, answer."""

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Self

from langgraph.checkpoint.base import BaseCheckpointSaver

from soni import tracing
from soni.actions.effects import REMEMBERED, Attempt
from soni.actions.ledger import IDENTITY
from soni.actions.reach import Reach
from soni.actions.registry import Registry, load_registry
from soni.actions.runner import Actions
from soni.actions.webhook import Webhooks
from soni.aloud import Aloud, Hearer
from soni.compiler.assistant import Assistant, compile_assistant
from soni.confidential import Confidential, confidential
from soni.config.loader import load_config, with_places
from soni.config.models import SoniConfig
from soni.dialogue.deploys import reconcile
from soni.dialogue.lives import lives
from soni.dialogue.secrets import values_of
from soni.dialogue.state import Dialogue, Line
from soni.errors import ConfigurationError, ConversationUnknown, StoreUnavailable, TurnTimeout
from soni.events import Event, Listener, TurnEnded, TurnFailed, TurnReplayed, TurnStarted
from soni.observability.identity import conversation_key
from soni.persistence.dialogues import Saved
from soni.persistence.locks import Locks
from soni.persistence.store import Store, open_store
from soni.responses import Responses
from soni.runtime.messages import ConversationView, Load, Message, Reply
from soni.runtime.phases import Phase
from soni.runtime.recording import is_sensitive
from soni.runtime.replaying import UnderWay, remember, replayed
from soni.runtime.turn import Turn
from soni.runtime.upkeep import Upkeep, keep_expiring, open_flows
from soni.runtime.views import reply_of, view_of
from soni.toolbox import Clock, Meter, Toolbox
from soni.turnstile import PLACES, Turnstile
from soni.understanding.base import Dependent, Understander
from soni.understanding.providers import open_understander
from soni.writing.base import Writer
from soni.writing.opening import open_writer

log = logging.getLogger("soni.runtime")


@dataclass(frozen=True)
class _Open:
    """What a running loop holds."""

    assistant: Assistant
    understander: Understander
    actions: Actions
    responses: Responses
    store: Store
    writer: Writer | None


class RuntimeLoop:
    """An assistant, ready to talk. Use it as an async context manager: what it opens, it closes."""

    def __init__(
        self,
        config: SoniConfig,
        *,
        understander: Understander | None = None,
        registry: Registry | None = None,
        clock: Clock | None = None,
        locks: Locks | None = None,
        listeners: Sequence[Listener] = (),
    ) -> None:
        """Nothing is opened yet.

        ``understander`` and ``registry`` take the place of what the configuration names; ``listeners`` hear the
        events of every turn when it is over.
        """
        self.config = config
        self._understander = understander
        self._registry = registry
        self._clock = clock or _now
        self._given_locks = locks
        self._listeners = tuple(listeners)
        self._under_way = UnderWay()
        self.load = Load()
        """How busy it is."""
        self._turnstile = Turnstile(PLACES, config.settings.runtime.turn_timeout.total_seconds())
        self._waits = config.settings.conversation.on_concurrent_message == "enqueue"
        self._exit = AsyncExitStack()
        self._open: _Open | None = None
        self._path: Path | None = None

    @classmethod
    def from_path(cls, path: Path | str) -> Self:
        """The assistant in a file or folder. Raises ConfigurationError."""
        loop = cls(load_config(path))
        loop._path = Path(path)
        return loop

    @property
    def fingerprint(self) -> str:
        """Of the assistant: changes when anything but the settings changes."""
        return self.config.fingerprint

    async def __aenter__(self) -> Self:
        """Compile the assistant and open its store. Raises ConfigurationError; nothing stays open then."""
        async with AsyncExitStack() as stack:
            assistant, understander, registry, writer = await asyncio.to_thread(self._build)
            if writer is not None:
                stack.push_async_callback(writer.aclose)
            folder = await asyncio.to_thread(Path.cwd)
            patience = self.config.settings.runtime.turn_timeout
            store = await stack.enter_async_context(open_store(self.config.settings.persistence, folder, patience))
            security = self.config.settings.security
            allowed = (
                frozenset(security.allowed_actions) if security.enable_guardrails and security.allowed_actions else None
            )
            if self._understander is None and isinstance(understander, Dependent):
                stack.push_async_callback(understander.aclose)
            actions = Actions(
                self.config.actions, registry, store.ledger, allowed, Webhooks(Reach(security.webhook_hosts))
            )
            await stack.enter_async_context(actions)
            self._open = _Open(assistant, understander, actions, Responses.of(self.config), store, writer)
            if (ttl := self.config.settings.persistence.retention.conversation_ttl) is not None:
                stack.push_async_callback(_end, asyncio.create_task(keep_expiring(self.upkeep, ttl)))
            self._exit = stack.pop_all()
        return self

    async def __aexit__(self, *error: object) -> None:
        self._open = None
        await self._exit.aclose()

    def _build(self) -> tuple[Assistant, Understander, Registry, Writer | None]:
        """What takes the processor a while; it runs in a thread, so that the loop stays free."""
        try:
            registry = self._registry or load_registry(self.config)
            assistant = compile_assistant(self.config)
        except ConfigurationError as error:
            if self._path is None:
                raise
            raise ConfigurationError(problems=with_places(error.problems, self._path)) from error
        understander = self._understander or open_understander(self.config)
        return assistant, understander, registry, open_writer(self.config)

    @property
    def _running(self) -> _Open:
        if self._open is None:
            raise RuntimeError("The RuntimeLoop is not open: use it in 'async with'.")
        return self._open

    @property
    def _locks(self) -> Locks:
        return self._given_locks or self._running.store.locks

    @property
    def saver(self) -> BaseCheckpointSaver[str]:
        """The LangGraph checkpointer that holds the conversations."""
        return self._running.store.saver

    async def process_message(self, message: Message, hearer: Hearer | None = None) -> Reply:
        """Answer a message; when this returns, the answer is saved.

        ``hearer`` hears messages while the turn runs: before something that may take long, an action or a text by a model,
        those that were said so far, and the others once all is saved. What was heard of a turn that fails then, or that is
        taken back because an action failed, counts no more: the reply is what was said.

        Raises TurnError where it cannot be answered, ConversationBusy, TooManyRequests, StoreUnavailable; the
        conversation is then as it was.
        """
        aloud = Aloud(hearer) if hearer is not None else None
        with _belongs_to(message.user_id):
            reply = await self._under_way.answer(message, lambda: self._process(message, aloud), self._shared(message))
        if aloud is not None:
            aloud.finish(reply.messages)
        return reply

    def listen(self, listener: Listener) -> None:
        """Let this one, too, hear the events of every turn when it is over."""
        self._listeners = (*self._listeners, listener)

    def _shared(self, message: Message) -> Callable[[Reply], None]:
        """Tells of a reply that was given to an equal message, which waited for it meanwhile."""
        began = time.perf_counter()
        return lambda reply: self._publish([TurnReplayed(message.user_id, reply.turn, time.perf_counter() - began)])

    async def _process(self, message: Message, aloud: Aloud | None) -> Reply:
        with _turn_span(message) as span:
            return await self._take_turn(message, aloud, span)

    async def _take_turn(self, message: Message, aloud: Aloud | None, span: tracing.Span) -> Reply:
        began = time.perf_counter()
        events: list[Event] = []
        attempt = Attempt(message.message_id)
        turn = 0
        # How it ended, once that is settled: what is saved, or was answered before, stays so whatever comes after.
        ended: partial[TurnEnded] | partial[TurnReplayed] | partial[TurnFailed] | None = None
        try:
            async with self._hold(message.user_id, events):
                async with self._time_limit() as ends:
                    with Phase("load", events.append, self._store_named(), kind="client"):
                        saved = await self._running.store.dialogues.load(message.user_id)
                        dialogue = saved.dialogue if saved else await self.new_dialogue(message)
                    if (replay := replayed(message, dialogue)) is not None:
                        span.set({"soni.replayed": True, "soni.turn": replay.turn})
                        ended = partial(TurnReplayed, message.user_id, replay.turn)
                        return replay
                    turn = dialogue.turn + 1
                    span.set({"soni.turn": turn})
                    events.append(TurnStarted(message.user_id, turn))
                    if aloud is not None:
                        aloud.hearer.begun()
                    draft, said = await self._answer(message, dialogue, events, attempt, ends, aloud)
                    reply = reply_of(message, draft, self._running.assistant)
                with Phase("commit", events.append, self._store_named(), kind="client"):
                    kept = remember(draft, message, reply)
                    given_up = await _to_its_end(self._commit(message.user_id, saved, kept, said, attempt))
                    ended = partial(
                        TurnEnded, message.user_id, turn, reply.state, len(reply.messages), flow=reply.active_flow
                    )
                    span.set({"soni.state": reply.state, "soni.messages": len(reply.messages)})
                if given_up is not None:
                    raise given_up
            return reply
        except BaseException as error:  # also one that was cancelled; it is raised on
            ended = ended or partial(TurnFailed, message.user_id, turn, type(error).__name__)
            raise
        finally:
            assert ended is not None
            events.append(ended(seconds=time.perf_counter() - began))
            self._publish(events)

    @asynccontextmanager
    async def _hold(self, user_id: str, events: list[Event]) -> AsyncIterator[None]:
        """Hold the conversation, and have a place to work."""
        load = self.load
        async with AsyncExitStack() as held:
            load.waiting += 1
            try:
                with Phase("lock", events.append):
                    await held.enter_async_context(self._locks.hold(user_id, wait=self._waits))
                    await held.enter_async_context(self._turnstile.passed())
            finally:
                load.waiting -= 1
            load.answering += 1
            try:
                yield
            finally:
                load.answering -= 1

    def _store_named(self) -> tracing.Attributes:
        return {"db.system.name": self.config.settings.persistence.backend}

    @asynccontextmanager
    async def _time_limit(self) -> AsyncIterator[float]:
        """A turn that has not been decided in time has not happened; gives the loop's time of its end. Raises TurnTimeout."""
        try:
            async with asyncio.timeout(self.config.settings.runtime.turn_timeout.total_seconds()) as limit:
                yield limit.when() or math.inf
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise TurnTimeout from error

    async def _commit(
        self, user_id: str, saved: Saved | None, draft: Dialogue, said: Sequence[Line], attempt: Attempt
    ) -> None:
        kept = said if self.config.settings.persistence.retention.transcript else ()
        await self._running.store.dialogues.commit(user_id, saved, draft, kept)
        before = draft.turn + 1 - REMEMBERED
        # Else there is nothing to forget yet, and to find that out would take as long as to save the turn.
        if attempt.noted and (attempt.named or attempt.passing or before > 0):
            await self._forget_effects(user_id, max(before, 0), attempt.passing)

    async def run_turn(self, message: Message, dialogue: Dialogue, events: list[Event]) -> tuple[Dialogue, Reply]:
        """Answer on a draft, and commit nothing: the turn for those who keep the dialogue themselves.

        ``dialogue`` is not changed; what happens is added to ``events``. Raises TurnError.
        """
        attempt = Attempt(message.message_id)
        ends = asyncio.get_running_loop().time() + self.config.settings.runtime.turn_timeout.total_seconds()
        draft, _ = await self._answer(message, dialogue, events, attempt, ends, None)
        return draft, reply_of(message, draft, self._running.assistant)

    async def _answer(
        self,
        message: Message,
        dialogue: Dialogue,
        events: list[Event],
        attempt: Attempt,
        ends: float,
        aloud: Aloud | None,
    ) -> tuple[Dialogue, tuple[Line, ...]]:
        """The draft, and what was said in this turn, which is out of time when the loop's clock says ``ends``."""
        running = self._running
        flows = running.assistant.flows
        self._conceal(message.text, dialogue)
        dialogue = self._in_language(dialogue, message.language)
        stored, dialogue = dialogue, reconcile(dialogue, flows, self.config.settings.conversation.on_flow_changed)
        events += lives(stored, dialogue)
        if dialogue.handed_off:
            return replace(dialogue, turn=dialogue.turn + 1, said=(), updated=self._clock().timestamp()), ()
        toolbox = self._toolbox(message.user_id, dialogue, events, attempt, ends, aloud)
        return await Turn(running.assistant, running.understander, toolbox).answer(message.text, dialogue)

    def _conceal(self, said: str, dialogue: Dialogue) -> None:
        """Whatever is logged from here on is held against what was said and what is known."""
        current = confidential.get()
        if current is None:
            return
        flows = self._running.assistant.flows
        current.turn = dialogue.turn + 1
        current.look_up(lambda: ((said, is_sensitive((), dialogue, flows)), *values_of(flows, dialogue)))

    def _toolbox(
        self,
        user_id: str,
        dialogue: Dialogue,
        events: list[Event],
        attempt: Attempt,
        ends: float,
        aloud: Aloud | None,
    ) -> Toolbox:
        running = self._running
        return Toolbox(
            user_id=user_id,
            turn=dialogue.turn + 1,
            acted=dialogue.acted,
            flows=running.assistant.flows,
            actions=running.actions,
            responses=running.responses,
            now=self._clock(),
            meter=Meter(self.config.settings.runtime.max_step_executions),
            emit=tracing.telling(events.append),
            attempt=attempt,
            writer=running.writer,
            ends=ends,
            aloud=aloud,
        )

    async def _forget_effects(self, user_id: str, before: int, passing: Sequence[str]) -> None:
        """What no message that comes back can need: results of turns long ago, the name of what is saved, and what was passing."""
        try:
            await self._running.store.ledger.forget(user_id, before, *passing)
        except StoreUnavailable:  # the turn is saved: the next effect takes these along
            log.warning("results that are no longer needed stay in the ledger", exc_info=True)

    async def new_dialogue(self, message: Message) -> Dialogue:
        """A conversation in which nothing has been said before this message."""
        # One whose first turn has had an effect and was not saved goes on under its name, so that the effect is found again.
        rows = await self._running.store.ledger.recall(message.user_id, IDENTITY)
        identity = rows[IDENTITY].get("id") if IDENTITY in rows else None
        return Dialogue(
            id=identity if isinstance(identity, str) else token_hex(8),
            language=self.config.settings.i18n.default_language,
        )

    def _in_language(self, dialogue: Dialogue, language: str | None) -> Dialogue:
        if language is None or language == dialogue.language:
            return dialogue
        supported = {name.lower(): name for name in self.config.settings.i18n.supported_languages}
        wanted = language.lower()
        known = supported.get(wanted) or supported.get(wanted.partition("-")[0])
        return replace(dialogue, language=known) if known is not None else dialogue

    async def get_state(self, user_id: str) -> ConversationView:
        """A conversation for people to look at. Raises ConversationUnknown."""
        saved = await self._running.store.dialogues.load(user_id)
        if saved is None:
            raise ConversationUnknown
        return view_of(user_id, saved.dialogue, self._running.assistant)

    async def reset_state(self, user_id: str) -> None:
        """Forget a conversation: the next message starts anew. Nothing happens where there is none."""
        async with self._locks.hold(user_id):
            left = await open_flows(self._running.store, user_id)
            await self._running.store.archive.reset(user_id)
        self._publish(left)

    async def resume(self, user_id: str) -> None:
        """Take a conversation back from a person. Raises ConversationUnknown."""
        async with self._locks.hold(user_id):
            saved = await self._running.store.dialogues.load(user_id)
            if saved is None:
                raise ConversationUnknown
            if saved.dialogue.handed_off:
                # What was still to be said when the person came is out of date; what was still to be done is not.
                due = tuple(frame for frame in saved.dialogue.due if frame.effect is not None)
                back = replace(saved.dialogue, handed_off=False, due=due, updated=self._clock().timestamp())
                await self._running.store.dialogues.commit(user_id, saved, back)

    @property
    def upkeep(self) -> Upkeep:
        """The transcript, export and end of conversations."""
        return Upkeep(self._running.store, self._locks, self._publish)

    @property
    def dependence(self) -> Dependent | None:
        """What understanding needs outside of this process, a model for instance; ``None`` where it needs nothing."""
        understander = self._running.understander
        return understander if isinstance(understander, Dependent) else None

    async def check_store(self) -> None:
        """One small read. Raises StoreUnavailable where the store does not answer."""
        await self._running.store.check()

    def _publish(self, events: Sequence[Event]) -> None:
        for listener in self._listeners:
            try:
                for event in events:
                    listener(event)
            except Exception:  # a listener only watches: the turn is saved, and its answer must reach the user
                log.exception("a listener failed")


def _turn_span(message: Message) -> tracing.Span:
    if not tracing.active():
        return tracing.NOTHING
    return tracing.span("soni.turn", {"soni.conversation": conversation_key(message.user_id)})


@contextmanager
def _belongs_to(user_id: str) -> Iterator[None]:
    """What is logged meanwhile is about this user: within a request, whose lines go on to be, or for this turn alone."""
    current = confidential.get()
    if current is not None:
        current.user_id = user_id
        yield
        return
    token = confidential.set(Confidential(user_id))
    try:
        yield
    finally:
        confidential.reset(token)


def _now() -> datetime:
    return datetime.now().astimezone()


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


async def _to_its_end(work: Coroutine[None, None, None]) -> asyncio.CancelledError | None:
    """Await this however often the caller gives up meanwhile, and say so: what has begun to be saved is saved under the lock."""
    task = asyncio.ensure_future(work)
    given_up: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            given_up = error
    task.result()
    return given_up
