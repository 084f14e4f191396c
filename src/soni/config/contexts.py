"""What each repair pattern can read of what it is about; ``docs/reference/patterns.md`` says what each key means."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from soni.config.models import PATTERNS, Flow, SoniConfig
from soni.config.steps import Call, Collect, Link, Spoken

_ALWAYS: Final = ("flow", "title")
_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "pattern_session_start": ("reason",),
    "pattern_correction": ("slot", "slots", "changes", "label", "old", "new", "too_late"),
    "pattern_cancel": ("reason",),
    "pattern_interrupted": ("new",),
    "pattern_resumed": ("old", "reason"),
    "pattern_completed": ("reason",),
    "pattern_clarification": ("candidates", "titles", "slots", "reason"),
    "pattern_ask_info": ("slot", "label", "description", "value", "offers"),
    "pattern_chitchat": (),
    "pattern_cannot_handle": ("reason",),
    "pattern_skip_question": ("reason", "slot", "label"),
    "pattern_repeat": ("said", "buttons", "reason"),
    "pattern_invalid_value": ("slot", "label", "reason"),
    "pattern_too_many_attempts": ("slot", "label", "reason"),
    "pattern_no_progress": ("reason",),
    "pattern_human_handoff": ("reason",),
    "pattern_internal_error": ("reason", "too_late", "unsure"),
    "pattern_flow_changed": ("reason",),
}
CONTEXTS: Final[Mapping[str, frozenset[str]]] = {name: frozenset((*_ALWAYS, *_OF[name])) for name in PATTERNS}
"""Pattern → the keys of its ``context``."""


class Context(NamedTuple):
    """What can be read from ``context`` at some place."""

    where: str
    """The place, in words."""
    keys: frozenset[str]


ANY: Final = Context("a repair pattern", frozenset().union(*CONTEXTS.values()))
"""Where it is not known which pattern it is."""


def contexts_of(flows: Mapping[str, Flow]) -> dict[str, Context]:
    """Flow → what it can read, for those that are patterns; who links to a pattern hands over what it reads itself."""
    known = {name: CONTEXTS.get(name, ANY.keys) for name in flows if name.startswith("pattern_")}
    handed = dict(known)
    for name, keys in known.items():
        for other in _led_to(name, flows) & known.keys():
            handed[other] |= keys
    return {name: Context(repr(name), keys) for name, keys in handed.items()}


def contexts_of_responses(config: SoniConfig, contexts: Mapping[str, Context]) -> dict[str, Context]:
    """Response → what it can read, for those that patterns say; of several patterns, what any of them can."""
    said: dict[str, Context] = {}
    for name, context in contexts.items():
        for response in _responses(config.flows[name]):
            before = said.get(response)
            both = context.keys | before.keys if before else context.keys
            said[response] = Context("the patterns that say it" if before else context.where, both)
    return said


def _responses(flow: Flow) -> Iterator[str]:
    for step in flow.walk():
        if isinstance(step, Spoken) and step.response is not None:
            yield step.response
        if isinstance(step, Collect):
            yield from (rejection.response for rejection in step.rejections if rejection.response is not None)


def _led_to(name: str, flows: Mapping[str, Flow]) -> set[str]:
    """The flows that one links or calls, directly or through others."""
    led, waiting = set[str](), [name]
    while waiting:
        flow = flows.get(waiting.pop())
        steps = flow.walk() if flow is not None else ()
        targets = {step.flow for step in steps if isinstance(step, Link | Call)} - led
        led |= targets
        waiting += targets
    return led
