"""The pending question: yes, no, one of the choices, what is taken back, *I don't know*."""

from soni.dialogue.commands import (
    Affirm,
    AskInfo,
    ClearSlot,
    Command,
    CorrectSlot,
    Deny,
    SetSlot,
    SkipQuestion,
)
from soni.understanding.embedded.corrections import as_before, hear_correction
from soni.understanding.embedded.filling import fill
from soni.understanding.embedded.hearing import TRIED_WORDS, Hearing
from soni.understanding.embedded.languages.base import spaced
from soni.understanding.embedded.openings import opening
from soni.understanding.embedded.phrases import clauses, hear
from soni.understanding.embedded.said import plain_words, say, the_one_called
from soni.understanding.values import yes_or_no


def plain_answer(hearing: Hearing) -> list[Command] | None:
    """An answer that can mean nothing else, whatever its words mean elsewhere: yes, no, one of the choices."""
    expected = hearing.briefing.expected
    if expected is None:
        return None
    text, language = hearing.said.text, hearing.moment.language
    agreed = yes_or_no(text, language)
    if agreed is not None and text.rstrip().endswith("?"):
        # "Yes?" wonders, and is asked again.
        return []
    if expected.slot is None:
        return None if agreed is None else [Affirm() if agreed else Deny()]
    slot = hearing.slots.get(expected.slot)
    if slot is None:
        return None
    if slot.type == "boolean" and agreed is not None:
        return [SetSlot({expected.slot: agreed})]
    if slot.type == "choice":
        names = [(str(name), choice) for choice in slot.choices for name in (choice.value, *choice.synonyms)]
        if (choice := the_one_called(text, names)) is not None:
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
        if agreed and hearing.said.text.rstrip().endswith("?"):
            return []
        if not agreed:
            # "No, wait" announces what is coming.
            return [] if rest and language.turn.fullmatch(spaced(tuple(rest))) else [Deny()]
        # A word of doubt anywhere, and money would move on a "yes but".
        if any(language.turn.match(spaced((word,))) for word in rest) or (language.not_words | language.wrong) & set(
            rest
        ):
            return None
        return [Affirm()] if all(hearing.is_usual(word) for word in rest) else None
    if not opening(hearing.said, language).rest.words:
        return []
    return [Deny()] if len(words) <= TRIED_WORDS and language.wrong & set(words) else None


def behind_a_yes(hearing: Hearing) -> str:
    """What is said behind a yes: *yes, and when are you open?*; empty where there is none, or nothing behind it."""
    words = hearing.said.words
    count = next(
        (n for n in (3, 2, 1) if n < len(words) and yes_or_no(hearing.said.slice(0, n), hearing.moment.language)), 0
    )
    if not count:
        return ""
    joined = words[count].text in hearing.language.joins and count + 1 < len(words)
    return hearing.said.after(count + joined).text


def torn(hearing: Hearing) -> list[Command] | None:
    """A message of nothing but yes, no and cancel that says both: *yes, cancel*; a yes where cancelling is what is asked."""
    language, words = hearing.language, hearing.said.words
    parts = clauses(hearing.said)
    if len(parts) == 1 and len(words) > 1 and yes_or_no(hearing.said.slice(0, 1), hearing.moment.language):
        parts = [say(hearing.said.slice(0, 1)), say(hearing.said.after(1).text)]
    meant: set[bool] = set()
    cancels = hearing.reach is not None and bool(language.cancel & hearing.reach.verbs)
    for part in parts:
        agreed, act = yes_or_no(part.text, hearing.moment.language), hear(part, language)
        if agreed is None and act not in ("cancel", "skip"):
            return None
        meant.add(agreed if agreed is not None else (act == "skip" or cancels))
    if len(meant) > 1 or (meant == {True} and hearing.said.text.rstrip().endswith("?")):
        return []
    return [Affirm() if meant.pop() else Deny()] if len(parts) > 1 else None


def unsure(hearing: Hearing) -> list[Command] | None:
    """*I don't know*: skipped where that is allowed, else explained."""
    if hearing.briefing.expected is None:
        return [] if hearing.briefing.choosing else None
    slot = hearing.slots.get(hearing.pending) if hearing.pending else None
    return [AskInfo(hearing.pending) if slot is None or slot.required else SkipQuestion()]


def _without_known(hearing: Hearing, count: int) -> str:
    """What was said behind so many words, without values that the slots have already."""
    rest = hearing.said.after(count)
    if hearing.reach is None:
        return rest.text
    found = fill(rest, hearing.reach, hearing.language, hearing.moment, hearing.filled).values
    return rest.without((one.start, one.end) for one in found if as_before(hearing, one.slot, one.value))
