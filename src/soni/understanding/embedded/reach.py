"""What each flow can be told in one sentence: its slots, and the words that stand around their values."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from soni.config.models import Flow, Slot, SoniConfig
from soni.config.steps import Action, Call, Collect
from soni.dialogue.flows import Flows, survey
from soni.understanding.embedded.languages import Language
from soni.understanding.embedded.phrases import negated
from soni.understanding.embedded.said import plain_words
from soni.understanding.values import counts_people

_PLACEHOLDER: Final = re.compile(r"\{\s*([A-Za-z_]\w*)[^{}]*\}")
_STEM: Final = 5


@dataclass(frozen=True, slots=True)
class Template:
    """A trigger example with places for values, taken apart."""

    literals: tuple[tuple[str, ...], ...]
    """The folded words before, between and after the places; one more than there are places."""
    slots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SlotCues:
    """A slot of a flow, and how its value can be told from others."""

    name: str
    slot: Slot
    left: frozenset[str]
    """Words that stand directly before it."""
    right: frozenset[str]
    """Words that stand directly behind it."""
    stems: frozenset[str]
    """Beginnings of the words of its name and description that are not common ones."""
    spelled: tuple[str, ...]
    """The words of its name, where they are more than one everyday word."""
    named: frozenset[str]
    """Beginnings of the words of its name alone."""
    inner: frozenset[str]
    """Words inside a value that say that it is this one: two of *us*, where people are counted."""
    open_ended: bool
    """Any sentence may be its value."""
    bare: bool
    """The examples have an article before it, which is therefore no part of the value: *heat the {room}*."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A flow, as far as one sentence can fill it."""

    flow: str
    slots: Mapping[str, SlotCues]
    """Those a user may fill, in the order they are asked."""
    templates: tuple[Template, ...]
    verbs: frozenset[str]
    """First words of its examples that are no common ones: no value begins with one of them after *to*."""
    literals: frozenset[str]
    """All words of its examples; behind a verb they are no values: *send money*, *add a contact*."""
    stages: Mapping[str, int]
    """How many actions stand before the question for each slot."""
    person: tuple[str, str] | None
    """The slots of a first and of a last name, where it asks for both."""
    words: frozenset[str]
    """Beginnings of the words of its name and description: *cancel the transfer*."""
    unwanted: frozenset[str]
    """Beginnings of the words that its examples say are not wanted: *I don't need my booking any more*."""

    def ahead(self, asked: Iterable[str]) -> frozenset[str]:
        """Slots that are asked for only after one more action, whose outcome they may be about, and that no example has.

        ``asked`` are the slots of questions that were put; without any, the first question is still to come.
        """
        known = [self.stages[name] for name in asked if name in self.stages]
        now = max(known) if known else min(self.stages.values(), default=0)
        told = {name for template in self.templates for name in template.slots}
        return frozenset(name for name, stage in self.stages.items() if stage > now and name not in told)


def survey_reach(config: SoniConfig, language: Language) -> Mapping[str, Reach]:
    """The reach of every flow that users see."""
    flows = survey(config, dict(config.user_flows()))
    return {name: _reach(name, flow, config, flows, language) for name, flow in config.user_flows()}


def stem(word: str) -> str:
    """The beginning of a word, alike for *return* and *returning*; short words lose their plural."""
    short = word[:-1] if len(word) > 3 and word.endswith("s") else word
    return short[:_STEM]


def stems_of(text: str, without: Iterable[str] = ()) -> frozenset[str]:
    """The beginnings of the words of a text or a name."""
    return frozenset(
        stem(word) for word in plain_words(text.replace("_", " ")) if word not in without and len(word) > 1
    )


def parse_trigger(example: str) -> Template | None:
    """An example with places for values; ``None`` for one without."""
    pieces = _PLACEHOLDER.split(example)
    if len(pieces) == 1:
        return None
    return Template(tuple(plain_words(piece) for piece in pieces[::2]), tuple(pieces[1::2]))


def bare_example(example: str) -> str:
    """An example without its places for values."""
    return " ".join(_PLACEHOLDER.sub(" ", example).split())


