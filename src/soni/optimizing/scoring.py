"""How well messages are understood: precision, recall and F1 by command, exact turns, and what is taken for what."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from soni.config.models import Slot
from soni.dialogue.commands import (
    COMMANDS,
    AskInfo,
    CancelFlow,
    Clarify,
    ClearSlot,
    Command,
    CorrectSlot,
    Deny,
    SetSlot,
    StartFlow,
)
from soni.errors import NLUError
from soni.optimizing.examples import Example, folded
from soni.templates import plain
from soni.understanding.base import Briefing, Understander
from soni.understanding.values import InvalidValue, Moment, parse
from soni.value import Value

NOTHING: Final = "nothing"
"""In the confusion table: a command that was not understood, or should not have been."""

_NAMES: Final = {kind: name for name, kind in COMMANDS.items()}
_OTHER_VALUES: Final = " (other values)"


@dataclass(frozen=True, slots=True)
class Answered:
    """An example, and what an understander made of it."""

    example: Example
    commands: tuple[Command, ...]
    failure: str | None = None
    """In words, where understanding itself failed."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something was understood."""

    right: int = 0
    missed: int = 0
    """Expected, and not understood."""
    invented: int = 0
    """Understood, and not expected."""

    @property
    def precision(self) -> float:
        """The share of what was understood that is right; 1 where nothing was."""
        return _share(self.right, self.right + self.invented)

    @property
    def recall(self) -> float:
        """The share of what was expected that was understood; 1 where nothing was."""
        return _share(self.right, self.right + self.missed)

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return _share(2 * self.right, 2 * self.right + self.missed + self.invented)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.right + other.right, self.missed + other.missed, self.invented + other.invented)


