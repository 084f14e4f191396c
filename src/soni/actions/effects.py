"""Which effect is which: one that a message has had is found again when the message comes back, whatever was saved meanwhile."""

import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from soni.actions.ledger import IDENTITY, Ledger, Row, row_key
from soni.dialogue.state import MAX_REPLAYS
from soni.value import Value

REMEMBERED: Final = MAX_REPLAYS
"""Turns back to which effects are looked for: as far as a message that was answered is known again."""


@dataclass(frozen=True, slots=True)
class Begun:
    """When a message that acts was tried first. Its effects are those of this turn, however late it is tried again."""

    turn: int
    conversation: str
    noted: bool = False
    """True where the ledger has it."""


@dataclass(slots=True)
class Attempt:
    """One try at answering a message, and how far it has come with its effects."""

    message_id: str | None = None
    noted: bool = False
    """True once it has used the ledger: there may be rows to drop when it is saved."""
    named: bool = False
    """True where the ledger has the name of the conversation, which is of no use any more when this is saved."""
    begun: Begun | None = None
    """Known from its first effect on."""
    had: Counter[str] = field(default_factory=Counter)
    """How often it has had which effect: a loop may have the same one several times."""
    written: Counter[str] = field(default_factory=Counter)
    """How often it has come to which text."""
    passing: list[str] = field(default_factory=list)
    """Rows about texts that no effect has used: of no use any more when this is saved."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Whose turn an action runs in, and at which step."""

    user_id: str
    turn: int
    """Counted from one: the turn that is being answered."""
    language: str
    step: str
    """Names the flow and the step."""
    conversation: str = ""
    """Its name, which a first turn that is run again has to find."""
    acted: int = 0
    """Effects the conversation has had before."""
    attempt: Attempt = field(default_factory=Attempt)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an effect."""

    outputs: Mapping[str, Value]
    wrong: str | None = None
    """What the action returned besides that it should not have."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect of one message."""

    what: str
    """The same for the same action with the same inputs at the same step."""
    row: str
    """Where its result is, or will be."""
    idempotency_key: str
    """The same for each call for this effect."""
    result: Result | None
    """``None`` where it has not been had yet, as far as is known."""
    recorded: bool
    """True where the result is in this row, and not only where an earlier version put it."""
    failure: str
    """The row in which this turn says that it failed, or that it was had after it had failed."""
    failed: bool
    """True where it has failed, and it is not noted that it was had since."""


async def find(ledger: Ledger, name: str, inputs: Mapping[str, Value], now: Occasion) -> Effect:
    """The effect of running this action now, with what is known of it."""
    now.attempt.passing.clear()  # it may use what was written before
    what = _digest(now.user_id, now.step, name, inputs)
    formerly = _digest(now.user_id, f"{now.conversation}:{now.acted}:{now.step}", name, inputs)
    return await _known(ledger, what, now.attempt.had[what], formerly, now)


async def _known(ledger: Ledger, what: str, number: int, formerly: str, now: Occasion) -> Effect:
    """This effect, or text, with what is known of it; from here on it is known, too, when this message was tried first."""
    attempt = now.attempt
    attempt.noted = True
    begun = attempt.begun or Begun(now.turn, now.conversation)
    rows = _Rows(what, number, begun, formerly)
    if attempt.begun is not None or attempt.message_id is None:
        known = await ledger.recall(now.user_id, IDENTITY, *rows.keys)
    else:
        marks = {_mark(turn, attempt.message_id): turn for turn in _window(now.turn)}
        known = await ledger.recall(now.user_id, IDENTITY, *rows.keys, *marks)
        first = next((key for key in marks if key in known), None)
        if first is not None:
            begun = Begun(marks[first], str(known[first]["conversation"]), noted=True)
        if (begun.turn, begun.conversation) != (now.turn, now.conversation):
            rows = _Rows(what, number, begun, formerly)
            known = await ledger.recall(now.user_id, IDENTITY, *rows.keys)
    attempt.named = attempt.named or IDENTITY in known
    attempt.begun = begun
    return rows.read(known)


async def begin(ledger: Ledger, effect: Effect, now: Occasion) -> None:
    """Note when this message was tried first, so that it finds its effects when it comes back."""
    begun, message_id = now.attempt.begun, now.attempt.message_id
    assert begun is not None
    if now.turn == 1 and effect.result is None:
        now.attempt.named = True
        await ledger.record(now.user_id, IDENTITY, {"id": now.conversation})
    if message_id is not None and not begun.noted:
        await ledger.record(now.user_id, _mark(begun.turn, message_id), {"conversation": begun.conversation})
        now.attempt.begun = replace(begun, noted=True)