def _reach(name: str, flow: Flow, config: SoniConfig, flows: Flows, language: Language) -> Reach:
    templates = tuple(template for example in flow.trigger.intents if (template := parse_trigger(example)))
    fillable = flows[name].own - flows.system
    order = [slot for slot in _in_order(name, config, set()) if slot in fillable and slot in config.slots]
    firsts = (_content(plain_words(bare_example(example)), language) for example in flow.trigger.intents)
    asked = {step.slot: step.message.text for step in flow.walk() if isinstance(step, Collect) and step.message}
    slots = {
        slot: _cues(slot, config.slots[slot], templates, language, asked.get(slot, "")) for slot in dict.fromkeys(order)
    }
    literals = frozenset(word for example in flow.trigger.intents for word in plain_words(bare_example(example)))
    return Reach(
        flow=name,
        slots=slots,
        templates=tuple(template for template in templates if set(template.slots) <= fillable),
        verbs=frozenset(words[0] for words in firsts if words),
        literals=literals,
        stages=_stages(name, config),
        person=_person(slots, language),
        words=stems_of(name, language.common) | stems_of(flow.description, language.common),
        unwanted=frozenset(
            stem(word)
            for example in flow.trigger.intents
            for clause in bare_example(example).split(",")
            for word in negated(plain_words(clause), language)
            if word not in language.common
        ),
    )


def _person(slots: Mapping[str, SlotCues], language: Language) -> tuple[str, str] | None:
    given = [name for name in slots if " ".join(plain_words(name.replace("_", " "))).endswith(language.given_names)]
    family = [name for name in slots if " ".join(plain_words(name.replace("_", " "))).endswith(language.family_names)]
    return (given[0], family[0]) if len(given) == len(family) == 1 else None


def _in_order(name: str, config: SoniConfig, seen: set[str]) -> list[str]:
    """The slots of a flow as they are asked, those of flows it calls on its own slots in their place; then the others."""
    if name in seen or name not in config.flows:
        return []
    seen.add(name)
    flow = config.flows[name]
    order: list[str] = []
    for step in flow.walk():
        if isinstance(step, Collect):
            order.append(step.slot)
        elif isinstance(step, Call) and step.inputs is None:
            order += _in_order(step.flow, config, seen)
    named = (slot for example in flow.trigger.intents for slot in _PLACEHOLDER.findall(example))
    return [*order, *flow.input_names, *named]


def _stages(name: str, config: SoniConfig) -> Mapping[str, int]:
    """How many actions stand before the first question for each slot."""
    stages: dict[str, int] = {}
    actions = 0

    def visit(flow: str, seen: frozenset[str]) -> None:
        nonlocal actions
        if flow in seen or flow not in config.flows:
            return
        for step in config.flows[flow].walk():
            if isinstance(step, Action):
                actions += 1
            elif isinstance(step, Collect):
                stages.setdefault(step.slot, actions)
            elif isinstance(step, Call) and step.inputs is None:
                visit(step.flow, seen | {flow})

    visit(name, frozenset())
    return stages


def _content(words: tuple[str, ...], language: Language) -> list[str]:
    return [word for word in words if word not in language.common]


def _cues(name: str, slot: Slot, templates: tuple[Template, ...], language: Language, asked: str) -> SlotCues:
    left: set[str] = set()
    right: set[str] = set()
    bare = False
    for template in templates:
        for at, each in enumerate(template.slots):
            if each == name:
                before = [word for word in template.literals[at] if word not in language.articles]
                left.update(before[-1:])
                bare = bare or template.literals[at][-1:] != tuple(before[-1:])
                right.update(template.literals[at + 1][:1])
    right |= _units(" ".join((name.replace("_", " "), slot.description, asked or _prompt(slot))), slot, language)
    spelled = plain_words(name.replace("_", " "))
    own = set(spelled)
    open_ended = slot.type == "string" and bool(language.open_ended & own)
    # "The flight to take, from the list" is about no direction; a slot called from_account is.
    described = () if open_ended else (word for word in plain_words(slot.description) if word not in language.common)
    words = own.union(described)
    directed = [(preposition, about) for preposition, about in language.directions if about & words]
    if not left & {preposition for preposition, _ in language.directions}:
        left.update(preposition for preposition, _ in directed)
    # Whatever else is said of a direction tells the slot as well: "and back on Sunday" a return date.
    alike = {stem(word) for _, about in directed for word in about - language.common}
    named = stems_of(name, language.common)
    stems = named.union(stems_of(slot.description, language.common), alike)
    return SlotCues(
        name=name,
        slot=slot,
        left=frozenset(left),
        right=frozenset(right),
        stems=stems,
        spelled=spelled if len(spelled) > 1 or not set(spelled) & language.common else (),
        named=named,
        inner=language.people if counts_people(slot, language.code) else frozenset(),
        open_ended=open_ended,
        bare=bare,
    )


def _units(written: str, slot: Slot, language: Language) -> set[str]:
    """The words for the units that a number is measured in, as its author's words tell: 6 *kilos*."""
    words = set(plain_words(written)) if slot.type in ("integer", "float") else set[str]()
    return {unit for units, about in language.units if words & (units | about) for unit in units}


def _prompt(slot: Slot) -> str:
    return slot.prompt.text if slot.prompt else ""
