"""Taking something back: *no, I meant 60*, *change the amount to 60*, *not Ana, Bob*."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from soni.config.models import Slot
from soni.understanding.embedded.filling import SURE, Filled, fill, with_currency
from soni.understanding.embedded.hearing import Hearing
from soni.understanding.embedded.languages import Language
from soni.understanding.embedded.languages.base import spaced
from soni.understanding.embedded.names import Gap, reads_as_name
from soni.understanding.embedded.openings import Opening, opening
from soni.understanding.embedded.reach import Reach, SlotCues, stem
from soni.understanding.embedded.said import Said, plain_words, say
from soni.understanding.values import answer, find
from soni.value import Value

_LONGEST: Final = 12
"""Words of a correction that does not say what it corrects; a longer message says something else."""

_OTHER_KINDS: Final = tuple(Slot(type=kind) for kind in ("date", "time", "email", "phone", "money"))
"""What no name is."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What is to be rewritten: new values, or a slot whose value is refused without a new one."""

    values: Mapping[str, Value] = field(default_factory=dict)
    refused: str | None = None


def hear_correction(hearing: Hearing, *, names: bool) -> Correction | None:
    """What a message rewrites among the slots this flow has filled; ``None`` where it does not.

    ``names``: words that nothing else explains may be a name, and so a new value.
    """
    reach, filled = hearing.reach, hearing.filled
    if reach is None or not (filled or (hearing.pending is None and hearing.open)):
        return None
    opened = opening(hearing.said, hearing.language)
    rest = opened.rest
    if exchanged := _exchange(hearing, reach, rest if opened.strong or opened.turned else hearing.said):
        return exchanged
    named = _named_slot(rest, reach, filled, hearing.language)
    marked = opened.strong or opened.turned or opened.changes
    if named is not None and (marked or _is_set(rest, reach.slots[named], hearing.language)):
        by_name = any(stem(word.text) in reach.slots[named].named for word in rest.words)
        refusable = opened.changes or not opened.parted or (opened.turned and by_name)
        if not opened.changes:
            several = _values(hearing, reach, rest, guessing=False, names=False, opened=opened)
            if several and len(several) > 1 and named in several:
                return Correction(several)
        return _rewrite(hearing, reach.slots[named], rest, bare_is_refusal=refusable)
    at_confirm = hearing.pending is None
    if not opened.parted or not (opened.strong or opened.changes or (opened.turned and rest.words) or at_confirm):
        return None
    if not opened.strong and not at_confirm and _answers_pending(hearing, rest):
        return None
    guessing = opened.strong or opened.turned or (at_confirm and not opened.changes)
    values = _values(hearing, reach, rest, guessing=guessing, names=names, opened=opened)
    return None if values is None else Correction(values)


def takes_back(hearing: Hearing) -> bool:
    """Whether a message begins by taking something back: *no*, *I meant*, *change* the amount."""
    opened = opening(hearing.said, hearing.language)
    return opened.strong or opened.turned or opened.changes


def says_more(hearing: Hearing) -> bool:
    """Whether a message has words that neither everyday language, nor this flow, nor a value for it explains."""
    if hearing.reach is None:
        return True
    rest = opening(hearing.said, hearing.language).rest
    found = fill(rest, hearing.reach, hearing.language, hearing.moment, (*hearing.filled, *hearing.open)).values
    return _unexplained(hearing, rest, [one for one in found if _is_introduced(rest, hearing.reach, one, hearing)])


def _exchange(hearing: Hearing, reach: Reach, rest: Said) -> Correction | None:
    """*not Ana, Bob*; *Bob instead of Ana*: the value that is refused tells which slot is meant."""
    language = hearing.language
    words = tuple(word.text for word in rest.words)
    if not words or len(words) > _LONGEST:
        return None
    for at, word in enumerate(words):
        if word not in language.not_words and not language.instead.match(spaced(words[at:])):
            continue
        for name in hearing.filled:
            value = hearing.briefing.slots[name]
            old = plain_words(str(value)) if isinstance(value, str) else ()
            behind = _behind(language, words[at:], reach.slots[name])
            spoken = words[at + behind : at + behind + len(old)] == old if old else False
            same = spoken or _same_value(hearing, reach, name, rest, at + behind, value)
            if not same:
                continue
            end = at + behind + (len(old) if spoken else 1)
            if spoken and end < len(words) and rest.words[end].capital and not rest.words[end].breaks:
                # "Not Ana Ruiz" is one name.
                return Correction(refused=name)
            new = opening(rest.after(end), language).rest if end < len(words) else _first(rest, at)
            new_value = _for_slot(hearing, reach.slots[name], new)
            return Correction(refused=name) if new_value is None else Correction({name: new_value})
    return None


