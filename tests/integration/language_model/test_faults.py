"""Whatever the model does, every message is answered in time, and a failed understanding changes nothing."""

import asyncio
import threading
import time

import pytest

from soni import Message
from soni.config.settings import Breaker
from soni.testing.fake_faults import ALL_FAULTS, Fault, Rate
from soni.testing.fake_model import FakeModel

from .talking import at_the_bank

RIGHT = {Fault.PROSE, Fault.FENCED, Fault.REDIRECT}
"""What is no fault in the end: the answer is in it."""

MISLED = {Fault.UNKNOWN_COMMAND, Fault.UNKNOWN_FLOW, Fault.UNKNOWN_SLOT}
"""An answer, of which nothing may be done."""

AGAIN = {
    Fault.TOO_MANY_REQUESTS_BARE,
    Fault.SERVER_ERROR,
    Fault.UNAVAILABLE,
    Fault.RESET,
    Fault.CUT_BODY,
    Fault.CUT_ANSWER,
    Fault.GARBAGE,
    Fault.EMPTY,
    Fault.NOT_JSON,
    Fault.MEGABYTE,
}
"""What is worth a second try."""

HANGING = {Fault.HANG, Fault.HANG_MIDWAY, Fault.DRIP}


class Watch:
    """A clock that is moved by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("fault", ALL_FAULTS)
async def test_every_fault_is_survived(model: FakeModel, fault: Fault) -> None:
    """The message is understood by the fallback, and the flow goes on as if nothing had been."""
    model.faults = lambda body: fault
    limit = "300ms" if fault in HANGING else "5s"
    async with at_the_bank(model, limit=limit, retries=1) as ana:
        began = time.perf_counter()
        answer = await ana.say("transfer 50 to Ana")
        took = time.perf_counter() - began

        source, reason = ana.sources()[-1]
        assert took < 5
        if fault in RIGHT | MISLED:
            assert source in ("model", "fallback")
        else:
            assert source == "fallback", reason
            assert answer == "From which account?"


@pytest.mark.parametrize("fault", sorted(AGAIN))
async def test_what_is_worth_it_is_tried_again(model: FakeModel, fault: Fault) -> None:
    """Once more, and the second answer counts."""
    model.faults = [fault]
    async with at_the_bank(model) as ana:
        answer = await ana.say("please send 50 to Ana")

        assert answer == "From which account?"
        assert ana.sources() == [("model", "")]
        assert len(ana.calls()) == 2


async def test_a_wait_that_is_asked_for_is_waited(model: FakeModel) -> None:
    """Not shorter than the provider says."""
    model.faults = [Fault.TOO_MANY_REQUESTS]
    async with at_the_bank(model) as ana:
        began = time.perf_counter()
        await ana.say("please send 50 to Ana")

        assert time.perf_counter() - began >= 1
        assert ana.sources() == [("model", "")]


async def test_a_wait_that_is_too_long_is_not_begun(model: FakeModel) -> None:
    """The fallback answers at once where the model says to come back when there is no time left."""
    model.faults = [Fault.TOO_MANY_REQUESTS]
    async with at_the_bank(model, limit="900ms") as ana:
        began = time.perf_counter()
        await ana.say("transfer 50 to Ana")

        assert time.perf_counter() - began < 0.8
        assert ana.sources() == [("fallback", "rate_limited")]


@pytest.mark.parametrize("fault", [Fault.UNAUTHORIZED])
async def test_what_will_not_change_is_not_tried_again(model: FakeModel, fault: Fault) -> None:
    """A key that is refused is refused the second time."""
    model.faults = [fault]
    async with at_the_bank(model) as ana:
        await ana.say("transfer 50 to Ana")

        assert ana.sources() == [("fallback", "refused")]
        assert len(ana.calls()) == 1


async def test_an_answer_that_cannot_be_read_costs_two_calls_and_no_more(model: FakeModel) -> None:
    """However many tries are allowed."""
    model.faults = lambda body: Fault.GARBAGE
    async with at_the_bank(model, retries=9) as ana:
        await ana.say("transfer 50 to Ana")

        assert ana.sources() == [("fallback", "garbled")]
        assert len(model.requests) == 2


async def test_without_a_fallback_the_conversation_says_so_and_stays(model: FakeModel) -> None:
    """The pending question is asked again, nothing is lost, and the next message just works."""
    async with at_the_bank(model, fallback="null", retries=0) as ana:
        await ana.say("please send 50 to Ana")
        model.faults = [Fault.SERVER_ERROR]
        failed = await ana.say("hm, from the one I had before")
        then = await ana.say("savings")

        assert failed.endswith("From which account?")
        assert then == "Send 50 to Ana?"


async def test_the_breaker_opens_and_closes(model: FakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many failures nobody waits for the model; after a while one message tries it, and it is back."""
    model.faults = lambda body: Fault.SERVER_ERROR
    watch = Watch()
    monkeypatch.setattr("soni.understanding.providers.time.monotonic", watch)
    async with at_the_bank(model, retries=0) as ana:
        understander = ana.loop.dependence
        assert understander is not None
        for number in range(5):
            await ana.loop.process_message(Message(f"user{number}", "transfer 50 to Ana"))
        asked = len(model.requests)
        opened = (ana.breaker(), understander.trouble, understander.serves)
        model.faults = ()
        watch.now += 30
        answer = await ana.say("please send 50 to Ana")

        assert asked == 3
        assert opened == (["open"], "The model openai/gpt-4o-mini failed (HTTP 500).", True)
        assert ana.sources()[3:5] == [("fallback", "breaker_open")] * 2
        assert answer == "From which account?"
        assert ana.breaker() == ["open", "half_open", "closed"]
        assert understander.trouble == ""


