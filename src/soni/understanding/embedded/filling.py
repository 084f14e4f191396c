"""Several values from one sentence, each for the slot it belongs to."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from soni.config.models import Slot, SlotType
from soni.understanding.embedded.codes import codes
from soni.understanding.embedded.languages import Language
from soni.understanding.embedded.names import Gap, name_after, name_before, reads_as_name, until_end
from soni.understanding.embedded.reach import Reach, SlotCues, Template, stem
from soni.understanding.embedded.said import Said, find_run
from soni.understanding.values import PLAUSIBLE, Found, Moment, answer, find
from soni.value import Value

SURE: Final = 0.5
"""A value below this needs a word beside it that tells where it belongs."""

_SPECIFIC: Final[Mapping[SlotType, float]] = {
    "email": 0.3, "phone": 0.3, "money": 0.2, "choice": 0.2, "datetime": 0.2, "date": 0.15, "time": 0.15, "duration": 0.15,
}  # fmt: skip
"""Of two readings of the same words the one that can less often be made by chance."""

_SHARED: Final = {"date", "time"}
"""*at 8 tomorrow night* is a time and a day, and both need the last word."""

_EXCLUSIVE: Final = frozenset({"choice", "integer", "float", "money"})
"""Of several values none is the answer; of several days or addresses the first one is."""

_FAR: Final = 30
"""Characters between two values of which no *and* makes one phrase."""

_COUNTED: Final = frozenset({"integer", "float", "duration", "money"})
"""Their slot's name stands behind them: two *passengers*."""

_PRICE: Final = Slot(type="money")

_NUMBERS: Final = frozenset({"integer", "float", "money"})
"""Each could be said for each other one."""

_BEFORE, _BEHIND, _NEAR = 0.6, 0.5, 0.4
_LATER: Final = 0.01


@dataclass(frozen=True, slots=True)
class Filled:
    """A value, its slot and where it stands."""

    slot: str
    value: Value
    start: int
    end: int
    """Characters of the message, end excluded."""
    cued: bool
    """Whether words beside it say that it is this slot's."""


@dataclass(frozen=True, slots=True)
class Filling:
    """What a sentence says of a flow's slots."""

    values: tuple[Filled, ...] = ()
    whole: bool = False
    """The sentence is one of the flow's examples with values in it."""

    @property
    def slots(self) -> dict[str, Value]:
        """The values by slot."""
        return {filled.slot: filled.value for filled in self.values}

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Where the values stand."""
        return [(filled.start, filled.end) for filled in self.values]


def fill(
    said: Said,
    reach: Reach,
    language: Language,
    moment: Moment,
    only: Collection[str] | None = None,
    ahead: Collection[str] = (),
) -> Filling:
    """The values a sentence has for a flow's slots, or for some of them: typed ones first, then names by the words around them.

    Choices and numbers for slots that are still far ``ahead`` count only where words beside them say whose they are.
    """
    wanted = {name: cues for name, cues in reach.slots.items() if only is None or name in only}
    if not wanted or not said.words:
        return Filling()
    found = {
        name: find(cues.slot, said.text, moment)
        if cues.slot.pattern is None
        else codes(said, cues, reach, language, moment)
        for name, cues in wanted.items()
        if cues.slot.type != "boolean"
    }
    for template in reach.templates:
        if set(template.slots) <= wanted.keys() and (values := _whole(said, template, reach, found, language)):
            more = _typed(said, reach, wanted, found, values, ahead, language, moment)
            return Filling((*values, *more), whole=_is_telling(template, language))
    typed = _typed(said, reach, wanted, found, [], ahead, language, moment)
    return Filling((*typed, *_named(said, reach, wanted, found, typed, language)))


def _whole(
    said: Said, template: Template, reach: Reach, found: Mapping[str, list[Found]], language: Language
) -> list[Filled] | None:
    """The values of a sentence that is this example; ``None`` where it is not."""
    if all(is_free(reach.slots[name]) for name in template.slots) and not _is_telling(template, language):
        return None
    words = [word.text for word in said.words]
    borders = {
        name: [said.words_within(one.start, one.end) for one in found.get(name, ())]
        for name in template.slots
        if not is_free(reach.slots[name])
    }
    places = _places(words, template, borders, language)
    if places is None:
        return None
    values: list[Filled] = []
    for name, (first, last) in zip(template.slots, places, strict=True):
        cues = reach.slots[name]
        start, end = said.words[first].start, said.words[last - 1].end
        inside = [
            one
            for one in found.get(name, ())
            if start <= one.start and one.end <= end and (one.score >= PLAUSIBLE or cues.slot.type == "string")
        ]
        # "Credit or debit card" goes on in the example's own words.
        if _contradict(cues.slot, [one for one in found.get(name, ()) if start < one.end and one.start < end]):
            return None
        if not is_free(cues):
            if not inside:
                return None
            best = max(inside, key=lambda one: one.score)
            if (best.start, best.end) != (start, end) and not _is_telling(template, language):
                return None
            values.append(Filled(name, best.value, best.start, best.end, cued=True))
        elif (name_span := reads_as_name(said, Gap(first, last), cues, language)) and _one_name(
            said, name_span, reach, cues, language
        ):
            first, last = name_span
            start, end = said.words[first].start, said.words[last - 1].end
            values.append(Filled(name, said.slice(first, last), start, end, cued=True))
        else:
            return None
    return values


def _is_telling(template: Template, language: Language) -> bool:
    """Whether some word of an example is not of everyday language: without one, it is no sign of the flow."""
    return any(word not in language.common for literal in template.literals for word in literal)


def is_free(cues: SlotCues) -> bool:
    """Whether any text is a value of the slot."""
    return cues.slot.type == "string" and cues.slot.pattern is None


def _one_name(said: Said, gap: Gap, reach: Reach, cues: SlotCues, language: Language) -> bool:
    """Whether nothing else stands in an open place: not *Ana tomorrow*."""
    return cues.open_ended or until_end(said, gap.first, reach, cues, [], language).last >= gap.last


def _places(
    words: list[str], template: Template, borders: Mapping[str, list[tuple[int, int]]], language: Language
) -> list[tuple[int, int]] | None:
    """Where an example's values stand among words: its own words in order around them, only politeness outside."""
    first = find_run(words, template.literals[0])
    if first is None or any(word not in language.common for word in words[:first]):
        return None
    at = first + len(template.literals[0])
    places: list[tuple[int, int]] = []
    for literal, name, following_name in zip(template.literals[1:-1], template.slots, template.slots[1:], strict=False):
        if literal:
            following = find_run(words, literal, at + 1)
        else:
            # Nothing stands between the two: what is found of either tells where it ends.
            begins = [first for first, _ in borders.get(following_name, ()) if first > at]
            ends = [last for first, last in borders.get(name, ()) if first == at]
            following = min(begins) if begins else min(ends, default=at + 1)
        if following is None:
            return None
        places.append((at, following))
        at = following + len(literal)
    end = len(words)
    last = template.literals[-1]
    while (
        end > at + 1
        and words[end - 1] in language.politeness
        and not (last and tuple(words[:end][-len(last) :]) == last)
    ):
        end -= 1
    if last:
        if tuple(words[end - len(last) : end]) != last:
            return None
        end -= len(last)
    if end <= at:
        return None
    return [*places, (at, end)]


