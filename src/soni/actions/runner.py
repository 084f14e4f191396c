"""Running actions: time limits, retries, and effects that happen once."""

import asyncio
import inspect
import logging
import math
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Final, Self

from soni import tracing
from soni.actions.effects import Occasion, Result, begin, fail, find, reading_key, succeed
from soni.actions.ledger import Ledger, MemoryLedger
from soni.actions.marks import ActionContext
from soni.actions.registry import Registered, Registry
from soni.actions.threads import in_thread
from soni.actions.webhook import TIMEOUT as WEBHOOK_TIMEOUT
from soni.actions.webhook import Webhooks
from soni.config.models import ActionSpec
from soni.config.steps import Retry
from soni.errors import ActionError
from soni.turnstile import elsewhere
from soni.value import Value, storable

Outputs = Mapping[str, Value]
_LONGEST_PAUSE: Final = 30.0
"""Seconds; an exponential backoff grows no further."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run of an action ended."""

    outputs: Outputs
    attempts: int
    """0 where the ledger already knew the result."""


class UnfitOutput(ActionError):
    """An action ran to its end, and returned what it did not declare or what cannot be kept."""

    def __init__(self, action: str, wrong: str, outputs: Outputs, attempts: int) -> None:
        super().__init__(f"The action {action!r} returned {wrong}.", action=action, reason="output", attempts=attempts)
        self.outputs = outputs
        """Those that can be kept."""


@dataclass(frozen=True)
class Actions:
    """An assistant's actions, ready to run. Use it as an async context manager: it owns the HTTP client of webhooks."""

    specs: Mapping[str, ActionSpec]
    registry: Registry = field(default_factory=Registry)
    ledger: Ledger = field(default_factory=MemoryLedger)
    allowed: frozenset[str] | None = None
    """Names that may run; ``None`` for all."""
    webhooks: Webhooks = field(default_factory=Webhooks)
    """Who calls the actions that are one."""
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __aenter__(self) -> Self:
        await self._open.enter_async_context(self.webhooks)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._open.aclose()

    async def run(
        self,
        name: str,
        inputs: Mapping[str, Value],
        occasion: Occasion,
        *,
        within: timedelta | None = None,
        retry: Retry | None = None,
    ) -> Ran:
        """Run an action with these inputs (name → value; an optional one may be missing).

        An action that writes, whose result is known, is not run again: it ends as it did. Raises ActionError when it
        fails or times out, UnfitOutput where it returned what it did not declare.
        """
        named = {"soni.action.name": name, "soni.action.effect": self.specs[name].effect}
        with tracing.span(f"soni.action {name}", named) as span:
            try:
                ran = await self._run(name, inputs, occasion, within, retry)
            except ActionError as error:
                span.set({"soni.action.outcome": error.reason, "soni.action.attempts": error.attempts})
                # What the author's code has raised says more.
                span.fail(type(error.__cause__ or error).__qualname__)
                raise
            span.set({"soni.action.outcome": "ok" if ran.attempts else "known", "soni.action.attempts": ran.attempts})
            return ran

    async def _run(
        self, name: str, inputs: Mapping[str, Value], occasion: Occasion, within: timedelta | None, retry: Retry | None
    ) -> Ran:
        spec = self.specs[name]
        if self.allowed is not None and name not in self.allowed:
            raise ActionError(
                f"The action {name!r} is not among settings.security.allowed_actions.",
                action=name,
                reason="forbidden",
                attempts=0,
            )
        within, retry = within or spec.timeout or (WEBHOOK_TIMEOUT if spec.http else None), retry or spec.retry
        if spec.effect == "read":
            result, attempts = await self._attempt(
                name, inputs, reading_key(name, inputs, occasion), occasion, within, retry
            )
        else:
            result, attempts = await self._once(name, inputs, occasion, within, retry)
        if result.wrong is not None:
            raise UnfitOutput(name, result.wrong, result.outputs, attempts)
        return Ran(result.outputs, attempts)

    async def _once(
        self, name: str, inputs: Mapping[str, Value], occasion: Occasion, within: timedelta | None, retry: Retry | None
    ) -> tuple[Result, int]:
        """What came of an effect, now or when it was had; whatever the action returned, it must not have it again."""
        effect = await find(self.ledger, name, inputs, occasion)
        await begin(self.ledger, effect, occasion)
        result, attempts = effect.result, 0
        if result is None:
            try:
                result, attempts = await self._attempt(name, inputs, effect.idempotency_key, occasion, within, retry)
            except ActionError:
                await fail(self.ledger, effect, occasion)
                raise
        await succeed(self.ledger, effect, result, occasion)
        return result, attempts

    async def validate(self, validator: str, value: Value, context: ActionContext) -> bool | str:
        """Whether a value will do; a text says why not. Raises ActionError when the validator itself fails."""
        verdict = await self._judge(validator, self.registry.validators[validator], value, context)
        return verdict if isinstance(verdict, str) else bool(verdict)

    async def normalize(self, normalizer: str, value: Value, context: ActionContext) -> Value:
        """The value, tidied. Raises ActionError when the normalizer fails or returns what is no value."""
        tidy = await self._judge(normalizer, self.registry.normalizers[normalizer], value, context)
        try:
            return as_value(tidy)
        except TypeError as error:
            raise ActionError(
                f"The normalizer {normalizer!r} returned {error}.", action=normalizer, reason="output"
            ) from error

    async def _judge(self, name: str, registered: Registered, value: Value, context: ActionContext) -> object:
        given = {registered.context: context} if registered.context else {}
        try:
            with elsewhere():
                return await _invoke(registered, (value,), given)
        except Exception as error:  # an author's function may raise anything; the turn answers for it
            raise ActionError(f"{name!r} raised {type(error).__name__}.", action=name) from error

    async def _attempt(
        self, name: str, inputs: Mapping[str, Value], key: str, occasion: Occasion,
        within: timedelta | None, retry: Retry | None,
    ) -> tuple[Result, int]:  # fmt: skip
        spec = self.specs[name]
        context = ActionContext(occasion.user_id, key, occasion.turn, occasion.language, log_of(name))
        most = retry.max_attempts if retry else 1
        for attempt in range(1, most + 1):
            try:
                with elsewhere():
                    async with asyncio.timeout(within.total_seconds() if within else None):
                        returned = await self._call(name, spec, inputs, context)
                return _result(spec, returned), attempt
            except Exception as error:  # an author's function may raise anything; the flow decides what follows
                if attempt == most or retry is None or not _worth_retrying(error, retry):
                    reason = "timeout" if isinstance(error, TimeoutError) else "failed"
                    words = f"The action {name!r} {_how(error)}."
                    raise ActionError(words, action=name, reason=reason, attempts=attempt) from error
                failure = type(error).__qualname__
            tracing.note("soni.retry", {"soni.action.attempts": attempt, "error.type": failure})
            with elsewhere():
                await asyncio.sleep(_pause(retry, attempt))
        raise AssertionError("the last attempt returns or raises")

    async def _call(self, name: str, spec: ActionSpec, inputs: Mapping[str, Value], context: ActionContext) -> object:
        if spec.http is not None:
            return await self.webhooks.call(spec.http, inputs, context.idempotency_key)
        registered = self.registry.actions[name]
        given: dict[str, object] = dict.fromkeys(registered.required)
        given |= inputs
        if registered.context is not None:
            given[registered.context] = context
        return await _invoke(registered, (), given)


