"""The trigger examples of flows, with values in their places."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from soni.config.models import Slot, SlotType, SoniConfig
from soni.dialogue.admission import in_scope
from soni.dialogue.commands import StartFlow
from soni.dialogue.flows import survey
from soni.optimizing.examples import Example
from soni.templates import plain
from soni.understanding.base import Briefing
from soni.value import Value

_PLACE: Final = re.compile(r"\{\s*([A-Za-z_]\w*)[^{}]*\}")

_SAMPLES: Final[dict[SlotType, tuple[str, ...]]] = {
    "integer": ("3", "2"),
    "float": ("50", "12.50"),
    "boolean": ("yes",),
    "date": ("tomorrow", "next Friday"),
    "time": ("18:30", "9:15"),
    "datetime": ("tomorrow at 18:30",),
    "duration": ("30 minutes", "two hours"),
    "money": ("50 euros", "12.50 euros"),
    "email": ("ana@example.com",),
    "phone": ("+34 600 123 456",),
}
"""Where an author gives no examples; a free text cannot be guessed."""


def trigger_examples(config: SoniConfig, now: datetime) -> tuple[list[Example], list[str]]:
    """Each trigger with values in its places, and those that have no value for one: a slot without examples or choices."""
    flows = survey(config, dict(config.user_flows()))
    allowed = in_scope(flows)
    briefing = Briefing(now=now, language=config.settings.i18n.default_language, flows=allowed)
    found: list[Example] = []
    unfilled: list[str] = []
    for name, flow in config.user_flows():
        if name not in allowed:
            continue
        for number, intent in enumerate(flow.trigger.intents):
            filled = _fill(intent, number, config)
            if filled is None:
                unfilled.append(intent)
                continue
            said, slots = filled
            found.append(Example(said, briefing, (StartFlow(name, slots),), name, "author"))
    return found, unfilled


def _fill(intent: str, number: int, config: SoniConfig) -> tuple[str, dict[str, Value]] | None:
    slots: dict[str, Value] = {}
    for slot in _PLACE.findall(intent):
        values = tuple(_values(config.slots[slot])) if slot in config.slots else ()
        if not values:
            return None
        slots[slot] = values[number % len(values)]
    return _PLACE.sub(lambda place: str(slots[place[1]]), intent), slots


def _values(slot: Slot) -> Iterator[str]:
    """As people say them: examples first, else choices, else what any value of its type looks like."""
    if slot.examples:
        yield from slot.examples
    elif slot.choices:
        yield from (plain(choice.value) for choice in slot.choices)
    else:
        yield from _SAMPLES.get(slot.type, ())
