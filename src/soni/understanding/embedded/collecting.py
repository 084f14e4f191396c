"""The answer to a question that collects: a value, others beside it, a name among other words, or none of it."""

from dataclasses import replace

from soni.config.models import Slot
from soni.dialogue.commands import AskInfo, Command, OutOfScope, SetSlot
from soni.understanding.embedded.codes import codes
from soni.understanding.embedded.filling import Filled, fill
from soni.understanding.embedded.hearing import TRIED_WORDS, Hearing
from soni.understanding.embedded.languages.base import spaced
from soni.understanding.embedded.names import name_after
from soni.understanding.embedded.openings import opening
from soni.understanding.embedded.phrases import core
from soni.understanding.embedded.reach import SlotCues, stem
from soni.understanding.embedded.said import plain_words, say
from soni.understanding.values import answer, find, yes_or_no
from soni.value import Value

_BESIDE = frozenset({"money", "date", "datetime", "time", "email", "phone"})
"""Types that are told apart from a name by themselves."""

_PRICE = Slot(type="money")

_NAME_PARTS = 4
"""A whole name has no more."""

_BARE_WORDS = 4
"""A value for another slot than the one that is asked for stands among no more words, where nothing says whose it is."""

_ANSWER_WORDS = 8
"""A longer message is not read as a name with values beside it."""

_NUMBERS = frozenset({"integer", "float", "money"})


def answered(hearing: Hearing, value: Value | None) -> list[Command] | None:
    """The value of the pending question, and what else the message says of this flow."""
    name = hearing.pending
    assert name is not None
    slot = hearing.slots[name]
    free = slot.type == "string" and slot.pattern is None
    cues = hearing.reach.slots.get(name) if hearing.reach else None
    if free and cues is not None:
        if not cues.open_ended and (other := _wholly_another(hearing)) is not None:
            return other
        if value is not None and not cues.open_ended and _is_nobody(hearing, str(value)):
            return []
        said = _with_name(hearing, cues, value)
        return [SetSlot(_both_names(hearing, said))] if said is not None else None
    found = _beside(hearing)
    if value is not None and _is_for_another(hearing, found, value):
        value = None
    elif value is None:
        value = _left_for_pending(hearing, found)
    beside = [one for one in found if value is None or not _competes(hearing, one, value)]
    if value is None and not _says_no_more(hearing, beside):
        beside = [one for one in beside if one.cued]
    if value is None:
        # A bare number that does not answer this question may be for the next one, hardly for one that is far away.
        coming = hearing.open[:1]
        beside = [
            one for one in beside if one.cued or one.slot in coming or hearing.slots[one.slot].type not in _NUMBERS
        ]
    values = {one.slot: one.value for one in beside}
    if value is not None:
        return [SetSlot({name: value, **values})]
    return [SetSlot(values)] if values else None


def _wholly_another(hearing: Hearing) -> list[Command] | None:
    """What an answer that is a value of another slot, and nothing else, says instead of a name: a day, a choice, an address."""
    hearing = replace(hearing, said=opening(hearing.said, hearing.language).rest)
    values = {
        one.slot: one.value
        for one in _beside(hearing, filled=True)
        if not _is_free(hearing.slots[one.slot])
        and hearing.slots[one.slot].type not in _NUMBERS
        and not any(
            word not in hearing.language.common | hearing.language.politeness
            for word in plain_words(hearing.said.without([(one.start, one.end)]))
        )
    }
    if not values:
        return None
    # A value that is known already may have been meant to change it; without a word that says so, it is asked again.
    fresh = {name: value for name, value in values.items() if name in hearing.open}
    return [SetSlot(fresh)] if fresh else []


def _left_for_pending(hearing: Hearing, found: list[Filled]) -> Value | None:
    """Of several values the slot could have, the one that no word gives to another: *Madrid* to Paris."""
    assert hearing.pending is not None
    slot = hearing.slots[hearing.pending]
    if hearing.reach is None or _is_free(slot) or len(find(slot, hearing.said.text, hearing.moment)) < 2:
        return None
    wanted = {hearing.pending, *hearing.open, *hearing.filled}
    values = fill(hearing.said, hearing.reach, hearing.language, hearing.moment, wanted, hearing.ahead).values
    own = next((one for one in values if one.slot == hearing.pending), None)
    given = any(one.cued and hearing.slots[one.slot].type == slot.type for one in found)
    return own.value if own is not None and (own.cued or given) else None


def _is_free(slot: Slot) -> bool:
    return slot.type == "string" and slot.pattern is None


def is_only_words(hearing: Hearing, slot: Slot) -> bool:
    """Whether several words fit a pattern only because any words joined do."""
    cues = hearing.reach.slots.get(hearing.pending or "") if hearing.reach else None
    if slot.pattern is None or cues is None or hearing.reach is None or len(hearing.said.words) < 2:
        return False
    return not codes(hearing.said, cues, hearing.reach, hearing.language, hearing.moment)