def _typed(
    said: Said,
    reach: Reach,
    wanted: Mapping[str, SlotCues],
    found: Mapping[str, list[Found]],
    taken: list[Filled],
    ahead: Collection[str],
    language: Language,
    moment: Moment,
) -> list[Filled]:
    """Values of recognisable types, the surest pairs of value and slot first; none where two are said with equal right."""
    free = [name for name in found if name not in {filled.slot for filled in taken}]
    pairs = [
        (score, cued, name, one)
        for name in free
        if wanted[name].slot.type != "string" or wanted[name].slot.pattern is not None
        for one in found[name]
        for score, cued in (_fit(said, reach, wanted[name], one, found),)
        if score >= SURE
        and (
            cued or name not in ahead or wanted[name].slot.type not in _EXCLUSIVE or _is_named(said, wanted[name], one)
        )
    ]
    pairs.sort(key=lambda pair: (-pair[0], pair[3].start))
    kept: list[Filled] = []
    scores: dict[str, float] = {}
    for score, cued, name, one in pairs:
        clash = any(
            one.start < other.end
            and other.start < one.end
            and {wanted[name].slot.type, reach.slots[other.slot].slot.type} != _SHARED
            for other in (*taken, *kept)
        )
        if not clash and all(other.slot != name for other in kept):
            kept.append(Filled(name, one.value, one.start, one.end, cued))
            scores[name] = score
    spans = [(filled.start, filled.end) for filled in (*taken, *kept)]
    settled = (
        _settled(
            said,
            filled,
            reach.slots[filled.slot].slot,
            [
                one
                for score, _, name, one in pairs
                if name == filled.slot
                and _clear(one, spans)
                and (score == scores[name] or _coordinated(said, filled, one, language))
            ],
            moment,
        )
        for filled in kept
    )
    return [filled for filled in settled if filled is not None]


def _is_named(said: Said, cues: SlotCues, one: Found) -> bool:
    """Whether the slot's name stands directly beside a value: express *delivery*."""
    first, last = said.words_within(one.start, one.end)
    return any(
        stem(word.text) in cues.named for word in (*said.words[max(0, first - 1) : first], *said.words[last : last + 1])
    )


def _settled(said: Said, filled: Filled, slot: Slot, equals: list[Found], moment: Moment) -> Filled | None:
    """The value that is meant of several with equal right: *credit, not debit*; ``None`` where none of them is."""
    if slot.type not in _EXCLUSIVE or all(one.value == filled.value for one in equals):
        return filled
    meant = answer(slot, said.text, moment)
    if meant == filled.value:
        return filled
    own = next((one for one in equals if one.value == meant), None)
    return Filled(filled.slot, own.value, own.start, own.end, filled.cued) if own is not None else None


