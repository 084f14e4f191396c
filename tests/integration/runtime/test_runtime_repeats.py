"""A message that comes back finds the effects it has had, whatever was saved meanwhile; a new order is a new order."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from tests.stores import BACKENDS, empty_store, server_for

from soni import ActionContext, Message, RuntimeLoop, action
from soni.config.settings import Persistence
from soni.dialogue.state import MAX_REPLAYS
from soni.errors import ConversationBusy, FlowError, StoreUnavailable, TurnTimeout
from soni.persistence.locks import LocalLocks
from soni.runtime.loop import _to_its_end

from .chat import Deaf, Watch, assistant, saved
from .shop import Shop

SHOP = """
    settings: {conversation: {session_timeout: null}}
    slots: {amount: {type: integer, prompt: How much?}, receipt: {}, rounds: {type: integer}}
    actions:
      pay: {inputs: [amount], outputs: [receipt]}
      post: {inputs: [amount], effect: read}
      note: {inputs: []}
    flows:
      send:
        steps:
          - {step: amount, type: collect, slot: amount}
          - {step: pay, type: action, call: pay}
          - {step: post, type: action, call: post}
          - {step: done, type: say, message: "Sent {amount}, {receipt}."}
      thrice:
        steps:
          - {step: amount, type: collect, slot: amount}
          - {step: none, type: set, slots: {rounds: 0}}
          - step: again
            type: while
            condition: rounds < 3
            do:
              - {step: pay, type: action, call: pay}
              - {step: one, type: set, slots: {rounds: "{{ rounds + 1 }}"}}
          - {step: post, type: action, call: post}
          - {step: done, type: say, message: "Sent {rounds} times, {receipt}."}
      note:
        steps:
          - {step: note, type: action, call: note}
          - {step: noted, type: say, message: Noted.}
      hello: {steps: [{step: hi, type: say, message: Hello.}]}
"""


class Counter:
    """A shop of another kind: it takes notes too."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.notes: list[str] = []

    @asynccontextmanager
    async def open(
        self, store: Persistence, written: str = SHOP, locks: LocalLocks | None = None
    ) -> AsyncIterator[RuntimeLoop]:
        """A replica of the service."""

        @action("note")
        async def note(ctx: ActionContext) -> None:
            self.notes.append(ctx.idempotency_key)

        config = assistant(written, self.shop.pay, self.shop.post, note)
        config = config.model_copy(update={"settings": config.settings.model_copy(update={"persistence": store})})
        async with RuntimeLoop(config, understander=Deaf(), clock=Watch(), locks=locks) as loop:
            yield loop

    async def lose(self, loop: RuntimeLoop, text: str, message_id: str | None) -> None:
        """Say this, and get no answer: the turn ends while it is being booked, as when its time or its process does."""
        self.shop.posting.clear()
        self.shop.post_gate.clear()
        turn = asyncio.create_task(say(loop, text, message_id))
        await self.shop.posting.wait()
        turn.cancel()
        await asyncio.wait([turn])
        assert turn.cancelled()
        self.shop.post_gate.set()


async def say(loop: RuntimeLoop, text: str, message_id: str | None = None) -> str:
    return (await loop.process_message(Message("ana", text, message_id))).text


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Persistence]:
    with empty_store(request.param, tmp_path, server_for(request.param, request)) as settings:
        yield settings


