"""The JSON shape that a value of each type has in a conversation."""

from datetime import datetime
from decimal import Decimal

from soni.understanding.values.amounts import Amount
from soni.understanding.values.base import Moment
from soni.understanding.values.times import ClockTime
from soni.value import Value


def integer(number: Decimal) -> int | None:
    """A whole number, or ``None``."""
    return int(number) if number == number.to_integral_value() else None


def money(amount: Amount) -> Value:
    """``{"amount": 50.0, "currency": "EUR"}``; the currency is ``None`` where it was not said."""
    return {"amount": float(amount.amount), "currency": amount.currency}


def seconds(length: Decimal) -> int | float:
    """Seconds, whole where they are."""
    return int(length) if length == length.to_integral_value() else float(length)


def clock(told: ClockTime) -> str:
    """``18:30``, or ``18:30:05``."""
    return told.time.isoformat("seconds" if told.seconds % 60 else "minutes")


def local(written: datetime, moment: Moment) -> str:
    """``2026-11-21T18:30`` in the zone of the moment."""
    there = written.astimezone(moment.now.tzinfo) if written.tzinfo else written
    return there.replace(tzinfo=None, microsecond=0).isoformat(timespec="seconds" if there.second else "minutes")
