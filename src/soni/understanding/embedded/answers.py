"""The pending question: yes or no, a value, a value with others beside it, a refusal to answer."""

from soni.config.models import Slot
from soni.dialogue.commands import (
    Affirm,
    AskInfo,
    ClearSlot,
    Command,
    CorrectSlot,
    Deny,
    OutOfScope,
    SetSlot,
    SkipQuestion,
)
from soni.understanding.embedded.corrections import as_before, hear_correction, opening
from soni.understanding.embedded.filling import Filled, fill
from soni.understanding.embedded.hearing import Hearing
from soni.understanding.embedded.languages.base import spaced
from soni.understanding.embedded.names import name_after
from soni.understanding.embedded.phrases import core
from soni.understanding.embedded.reach import SlotCues, stem
from soni.understanding.embedded.said import plain_words, say
from soni.understanding.values import answer, find, yes_or_no
from soni.value import Value

_BESIDE = frozenset({"money", "date", "datetime", "time", "email", "phone"})
"""Types that are told apart from a name by themselves."""

_PRICE = Slot(type="money")

_TRIED_WORDS = 5
"""Up to so many words that are no value of the slot are an answer that is refused; more are something else."""

_NAME_PARTS = 4
"""A whole name has no more."""

_BARE_WORDS = 4
"""A value for another slot than the one that is asked for stands among no more words, where nothing says whose it is."""

_NUMBERS = frozenset({"integer", "float", "money"})


def plain_answer(hearing: Hearing) -> list[Command] | None:
    """An answer that can mean nothing else, whatever its words mean elsewhere: yes, no, one of the choices."""
    expected = hearing.briefing.expected
    if expected is None:
        return None
    text, language = hearing.said.text, hearing.moment.language
    agreed = yes_or_no(text, language)
    if expected.slot is None:
        return None if agreed is None else [Affirm() if agreed else Deny()]
    slot = hearing.slots.get(expected.slot)
    if slot is None:
        return None
    if slot.type == "boolean" and agreed is not None:
        return [SetSlot({expected.slot: agreed})]
    if slot.type == "choice":
        said = plain_words(text)
        for choice in slot.choices:
            if any(said == plain_words(str(name)) for name in (choice.value, *choice.synonyms)):
                return [SetSlot({expected.slot: choice.value})]
    refused = hearing.language.refusal.fullmatch(spaced(tuple(word.text for word in hearing.said.words)))
    return [SkipQuestion()] if not slot.required and (agreed is False or refused) else None


def corrected(hearing: Hearing, *, names: bool) -> list[Command] | None:
    """The command for what a message takes back; ``names``: a name alone may be a new value."""
    correction = hear_correction(hearing, names=names)
    if correction is None:
        return None
    if correction.refused is not None:
        return [Deny(correction.refused) if hearing.pending is None else ClearSlot((correction.refused,))]
    known = hearing.briefing.slots
    changed = {name: value for name, value in correction.values.items() if name in known}
    added = {name: value for name, value in correction.values.items() if name not in known}
    return [*([CorrectSlot(changed)] if changed else []), *([SetSlot(added)] if added else [])]


def confirmed(hearing: Hearing) -> list[Command] | None:
    """Yes or no with more words behind it; a yes only where nothing is left unexplained."""
    language = hearing.language
    words = [word.text for word in hearing.said.words]
    for count in range(min(3, len(words)), 0, -1):
        agreed = yes_or_no(hearing.said.slice(0, count), hearing.moment.language)
        if agreed is None:
            continue
        rest = list(plain_words(_without_known(hearing, count)))
        if rest and yes_or_no(" ".join(rest), hearing.moment.language) not in (None, agreed):
            return []
        if not agreed:
            # "No, wait" announces what is coming.
            return [] if rest and language.turn.fullmatch(spaced(tuple(rest))) else [Deny()]
        # A word of doubt anywhere, and money would move on a "yes but".
        if (
            any(language.turn.match(spaced((word,))) for word in rest)
            or (language.not_words | language.wrong) & set(rest)
            or "dont" in rest
        ):
            return None
        return [Affirm()] if all(_explained(hearing, word) for word in rest) else None
    if not opening(hearing.said, language).rest.words:
        return []
    return [Deny()] if len(words) <= _TRIED_WORDS and language.wrong & set(words) else None


