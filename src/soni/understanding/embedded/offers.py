"""What is offered to press: a title, *the second one*, a word of one title alone, or *neither* as the answer to a choice."""

from collections.abc import Mapping, Sequence
from typing import Final

from soni.config.models import Slot
from soni.dialogue.commands import CancelFlow, Command, StartFlow
from soni.dialogue.payloads import parse_payload
from soni.understanding.embedded.choosing import Chooser
from soni.understanding.embedded.filling import Filling, fill
from soni.understanding.embedded.hearing import Hearing
from soni.understanding.embedded.languages import Language
from soni.understanding.embedded.languages.base import spaced
from soni.understanding.embedded.phrases import core, negated
from soni.understanding.embedded.reach import stem
from soni.understanding.embedded.said import plain_words, the_one_called
from soni.understanding.values import answer, yes_or_no

_ANY_TEXT: Final = Slot(type="string")
"""Reads an answer without the words that carry it: *I'll take* the first one."""

_PLACE_WORDS: Final = 4
"""Words of the longest way to name a place in a list: *the option number two*."""


def titled(hearing: Hearing, offered: Mapping[str, str]) -> str | None:
    """The payload of the button whose title was typed."""
    wonders = hearing.said.text.rstrip().endswith("?")
    # "Yes?" wonders; nobody presses a button that way.
    titles = [(title, payload) for title, payload in offered.items() if title.rstrip().endswith("?") or not wonders]
    if (payload := the_one_called(hearing.said.text, titles)) is not None:
        return payload
    typed = core(tuple(word.text for word in hearing.said.words), hearing.language)
    alike = {payload for title, payload in titles if typed and plain_words(title) == typed}
    return alike.pop() if len(alike) == 1 else None


def placed(hearing: Hearing) -> str | None:
    """The payload of the button that is named by its place: *the second one*; empty where there are not so many.

    A choice that the author named so, the day that is the second of a month and a bare number are left to the question.
    """
    expected = hearing.briefing.expected
    slot = hearing.slots.get(hearing.pending or "")
    if expected is None or not expected.buttons or slot is None or hearing.briefing.choosing:
        return None
    said = answer(_ANY_TEXT, hearing.said.text, hearing.moment)
    words = plain_words(str(said)) if said is not None else ()
    counted = any(word in hearing.language.ordinals for word in words)
    place = _place(words, hearing.language, bare=counted and slot.type == "string" and slot.pattern is None)
    if place is None or any(
        words == plain_words(str(name)) for choice in slot.choices for name in (choice.value, *choice.synonyms)
    ):
        return None
    payloads = list(expected.buttons.values())
    return payloads[place] if -len(payloads) <= place < len(payloads) else ""


def chosen(hearing: Hearing, chooser: Chooser) -> list[Command] | None:
    """What a message takes of what is offered; ``None`` where it is about something else.

    While a question is pending, a bare number, a yes and a no are for the question, which was put last.
    """
    offered = hearing.briefing.offered
    if not offered or not hearing.said.words:
        return None
    if (payload := titled(hearing, offered)) is not None:
        return parse_payload(payload)
    if (numbered := _by_place(hearing, chooser)) is not None:
        return numbered
    if not hearing.briefing.choosing:
        return None
    words = [word.text for word in hearing.said.words]
    texts = {spaced(tuple(words)), spaced(core(words, hearing.language))}
    if any(hearing.language.none_of_them.fullmatch(text) for text in texts if text):
        return [CancelFlow()]
    if hearing.briefing.expected is not None:
        return None
    agreed = yes_or_no(hearing.said.text, hearing.moment.language)
    return None if agreed is None else _agreed(hearing, agreed)