def unanswered(hearing: Hearing, *, question: bool) -> list[Command]:
    """What to make of words that are no value of the slot."""
    name = hearing.pending
    assert name is not None
    slot = hearing.slots[name]
    if not core([word.text for word in hearing.said.words], hearing.language):
        return []
    if not opening(hearing.said, hearing.language).parted:
        return []
    if question and _is_about(hearing, name):
        return [AskInfo(name)]
    if question and (other := _choice_asked_about(hearing)) is not None:
        return [AskInfo(other)]
    if question or len(hearing.said.words) > TRIED_WORDS:
        return [OutOfScope()]
    refused = hearing.language.refusal.fullmatch(spaced(tuple(word.text for word in hearing.said.words)))
    agreed = yes_or_no(hearing.said.text, hearing.moment.language) is not None or refused is not None
    free = slot.type == "string" and slot.pattern is None
    cues = hearing.reach.slots.get(name) if hearing.reach else None
    # Any text would do for a name, so that a no would be one; a number refuses it in words.
    if (agreed or free) and not (cues and cues.open_ended):
        return []
    return [SetSlot({name: hearing.said.text.strip()})]


def _is_about(hearing: Hearing, name: str) -> bool:
    """Whether a question asks about the slot that is asked for."""
    cues = hearing.reach.slots.get(name) if hearing.reach else None
    return cues is not None and any(stem(word.text) in cues.stems for word in hearing.said.words)


def _choice_asked_about(hearing: Hearing) -> str | None:
    """The slot of this flow with choices that a question names: which *cabins* are there?"""
    language, words = hearing.language, core([word.text for word in hearing.said.words], hearing.language)
    if hearing.reach is None or not words or words[0] not in language.questions:
        return None
    asked = {stem(word) for word in words if word not in language.common}
    named = (cues for cues in hearing.reach.slots.values() if cues.slot.type == "choice")
    return next((cues.name for cues in named if asked & cues.named), None)


def _with_name(hearing: Hearing, cues: SlotCues, value: Value | None) -> dict[str, Value] | None:
    """A free answer: behind the word that introduces it, or all that is not said of other slots."""
    assert hearing.reach is not None
    said = hearing.said
    if cues.open_ended:
        return None if value is None else {cues.name: value}
    beside = [
        one
        for one in _beside(hearing)
        if one.cued or hearing.slots[one.slot].type in _BESIDE or _priced(hearing, one) or _is_begun(hearing, one)
    ]
    others = sum(any(one.start < word.end and word.start < one.end for one in beside) for word in said.words)
    if len(said.words) - others > _ANSWER_WORDS or not beside:
        gap = name_after(said, hearing.reach, cues, [], hearing.language) if len(said.words) > 2 else None
        if gap is not None and all(hearing.explains(word.text) for word in said.words[: gap.first]):
            value = said.slice(*gap)
        return None if value is None else {cues.name: value}
    values = {one.slot: one.value for one in beside}
    rest = say(_without(hearing, beside))
    gap = name_after(rest, hearing.reach, cues, [], hearing.language)
    own: Value | None = (
        rest.slice(*gap) if gap else (answer(cues.slot, rest.text, hearing.moment) if rest.words else None)
    )
    if isinstance(own, str):
        own = _trimmed(hearing, own)
    if not own:
        return values
    return {cues.name: own, **values}


def _is_begun(hearing: Hearing, one: Filled) -> bool:
    """Whether a word that begins a value stands at or before one, behind others: Ana *every* week."""
    if _is_free(hearing.slots[one.slot]):
        return False
    first, _ = hearing.said.words_within(one.start, one.end)
    return first > 0 and any(word.text in hearing.language.begins for word in hearing.said.words[first - 1 : first + 1])


def _both_names(hearing: Hearing, values: dict[str, Value]) -> dict[str, Value]:
    """A whole name, given where its first or its last part is asked for, shared out between the two."""
    person = hearing.reach.person if hearing.reach else None
    name = hearing.pending
    if person is None or name not in person or set(values) != {name}:
        return values
    parts = str(values[name]).replace(",", " ").split()
    if not 2 <= len(parts) <= _NAME_PARTS or not all(
        part[0].isalpha() and part.casefold() not in hearing.language.common for part in parts
    ):
        return values
    given, family = person
    known = hearing.briefing.slots.get(given)
    if name == given and family in hearing.open:
        return {given: parts[0], family: " ".join(parts[1:])}
    if name == family and (known is None or str(known).casefold() == parts[0].casefold()):
        rest: dict[str, Value] = {family: " ".join(parts[1:])}
        return rest if known is not None else {given: parts[0], **rest}
    return values


