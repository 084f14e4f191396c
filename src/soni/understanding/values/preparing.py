"""Loading what slots need before anybody waits for it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from soni.config.models import Slot
from soni.understanding.values.answering import answer
from soni.understanding.values.base import Moment
from soni.understanding.values.finding import find
from soni.understanding.values.parsing import parse_or_none
from soni.understanding.values.yes_no import yes_or_no

_SAMPLES = (
    "on the 3rd of may at half past seven, two hundred and fifty euros (50 EUR) for two hours, +34612345678, ana@example.com",
    "aaaaa bbbbb ccccc",
)
"""Together they make every reader look into its grammar, and every library into its files."""


def prepare(slots: Iterable[Slot], language: str = "en") -> None:
    """Import and warm up what these slots need, so that no message pays for it. Blocking: to be called at load.

    A process pays most of it once: 0.05 s, and more for what a type needs (dateparser for a date: 0.15 s).
    """
    moment = Moment(datetime.now(UTC), language)
    yes_or_no("yes", language)
    phones = False
    for slot in slots:
        phones = phones or slot.type == "phone"
        for sample in _SAMPLES:
            find(slot, sample, moment)
            answer(slot, sample, moment)
            parse_or_none(slot, sample, moment)
    if phones:
        import phonenumbers

        # Numbering plans are files, one a country, each read when a number of it comes by; all of them take 70 ms and 1 MB.
        phonenumbers.PhoneMetadata.load_all()