def _behind(language: Language, words: tuple[str, ...], cues: SlotCues) -> int:
    match = language.instead.match(spaced(words))
    taken = len(match[0].split()) if match else 1
    while taken < len(words) and words[taken] in language.articles | cues.left:
        taken += 1
    return taken


def _same_value(hearing: Hearing, reach: Reach, name: str, rest: Said, at: int, value: Value) -> bool:
    """Whether the words from here are another way to say the value: *fifty* for 50.0."""
    cues = reach.slots[name]
    if value is None or cues.slot.type == "string" or at >= len(rest.words):
        return False
    start = rest.words[at].start
    return any(
        one.value == value and one.start <= start < one.end for one in find(cues.slot, rest.text, hearing.moment)
    )


def _first(said: Said, count: int) -> Said:
    return say(said.slice(0, count))


def _named_slot(rest: Said, reach: Reach, filled: tuple[str, ...], language: Language) -> str | None:
    """The filled slot whose name or description the words speak of: *the amount*."""
    telling = [word.text for word in rest.words if word.text not in language.common | reach.verbs]
    words = {stem(word) for word in telling} - reach.words
    scores = {name: (len(words & reach.slots[name].named), len(words & reach.slots[name].stems)) for name in filled}
    if not scores:
        return None
    best = max(filled, key=lambda name: scores[name])
    said_by_name, said_at_all = scores[best]
    if not said_by_name and (not said_at_all or sum(scores[name] == scores[best] for name in filled) > 1):
        return None
    return best


def _is_set(rest: Said, cues: SlotCues, language: Language) -> bool:
    """*the amount is 60*, *the amount should be 60*, *amount: 60*: the slot stands first, what it becomes behind."""
    words = [word.text for word in rest.words if word.text not in language.articles]
    if not words or stem(words[0]) not in cues.named or len(words) > _LONGEST:
        return False
    return (
        any(word in language.become or word in language.wrong or word == "should" for word in words[1:4])
        or len(words) <= 3
    )


def _rewrite(hearing: Hearing, cues: SlotCues, rest: Said, *, bare_is_refusal: bool) -> Correction | None:
    """The value said for a slot that is named."""
    language = hearing.language
    places = [at for at, word in enumerate(rest.words) if stem(word.text) in cues.stems]
    last = places[-1] + 1 if places else 0
    while last < len(rest.words) and (
        word := rest.words[last].text
    ) in language.become | language.wrong | language.articles | {"should"}:
        last += 1
        if word in language.wrong and last == len(rest.words):
            return Correction(refused=cues.name)
    value = _for_slot(hearing, cues, rest.after(last)) if last < len(rest.words) else None
    if value is None and places and (places[0] or len(places) > 1):
        # Also between two words of the slot: it *weighs* 6 *kilos*.
        parts = (_first(rest, places[0]), rest) if cues.slot.type != "string" else ()
        value = next((each for part in parts if (each := _for_slot(hearing, cues, part)) is not None), None)
    if value is not None:
        return Correction({cues.name: value})
    return Correction(refused=cues.name) if bare_is_refusal and len(rest.words) <= _LONGEST else None


def _for_slot(hearing: Hearing, cues: SlotCues, said: Said) -> Value:
    """The value these words have for the slot; ``None`` where they have none."""
    if _is_text(cues):
        first = 0
        while first < len(said.words) - 1 and said.words[first].text in cues.left | hearing.language.become:
            first += 1
        gap = reads_as_name(said, Gap(first, len(said.words)), cues, hearing.language)
        return said.slice(*gap) if gap else None
    return answer(cues.slot, said.text, hearing.moment)