async def succeed(ledger: Ledger, effect: Effect, result: Result, now: Occasion) -> None:
    """Record what came of an effect, where that is not done."""
    if not effect.recorded:
        wrong: Row = {"wrong": result.wrong} if result.wrong is not None else {}
        await ledger.record(now.user_id, effect.row, {"outputs": dict(result.outputs), **wrong})
    if effect.failed:  # the next one like it is another one
        await ledger.record(now.user_id, effect.failure, {"key": None})
    now.attempt.had[effect.what] += 1


async def fail(ledger: Ledger, effect: Effect, now: Occasion) -> None:
    """It may have been had or not: when it is tried again, in a later turn too, it has the same key."""
    await ledger.record(now.user_id, effect.failure, {"key": effect.idempotency_key})


async def keep_text(
    ledger: Ledger, told: Mapping[str, Value], now: Occasion, write: Callable[[], Awaitable[str]]
) -> str:
    """The text that is written at this step by who is told this: what it was, where this message has been tried before.

    To write is no effect: nobody has read what a lost turn said, so it may be said in other words. But a text may become
    the input of an effect, whose key names its inputs: with other words the effect would be had twice.
    """
    attempt = now.attempt
    what = _digest("text", now.user_id, now.step, told)
    place = await _known(ledger, what, attempt.written[what], "", now)
    if place.result is None:
        text = await write()
        noted = attempt.begun is not None and attempt.begun.noted
        await begin(ledger, place, now)
        await ledger.record(now.user_id, place.row, {"outputs": {"text": text}})
        if attempt.message_id is not None and not noted:
            attempt.passing.append(_mark(now.turn, attempt.message_id))
    else:
        text = str(place.result.outputs["text"])
    attempt.written[what] += 1
    attempt.passing.append(place.row)
    return text


def reading_key(name: str, inputs: Mapping[str, Value], now: Occasion) -> str:
    """The idempotency key of an action that only reads: of each step and turn another one."""
    return _digest(now.user_id, now.conversation, now.turn, now.step, name, inputs)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows that tell of an effect."""

    what: str
    number: int
    """How many like it the message has had before."""
    begun: Begun
    formerly: str
    """Where earlier versions have its result, and nothing but the outputs; empty where they have none."""

    @property
    def idempotency_key(self) -> str:
        """Of an effect that has not failed in an earlier turn."""
        return _digest(self.begun.conversation, self.begun.turn, self.what, self.number)

    @property
    def own(self) -> str:
        """Where its result is."""
        return row_key(self.begun.turn, self.idempotency_key)

    @property
    def failures(self) -> Sequence[str]:
        """Where each turn says whether it failed, the newest first."""
        return [row_key(turn, f"failed:{self.what}") for turn in reversed(_window(self.begun.turn))]

    @property
    def keys(self) -> Sequence[str]:
        """All of them."""
        return self.own, self.formerly, *self.failures

    def read(self, known: Mapping[str, Row]) -> Effect:
        """The effect, as far as these rows know it."""
        here, *earlier = (known[key]["key"] if key in known else _SILENT for key in self.failures)
        before = next((key for key in earlier if key is not _SILENT), None) if self.number == 0 else None
        failed = here is not None if here is not _SILENT else before is not None
        result: Result | None = None
        if (row := known.get(self.own)) is not None:
            outputs, wrong = row["outputs"], row.get("wrong")
            assert isinstance(outputs, Mapping)
            result = Result(outputs, wrong if isinstance(wrong, str) else None)
        elif (formerly := known.get(self.formerly)) is not None:
            result = Result(formerly)
        key = before if isinstance(before, str) else self.idempotency_key
        return Effect(self.what, self.own, key, result, self.own in known, self.failures[0], failed)


_SILENT: Final = object()
"""Said by a turn in which an effect neither failed nor was had after it had failed."""


def _window(turn: int) -> range:
    """The turns from which something may be of use in this one."""
    return range(max(turn - REMEMBERED, 1), turn + 1)


def _mark(turn: int, message_id: str) -> str:
    """Where it says that this message was tried first in this turn."""
    return row_key(turn, f"message:{_digest(message_id)}")


def _digest(*what: object) -> str:
    """128 bits in hexadecimal: the same for the same values, whatever was typed."""
    text = json.dumps(what, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