@pytest.fixture(params=["postgresql", "redis"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Persistence]:
    """A store that several replicas may use."""
    with empty_store(request.param, tmp_path, server_for(request.param, request)) as settings:
        yield settings


PAY = "/start_flow send amount=10"


@pytest.mark.parametrize("before", [0, 1])
async def test_the_same_message_after_another_effect_was_saved(store: Persistence, before: int) -> None:
    """It is not paid twice: not in the next turn, nor when it is lost again and again, nor in a conversation's first turn."""
    counter = Counter()
    async with counter.open(store) as loop:
        for _ in range(before):
            await say(loop, "/start_flow hello")
        await counter.lose(loop, PAY, "m1")
        assert await say(loop, "/start_flow note", "m2") == "Noted."
        await counter.lose(loop, PAY, "m1")
        assert await say(loop, "/start_flow note", "m3") == "Noted."

        assert await say(loop, PAY, "m1") == "Sent 10, r1."
    assert counter.shop.paid == [10]
    assert len(set(counter.notes)) == len(counter.notes) == 2


async def test_the_same_message_after_it_ran_out_of_time(tmp_path: Path) -> None:
    """The caller was told 504; the message finds its payment all the same."""
    counter = Counter()
    hurried = SHOP.replace("settings: {", "settings: {runtime: {turn_timeout: 1s}, ")
    async with counter.open(Persistence(path=tmp_path / "soni.db"), hurried) as loop:
        counter.shop.post_gate.clear()
        with pytest.raises(TurnTimeout):
            await say(loop, PAY, "m1")
        counter.shop.post_gate.set()
        await say(loop, "/start_flow note", "m2")

        assert await say(loop, PAY, "m1") == "Sent 10, r1."
    assert counter.shop.paid == [10]


async def test_a_payment_under_way_is_called_again_with_its_key(store: Persistence) -> None:
    """Nobody knows whether it was had: the system behind it can tell, also after another effect was saved."""
    counter = Counter()
    async with counter.open(store) as loop:
        counter.shop.pay_gate.clear()
        paying = asyncio.create_task(say(loop, PAY, "m1"))
        await counter.shop.paying.wait()
        paying.cancel()
        await asyncio.wait([paying])
        counter.shop.pay_gate.set()
        await say(loop, "/start_flow note", "m2")
        await say(loop, PAY, "m1")

    assert len(counter.shop.keys) == 2
    assert len(set(counter.shop.keys)) == 1


async def test_an_order_after_many_turns_is_a_new_one(store: Persistence) -> None:
    """What was paid and never answered is not taken for the payment of a later order."""
    counter = Counter()
    async with counter.open(store) as loop:
        await say(loop, "/start_flow hello", "m0")
        await counter.lose(loop, PAY, "m1")
        await say(loop, "/start_flow hello", "m2")
        soon = await say(loop, PAY, "m3")
        for number in range(MAX_REPLAYS + 5):
            await say(loop, "/start_flow hello", f"h{number}")

        assert soon == "Sent 10, r2."
        assert await say(loop, PAY, "m99") == "Sent 10, r3."
    assert len(set(counter.shop.keys)) == 3


@pytest.mark.parametrize("again", ["m2", None])
async def test_somebody_who_types_it_again_does_not_pay_twice(store: Persistence, again: str | None) -> None:
    """Nothing was saved in between: it is the same order, with another message id or none; both messages are done then."""
    counter = Counter()
    async with counter.open(store) as loop:
        await say(loop, "/start_flow hello")
        await counter.lose(loop, PAY, "m1")
        assert await say(loop, PAY, again) == "Sent 10, r1."
        assert await say(loop, PAY, "m1") == "Sent 10, r1."
        assert counter.shop.paid == [10]

        assert await say(loop, PAY, "m3") == "Sent 10, r2.", "this one is new"
    assert counter.shop.paid == [10, 10]


async def test_what_was_typed_again_and_lost_again(store: Persistence) -> None:
    """The second message has found the effect, not had it; it finds it after other turns too."""
    counter = Counter()
    async with counter.open(store) as loop:
        await counter.lose(loop, PAY, "m1")
        await counter.lose(loop, PAY, "m2")
        await say(loop, "/start_flow note", "m3")

        assert await say(loop, PAY, "m2") == "Sent 10, r1."
    assert counter.shop.paid == [10]


async def test_a_loop_that_acts_in_every_round(store: Persistence) -> None:
    """Three equal payments are three, and stay three when the message comes back."""
    counter = Counter()
    async with counter.open(store) as loop:
        await say(loop, "/start_flow hello")
        await counter.lose(loop, "/start_flow thrice amount=7", "m1")
        assert counter.shop.paid == [7, 7, 7]
        await say(loop, "/start_flow note", "m2")

        assert await say(loop, "/start_flow thrice amount=7", "m1") == "Sent 3 times, r3."
        assert await say(loop, "/start_flow thrice amount=7", "m3") == "Sent 3 times, r6."
    assert len(counter.shop.paid) == len(set(counter.shop.keys)) == 6


async def test_a_message_from_as_far_back_as_ids_are_remembered(store: Persistence) -> None:
    """Its effect is found for as long as its reply would have been; after that it is a new order."""
    for between, payments in ((MAX_REPLAYS, 1), (MAX_REPLAYS + 1, 2)):
        counter = Counter()
        async with counter.open(store) as loop:
            await loop.reset_state("ana")
            await counter.lose(loop, PAY, "m1")
            for number in range(between):
                await say(loop, "/start_flow note", f"n{number}")
            await say(loop, PAY, "m1")

        assert len(counter.shop.paid) == payments


async def test_rows_stay_bounded(store: Persistence) -> None:
    """Two hundred turns that act, and as many whose action fails, leave the rows of the last twenty; a reset leaves one."""
    counter = Counter()
    async with counter.open(
        store, SHOP.replace("post: {inputs: [amount], effect: read}", "post: {inputs: [amount]}")
    ) as loop:
        ledger: list[int] = []
        for number in range(200):
            counter.shop.failures = number % 2
            await say(loop, PAY, f"m{number}")
            ledger.append(len(await loop._running.store.archive.effects("ana")))
            if number % 2:
                await say(loop, "/cancel_flow")
        counter.shop.failures = 0
        await loop.reset_state("ana")
        left = await loop._running.store.archive.effects("ana")

    assert max(ledger[100:]) == max(ledger[30:100]) <= 4 * (MAX_REPLAYS + 1)
    assert list(left) == ["reset"]


async def test_two_replicas_without_a_lock(shared: Persistence) -> None:
    """One is refused by the fence; when it comes again its payment is found, in the first turn of a conversation too."""
    for before in (0, 1):
        counter = Counter()
        async with (
            counter.open(shared, locks=LocalLocks()) as one,
            counter.open(shared, locks=LocalLocks()) as other,
        ):
            await one.reset_state("ana")
            for _ in range(before):
                await say(one, "/start_flow hello")
            counter.shop.posting.clear()
            counter.shop.post_gate.clear()
            paying = asyncio.create_task(say(one, PAY, "m1"))
            await counter.shop.posting.wait()
            assert await say(other, "/start_flow note", "m2") == "Noted."
            counter.shop.post_gate.set()
            with pytest.raises(ConversationBusy):
                await paying

            assert await say(other, PAY, "m1") == "Sent 10, r1."
        assert counter.shop.paid == [10]


async def test_replicas_that_begin_a_conversation_under_two_names(shared: Persistence) -> None:
    """Neither has a lock, and neither knows of the other: the payment belongs to the name it was made under, and is found."""
    counter = Counter()
    async with (
        counter.open(shared, locks=LocalLocks()) as one,
        counter.open(shared, locks=LocalLocks()) as other,
    ):
        loaded, go_on = asyncio.Event(), asyncio.Event()
        begin = other.new_dialogue

        async def slowly(message: Message) -> object:
            dialogue = await begin(message)
            loaded.set()
            await go_on.wait()
            return dialogue

        other.new_dialogue = slowly  # type: ignore[method-assign, assignment]
        counter.shop.post_gate.clear()
        noting = asyncio.create_task(say(other, "/start_flow note", "m2"))
        await loaded.wait()
        paying = asyncio.create_task(say(one, PAY, "m1"))
        await counter.shop.posting.wait()
        go_on.set()
        await noting
        counter.shop.post_gate.set()
        with pytest.raises(ConversationBusy):
            await paying

        assert await say(one, PAY, "m1") == "Sent 10, r1."
    assert counter.shop.paid == [10]


LOOPING = """
    settings: {runtime: {max_step_executions: 20}}
    slots: {amount: {type: integer, prompt: How much?}, receipt: {}, rounds: {type: integer}}
    actions:
      pay: {inputs: [amount], outputs: [receipt]}
      note: {inputs: []}
      post: {inputs: [amount]}
    flows:
      send:
        steps:
          - {step: amount, type: collect, slot: amount}
          - {step: post, type: action, call: post}
          - {step: pay, type: action, call: pay}
          - {step: none, type: set, slots: {rounds: 0}}
          - {step: again, type: while, condition: rounds < 50, do: [{step: one, type: set, slots: {rounds: "{{ rounds + 1 }}"}}]}
          - {step: done, type: say, message: "Sent {amount}, {receipt}."}
"""


async def test_an_effect_behind_which_the_flow_breaks(store: Persistence) -> None:
    """The flow stood still before it, and would stand there still: nothing is saved, so that the effect is found."""
    shop = Shop()
    failing = True
    keys: list[str] = []

    @action("pay")
    async def pay(amount: int, ctx: ActionContext) -> None:
        keys.append(ctx.idempotency_key)
        if failing:
            raise ValueError

    @action("note")
    async def note() -> None: ...

    config = assistant(LOOPING, pay, shop.post, note)
    config = config.model_copy(update={"settings": config.settings.model_copy(update={"persistence": store})})
    async with RuntimeLoop(config, understander=Deaf(), clock=Watch()) as loop:
        await say(loop, PAY, "m1")
        failing = False
        for number in range(2, 5):
            with pytest.raises(FlowError):
                await say(loop, "go on", f"m{number}")

    assert len(keys) == 2, "once in vain, and once more"
    assert len(set(keys)) == 1


UNFIT = SHOP.replace(
    """          - {step: pay, type: action, call: pay}
          - {step: post, type: action, call: post}
          - {step: done, type: say, message: "Sent {amount}, {receipt}."}
""",
    """          - {step: pay, type: action, call: pay, on_error: back}
          - {step: done, type: say, message: "Sent {amount}, {receipt}.", jump_to: end}
          - {step: back, type: action, call: note}
          - {step: post, type: action, call: post}
          - {step: taken, type: say, message: It was taken back.}
""",
    1,
).replace("pay: {inputs: [amount], outputs: [receipt]}", "pay: {inputs: [amount], outputs: []}")


async def test_what_was_wrong_is_wrong_again(store: Persistence) -> None:
    """The action returned what it does not declare: the message goes the same way when it comes back."""
    counter = Counter()
    async with counter.open(store, UNFIT) as loop:
        await counter.lose(loop, PAY, "m1")

        assert await say(loop, PAY, "m1") == "It was taken back."
    assert counter.shop.paid == [10]
    assert len(counter.notes) == 1


async def test_a_payment_that_failed_is_tried_again_with_its_key(store: Persistence) -> None:
    """It may have been had: turns later it has the same key still, until it has worked; then an equal one has another."""
    keys: list[str] = []
    failing = True

    @action("pay")
    async def pay(amount: int, ctx: ActionContext) -> dict[str, str]:
        keys.append(ctx.idempotency_key)
        if failing:
            raise TimeoutError
        return {"receipt": "r"}

    @action("post")
    async def post(amount: int) -> None: ...

    @action("note")
    async def note() -> None: ...

    config = assistant(SHOP, pay, post, note)
    config = config.model_copy(update={"settings": config.settings.model_copy(update={"persistence": store})})
    async with RuntimeLoop(config, understander=Deaf(), clock=Watch()) as loop:
        await say(loop, PAY, "m1")
        await say(loop, "/start_flow note")
        await say(loop, PAY, "m2")
        failing = False
        first = await say(loop, "/start_flow thrice amount=10", "m3")
        second = await say(loop, PAY, "m4")
        third = await say(loop, PAY, "m5")

    assert (first, second, third) == ("Sent 3 times, r.", "Sent 10, r.", "Sent 10, r.")
    tried, again, *thrice, worked, new = keys
    assert tried == again == worked
    assert len({tried, *thrice, new}) == 5


async def test_what_an_earlier_version_recorded_is_found(store: Persistence) -> None:
    """It named effects by how many came before them, and kept nothing but the outputs."""
    counter = Counter()
    async with counter.open(store) as loop:
        await say(loop, "/start_flow note")
        dialogue = await saved(loop, "ana")
        visit = f"{dialogue.id}:{dialogue.acted}:send:pay"
        text = json.dumps(["ana", visit, "pay", {"amount": 10}], sort_keys=True, ensure_ascii=False)
        await loop._running.store.ledger.record("ana", sha256(text.encode()).hexdigest()[:32], {"receipt": "r0"})

        assert await say(loop, PAY, "m1") == "Sent 10, r0."
        assert await say(loop, PAY, "m2") == "Sent 10, r1."


async def test_calls_to_the_store(store: Persistence, monkeypatch: pytest.MonkeyPatch) -> None:
    """None to the ledger in a turn without effects; with the first effect one to note the message, besides what each costs.

    There is nothing to forget before a message of the first turns can no longer come back.
    """
    counter = Counter()
    async with counter.open(store) as loop:
        await say(loop, "/start_flow hello")
        calls: list[str] = []
        ledger = type(loop._running.store.ledger)
        for name in ("recall", "record", "forget"):

            async def counted(
                self: object, *given: object, _name: str = name, _real: object = getattr(ledger, name)
            ) -> object:
                calls.append(_name)
                return await _real(self, *given)  # type: ignore[operator]

            monkeypatch.setattr(ledger, name, counted)
        await say(loop, "/start_flow hello", "m1")
        without = list(calls)
        await say(loop, PAY)
        anonymous = list(calls)
        calls.clear()
        await say(loop, "/start_flow thrice amount=10", "m3")
        noted = list(calls)
        for _ in range(MAX_REPLAYS):
            await say(loop, "/start_flow hello")
        calls.clear()
        await say(loop, PAY)

    assert without == []
    assert anonymous == ["recall", "record"]
    assert noted == ["recall", "record", "record", *["recall", "record"] * 2]
    assert calls == ["recall", "record", "forget"]


async def test_who_gives_up_twice_does_not_cut_off_what_is_being_saved() -> None:
    """However often the caller is cancelled, what was begun is done, and the lock is kept until then."""
    begun, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await go_on.wait()
        done.set()

    caller = asyncio.create_task(_to_its_end(work()))
    await begun.wait()
    for _ in range(3):
        caller.cancel()
        await asyncio.sleep(0.01)
        assert not caller.done()
    go_on.set()
    await asyncio.wait([caller])

    assert done.is_set()
    assert isinstance(caller.result(), asyncio.CancelledError)


async def test_who_gives_up_is_told_what_went_wrong() -> None:
    """An error of what was being saved is more than that nobody waits for it."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await go_on.wait()
        raise StoreUnavailable

    caller = asyncio.create_task(_to_its_end(work()))
    await begun.wait()
    caller.cancel()
    await asyncio.sleep(0)
    go_on.set()

    with pytest.raises(StoreUnavailable):
        await caller
