"""Names, places and other free texts inside a sentence: where they begin and where they end."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from soni.understanding.embedded.languages import Language
from soni.understanding.embedded.reach import Reach, SlotCues, stem
from soni.understanding.embedded.said import Said

MAX_WORDS: Final = 6
"""A name is no longer; what is, stays in the sentence and is asked for."""

MAX_OPEN_WORDS: Final = 60
"""The same for a note or a message."""

Spans = Sequence[tuple[int, int]]


class Gap(NamedTuple):
    """Words of a message, the last excluded."""

    first: int
    last: int


def name_after(said: Said, reach: Reach, cues: SlotCues, spans: Spans, language: Language) -> Gap | None:
    """The words behind one that introduces this slot: *to* Ana Ruiz; ``None`` where there are none."""
    rivals = {
        word
        for other in reach.slots.values()
        if other is not cues and other.slot.type == "string"
        for word in other.left
    }
    for at, word in enumerate(said.words[:-1]):
        if (
            at
            and ends_with(said, at + 1, cues.spelled)
            and (gap := _after_name(said, at + 1, reach, cues, spans, language))
        ):
            return gap
        if at and word.text in language.become and _speaks_of(said, at, cues, language):
            gap = reads_as_name(said, until_end(said, at + 1, reach, cues, spans, language), cues, language)
            if gap is not None:
                return gap
        if word.text not in cues.left or word.text in rivals or _taken(said, at, spans):
            continue
        if at and said.words[at - 1].text in language.infinitives and not said.words[at + 1].capital:
            continue
        gap = reads_as_name(said, until_end(said, at + 1, reach, cues, spans, language), cues, language)
        if gap is None or (said.words[gap.first].text in reach.verbs and not said.words[gap.first].capital):
            continue
        if word.text in language.common or not _only_literals(said, gap, reach, language):
            return gap
    return None


def _speaks_of(said: Said, count: int, cues: SlotCues, language: Language) -> bool:
    """Whether the first words are about the slot and nothing else: *the departure city* is."""
    words = [word.text for word in said.words[:count] if word.text not in language.articles]
    return bool(words) and all(stem(word) in cues.stems for word in words)


def _only_literals(said: Said, gap: Gap, reach: Reach, language: Language) -> bool:
    """Whether the words are those of the flow's examples, and no value."""
    return all(
        not word.capital and word.text in reach.literals | language.common | language.articles
        for word in said.words[gap.first : gap.last]
    )


def ends_with(said: Said, last: int, run: tuple[str, ...]) -> bool:
    """Whether the words before a place are these."""
    return bool(run) and last >= len(run) and tuple(word.text for word in said.words[last - len(run) : last]) == run


def _after_name(said: Said, first: int, reach: Reach, cues: SlotCues, spans: Spans, language: Language) -> Gap | None:
    """The words behind the slot's own name: *first name* Ana, *the destination is* Rome."""
    while first < len(said.words) and said.words[first].text in language.become:
        first += 1
    return reads_as_name(said, until_end(said, first, reach, cues, spans, language), cues, language)


def name_before(said: Said, reach: Reach, cues: SlotCues, spans: Spans, language: Language) -> Gap | None:
    """A name without a word that introduces it: between the verb and another value, or the only words with a capital."""
    verbs = reach.verbs | frozenset(
        word for template in reach.templates for literal in template.literals[:1] for word in literal[-1:]
    )
    for at, word in enumerate(said.words[:-1]):
        if word.text in verbs:
            gap = until_end(said, at + 1, reach, cues, spans, language)
            followed = (
                gap.last < len(said.words)
                and _taken(said, gap.last, spans)
                and said.slice(*gap).replace(" ", "").isalpha()
            )
            named = reads_as_name(said, gap, cues, language) if followed else None
            if named is not None and not _only_literals(said, named, reach, language):
                return named
    capitals = [at for at, word in enumerate(said.words) if word.capital and not _taken(said, at, spans)]
    if capitals[:1] == [1] and _opens_with_name(said, reach, spans, language):
        capitals.insert(0, 0)
    if capitals and capitals == list(range(capitals[0], capitals[-1] + 1)) and len(capitals) <= MAX_WORDS:
        return reads_as_name(said, Gap(capitals[0], capitals[-1] + 1), cues, language)
    return None


def _opens_with_name(said: Said, reach: Reach, spans: Spans, language: Language) -> bool:
    """Whether the first word, which has a capital letter in any case, is the first of a name: *Ana Ruiz*."""
    first = said.words[0]
    ordinary = reach.literals | reach.verbs | language.common | language.politeness
    return said.text[first.start].isupper() and first.text not in ordinary and not _taken(said, 0, spans)


def reads_as_name(said: Said, gap: Gap, cues: SlotCues, language: Language) -> Gap | None:
    """The words without politeness around them; ``None`` where they cannot be a value."""
    first, last = gap
    trailing = language.politeness if cues.open_ended else language.politeness | language.common
    while last > first and said.words[last - 1].text in trailing and not said.words[last - 1].capital:
        last -= 1
    while cues.bare and last - first > 1 and said.words[first].text in language.articles:
        first += 1
    words = said.words[first:last]
    if not words or len(words) > (MAX_OPEN_WORDS if cues.open_ended else MAX_WORDS):
        return None
    empty = language.common | language.vague | language.articles
    if all(word.text in empty and not word.capital for word in words):
        return None
    if not cues.open_ended and all(word.text[0].isdigit() for word in words):
        return None
    opening = words[0]
    if opening.text in language.common - language.articles and not opening.capital and not cues.open_ended:
        return None
    return Gap(first, last)


def until_end(said: Said, first: int, reach: Reach, cues: SlotCues, spans: Spans, language: Language) -> Gap:
    """The words from here to the next value, the next word that introduces one, or the end of the clause."""
    introduce = frozenset(word for other in reach.slots.values() if other is not cues for word in other.left)
    stops = introduce | cues.left | cues.right
    spelled = [other.spelled for other in reach.slots.values() if other is not cues]
    if not cues.open_ended:
        stops |= language.ends
    last = first
    while last < len(said.words):
        word = said.words[last]
        if _taken(said, last, spans) or (last > first and word.breaks):
            break
        if word.text in stops and not (word.capital and last > first):
            break
        if last > first and word.text in language.begins and not word.capital and not cues.open_ended:
            break
        if any(ends_with(said, last + len(run), run) for run in spelled):
            break
        if word.text in language.joins and not _joins_names(said, last, language):
            break
        last += 1
    return Gap(first, last)


def _joins_names(said: Said, at: int, language: Language) -> bool:
    """Whether *and* stands inside a name: Simon and Garfunkel."""
    following = said.words[at + 1] if at + 1 < len(said.words) else None
    return following is not None and following.capital and following.text not in language.common


def _taken(said: Said, at: int, spans: Spans) -> bool:
    word = said.words[at]
    return any(start < word.end and word.start < end for start, end in spans)