async def test_one_users_messages_do_not_take_the_model_from_the_others(model: FakeModel) -> None:
    """What it answers badly says something about the message; the breaker stays closed."""
    model.faults = [Fault.GARBAGE] * 12
    async with at_the_bank(model, retries=1) as ana:
        for _ in range(6):
            await ana.say("transfer 50 to Ana")
            await ana.loop.reset_state("ana")
        ana.name = "bob"
        answer = await ana.say("please send 50 to Ana")

        assert answer == "From which account?"
        assert ana.breaker() == []


async def test_what_failed_is_not_told_with_the_users_words(model: FakeModel, caplog: pytest.LogCaptureFixture) -> None:
    """Providers repeat what they were sent, and logs are read by many."""
    model.faults = [Fault.SERVER_ERROR]
    with caplog.at_level("INFO"):
        async with at_the_bank(model, fallback="null", retries=0) as ana:
            await ana.say("SWORDFISH is my word")

    assert "understanding failed: The model openai/gpt-4o-mini failed (HTTP 500)." in caplog.text
    assert "Traceback" not in caplog.text
    assert "SWORDFISH" not in caplog.text


async def test_a_user_who_leaves_does_not_open_the_breaker(model: FakeModel) -> None:
    """And the call is dropped with the message."""
    asked = threading.Semaphore(0)

    def hang(body: object) -> Fault:
        asked.release()
        return Fault.HANG

    model.faults = hang
    async with at_the_bank(model, retries=0) as ana:
        for number in range(3):
            message = asyncio.create_task(ana.loop.process_message(Message(f"u{number}", "transfer 50 to Ana")))
            await asyncio.to_thread(asked.acquire)
            message.cancel()
            await asyncio.gather(message, return_exceptions=True)
        model.faults = ()
        answer = await ana.say("please send 50 to Ana")

        assert answer == "From which account?"
        assert ana.breaker() == []


async def test_any_mixture_of_faults_leaves_no_message_unanswered(model: FakeModel) -> None:
    """Half of the calls fail, at random; the conversation goes through."""
    model.faults = Rate(0.5, [fault for fault in ALL_FAULTS if fault not in HANGING], seed=7)
    async with at_the_bank(model, limit="2s", breaker=Breaker(failures=1000)) as ana:
        for number in range(15):
            ana.name = f"user{number}"
            assert await ana.say("please send 50 to Ana")
            await ana.say("/set_slot amount=50 recipient=Ana account=savings")
            await ana.say("yes")

        assert len(ana.paid) <= 15
        assert set(ana.paid) <= {(50.0, "Ana")}


async def test_a_model_that_cannot_be_opened_leaves_the_service_to_its_fallback(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key it says which one is missing, and serves."""
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    async with at_the_bank(model, api_key_env="NO_SUCH_KEY") as ana:
        answer = await ana.say("transfer 50 to Ana")
        dependence = ana.loop.dependence

        assert answer == "From which account?"
        assert dependence is not None
        assert dependence.serves
        assert "NO_SUCH_KEY" in dependence.trouble
        assert model.requests == []
