"""What the user wants, understood on this machine from what the author wrote: no key, no network, no waiting."""

from collections.abc import Callable, Mapping
from typing import Final

from soni.config.models import SoniConfig
from soni.dialogue.commands import (
    AskInfo,
    CancelFlow,
    ChitChat,
    Command,
    Deny,
    HumanHandoff,
    OutOfScope,
    Repeat,
    Restart,
    SetSlot,
    SkipQuestion,
    StartFlow,
)
from soni.dialogue.payloads import parse_payload
from soni.understanding.base import Briefing
from soni.understanding.embedded import answers, collecting, offers, wishes
from soni.understanding.embedded.choosing import Candidate, Chooser
from soni.understanding.embedded.classifier import Classifier, Example
from soni.understanding.embedded.corrections import says_more, takes_back
from soni.understanding.embedded.hearing import Hearing
from soni.understanding.embedded.languages import CHITCHAT, Act, command_words, common_words, language_of
from soni.understanding.embedded.phrases import clauses, core, hear, hear_inside, negated, taken_over, wish
from soni.understanding.embedded.reach import bare_example, stem, stems_of, survey_reach
from soni.understanding.embedded.said import plain_words, say
from soni.understanding.values import Moment, answer, prepare, yes_or_no
from soni.value import Value

_DIGRESSION: Final = 0.85
"""How sure a message must be about another flow to leave a question that it could answer as well."""

_BEYOND_DOUBT: Final = 0.95
"""How sure it must be where one word alone tells the other flow."""

_PLAIN_ACTS: Final[Mapping[Act, Callable[[], Command]]] = {
    "cancel": CancelFlow, "restart": Restart, "repeat": Repeat, "person": HumanHandoff, "skip": SkipQuestion,
}  # fmt: skip


def build(config: SoniConfig) -> "EmbeddedUnderstander":
    """Learn an assistant's flows and warm up what reading values needs; blocking, 0.1 s for ten flows, 2 s for 150."""
    i18n = config.settings.i18n
    tags = dict.fromkeys((i18n.default_language, *i18n.supported_languages))
    for tag in tags:
        prepare(config.slots.values(), tag)
    return EmbeddedUnderstander(config)


