"""A Wednesday in June, and the short ways to speak of it that the tests share."""

from datetime import datetime
from zoneinfo import ZoneInfo

from soni.config.models import Slot, SlotType
from soni.understanding.values import Moment, answer, find
from soni.value import Value

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=ZoneInfo("Europe/Madrid"))
MOMENT = Moment(NOW)


def moment(language: str) -> Moment:
    """The same moment in another language."""
    return Moment(NOW, language)


def answered(kind: SlotType, text: str, language: str = "en") -> Value | None:
    """What a text answers to a slot that has nothing but a type."""
    return answer(Slot(type=kind), text, moment(language))


def values(kind: SlotType, text: str, language: str = "en", at_least: float = 0.5) -> list[Value]:
    """The values found in a text, in order of appearance."""
    found = [one for one in find(Slot(type=kind), text, moment(language)) if one.score >= at_least]
    return [one.value for one in sorted(found, key=lambda one: one.start)]
