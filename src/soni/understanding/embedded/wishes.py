"""Several things in one message: what is left, what is answered and what is wanted next, so that none of them is lost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from soni.dialogue.commands import CancelFlow, Command, CorrectSlot, SetSlot
from soni.understanding.embedded import answers, collecting
from soni.understanding.embedded.choosing import Candidate, Chooser, clarify
from soni.understanding.embedded.hearing import Hearing
from soni.understanding.embedded.languages import Language
from soni.understanding.embedded.languages.base import spaced
from soni.understanding.embedded.phrases import core, hear, negated, wish
from soni.understanding.embedded.reach import stem
from soni.understanding.embedded.said import Said, say
from soni.understanding.values import answer

_EACH: Final = 0.75
"""How sure each of several wishes in one message must be."""

_MAYBE: Final = 0.5
"""How sure a part behind an *and* must be to be asked about beside another wish."""

_BESIDE_A_NAME: Final = 0.85
"""How sure a wish must be where any words could be the answer to the question."""

_AMPERSAND: Final = "&"

_MAX_WISHES: Final = 3
_MAX_PARTS: Final = 6

_NAME_WORDS: Final = 4
"""Words of a name that is said before a wish."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """A flow that a part of a message asks for."""

    candidate: Candidate
    said: Said
    sure: bool


def left(hearing: Hearing, chooser: Chooser) -> CancelFlow | None:
    """*cancel the transfer*, said in the transfer or in what interrupted it, where no other flow is for cancelling."""
    briefing, language = hearing.briefing, hearing.language
    words = wish([word.text for word in hearing.said.words], language)
    if briefing.active_flow is None or len(words) < 2 or words[0] not in language.cancel:
        return None
    named = {stem(word) for word in words[1:] if word not in language.articles | language.common}
    running = [(None, hearing.reach), *((flow, chooser.reach(flow)) for flow in briefing.interrupted)]
    meant = [flow for flow, reach in running if named and reach is not None and named <= reach.words]
    if not meant:
        return None
    best = chooser.choose(hearing).best
    if best is None or best.flow not in briefing.flows or best.flow == (meant[0] or briefing.active_flow):
        return CancelFlow(meant[0])
    other = best.confidence >= chooser.threshold and not chooser.leaves(best.flow, hearing)
    return None if other else CancelFlow(meant[0])


def several(hearing: Hearing, chooser: Chooser) -> list[Command] | None:
    """A cancel or an answer with a wish beside it, or several wishes; ``None`` where a message is one thing.

    The wish named first comes last and so runs first. Where one of several is in doubt, it is asked which is meant.
    """
    parts = _parts(hearing.said, hearing.language)
    if not 2 <= len(parts) <= _MAX_PARTS:
        return None
    beside: list[Command] = []
    wishes: list[_Wish] = []
    for at, (said, joined) in enumerate(parts):
        part, words = replace(hearing, said=said), [word.text for word in said.words]
        act = hear(said, hearing.language)
        if negated(words, hearing.language) or (act == "cancel" and at):
            return None
        cancelled = CancelFlow() if act == "cancel" else left(part, chooser)
        if cancelled is not None:
            beside.append(cancelled)
        elif act is not None or not core(words, hearing.language):
            continue
        elif (wished := _wish(part, chooser, beside, joined=joined)) is not None:
            if chooser.leaves(wished.candidate.flow, part):
                beside.append(CancelFlow(wished.candidate.flow))
            else:
                wishes.append(wished)
        elif answered := _answer(part):
            beside += answered
        elif not wishes:
            return None
        else:
            # "Send a parcel to Bob, five kilos": what is no wish belongs to the one before it.
            wishes[-1] = _with(wishes[-1], part, chooser)
    return _decided(hearing, beside, wishes)


def _decided(hearing: Hearing, beside: Sequence[Command], wishes: Sequence[_Wish]) -> list[Command] | None:
    """The commands for what is said in one message, where it is more than one thing."""
    asked = {each.candidate.flow: each.candidate for each in reversed(wishes)}
    if not asked or len(asked) > _MAX_WISHES or len(asked) + len(beside) < 2:
        return None
    if not all(each.sure for each in wishes):
        return None if beside or len(asked) < 2 else [clarify(list(reversed(asked.values())))]
    if hearing.briefing.active_flow is None and not hearing.briefing.choosing:
        beside = [each for each in beside if each != CancelFlow()]
    return [*beside, *(candidate.start for candidate in asked.values())]


def _wish(part: Hearing, chooser: Chooser, beside: Sequence[Command], *, joined: bool) -> _Wish | None:
    """The flow that a part asks for; beside a question or a cancel it must ask for it by itself."""
    briefing = part.briefing
    if len(part.said.words) < 2 or (best := chooser.choose(part).best) is None or best.flow not in briefing.flows:
        return None
    asks, asked = chooser.asks_for(part, best), briefing.expected is not None
    cancels = any(isinstance(command, CancelFlow) for command in beside)
    free = part.pending is not None and part.expects_any_text
    enough = max(_BESIDE_A_NAME if free else _EACH, chooser.threshold)
    sure = best.confidence >= enough and (asks or not (asked or cancels)) and not chooser.is_opposite(part, best.flow)
    if asked and not cancels:
        own = best.flow == briefing.active_flow
        said = not free or chooser.begins_a_wish(part) or chooser.exactly(part.said, part.language) == best.flow
        sure = sure and said and not own
    # "And need to pay": who wishes twice says only once who it is.
    wished = asks or chooser.asks_for(replace(part, said=say(f"I {part.said.text}")), best)
    doubtful = joined and not asked and wished and best.confidence >= _MAYBE
    return _Wish(best, part.said, sure) if sure or doubtful else None


def _with(wished: _Wish, part: Hearing, chooser: Chooser) -> _Wish:
    """The wish, with the values that are said behind it."""
    said = say(f"{wished.said.text}, {part.said.text}")
    filling = chooser.fill(replace(part, said=said), wished.candidate.flow)
    return replace(wished, said=said, candidate=replace(wished.candidate, filling=filling))


def _answer(part: Hearing) -> list[Command] | None:
    """The values that a part has for the pending question or beside it; ``None`` where it has none.

    A confirm takes a yes or a no only where nothing else is said with it.
    """
    if part.briefing.expected is None:
        return None
    commands = answers.plain_answer(part) or answers.corrected(part, names=False)
    slot = part.slots.get(part.pending or "")
    if not commands and slot is not None and not part.expects_open_text:
        words = [word.text for word in part.said.words]
        if part.expects_any_text and (len(words) > _NAME_WORDS or words[0] in part.language.cancel):
            return None
        commands = collecting.answered(part, answer(slot, part.said.text, part.moment))
    told = commands and all(isinstance(command, SetSlot | CorrectSlot) for command in commands)
    return commands if told else None


def _parts(said: Said, language: Language) -> Sequence[tuple[Said, bool]]:
    """A message cut at *and then*, *and*, and the ends of sentences; and whether *and* stands before the part."""
    parts: list[tuple[Said, bool]] = []
    behind = False
    first = at = 0
    texts = tuple(word.text for word in said.words)
    while at < len(texts):
        match = language.split.match(spaced(texts[at : at + 8])) if at > first else None
        # "&" is no word, and stands inside names as well.
        joined = at > first and _AMPERSAND in said.text[said.words[at - 1].end : said.words[at].start]
        if match or joined or (said.words[at].breaks and at > first):
            parts.append((say(said.slice(first, at)), behind))
            behind = bool(match) or joined
            at += len(match[0].split()) if match else 0
            first = at
        at += 1
    if first < len(texts):
        parts.append((say(said.slice(first, len(texts))), behind))
    return parts
