"""Running actions: what they are given and may give back, how often they are tried, and that effects happen once."""

import asyncio
import functools
import threading
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.actions import ActionContext, Actions, MemoryLedger
from soni.actions.effects import Attempt, Occasion, reading_key
from soni.actions.registry import Registered, Registry
from soni.actions.runner import Outputs, Ran, as_value
from soni.config.models import ActionSpec
from soni.config.steps import Retry
from soni.errors import ActionError
from soni.value import Value


def now(turn: int = 3, message_id: str | None = None) -> Occasion:
    """One try at a message, at a step of a flow."""
    return Occasion("ana", turn, "en", "flow:step", "conversation", 0, Attempt(message_id))


def actions(
    function: Callable[..., object],
    *,
    context: str | None = None,
    required: frozenset[str] = frozenset(),
    **spec: object,
) -> Actions:
    """An assistant whose only action is this function."""
    registered = Registered(function, asyncio.iscoroutinefunction(function), context, required=required)
    specs = {"act": ActionSpec.model_validate({"outputs": ["x", "y"], **spec})}
    return Actions(specs, Registry({"act": registered}, {"act": registered}, {"act": registered}))


async def run(acting: Actions, inputs: Mapping[str, Value] | None = None, occasion: Occasion | None = None) -> Ran:
    async with acting:
        return await acting.run("act", inputs or {}, occasion or now())


async def test_an_async_function_runs_in_the_loop_and_a_sync_one_in_a_thread() -> None:
    """Neither keeps the others from their turns."""

    async def in_loop() -> Outputs:
        return {"x": threading.current_thread() is threading.main_thread()}

    def in_thread() -> Outputs:
        return {"x": threading.current_thread() is threading.main_thread()}

    assert (await run(actions(in_loop))).outputs == {"x": True}
    assert (await run(actions(in_thread))).outputs == {"x": False}


async def test_a_wrapper_that_hides_an_async_function_is_awaited() -> None:
    """A decorator that is not async itself is common, and works."""

    async def act() -> Outputs:
        return {"x": 1}

    @functools.wraps(act)
    def wrapper() -> Awaitable[Outputs]:
        return act()

    assert (await run(actions(wrapper))).outputs == {"x": 1}


async def test_the_context_says_whose_turn_it_is() -> None:
    """User, turn, language, a log of the action's own, and a key that is the same for the same occasion."""
    seen: list[ActionContext] = []

    def act(ctx: ActionContext) -> None:
        seen.append(ctx)

    for occasion in (now(), now(), now(turn=4)):
        await run(actions(act, context="ctx"), occasion=occasion)
    first, same, later = seen

    assert (first.user_id, first.turn, first.language, first.log.name) == ("ana", 3, "en", "soni.actions.act")
    assert first.idempotency_key == same.idempotency_key != later.idempotency_key


async def test_inputs_that_are_left_out_are_none_unless_there_is_a_default() -> None:
    """An optional input that is unset is not given; a parameter without a default is given None."""
    seen: list[object] = []

    def act(a: object, b: object = "default") -> None:
        seen.append((a, b))

    await run(actions(act, required=frozenset({"a"})))
    await run(actions(act, required=frozenset({"a"})), {"a": 0, "b": ""})

    assert seen == [(None, "default"), (0, "")]


@pytest.mark.parametrize("result", [None, {}, MappingProxyType({})])
async def test_nothing_is_a_result(result: object) -> None:
    """An action may give nothing."""
    assert (await run(actions(lambda: result))).outputs == {}


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("done", "returned a str, not a mapping"),
        ({"x": 1, "z": 2, "a": 3}, "returned a, z, which its outputs do not declare"),
        ({"x": object()}, "returned a object, which cannot be stored as JSON"),
        ({"x": {"deep": [{1, 2}, b"bytes"]}}, "returned a bytes, which cannot be stored as JSON"),
        ({"x": float("nan")}, "returned a number that cannot be stored"),
        ({"x": Decimal("Infinity")}, "returned a number that cannot be stored"),
        ({"x": 2**63}, "returned a number that cannot be stored"),
    ],
)
async def test_a_result_that_was_not_declared_or_cannot_be_stored_is_an_error(result: object, words: str) -> None:
    """It is found when it comes back, and nothing of it is kept."""
    with pytest.raises(ActionError, match=words) as caught:
        await run(actions(lambda: result))

    assert (caught.value.action, caught.value.reason) == ("act", "output")


class Colour(Enum):
    RED = "red"


class Size(IntEnum):
    BIG = 3