def told(hearing: Hearing, chooser: Chooser) -> list[Command] | None:
    """The flow that alone has the telling words of an answer in its name or its examples; else the one it is clearly about."""
    language, flows = hearing.language, _flows(hearing)
    if not hearing.briefing.choosing or hearing.briefing.expected is not None:
        return None
    if negated([word.text for word in hearing.said.words], language):
        return None
    fillings = {
        flow: fill(hearing.said, reach, language, hearing.moment, ahead=reach.ahead(()))
        for flow in flows
        if (reach := chooser.reach(flow)) is not None
    }
    for known in (_named, _spoken):
        fitting = [
            flow
            for flow, filling in fillings.items()
            if (telling := _telling(hearing, chooser, filling)) and telling <= known(chooser, flow)
        ]
        if len(fitting) == 1:
            return [StartFlow(fitting[0], fillings[fitting[0]].slots)]
    best = chooser.among(hearing, flows)
    return [best.start] if best is not None else None


def _telling(hearing: Hearing, chooser: Chooser, filling: Filling) -> frozenset[str]:
    """Beginnings of the words around the values that are not everyday ones."""
    around = chooser.mended(hearing.said.without(filling.spans))
    return frozenset(stem(word) for word in around if word not in hearing.language.common)


def _agreed(hearing: Hearing, agreed: bool) -> list[Command] | None:
    """No to all that is offered; a yes says something only where one thing is."""
    if hearing.said.text.rstrip().endswith("?"):
        return []
    if not agreed:
        return [CancelFlow()]
    payloads = list(hearing.briefing.offered.values())
    return parse_payload(payloads[0]) if len(payloads) == 1 else []


def _by_place(hearing: Hearing, chooser: Chooser) -> list[Command] | None:
    """*The second one*, *option 2*, and values behind it."""
    payloads = list(hearing.briefing.offered.values())
    words = [word.text for word in hearing.said.words]
    for count in range(min(_PLACE_WORDS, len(words)), 0, -1):
        bare = hearing.briefing.expected is None and hearing.briefing.choosing
        place = _place(words[:count], hearing.language, bare=bare)
        if place is None:
            continue
        if not -len(payloads) <= place < len(payloads):
            return [] if hearing.briefing.choosing else None
        commands, rest = parse_payload(payloads[place]), hearing.said.after(count)
        if not core([word.text for word in rest.words], hearing.language):
            return commands
        match commands:
            case [StartFlow(flow, slots)] if (reach := chooser.reach(flow)) is not None:
                values = fill(rest, reach, hearing.language, hearing.moment, ahead=reach.ahead(())).slots
                return [StartFlow(flow, {**slots, **values})] if values else None
        return None
    return None


def _place(words: Sequence[str], language: Language, *, bare: bool) -> int | None:
    """The place that these words name, and nothing else; ``bare``: a number alone does."""
    words = core(words, language)
    told = [word for word in words if word not in language.articles]
    ordinal = [language.ordinals[word] for word in told if word in language.ordinals]
    rest = [word for word in told if word not in language.ordinals]
    if len(ordinal) == 1:
        named = all(word in language.options for word in rest)
        return ordinal[0] if named and (rest or bare) else None
    counted = [language.cardinals[word] for word in rest if word in language.cardinals]
    others = [word for word in rest if word not in language.cardinals]
    if ordinal or len(counted) != 1 or not all(word in language.options for word in others):
        return None
    # "That one" points at nothing; "one" alone does.
    return counted[0] if others or (bare and len(words) == 1) else None


def _flows(hearing: Hearing) -> list[str]:
    """The flows that the offered payloads start."""
    payloads = (parse_payload(payload) for payload in hearing.briefing.offered.values())
    return [command.flow for commands in payloads for command in commands or () if isinstance(command, StartFlow)]


def _named(chooser: Chooser, flow: str) -> frozenset[str]:
    """Beginnings of the words a flow is offered with, and of those of its name."""
    reach = chooser.reach(flow)
    return reach.words if reach is not None else frozenset()


def _spoken(chooser: Chooser, flow: str) -> frozenset[str]:
    """These, and beginnings of the words of its examples."""
    reach = chooser.reach(flow)
    return reach.words.union(stem(word) for word in reach.literals) if reach is not None else frozenset()