class EmbeddedUnderstander:
    """An ``Understander`` that only computes: it never waits, and says the same whenever it is asked the same."""

    def __init__(self, config: SoniConfig) -> None:
        i18n = config.settings.i18n
        default = language_of(i18n.default_language)
        self._slots = config.slots
        self._reach = survey_reach(config, default)
        spoken = {name: flow.trigger.intents for name, flow in config.user_flows() if flow.startable}
        self._taken = taken_over(spoken, default)
        tags = (i18n.default_language, *i18n.supported_languages)
        classifier = Classifier(_examples(config), common_words(tags), command_words(tags))
        exact: dict[tuple[str, ...], str] = {}
        for name, examples in spoken.items():
            for example in examples:
                if "{" not in example:
                    exact.setdefault(plain_words(example), name)
                    exact.setdefault(wish(plain_words(example), default), name)
        exact.pop((), None)
        stems = {name: [stems_of(bare_example(text)) for text in texts] for name, texts in spoken.items()}
        self._chooser = Chooser(classifier, self._reach, exact, stems, config.settings.models.nlu.threshold)

    async def understand(self, said: str, briefing: Briefing) -> list[Command]:
        """What the user wants; an empty list when nothing was understood."""
        return self.hear(said, briefing)

    def hear(self, said: str, briefing: Briefing) -> list[Command]:
        """The same, for callers that do not await."""
        hearing = self._hearing(said, briefing)
        if (pressed := _pressed(hearing)) is not None:
            return pressed
        if (taken := offers.chosen(hearing, self._chooser)) is not None:
            return taken
        if (plain := answers.plain_answer(hearing)) is not None:
            return plain
        if not hearing.said.words:
            return []
        exact = self._chooser.exactly(hearing.said, hearing.language)
        if exact is not None and exact == briefing.active_flow and briefing.expected is not None:
            return [StartFlow(exact)] if exact in briefing.flows else []
        if exact is None or exact not in briefing.flows:
            if (acted := self._act(hearing)) is not None:
                return acted
            if (several := wishes.several(hearing, self._chooser)) is not None:
                return several
            if (told := offers.told(hearing, self._chooser)) is not None:
                return told
            if (unwanted := self._unwanted(hearing)) is not None:
                return unwanted
            if (done := self._pending(hearing)) is not None:
                return done
        return self._chooser.decide(self._chooser.choose(hearing), hearing)

    def likeliest(self, said: str, briefing: Briefing) -> str | None:
        """The flow a message is about more than about any other, however little."""
        best = self._chooser.choose(self._hearing(said, briefing)).best
        return best.flow if best else None

    def plainly(self, said: str, briefing: Briefing) -> list[Command] | None:
        """The commands of a message that can mean nothing else; ``None`` for any other.

        The title of a button, a yes or no to the pending question, one of its choices; and what fits a sensitive slot that
        is being asked for, which had better not leave this machine: any message at all, where that slot takes any text.
        """
        expected = briefing.expected
        if expected is None and not briefing.offered:
            return None
        hearing = self._hearing(said, briefing)
        if expected is not None and (payload := offers.titled(hearing, expected.buttons)) is not None:
            return parse_payload(payload) or _spoken(hearing, payload)
        if (payload := offers.titled(hearing, briefing.offered)) is not None:
            return parse_payload(payload)
        if plain := answers.plain_answer(hearing):
            return plain
        slot = self._slots.get(hearing.pending or "")
        if slot is None or not slot.sensitive:
            return None
        if slot.type == "string" and slot.pattern is None:
            return self.hear(said, briefing)  # any text may be the secret
        return [SetSlot({str(hearing.pending): said})] if answer(slot, said, hearing.moment) is not None else None

    def rank(self, said: str) -> list[str]:
        """The flows that were learned, the likeliest to be meant first, whatever is pending."""
        return self._chooser.rank(said)

    def _hearing(self, said: str, briefing: Briefing) -> Hearing:
        reach, expected = self._reach.get(briefing.active_flow or ""), briefing.expected
        if expected is not None and (reach is None or expected.slot not in {None, *reach.slots}):
            reach = self._reach.get(expected.flow, reach)
        moment = Moment(briefing.now, briefing.language)
        return Hearing(say(said), briefing, language_of(briefing.language), moment, reach, self._slots)

    def _act(self, hearing: Hearing) -> list[Command] | None:
        """What people say to any assistant, unless the author has a flow for it."""
        act = hear(hearing.said, hearing.language)
        act = act or hear_inside(hearing.said, hearing.language)
        active = hearing.briefing.active_flow is not None
        if act is None:
            return None if (left := wishes.left(hearing, self._chooser)) is None else [left]
        taken = self._taken.get(act)
        if taken in hearing.briefing.flows and not (
            active and act in ("cancel", "repeat", "explain", "skip", "unsure")
        ):
            return [StartFlow(taken)]
        if act in _PLAIN_ACTS:
            return None if act == "skip" and hearing.briefing.expected is None else [_PLAIN_ACTS[act]()]
        if act in CHITCHAT:
            return [ChitChat()]
        if act == "unsure":
            return answers.unsure(hearing)
        return [AskInfo(hearing.pending)]

    def _pending(self, hearing: Hearing) -> list[Command] | None:
        """What a message says to the pending question; ``None`` where it is about something else."""
        expected = hearing.briefing.expected
        if expected is None or (expected.slot is not None and expected.slot not in self._slots):
            return None
        if expected.slot is None:
            return self._at_confirm(hearing)
        corrected = answers.corrected(hearing, names=False)
        return corrected if corrected is not None else self._at_collect(hearing, expected.slot)

    def _at_confirm(self, hearing: Hearing) -> list[Command] | None:
        """A request of its own is never taken for a new value of what is about to be confirmed."""
        if (settled := answers.torn(hearing)) is not None:
            return settled
        other = self._digression(hearing, self._chooser.threshold)
        if other is not None and (says_more(hearing) or not takes_back(hearing)):
            return [other]
        behind = answers.behind_a_yes(hearing)
        if behind and (other := self._digression(_saying(hearing, behind), self._chooser.threshold)) is not None:
            return [
                other
            ]  # the question comes back once that is answered: until then, the yes may be about other values
        renamed = answers.corrected(hearing, names=True)
        return renamed if renamed is not None else answers.confirmed(hearing)

    def _unwanted(self, hearing: Hearing) -> list[Command] | None:
        """*Don't send it*, *unblock my card*: what is not to be done starts nothing, and ends it where it is being done."""
        expected, language = hearing.briefing.expected, hearing.language
        cues = hearing.reach.slots.get(hearing.pending or "") if hearing.reach else None
        if cues is not None and cues.open_ended:
            return None
        parts = clauses(hearing.said)
        unwanted = [negated([word.text for word in part.words], language) for part in parts]
        if not any(unwanted) and not any(word.text.startswith(language.opposites) for word in hearing.said.words):
            return None
        best = self._chooser.choose(hearing).best
        if best is None or (expected is not None and best.confidence < self._chooser.threshold):
            return None
        refuses = any(words and not self._chooser.is_for_unwanted(best.flow, words, language) for words in unwanted)
        if not refuses and not self._chooser.is_opposite(hearing, best.flow):
            return None
        wanted = [part for part, words in zip(parts, unwanted, strict=True) if not words]
        if refuses and any(core([word.text for word in part.words], language) for part in wanted):
            if expected is not None:
                return None
            heard = _saying(hearing, " ".join(part.text for part in wanted))
            return self._chooser.decide(self._chooser.choose(heard), heard)
        if not refuses or best.flow != hearing.briefing.active_flow or expected is None:
            return [] if expected is not None and expected.slot is None else [OutOfScope()]
        return [Deny() if expected.slot is None else CancelFlow()]

    def _at_collect(self, hearing: Hearing, name: str) -> list[Command] | None:
        slot = self._slots[name]
        words = hearing.said.words
        free = slot.type == "string" and slot.pattern is None
        # "Bob?" is an answer by somebody who wonders whether it is a good one.
        wondering = free and len(words) <= 2 and not _asks(hearing)
        text = hearing.said.text.rstrip("? \n") if wondering else hearing.said.text
        value = answer(slot, text, hearing.moment)
        # "My parcel" joined would fit the pattern of a tracking number.
        if only_words := value is not None and collecting.is_only_words(hearing, slot):
            value = None
        question = not wondering and (text.rstrip().endswith("?") or _asks(hearing))
        if value is None and not (free and len(words) <= 2):
            other = self._digression(hearing, self._chooser.threshold)
        elif len(words) > 2 and (not free or question or self._chooser.begins_a_wish(hearing)):
            other = self._digression(hearing, _DIGRESSION, beside=None if free else value)
        else:
            other = None
        if other is not None:
            return [other]
        if (renamed := answers.corrected(hearing, names=True)) is not None:
            return renamed
        if (
            free
            and len(words) > 2
            and self._chooser.begins_a_wish(hearing)
            and (again := self._same_flow(hearing, _DIGRESSION))
        ):
            return again
        if (answered := collecting.answered(hearing, value)) is not None:
            return answered
        again = self._same_flow(hearing, self._chooser.threshold)
        if again is not None or only_words:
            return again or []
        return collecting.unanswered(hearing, question=question)

    def _digression(self, hearing: Hearing, sure: float, beside: Value | None = None) -> Command | None:
        """The start of another flow, sure enough to leave the question for it; or its end."""
        best = self._chooser.choose(hearing).best
        if best is None or best.confidence < sure or best.flow == hearing.briefing.active_flow:
            return None
        if best.flow not in hearing.briefing.flows or not self._chooser.asks_for(hearing, best):
            return None
        if self._chooser.is_opposite(hearing, best.flow) or (beside is not None and not self._says_more(hearing, best)):
            return None
        return CancelFlow(best.flow) if self._chooser.leaves(best.flow, hearing) else best.start

    def _says_more(self, hearing: Hearing, best: Candidate) -> bool:
        """Whether there are words of another flow around what could be the answer."""
        around = plain_words(hearing.said.without(best.filling.spans))
        own = hearing.reach.words if hearing.reach else frozenset()
        telling = [
            word
            for word in around
            if word not in hearing.language.common and not word[0].isdigit() and stem(word) not in own
        ]
        return len(telling) > 1 or (bool(telling) and best.confidence >= _BEYOND_DOUBT)

    def _same_flow(self, hearing: Hearing, sure: float) -> list[Command] | None:
        """The active flow named once more: it is not begun anew, and the question stands."""
        active = hearing.briefing.active_flow
        best = self._chooser.choose(hearing).best
        if best is None or best.flow != active or best.confidence < sure:
            return None
        if best.filling.values:
            return [SetSlot(best.filling.slots)]
        if hearing.said.text.rstrip().endswith("?") or _asks(hearing):
            return [AskInfo(hearing.pending)]
        return [StartFlow(best.flow)] if best.flow in hearing.briefing.flows else []


