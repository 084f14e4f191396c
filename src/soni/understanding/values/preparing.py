"""Loading what slots need before anybody waits for it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from soni.config.models import Slot
from soni.understanding.values.base import Moment
from soni.understanding.values.contacts import phone_of
from soni.understanding.values.finding import answer, find
from soni.understanding.values.limits import bound, compiled

_SAMPLE = "on the 3rd of may at half past seven, two hundred and fifty euros (50 EUR) for two hours, +34612345678 or ana@example.com"


def prepare(slots: Iterable[Slot], language: str = "en") -> None:
    """Import and warm up what slots of these types need, so that no message pays for it; blocking, to be called at load.

    Raises ConfigurationError for a pattern or a limit that cannot be read.
    """
    moment = Moment(datetime.now(UTC), language)
    kinds = set()
    for slot in slots:
        kinds.add(slot.type)
        for written in (slot.min, slot.max):
            if written is not None:
                bound(slot.type, written, moment)
        if slot.pattern is not None:
            compiled(slot.pattern)
        find(slot, _SAMPLE, moment)
        answer(slot, _SAMPLE, moment)
    if "phone" in kinds:
        import phonenumbers

        # Numbering plans are files, one a country, read when a number of it comes by; all of them take 70 ms and 1 MB.
        phonenumbers.PhoneMetadata.load_all()
        phone_of("+34612345678", language)