def answered(hearing: Hearing, value: Value | None) -> list[Command] | None:
    """The value of the pending question, and what else the message says of this flow."""
    name = hearing.pending
    assert name is not None
    slot = hearing.slots[name]
    free = slot.type == "string" and slot.pattern is None
    cues = hearing.reach.slots.get(name) if hearing.reach else None
    if free and cues is not None:
        if value is not None and not cues.open_ended and _is_nobody(hearing, str(value)):
            return []
        said = _with_name(hearing, cues, value)
        return [SetSlot(_both_names(hearing, said))] if said is not None else None
    found = _beside(hearing)
    if value is not None and _is_for_another(hearing, found, value):
        value = None
    beside = [one for one in found if value is None or not _competes(hearing, one, value)]
    if value is None and not _says_no_more(hearing, beside):
        beside = [one for one in beside if one.cued]
    values = {one.slot: one.value for one in beside}
    if value is not None:
        return [SetSlot({name: value, **values})]
    return [SetSlot(values)] if values else None


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
    if question or len(hearing.said.words) > _TRIED_WORDS:
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


def unsure(hearing: Hearing) -> list[Command] | None:
    """*I don't know*: skipped where that is allowed, else explained."""
    if hearing.briefing.expected is None:
        return None
    slot = hearing.slots.get(hearing.pending) if hearing.pending else None
    return [AskInfo(hearing.pending) if slot is None or slot.required else SkipQuestion()]


def _without_known(hearing: Hearing, count: int) -> str:
    """What was said behind so many words, without values that the slots have already."""
    rest = hearing.said.after(count)
    if hearing.reach is None:
        return rest.text
    found = fill(rest, hearing.reach, hearing.language, hearing.moment, hearing.filled).values
    return rest.without((one.start, one.end) for one in found if as_before(hearing, one.slot, one.value))


def _explained(hearing: Hearing, word: str) -> bool:
    """Whether a word behind a yes adds nothing: of everyday language, of the flow, or of a value it has."""
    if word in hearing.language.common or word in hearing.language.politeness:
        return True
    reach = hearing.reach
    if reach is not None and (word in reach.verbs or stem(word) in reach.words):
        return True
    if reach is not None and any(stem(word) in cues.stems for cues in reach.slots.values()):
        return True
    return any(word in plain_words(str(value)) for value in hearing.briefing.slots.values())


def _beside(hearing: Hearing) -> list[Filled]:
    """Values for slots of this flow that are still open, and for filled ones where the words say so."""
    if hearing.reach is None:
        return []
    wanted = {*hearing.open, *hearing.filled}
    found = fill(hearing.said, hearing.reach, hearing.language, hearing.moment, wanted).values
    return [one for one in found if one.cued or one.slot in hearing.open]


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
    return short or all(_explained(hearing, word) for word in around)


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


def _competes(hearing: Hearing, one: Filled, value: Value) -> bool:
    """Whether a value beside the answer is made of the same words, or is as likely to be meant as the answer."""
    assert hearing.pending is not None
    slot = hearing.slots[hearing.pending]
    spans = [(each.start, each.end) for each in find(slot, hearing.said.text, hearing.moment) if each.value == value]
    overlaps = any(one.start < end and start < one.end for start, end in spans)
    same = {slot.type, hearing.slots[one.slot].type}
    return overlaps or (not one.cued and (len(same) == 1 or same <= _NUMBERS))


def _with_name(hearing: Hearing, cues: SlotCues, value: Value | None) -> dict[str, Value] | None:
    """A free answer: behind the word that introduces it, or all that is not said of other slots."""
    assert hearing.reach is not None
    said = hearing.said
    if cues.open_ended:
        return None if value is None else {cues.name: value}
    beside = [
        one for one in _beside(hearing) if one.cued or hearing.slots[one.slot].type in _BESIDE or _priced(hearing, one)
    ]
    if len(said.words) > 8 or not beside:
        gap = name_after(said, hearing.reach, cues, [], hearing.language) if len(said.words) > 2 else None
        if gap is not None and all(_explained(hearing, word.text) for word in said.words[: gap.first]):
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


def _trimmed(hearing: Hearing, name: str) -> str:
    """A name without words of everyday language and of the flow behind it: *Madrid, and I'm going*."""
    said = say(name)
    last = len(said.words)
    while last and _explained(hearing, said.words[last - 1].text) and not (last > 1 and said.words[last - 1].capital):
        last -= 1
    return said.slice(0, last)


def _is_nobody(hearing: Hearing, value: str) -> bool:
    """Whether a name is none: someone, a friend, nobody."""
    words = plain_words(value)
    vague = hearing.language.vague | hearing.language.articles
    return all(word in vague for word in words) or bool(hearing.language.refusal.fullmatch(spaced(words)))


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
        spans.append((hearing.said.words[first].start, hearing.said.words[last - 1].end))
    return hearing.said.without(spans).strip(" ,;")