@pytest.mark.parametrize(
    ("thing", "value"),
    [
        (True, True),
        (0, 0),
        (-(2**63), -(2**63)),
        (0.5, 0.5),
        ("", ""),
        (None, None),
        (Colour.RED, "red"),
        (Size.BIG, 3),
        (date(2030, 1, 2), "2030-01-02"),
        (time(9, 30), "09:30:00"),
        (datetime(2030, 1, 2, 3, tzinfo=UTC), "2030-01-02T03:00:00+00:00"),
        (timedelta(minutes=2), 120.0),
        (Decimal("1.5"), 1.5),
        ({1: (2, frozenset({3}))}, {"1": [2, [3]]}),
    ],
)
def test_what_python_gives_becomes_plain_json(thing: object, value: Value) -> None:
    """Dates are ISO texts, durations seconds, enums their values, and every collection a list or an object."""
    assert as_value(thing) == value
    assert type(as_value(thing)) is type(value)


STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | STORABLE,
    lambda inner: st.lists(inner) | st.dictionaries(STORABLE, inner),
)


@given(JSON)
def test_json_stays_as_it_is(value: Value) -> None:
    """What is JSON already, and can be stored, is not changed."""
    assert as_value(value) == value


@given(st.dictionaries(st.text(), JSON), st.text(), st.text())
def test_every_text_has_an_effect_key(inputs: dict[str, Value], user: str, visit: str) -> None:
    """Keys are 32 hexadecimal digits whatever was typed, half of a surrogate pair too."""
    key = reading_key("act", {**inputs, "typed": "\ud800"}, Occasion(user, 1, "en", visit))

    assert len(key) == 32
    assert int(key, 16) >= 0


# --- failing and trying again ---


def failing(times: int, error: type[Exception] = ConnectionError) -> tuple[Callable[[], object], list[int]]:
    """A function that fails so often, and the number of its attempts."""
    attempts: list[int] = []

    def act() -> Outputs:
        attempts.append(len(attempts) + 1)
        if len(attempts) <= times:
            raise error("secret")
        return {"x": len(attempts)}

    return act, attempts


async def test_a_failure_is_an_action_error_that_tells_no_secret() -> None:
    """The error names the action and the kind of failure, not its words."""
    act, _ = failing(1)
    with pytest.raises(ActionError) as caught:
        await run(actions(act))

    assert str(caught.value) == "The action 'act' raised ConnectionError."
    assert (caught.value.action, caught.value.reason) == ("act", "failed")
    assert isinstance(caught.value.__cause__, ConnectionError)


@pytest.mark.parametrize("error", [StopIteration, StopAsyncIteration, KeyError, AssertionError])
@pytest.mark.parametrize("sync", [True, False])
async def test_whatever_a_function_raises_ends_the_action(error: type[Exception], sync: bool) -> None:
    """Also what no future can carry: nobody waits for ever."""

    def act() -> None:
        raise error

    async def async_act() -> None:
        raise error

    with pytest.raises(ActionError):
        async with asyncio.timeout(5):
            await run(actions(act if sync else async_act))


@pytest.mark.parametrize(
    ("retry", "failures", "attempts"),
    [
        (Retry(max_attempts=3, delay=timedelta()), 2, 3),
        (Retry(max_attempts=3, delay=timedelta(milliseconds=1), backoff="constant"), 2, 3),
        (Retry(max_attempts=3, delay=timedelta(), retry_on=("OSError",)), 1, 2),
    ],
)
async def test_an_action_is_tried_again(retry: Retry, failures: int, attempts: int) -> None:
    """As often as it says, for errors that are named anywhere in their ancestry."""
    act, seen = failing(failures)
    ran = await run(actions(act, retry=retry))

    assert (ran.attempts, len(seen)) == (attempts, attempts)


@pytest.mark.parametrize(
    ("retry", "attempts"),
    [(Retry(max_attempts=3, delay=timedelta()), 3), (Retry(max_attempts=9, retry_on=("KeyError",)), 1), (None, 1)],
)
async def test_the_last_failure_counts(retry: Retry | None, attempts: int) -> None:
    """Attempts come to an end, and other errors are not worth one."""
    act, seen = failing(99)
    with pytest.raises(ActionError):
        await run(actions(act, retry=retry))

    assert len(seen) == attempts


async def test_waits_grow_and_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exponentially from the delay, never beyond half a minute."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    act, _ = failing(99)
    with pytest.raises(ActionError):
        await run(actions(act, retry=Retry(max_attempts=10, delay=timedelta(milliseconds=200))))

    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0]