def _answers_pending(hearing: Hearing, rest: Said) -> bool:
    """Whether the words answer the question as well: then that is what they do."""
    assert hearing.pending is not None
    assert hearing.reach is not None
    slot = hearing.slots[hearing.pending]
    # "No, to Bob", "actually I leave on Monday": words that say that something else is meant.
    if any(one.cued for one in fill(rest, hearing.reach, hearing.language, hearing.moment, hearing.filled).values):
        return False
    if slot.type == "string" and slot.pattern is None:
        # Asked for a name: "no wait, the first" is none where another question had that answer.
        known = [hearing.reach.slots[name] for name in hearing.filled if not _is_text(hearing.reach.slots[name])]
        return not any(_plausible(hearing, cues, rest) is not None for cues in known if _is_whole(hearing, cues, rest))
    return bool(find(slot, rest.text, hearing.moment)) or answer(slot, rest.text, hearing.moment) is not None


def _is_whole(hearing: Hearing, cues: SlotCues, rest: Said) -> bool:
    """Whether the words are a value of this slot and nothing more."""
    language = hearing.language
    return any(
        all(word in language.common | language.articles for word in plain_words(rest.without([(one.start, one.end)])))
        for one in find(cues.slot, rest.text, hearing.moment)
        if one.score >= SURE
    )


def _values(
    hearing: Hearing, reach: Reach, rest: Said, *, guessing: bool, names: bool, opened: Opening
) -> Mapping[str, Value] | None:
    """New values by the words around them, else by type, the most recently asked slot first; then a name alone.

    Nothing new where the values are those the slots have; ``None`` where there are none. Where nothing is taken back, the
    values must be nearly all that is said: "60", "to Bob", "send 60".
    """
    if not rest.words or len(rest.words) > _LONGEST:
        return None
    marked = opened.strong or opened.turned
    # While a confirm waits, what was skipped may still be said: "yes, but tomorrow".
    wanted = hearing.filled if hearing.pending is not None else (*hearing.filled, *hearing.open)
    found = fill(rest, reach, hearing.language, hearing.moment, wanted).values
    sure = [one for one in found if one.cued or _fits_only(one, reach, wanted, rest, hearing)]
    if not marked:
        sure = [one for one in sure if _is_introduced(rest, reach, one, hearing)]
    if sure:
        doubtful = not marked and _unexplained(hearing, rest, sure)
        values = {one.slot: one.value for one in sure} | (_name_beside(hearing, rest, sure, opened) if marked else {})
        new = {name: value for name, value in values.items() if not as_before(hearing, name, value)}
        # "No, 50" where it is 50 already changes nothing; "yes, 50" is a yes.
        return new if not doubtful and (new or marked) else None
    if not guessing or len(rest.words) > _LONGEST // 2:
        return None
    texts = [name for name in hearing.filled if _is_text(reach.slots[name])]
    for name in hearing.filled:
        if name in texts or (value := _plausible(hearing, reach.slots[name], rest)) is None:
            continue
        spans = [(one.start, one.end) for one in find(reach.slots[name].slot, rest.text, hearing.moment)]
        if marked or not _leaves_over(hearing, rest, spans):
            return {name: value}
    # At a confirm a strange word is rather a yes in another language than a name.
    if not names or not marked or any(not _is_text(reach.slots[one.slot]) for one in found):
        return None
    if not (opened.strong or hearing.pending is not None or rest.words[0].capital):
        return None
    for name in texts:
        old = hearing.briefing.slots[name]
        if _is_of_another_kind(hearing, rest.text) and not _is_of_another_kind(hearing, str(old)):
            continue
        if (value := _for_slot(hearing, reach.slots[name], rest)) is not None:
            return {name: value} if _alone(rest, reach, hearing.language) else None
    return None


def _name_beside(hearing: Hearing, rest: Said, sure: Iterable[Filled], opened: Opening) -> dict[str, Value]:
    """A name that stands before or behind the values, apart from them: Bob Martin, *60 euros*."""
    assert hearing.reach is not None
    texts = [name for name in hearing.filled if _is_text(hearing.reach.slots[name])]
    if not texts or hearing.expects_any_text or any(one.slot in texts for one in sure):
        return {}
    spans = with_currency(rest, [_with_unit(rest, one, hearing.reach) for one in sure], hearing.moment)
    free = [
        at
        for at, word in enumerate(rest.words)
        if word.text not in hearing.language.joins
        and not any(start < word.end and word.start < end for start, end in spans)
    ]
    if not free or free != list(range(free[0], free[-1] + 1)):
        return {}
    first, last = free[0], free[-1] + 1
    said = rest.after(first)
    said = said if last == len(rest.words) else _first(said, last - first)
    joins = hearing.language.joins
    before = first > 0 and (rest.words[first].breaks or rest.words[first - 1].text in joins)
    apart = before or any(word.breaks or word.text in joins for word in rest.words[last : last + 1])
    capital = rest.text[rest.words[first].start].isupper()
    if not apart or not (opened.strong or capital):
        return {}
    cues = hearing.reach.slots[texts[0]]
    if _is_of_another_kind(hearing, said.text) or not _alone(said, hearing.reach, hearing.language):
        return {}
    value = _for_slot(hearing, cues, said)
    return {} if value is None else {texts[0]: value}


