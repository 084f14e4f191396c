"""A question to a model: within its time, again where that may help, and not at all while the model is left alone."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from soni.events import BreakerChanged, Listener
from soni.turnstile import elsewhere
from soni.understanding.breaker import Breaker
from soni.understanding.model.failures import OF_THE_MESSAGE, ModelFailed

_FIRST_WAIT: Final = 0.25
"""Seconds before the second try, on the average; doubled before each further one."""

_MOST_ANSWERS: Final = 2
"""Answers that a question may cost, one that cannot be read among them."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an answer is waited for, and how often it is asked for again."""

    seconds: float
    """All calls together."""
    retries: int = 0


async def answered(
    call: Callable[[], Awaitable[Answer]], patience: Patience, *, name: str, breaker: Breaker, tell: Listener
) -> Answer:
    """What the calls give in the end; ``name`` is the model's. Raises ModelFailed."""
    if not breaker.allows():
        raise ModelFailed("breaker_open", f"The model {name} is left alone: {breaker.last_failure}")
    before = breaker.state
    if before == "half_open":
        tell(BreakerChanged(name, before))
    try:
        with breaker.attempt() as attempt:
            try:
                with elsewhere():
                    async with asyncio.timeout(patience.seconds):
                        answer = await _with_retries(call, patience)
            except TimeoutError:
                words = f"The model {name} did not answer within {patience.seconds:g} s."
                attempt.failed = words
                raise ModelFailed("timeout", words) from None
            except ModelFailed as error:
                # One user's message that it cannot take, or answers badly, must not take it from all the others.
                attempt.succeeded = error.reason in OF_THE_MESSAGE
                attempt.failed = None if attempt.succeeded else error.message
                raise
            attempt.succeeded = True
            return answer
    finally:
        if (after := breaker.state) != before:
            tell(BreakerChanged(name, after))


async def _with_retries(call: Callable[[], Awaitable[Answer]], patience: Patience) -> Answer:
    loop = asyncio.get_running_loop()
    ends, answers = loop.time() + patience.seconds, 0

    def is_worth_it(error: BaseException) -> bool:
        nonlocal answers
        if not isinstance(error, ModelFailed) or not error.worth_retrying:
            return False
        answers += error.reason == "garbled"
        # To wait longer than there is time would only be a later failure.
        return answers < _MOST_ANSWERS and loop.time() + (error.retry_after or 0) < ends

    retrying = AsyncRetrying(
        stop=stop_after_attempt(patience.retries + 1),
        wait=_wait,
        retry=retry_if_exception(is_worth_it),
        reraise=True,
    )

    async def once() -> Answer:  # what is not declared with 'async', Tenacity does not await
        return await call()

    return await retrying(once)


def _wait(state: RetryCallState) -> float:
    """What the provider asks for, or twice as long as the time before; with jitter, so that replicas do not come together."""
    error = state.outcome.exception() if state.outcome is not None else None
    asked = error.retry_after if isinstance(error, ModelFailed) else None
    jitter = random.uniform(0.5, 1.5)  # noqa: S311 - spreads calls, hides nothing
    return asked + jitter * 0.1 if asked is not None else _FIRST_WAIT * 2.0 ** (state.attempt_number - 1) * jitter
