"""What can be bought: flights with enough free seats, cheapest first, and how to say them."""

import sqlite3
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from examples.flight_booking.timetable import SEATS, price

OFFERS_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Trip:
    """What somebody wants to fly."""

    origin: str
    destination: str
    day: date
    back: date | None
    """The day of the return; ``None`` for one way."""
    passengers: int
    cabin: str

    def __str__(self) -> str:
        returning = f", back on {spoken(self.back)}" if self.back else ""
        return f"from {self.origin} to {self.destination} on {spoken(self.day)}{returning}"


@dataclass(frozen=True, slots=True)
class Offer:
    """Seats for everybody on one flight, or on one there and one back."""

    flight: str
    return_flight: str | None
    text: str
    price: int
    """Of all seats together, in cents."""


def search(db: sqlite3.Connection, trip: Trip, now: datetime) -> list[Offer]:
    """The cheapest offers for a trip, at most ``OFFERS_SHOWN``; none where the cabin is full."""
    there = _legs(db, trip, trip.origin, trip.destination, trip.day, now)
    if trip.back is None:
        return [Offer(number, None, text, cents) for number, text, cents in there[:OFFERS_SHOWN]]
    back = _legs(db, trip, trip.destination, trip.origin, trip.back, now)
    return [
        Offer(number, return_number, f"{text}, back {return_text}", cents + return_cents)
        for (number, text, cents), (return_number, return_text, return_cents) in zip(there, back, strict=False)
    ][:OFFERS_SHOWN]


def free_seats(db: sqlite3.Connection, flight: str, day: date, cabin: str, *, besides: str = "") -> int:
    """Seats of a cabin nobody has booked; those of the booking ``besides`` count as free."""
    (taken,) = db.execute(
        "select coalesce(sum(passengers), 0) from legs join bookings using (reference)"
        " where flight = ? and day = ? and cabin = ? and status = 'booked' and reference <> ?",
        (flight, day.isoformat(), cabin, besides),
    ).fetchone()
    return SEATS[cabin] - int(taken)


def spoken(day: date) -> str:
    """``Saturday 22 November``."""
    return f"{day:%A} {day.day} {day:%B}"


def euros(cents: int) -> str:
    """``1,234.50 euros``."""
    return f"{cents / 100:,.2f} euros"


def _legs(
    db: sqlite3.Connection, trip: Trip, origin: str, destination: str, day: date, now: datetime
) -> list[tuple[str, str, int]]:
    """Flight number, words and cents for everybody, of each flight of the day that has seats and has not left."""
    rows = db.execute(
        "select number, departs, minutes, fare from flights where origin = ? and destination = ?"
        " order by fare, departs",
        (origin, destination),
    ).fetchall()
    gone = f"{now:%H:%M}" if day == now.date() else ""
    return [
        (row["number"], _described(row), price(row["fare"], trip.cabin, day, now.date()) * trip.passengers)
        for row in rows
        if row["departs"] > gone and free_seats(db, row["number"], day, trip.cabin) >= trip.passengers
    ]


def _described(row: sqlite3.Row) -> str:
    hours, minutes = divmod(row["minutes"], 60)
    return f"{row['number']} at {row['departs']} ({hours} h {minutes:02d})"
