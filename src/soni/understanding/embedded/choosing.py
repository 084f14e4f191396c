"""Which flow a message starts, with the values it brings; or which it may be; or none."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from soni.dialogue.commands import CancelFlow, Clarify, Command, OutOfScope, StartFlow
from soni.understanding.embedded.classifier import Classifier
from soni.understanding.embedded.filling import Filling, fill
from soni.understanding.embedded.hearing import Hearing
from soni.understanding.embedded.languages import Language
from soni.understanding.embedded.phrases import core, wish
from soni.understanding.embedded.reach import Reach, stem
from soni.understanding.embedded.said import Said
from soni.understanding.values import yes_or_no
from soni.value import Value

WHOLE: Final = 0.97
"""The confidence of an example word for word, with any values in its places."""

_LIKELY: Final = 3
"""So many flows are looked at with their values."""

_NEAR: Final = 0.5
"""A flow with this part of the best one's confidence may be the one that is meant as well."""

_FAR: Final = 0.2
"""Where two are near already, a third with this part of the best one's confidence is offered with them: one more line costs little."""

_LEAST: Final = 0.6
"""A message that is familiar but like no flow much more than like others starts none below this part of the threshold."""

_EVIDENCE, _MOST_EVIDENCE = 0.25, 0.5
"""What each value in its place, after the first, takes off the doubt whether a flow is meant."""

_TOPIC_WORDS: Final = 2
"""A message of so few telling words may name a topic and not say what to do about it."""

_TOPICAL: Final = 0.4
"""A word in this part of a flow's examples is what the flow is about; 0.3 to 0.5 measure alike."""

_SCRAP: Final = 2

_SHORTEST_OPPOSED: Final = 4
"""Letters of a word whose opposite is heard; *debit* is not the opposite of *bit*."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A flow that a message may be about."""

    flow: str
    confidence: float
    filling: Filling

    @property
    def start(self) -> StartFlow:
        """The command that starts it, with the values it brings."""
        return StartFlow(self.flow, self.filling.slots)


@dataclass(frozen=True, slots=True)
class Choice:
    """The flows a message may be about, the likeliest first."""

    candidates: tuple[Candidate, ...]
    familiarity: float
    """How sure it is that it is about any flow at all."""

    @property
    def best(self) -> Candidate | None:
        """The likeliest."""
        return self.candidates[0] if self.candidates else None