def _asks(hearing: Hearing) -> bool:
    words = core([word.text for word in hearing.said.words], hearing.language)
    return bool(words) and words[0] in hearing.language.questions and len(words) > 1


def _pressed(hearing: Hearing) -> list[Command] | None:
    """What a button says whose title was typed, or whose place was named."""
    expected = hearing.briefing.expected
    if expected is None or not expected.buttons:
        return None
    payload = offers.titled(hearing, expected.buttons)
    if payload is None:
        payload = offers.placed(hearing)
    if not payload:
        return None if payload is None else []
    commands = parse_payload(payload)
    return commands if commands is not None else _spoken(hearing, payload)


def _spoken(hearing: Hearing, payload: str) -> list[Command] | None:
    """A payload that is no command answers the question in words."""
    name = hearing.pending
    if name is None:
        agreed = yes_or_no(payload, hearing.moment.language)
        return None if agreed is None else answers.plain_answer(_saying(hearing, payload))
    return [SetSlot({name: payload})]


def _saying(hearing: Hearing, text: str) -> Hearing:
    return Hearing(say(text), hearing.briefing, hearing.language, hearing.moment, hearing.reach, hearing.slots)


def _examples(config: SoniConfig) -> list[Example]:
    """What teaches the flows: the author's examples without their places for values, then descriptions and names."""
    examples: list[Example] = []
    for name, flow in config.user_flows():
        if flow.startable:
            bare = (bare_example(intent) for intent in flow.trigger.intents)
            examples += [Example(text, name) for text in bare if plain_words(text)]
            examples += [
                Example(text, name, spoken=False)
                for text in (flow.description, name.replace("_", " "))
                if plain_words(text)
            ]
    return examples