def _contradict(slot: Slot, found: list[Found]) -> bool:
    """Whether there are several values, each standing for itself, for a slot that takes one."""
    best = max((one.score for one in found), default=0.0)
    surest = [one for one in found if one.score == best]
    return slot.type in _EXCLUSIVE and any(
        one.value != surest[0].value and not _overlap(one, surest[0]) for one in surest[1:]
    )


def _coordinated(said: Said, filled: Filled, one: Found, language: Language) -> bool:
    """Whether nothing but *and* or *or* stands between two values: credit and debit."""
    if max(filled.start - one.end, one.start - filled.end) > _FAR:
        return False
    (_, last), (first, _) = sorted((said.words_within(filled.start, filled.end), said.words_within(one.start, one.end)))
    return all(word.text in language.coordinates | language.articles for word in said.words[last:first])


def _fit(said: Said, reach: Reach, cues: SlotCues, one: Found, found: Mapping[str, list[Found]]) -> tuple[float, bool]:
    """How well a value fits a slot, and whether words beside it say so."""
    first, last = said.words_within(one.start, one.end)
    words = [word.text for word in said.words]
    inner = set(words[first:last])
    before, near, behind = words[max(0, first - 1) : first], words[max(0, first - 3) : first], words[last : last + 1]
    rivals = [
        other
        for other in reach.slots.values()
        if other is not cues
        and (other.slot.type == cues.slot.type or {other.slot.type, cues.slot.type} <= _NUMBERS)
        # Choices differ from slot to slot: a cabin is no rival for a city.
        and (cues.slot.type != "choice" or any(_overlap(one, each) for each in found.get(other.name, ())))
    ]

    def cue(slot: SlotCues) -> float:
        score = 0.0
        # A day is found with its preposition: "on Monday".
        if slot.left & {*before, *words[first : first + 1]}:
            score = _BEFORE
        after = {*behind} if slot.slot.type in _COUNTED else set[str]()
        if (
            slot.right & {*behind}
            or any(stem(word) in slot.stems for word in after)
            or any(stem(word) in slot.named for word in inner)
            or slot.inner & inner
        ):
            score = max(score, _BEHIND)
        if any(stem(word) in slot.stems for word in near):
            score = max(score, _NEAR)
        return score

    # "One way" is no number of anything; nor is "a".
    article = one.value == 1 and cues.slot.type in _COUNTED and not any(word[0].isdigit() for word in inner)
    if one.score < PLAUSIBLE:
        return 0.0, False
    own, other = cue(cues), max(map(cue, rivals), default=0.0)
    order = list(reach.slots).index(cues.name)
    score = one.score + own - (other if other > own else 0.0) + _SPECIFIC.get(cues.slot.type, 0.0) - _LATER * order
    if (one.score < SURE or article) and not own:
        return 0.0, False
    return score, own > other


def _named(
    said: Said,
    reach: Reach,
    wanted: Mapping[str, SlotCues],
    found: Mapping[str, list[Found]],
    typed: list[Filled],
    language: Language,
) -> Iterator[Filled]:
    """Names and other texts, by the words around them."""
    spans = [(filled.start, filled.end) for filled in typed]
    free = {name: cues for name, cues in wanted.items() if cues.slot.type == "string" and cues.slot.pattern is None}
    known = {name: [one for one in found[name] if one.score >= 0.8] for name in free}
    only = [name for name, cues in free.items() if not cues.open_ended]
    for name, cues in free.items():
        gap = name_after(said, reach, cues, spans, language)
        cued = gap is not None
        if gap is None and only == [name]:
            gap = name_before(said, reach, cues, spans, language)
        if gap is not None:
            first, last = gap
            start, end = said.words[first].start, said.words[last - 1].end
            spans.append((start, end))
            yield Filled(name, said.slice(first, last), start, end, cued)
        elif only == [name] and (one := next((one for one in known[name] if _clear(one, spans)), None)):
            spans.append((one.start, one.end))
            yield Filled(name, one.value, one.start, one.end, cued=False)


def with_currency(said: Said, spans: Iterable[tuple[int, int]], moment: Moment) -> list[tuple[int, int]]:
    """The same stretches of characters, each number with the currency beside it."""
    prices = find(_PRICE, said.text, moment)
    return [
        (min([start, *(price.start for price in near)]), max([end, *(price.end for price in near)]))
        for start, end in spans
        for near in ([price for price in prices if price.start < end and start < price.end],)
    ]


def _overlap(one: Found, other: Found) -> bool:
    return one.start < other.end and other.start < one.end


def _clear(one: Found, spans: list[tuple[int, int]]) -> bool:
    return all(one.end <= start or end <= one.start for start, end in spans)