class Chooser:
    """The classifier, and what it cannot know: the author's own words, and the values in a message."""

    def __init__(
        self,
        classifier: Classifier,
        reach: Mapping[str, Reach],
        exact: Mapping[tuple[str, ...], str],
        examples: Mapping[str, Sequence[frozenset[str]]],
        threshold: float,
    ) -> None:
        """``examples`` are the beginnings of all words of each example, by flow."""
        self._classifier = classifier
        self._reach = reach
        self._exact = exact
        self._examples = examples
        self.threshold = threshold

    def exactly(self, said: Said, language: Language) -> str | None:
        """The flow that has this message among its examples, politeness aside."""
        words = tuple(word.text for word in said.words)
        return self._exact.get(words) or self._exact.get(wish(words, language))

    def rank(self, text: str) -> list[str]:
        """All flows by how likely a text is about them, values or not."""
        return [flow for flow, _ in self._classifier.guess(text).shares]

    def choose(self, hearing: Hearing) -> Choice:
        """The likeliest flows; values in a message are no words of a flow, and are left out once they are known."""
        guess = self._classifier.guess(hearing.said.text)
        exact = self.exactly(hearing.said, hearing.language)
        likeliest = (flow for flow, _ in guess.shares[:_LIKELY])
        likely = dict.fromkeys(likeliest if exact is None else (exact, *likeliest))
        candidates: list[Candidate] = []
        familiarity = guess.familiarity
        for flow in likely:
            filling = self.fill(hearing, flow)
            confidence = guess.confidence(flow)
            if filling.values:
                masked = self._classifier.guess(hearing.said.without(filling.spans))
                confidence = max(confidence, masked.confidence(flow))
                familiarity = max(familiarity, masked.familiarity)
            cued = sum(one.cued for one in filling.values)
            if cued > 1:
                evidence = min(_MOST_EVIDENCE, _EVIDENCE * (cued - 1))
                confidence += (1 - confidence) * evidence
                familiarity = max(familiarity, confidence)
            if flow == exact or filling.whole:
                confidence, familiarity = max(confidence, WHOLE), max(familiarity, WHOLE)
            candidates.append(Candidate(flow, confidence, filling))
            if not filling.values and confidence >= WHOLE:
                break
        return Choice(tuple(sorted(candidates, key=lambda candidate: -candidate.confidence)), familiarity)

    def decide(self, choice: Choice, hearing: Hearing) -> list[Command]:
        """Start the flow, ask which of two or three, or say that it is none of them.

        Nothing where it is a flow that cannot be started now: another one would be wrong.
        """
        startable = hearing.briefing.flows
        best = choice.best
        if yes_or_no(hearing.said.text, hearing.moment.language) is not None:
            return []
        if self._is_scrap(hearing):
            return [] if hearing.briefing.choosing else [OutOfScope()]
        if best is not None and len(topical := self._share_topic(choice, best, hearing)) > 1:
            return [clarify(topical)]
        if best is None or choice.familiarity < self.threshold:
            return [OutOfScope()] if self._classifier.knows_any(hearing.said.text) else []
        able = [each for each in choice.candidates if each.flow in startable]
        near = [each for each in able if each.confidence >= _NEAR * best.confidence]
        if best.confidence < self.threshold and len(near) > 1:
            return [clarify([each for each in able[:_LIKELY] if each.confidence >= _FAR * best.confidence])]
        if best.confidence < _LEAST * self.threshold:
            return [OutOfScope()]
        active = hearing.briefing.active_flow
        if hearing.briefing.expected is not None and (best.flow == active or not self.asks_for(hearing, best)):
            return []
        if self.is_opposite(hearing, best.flow):
            return [OutOfScope()]
        if self.leaves(best.flow, hearing):
            return [CancelFlow(best.flow if best.flow != active else None)]
        if best.flow not in startable:
            return []
        return [best.start]

    def _share_topic(self, choice: Choice, best: Candidate, hearing: Hearing) -> list[Candidate]:
        """The flows that are all about what a message names and nothing more: *my card*, where cards are blocked and replaced.

        The classifier would pick the one whose examples happen to be the shortest.
        """
        if hearing.briefing.expected is not None or best.confidence >= WHOLE or self.begins_a_wish(hearing):
            return []
        topic = self._telling(hearing.said.without(best.filling.spans), hearing.language)
        if not topic:  # "my credit card" is a value as a whole, and names what it is a value of
            said = self._telling(hearing.said.text, hearing.language)
            topic = frozenset(
                word for word in said if any(word in one for each in self._examples.values() for one in each)
            )
        if not 0 < len(topic) <= _TOPIC_WORDS:
            return []
        shares = {
            flow: sum(topic <= example for example in examples) / len(examples)
            for flow, examples in self._examples.items()
            if examples and flow in hearing.briefing.flows
        }
        likely = {each.flow: each.confidence for each in choice.candidates}
        alike = sorted(
            (flow for flow, share in shares.items() if share >= _TOPICAL),
            key=lambda flow: (-likely.get(flow, 0.0), -shares[flow]),
        )
        return [Candidate(flow, shares[flow], self.fill(hearing, flow)) for flow in alike[:_LIKELY]]

    def fill(self, hearing: Hearing, flow: str) -> Filling:
        """What a message says of a flow: of the one the user is in from its question on, of others from their first."""
        reach = self._reach[flow]
        ahead = hearing.ahead if reach is hearing.reach else reach.ahead(())
        return fill(hearing.said, reach, hearing.language, hearing.moment, ahead=ahead)

    def _telling(self, text: str, language: Language) -> frozenset[str]:
        """Beginnings of the words of a text that are not everyday ones."""
        return frozenset(stem(word) for word in self._classifier.mended(text) if word not in language.common)

    def leaves(self, flow: str, hearing: Hearing) -> bool:
        """Whether a message speaks of leaving a flow that is not for leaving anything: *cancel my transfer*."""
        words = wish([word.text for word in hearing.said.words], hearing.language)
        return bool(words) and words[0] in hearing.language.cancel - self._reach[flow].literals

    def asks_for(self, hearing: Hearing, best: Candidate) -> bool:
        """Whether a message asks for a flow by itself, beside a question: a verb or a question, and a word of the flow; or two of them."""
        if best.filling.whole or self.exactly(hearing.said, hearing.language) == best.flow:
            return True
        reach, language = self._reach[best.flow], hearing.language
        known = {stem(word) for word in reach.literals} | reach.words
        said = core([word.text for word in hearing.said.words], language)
        mended = self._classifier.mended(" ".join(said))
        telling = {stem(word) for word in mended if word not in language.common and stem(word) in known}
        if len(telling) > 1:
            return True
        return bool(telling) and len(said) > 1 and (self.begins_a_wish(hearing) or said[0] in language.questions)

    def begins_a_wish(self, hearing: Hearing) -> bool:
        """Whether a message begins as a wish does: *I would like to*, or with the verb of an example."""
        words = tuple(word.text for word in hearing.said.words)
        wished = wish(words, hearing.language)
        if len(wished) < len(core(words, hearing.language)):
            return True
        return any(
            wished[0] in self._reach[flow].verbs for flow in hearing.briefing.flows if wished and flow in self._reach
        )

    def is_opposite(self, hearing: Hearing, flow: str) -> bool:
        """Whether a word is the opposite of one of the flow's: *unblock*, where it blocks."""
        reach, common = self._reach[flow], hearing.language.common
        own = {stem(word) for word in reach.literals - common if len(word) >= _SHORTEST_OPPOSED}
        return any(
            word.text.startswith(prefix) and stem(word.text.removeprefix(prefix)) in own
            for word in hearing.said.words
            if word.text not in reach.literals
            for prefix in hearing.language.opposites
        )

    def is_for_unwanted(self, flow: str, words: Sequence[str], language: Language) -> bool:
        """Whether the flow is for not wanting these: *I don't need my booking any more*."""
        telling = [stem(word) for word in words if word not in language.common]
        return telling[:1] != [] and telling[0] in self._reach[flow].unwanted

    def _is_scrap(self, hearing: Hearing) -> bool:
        """One or two words that every message may have, and that no example is: *on*, *what is*."""
        words = [word.text for word in hearing.said.words]
        return (
            len(words) <= _SCRAP
            and all(word in hearing.language.common for word in words)
            and self.exactly(hearing.said, hearing.language) is None
        )

    def among(self, hearing: Hearing, offered: Collection[str]) -> Candidate | None:
        """The one of the offered flows that a message is clearly more about than about the others; ``None`` where there is none.

        It need not be as sure as a message out of nowhere: that it is one of them is likely before a word is said.
        """
        choice = self.choose(hearing)
        meant = [each for each in choice.candidates if each.flow in offered]
        if not meant or meant[0] is not choice.best or choice.familiarity < self.threshold:
            return None
        return meant[0] if len(meant) == 1 or meant[1].confidence < _NEAR * meant[0].confidence else None

    def reach(self, flow: str) -> Reach | None:
        """What one sentence can tell this flow."""
        return self._reach.get(flow)

    def mended(self, text: str) -> Sequence[str]:
        """The words of a text, slips of the finger corrected where the assistant knows the word."""
        return self._classifier.mended(text)


def clarify(near: Sequence[Candidate]) -> Clarify:
    """It is one of these flows; each value that was heard for any of them, the likeliest flow's reading first."""
    slots: dict[str, Value] = {}
    for candidate in reversed(near):
        slots |= candidate.filling.slots
    return Clarify(tuple(each.flow for each in near), slots)