def _with_unit(rest: Said, one: Filled, reach: Reach) -> tuple[int, int]:
    """Where a value stands with the word behind it that is the slot's: 6 *kilos*."""
    _, last = rest.words_within(one.start, one.end)
    cues, behind = reach.slots[one.slot], rest.words[last : last + 1]
    unit = [word for word in behind if word.text in cues.right or stem(word.text) in cues.stems]
    return one.start, unit[0].end if unit else one.end


def _fits_only(one: Filled, reach: Reach, wanted: Collection[str], rest: Said, hearing: Hearing) -> bool:
    """Whether no other slot could have this value: the only date, or a choice of this slot alone."""
    kind = reach.slots[one.slot].slot.type
    alike = [name for name in wanted if name != one.slot and reach.slots[name].slot.type == kind]
    if kind == "string" and reach.slots[one.slot].slot.pattern is None:
        return False
    if kind not in ("choice", "string"):
        return not alike
    return not any(
        other.start < one.end and one.start < other.end
        for name in alike
        for other in find(reach.slots[name].slot, rest.text, hearing.moment)
    )


def _is_introduced(rest: Said, reach: Reach, one: Filled, hearing: Hearing) -> bool:
    """Whether a value is one by its type, or stands behind a preposition that introduces it: *to* Bob, not *send* Bob."""
    cues = reach.slots[one.slot]
    if not _is_text(cues):
        return True
    first, _ = rest.words_within(one.start, one.end)
    return cues.open_ended or (first > 0 and rest.words[first - 1].text in cues.left & hearing.language.common)


def _unexplained(hearing: Hearing, rest: Said, values: Iterable[Filled]) -> bool:
    return _leaves_over(hearing, rest, [(one.start, one.end) for one in values])


def _leaves_over(hearing: Hearing, rest: Said, spans: Iterable[tuple[int, int]]) -> bool:
    """Whether words besides these values say something that this flow does not."""
    around = plain_words(rest.without(with_currency(rest, spans, hearing.moment)))
    return not all(hearing.explains(word) for word in around)


def _is_of_another_kind(hearing: Hearing, text: str) -> bool:
    """Whether a text that could be a name is a day, an address or the like, and nothing else."""
    words = plain_words(text)
    return any(
        plain_words(text[one.start : one.end]) == words
        for slot in _OTHER_KINDS
        for one in find(slot, text, hearing.moment)
        if one.score >= SURE
    )


def _plausible(hearing: Hearing, cues: SlotCues, rest: Said) -> Value:
    """The value the words have where they say no more than it; ``None`` otherwise."""
    found = find(cues.slot, rest.text, hearing.moment)
    # Any word of the right length fits a pattern: "no, keep it".
    whole = cues.slot.type != "string" and len(rest.words) <= 2
    sure = any(one.score >= SURE or whole for one in found)
    return answer(cues.slot, rest.text, hearing.moment) if sure else None


def as_before(hearing: Hearing, name: str, value: Value) -> bool:
    """Whether the slot has this value already."""
    known = hearing.briefing.slots.get(name)
    return known is not None and (known == value or str(known).casefold() == str(value).casefold())


def _is_text(cues: SlotCues) -> bool:
    return cues.slot.type == "string" and cues.slot.pattern is None


def _alone(rest: Said, reach: Reach, language: Language) -> bool:
    """Whether the words are a name, and neither a sentence nor the name of a slot."""
    if any(stem(word.text) in cues.named for word in rest.words for cues in reach.slots.values()):
        return False
    content = [word for word in rest.words if word.text not in language.common or word.capital]
    return len(content) >= len(rest.words) - 1 and len(rest.words) <= 4