async def test_each_attempt_has_its_own_time_limit() -> None:
    """What takes too long is given up and may be tried again; the limit of the call goes before the action's."""
    slow = asyncio.Event()
    attempts: list[int] = []

    async def act() -> Outputs:
        attempts.append(1)
        if len(attempts) == 1:
            await slow.wait()
        return {"x": len(attempts)}

    acting = actions(act, timeout="10s", retry={"max_attempts": 2, "delay": "1ms"})
    async with acting:
        ran = await acting.run("act", {}, now(), within=timedelta(milliseconds=10))

    assert (ran.outputs, ran.attempts) == ({"x": 2}, 2)


async def test_a_timeout_is_an_error_of_its_own_kind() -> None:
    """The flow, and the log, can tell it from a failure."""
    with pytest.raises(ActionError, match="timed out") as caught:
        await run(actions(asyncio.Event().wait, timeout="1ms"))

    assert caught.value.reason == "timeout"


async def test_a_cancelled_turn_cancels_its_action() -> None:
    """Nobody tries again what is not wanted any more."""
    began, attempts = asyncio.Event(), list[int]()

    async def act() -> None:
        attempts.append(1)
        began.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(
        run(actions(act, retry={"max_attempts": 3, "delay": "0ms", "retry_on": ["BaseException"]}))
    )
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert len(attempts) == 1


# --- once ---


async def test_an_effect_whose_result_is_known_does_not_happen_again() -> None:
    """The ledger answers for the function: same occasion, same inputs, same result, no attempt."""
    calls: list[int] = []

    def act(n: int) -> Outputs:
        calls.append(n)
        return {"x": len(calls)}

    acting = actions(act)
    async with acting:
        first = await acting.run("act", {"n": 1}, now())
        again = await acting.run("act", {"n": 1}, now())
        other = await acting.run("act", {"n": 2}, now())

    assert (first, again, other) == (Ran({"x": 1}, 1), Ran({"x": 1}, 0), Ran({"x": 2}, 1))


async def test_a_reading_action_runs_every_time() -> None:
    """Only effects are recorded."""
    calls: list[int] = []
    acting = actions(lambda: calls.append(1), effect="read")
    async with acting:
        for _ in range(2):
            await acting.run("act", {}, now())

    assert len(calls) == 2


async def test_a_failure_is_not_recorded() -> None:
    """What has not worked is tried again the next time."""
    act, seen = failing(1)
    acting = actions(act)
    async with acting:
        with pytest.raises(ActionError):
            await acting.run("act", {}, now())
        ran = await acting.run("act", {}, now())

    assert (ran.outputs, len(seen)) == ({"x": 2}, 2)


async def test_a_ledger_forgets_one_conversation_at_a_time() -> None:
    """What was recorded for others stays."""
    ledger = MemoryLedger()
    for conversation in ("ana", "eva"):
        await ledger.record(conversation, "key", {"x": conversation})
    await ledger.forget("ana")
    await ledger.forget("nobody")

    assert await ledger.recall("ana", "key") == {}
    assert await ledger.recall("eva", "key") == {"key": {"x": "eva"}}


async def test_an_action_that_is_not_allowed_does_not_run() -> None:
    """Guardrails name the only actions that may."""
    calls: list[int] = []
    allowed = actions(lambda: calls.append(1))
    forbidden = Actions(allowed.specs, allowed.registry, allowed=frozenset({"other"}))
    with pytest.raises(ActionError, match="allowed_actions") as caught:
        await run(forbidden)

    assert (caught.value.reason, calls) == ("forbidden", [])


# --- validators and normalizers ---

CONTEXT = ActionContext("ana", "key", 1, "en", __import__("logging").getLogger("test"))


@pytest.mark.parametrize(
    ("verdict", "expected"), [(True, True), (False, False), ("No.", "No."), (None, False), (1, True)]
)
async def test_a_verdict_is_yes_no_or_words(verdict: object, expected: bool | str) -> None:
    """A text is the message to the user; everything else is yes or no."""
    assert await actions(lambda value: verdict).validate("act", 1, CONTEXT) == expected


async def test_a_normalizer_gives_a_value() -> None:
    """What comes back is made plain JSON; what cannot be stored is an error."""

    def tidy(value: object, *, ctx: ActionContext) -> object:
        return (ctx.user_id, value)

    assert await actions(tidy, context="ctx").normalize("act", 1, CONTEXT) == ["ana", 1]
    with pytest.raises(ActionError, match="'act' returned a object"):
        await actions(lambda value: object()).normalize("act", 1, CONTEXT)


async def test_a_judge_that_fails_is_an_action_error() -> None:
    """Validators and normalizers may raise anything, too."""
    with pytest.raises(ActionError, match="'act' raised ZeroDivisionError"):
        await actions(lambda value: 1 / 0).validate("act", 1, CONTEXT)