@dataclass(frozen=True, slots=True)
class Scores:
    """How well an understander did on some examples."""

    turns: int
    exact: int
    """Turns with the very commands that were expected, in any order."""
    failed: int
    """Turns in which understanding itself failed."""
    kinds: Mapping[str, Tally] = field(default_factory=dict)
    """By command, in the order of ``COMMANDS``."""
    confused: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Expected and got, where they differ, the most frequent first: ``("start_flow pay", "start_flow order")``."""

    @property
    def overall(self) -> Tally:
        """All commands together."""
        return sum(self.kinds.values(), Tally())

    @property
    def exactness(self) -> float:
        """The share of exact turns."""
        return _share(self.exact, self.turns)

    def is_worse_than(self, other: "Scores") -> bool:
        """Fewer exact turns, or as many, and a lower F1 of all commands."""
        return (self.exact, round(self.overall.f1, 9)) < (other.exact, round(other.overall.f1, 9))

    def numbers(self) -> dict[str, float]:
        """The overall measures by name."""
        overall = self.overall
        named = {"exact": self.exactness, "precision": overall.precision, "recall": overall.recall, "f1": overall.f1}
        return {name: round(value, 4) for name, value in named.items()}


async def examine(
    understander: Understander, examples: Iterable[Example], asked: Callable[[], None] = lambda: None
) -> list[Answered]:
    """What an understander makes of these messages, one after the other; where it fails, it has understood nothing."""
    answered = []
    for example in examples:
        try:
            commands = await understander.understand(example.said, example.briefing)
            answered.append(Answered(example, tuple(commands)))
        except NLUError as error:
            answered.append(Answered(example, (), error.message))
        asked()
    return answered


def score(answered: Sequence[Answered], slots: Mapping[str, Slot]) -> Scores:
    """The scores of these answers. ``slots`` read the values."""
    kinds: dict[str, Tally] = {}
    confused: Counter[tuple[str, str]] = Counter()
    exact = 0
    for each in answered:
        turn = compare(each.example.commands, each.commands, each.example.briefing, slots)
        exact += turn.is_exact and each.failure is None
        for kind, tally in turn.kinds.items():
            kinds[kind] = kinds.get(kind, Tally()) + tally
        confused.update(turn.confused)
    ordered = {name: kinds[name] for name in COMMANDS if name in kinds}
    failed = sum(each.failure is not None for each in answered)
    return Scores(len(answered), exact, failed, ordered, dict(confused.most_common()))


@dataclass(frozen=True, slots=True)
class Turn:
    """How well one message was understood."""

    kinds: Mapping[str, Tally]
    confused: Sequence[tuple[str, str]]

    @property
    def is_exact(self) -> bool:
        """The very commands, in any order."""
        return all(not tally.missed and not tally.invented for tally in self.kinds.values())

    @property
    def f1(self) -> float:
        """Of all its commands."""
        return sum(self.kinds.values(), Tally()).f1


def compare(expected: Iterable[Command], got: Iterable[Command], briefing: Briefing, slots: Mapping[str, Slot]) -> Turn:
    """What was understood beside what was expected.

    Commands that set several slots count as one for each of them. Values are equal where their slot reads them so (``50``
    and *fifty euros*), or else where they are the same text but for case and space. Validators and normalizers do not run.
    """
    moment = Moment(briefing.now, briefing.language)
    wanted = [_Item.of(command, moment, slots) for command in _single(expected)]
    found = [_Item.of(command, moment, slots) for command in _single(got)]
    right = Counter(wanted) & Counter(found)
    missed, invented = list((Counter(wanted) - right).elements()), list((Counter(found) - right).elements())
    kinds: dict[str, Tally] = {}
    for items, tally in ((right.elements(), Tally(right=1)), (missed, Tally(missed=1)), (invented, Tally(invented=1))):
        for item in items:
            kinds[item.kind] = kinds.get(item.kind, Tally()) + tally
    return Turn(kinds, tuple(_pair(missed, invented)))


@dataclass(frozen=True, slots=True)
class _Item:
    """A command as it is compared."""

    kind: str
    about: str
    """The flow, flows or slot."""
    values: str
    """As canonical JSON."""

    @property
    def label(self) -> str:
        return f"{self.kind} {self.about}".rstrip()

    @classmethod
    def of(cls, command: Command, moment: Moment, slots: Mapping[str, Slot]) -> "_Item":
        about, values = _content(command)
        read = {name: _read(name, value, moment, slots) for name, value in values.items() if value is not None}
        return cls(_NAMES[type(command)], about, json.dumps(read, sort_keys=True, ensure_ascii=False))


def _single(commands: Iterable[Command]) -> Iterable[Command]:
    """Each slot on its own: to set two at once and one after the other is the same."""
    for command in commands:
        match command:
            case SetSlot(values):
                yield from (SetSlot({name: value}) for name, value in values.items() if value is not None)
            case CorrectSlot(values):
                yield from (CorrectSlot({name: value}) for name, value in values.items() if value is not None)
            case ClearSlot(slots):
                yield from (ClearSlot((slot,)) for slot in slots)
            case _:
                yield command


def _content(command: Command) -> tuple[str, Mapping[str, Value]]:
    match command:
        case StartFlow(flow, values):
            return flow, values
        case SetSlot(values) | CorrectSlot(values):
            return ", ".join(values), values
        case Clarify(flows, values):
            return " or ".join(sorted(flows)), values
        case ClearSlot((slot,)):
            return slot, {}
        case CancelFlow(about) | Deny(about) | AskInfo(about):
            return about or "", {}
    return "", {}


def _read(name: str, value: Value, moment: Moment, slots: Mapping[str, Slot]) -> Value:
    """A value as its slot reads it; text that it does not read, and text at all, without what makes no difference."""
    try:
        read = parse(slots[name], value, moment) if name in slots else value
    except InvalidValue:
        read = plain(value)
    match read:
        case str():
            return folded(read)
        case int() | float() if not isinstance(read, bool):
            return float(read)
    return read


def _pair(missed: Sequence[_Item], invented: Sequence[_Item]) -> Iterable[tuple[str, str]]:
    """Which of what was missed was taken for which of what was invented: what is most alike first."""
    left = list(invented)
    rest: list[_Item] = []
    for item in missed:
        same = next((other for other in left if other.label == item.label), None)
        if same is None:
            rest.append(item)
            continue
        left.remove(same)
        yield item.label, item.label + _OTHER_VALUES
    for item in sorted(rest, key=lambda item: item.label):
        other = next((other for other in left if other.kind == item.kind), left[0] if left else None)
        if other is not None:
            left.remove(other)
        yield item.label, other.label if other is not None else NOTHING
    yield from ((NOTHING, other.label) for other in left)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