def _trimmed(hearing: Hearing, name: str) -> str:
    """A name without words of everyday language and of the flow behind it: *Madrid, and I'm going*."""
    said = say(name)
    last = len(said.words)
    unsaid = hearing.language.begins
    while (
        last
        and (hearing.explains(said.words[last - 1].text) or said.words[last - 1].text in unsaid)
        and not (last > 1 and said.words[last - 1].capital)
    ):
        last -= 1
    return said.slice(0, last)


def _is_nobody(hearing: Hearing, value: str) -> bool:
    """Whether a name is none: someone, a friend, nobody."""
    words = plain_words(value)
    vague = hearing.language.vague | hearing.language.articles
    return all(word in vague for word in words) or bool(hearing.language.refusal.fullmatch(spaced(words)))


def _without(hearing: Hearing, beside: list[Filled]) -> str:
    """The message without these values and the words that introduce them."""
    assert hearing.reach is not None
    prices = find(_PRICE, hearing.said.text, hearing.moment)
    spans = [
        (price.start, price.end)
        for price in prices
        if any(price.start < one.end and one.start < price.end for one in beside)
    ]
    for one in beside:
        first, last = hearing.said.words_within(one.start, one.end)
        own = hearing.reach.slots[one.slot]
        if last < len(hearing.said.words) and (
            stem(hearing.said.words[last].text) in own.stems or hearing.said.words[last].text in own.right
        ):
            last += 1
        if (
            first
            and hearing.said.words[first - 1].text in hearing.reach.slots[one.slot].left | hearing.language.articles
        ):
            first -= 1
        first = _introduction(hearing, first)
        spans.append((hearing.said.words[first].start, hearing.said.words[last - 1].end))
    return hearing.said.without(spans).strip(" ,;")


def _introduction(hearing: Hearing, first: int) -> int:
    """Where the words begin that say whose value comes: *my mail is* a@b.com."""
    language, words = hearing.language, hearing.said.words
    if not first or words[first - 1].text not in language.copulas or words[first].breaks:
        return first
    at = first - 1
    while at and not words[at].breaks and words[at - 1].text not in language.joins:
        at -= 1
    return at


def _beside(hearing: Hearing, *, filled: bool = False) -> list[Filled]:
    """Values for slots of this flow that are still open, and for filled ones where the words say so, or all of them."""
    if hearing.reach is None:
        return []
    wanted = {*hearing.open, *hearing.filled}
    if hearing.pending is not None and not _is_free(hearing.slots[hearing.pending]):
        # What answers the question is left to it, and is no name beside it.
        wanted.add(hearing.pending)
    found = fill(hearing.said, hearing.reach, hearing.language, hearing.moment, wanted, hearing.ahead).values
    beside = [one for one in found if one.slot != hearing.pending]
    return [one for one in beside if filled or one.cued or one.slot in hearing.open]


def _competes(hearing: Hearing, one: Filled, value: Value) -> bool:
    """Whether a value beside the answer is made of the same words, or is as likely to be meant as the answer."""
    assert hearing.pending is not None
    slot = hearing.slots[hearing.pending]
    spans = [(each.start, each.end) for each in find(slot, hearing.said.text, hearing.moment) if each.value == value]
    overlaps = any(one.start < end and start < one.end for start, end in spans)
    same = {slot.type, hearing.slots[one.slot].type}
    if same == {"choice"}:
        # Two lists of choices are alike only where they have this choice in common.
        shared = any(
            one.start < each.end and each.start < one.end for each in find(slot, hearing.said.text, hearing.moment)
        )
        return overlaps or (not one.cued and shared)
    return overlaps or (not one.cued and (len(same) == 1 or same <= _NUMBERS))


def _is_for_another(hearing: Hearing, found: list[Filled], value: Value) -> bool:
    """Whether the words beside the only value give it to another slot: *returning Friday*, asked for the departure."""
    assert hearing.pending is not None
    spans = [(one.start, one.end) for one in find(hearing.slots[hearing.pending], hearing.said.text, hearing.moment)]
    return len(spans) == 1 and any(
        one.cued and one.value == value and one.start < end and start < one.end for one in found for start, end in spans
    )


def _says_no_more(hearing: Hearing, values: list[Filled]) -> bool:
    """Whether the words around these values are those of everyday language and of the flow."""
    spans = [(one.start, one.end) for one in values]
    around = plain_words(hearing.said.without(spans))
    short = len(hearing.said.words) <= _BARE_WORDS and not any(
        hearing.slots[one.slot].type in _NUMBERS for one in values
    )
    return short or all(hearing.explains(word) for word in around)


def _priced(hearing: Hearing, one: Filled) -> bool:
    """Whether a number stands beside a currency: then it is no part of a name."""
    prices = find(_PRICE, hearing.said.text, hearing.moment)
    return any(
        price.start < one.end
        and one.start < price.end
        and isinstance(price.value, dict)
        and price.value["currency"] is not None
        for price in prices
    )