def log_of(name: str) -> logging.Logger:
    """Where an action, validator or normalizer of this name writes its log."""
    return logging.getLogger(f"soni.actions.{name}")


def as_value(thing: object) -> Value:
    """Plain JSON for what Python code returns: dates become ISO texts, decimals floats.

    Raises TypeError for the rest, and for numbers that JSON or a database cannot hold.
    """
    match thing:
        case Enum():  # first, because an enum may also be a text or a number
            return as_value(thing.value)
        case None | bool():
            return thing
        case str():
            return storable(thing)
        case int() if -(2**63) <= thing < 2**63:
            return thing
        case float() if math.isfinite(thing):
            return thing
        case datetime() | date() | time():
            return thing.isoformat()
        case timedelta():
            return thing.total_seconds()
        case Decimal() if thing.is_finite():
            return as_value(float(thing))
        case int() | float() | Decimal():
            raise TypeError("a number that cannot be stored")
        case Mapping():
            return {storable(str(key)): as_value(value) for key, value in thing.items()}
        case list() | tuple() | set() | frozenset():
            return [as_value(item) for item in thing]
        case _:
            raise TypeError(f"a {type(thing).__name__}, which cannot be stored as JSON")


async def _invoke(registered: Registered, positional: tuple[object, ...], named: Mapping[str, object]) -> object:
    """Call a function, a sync one in a thread. A wrapper around an async function may look like a sync one."""
    if registered.is_async:
        result = registered.function(*positional, **named)
    else:
        result = await in_thread(registered.function, positional, named)
    return await result if inspect.isawaitable(result) else result


def _result(spec: ActionSpec, returned: object) -> Result:
    """The declared outputs that can be kept, and what is wrong with the rest."""
    if returned is None:
        return Result({})
    if not isinstance(returned, Mapping):
        return Result({}, f"a {type(returned).__name__}, not a mapping")
    outputs: dict[str, Value] = {}
    wrong: str | None = None
    for name, value in returned.items():
        if name in spec.outputs:
            try:
                outputs[name] = as_value(value)
            except TypeError as error:
                wrong = str(error)
    if undeclared := sorted(str(name) for name in returned if name not in spec.outputs):
        wrong = f"{', '.join(undeclared)}, which its outputs do not declare"
    return Result(outputs, wrong)


def _worth_retrying(error: Exception, retry: Retry) -> bool:
    return any(ancestor.__name__ in retry.retry_on for ancestor in type(error).__mro__)


def _pause(retry: Retry, attempt: int) -> float:
    """Seconds before the next attempt."""
    delay = retry.delay.total_seconds()
    return min(delay * 2 ** (attempt - 1) if retry.backoff == "exponential" else delay, _LONGEST_PAUSE)


def _how(error: Exception) -> str:
    return "timed out" if isinstance(error, TimeoutError) else f"raised {type(error).__name__}"
