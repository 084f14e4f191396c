"""What has been bought: made, found, changed and cancelled, always by the one it belongs to."""

import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from examples.flight_booking.offers import Offer, Trip, euros, free_seats, spoken
from examples.flight_booking.timetable import price

_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without I and O, which are read as digits."""
_REFERENCE_LENGTH: Final = 6


@dataclass(frozen=True, slots=True)
class Leg:
    """One flight of a booking."""

    name: str
    """``outbound`` or ``return``."""
    flight: str
    day: date
    departs: str
    origin: str
    destination: str
    fare: int


@dataclass(frozen=True, slots=True)
class Booking:
    """Seats that somebody has."""

    reference: str
    name: str
    passengers: int
    cabin: str
    price: int
    """Cents."""
    status: str
    legs: tuple[Leg, ...]

    @property
    def returns(self) -> bool:
        """True where a flight back belongs to it."""
        return len(self.legs) > 1

    @property
    def brief(self) -> str:
        """``ABCDEF: Madrid to Paris on Saturday 22 November``."""
        there = self.legs[0]
        return f"{self.reference}: {there.origin} to {there.destination} on {spoken(there.day)}"

    def __str__(self) -> str:
        flights = ", back ".join(f"{leg.flight} on {spoken(leg.day)} at {leg.departs}" for leg in self.legs)
        there = self.legs[0]
        seats = "1 seat" if self.passengers == 1 else f"{self.passengers} seats"
        return (
            f"{self.reference} for {self.name}: {there.origin} to {there.destination}, {flights}; "
            f"{seats} in {self.cabin}, {euros(self.price)}"
        )


def book(db: sqlite3.Connection, user_id: str, trip: Trip, offer: Offer, name: str, email: str) -> str | None:
    """Book an offer; its reference, or ``None`` where the last seats went in the meantime."""
    wanted = [("outbound", offer.flight, trip.day)]
    if offer.return_flight and trip.back:
        wanted.append(("return", offer.return_flight, trip.back))
    if any(free_seats(db, flight, day, trip.cabin) < trip.passengers for _, flight, day in wanted):
        return None
    reference = _unused_reference(db)
    db.execute(
        "insert into bookings (reference, user_id, name, email, passengers, cabin, price) values (?, ?, ?, ?, ?, ?, ?)",
        (reference, user_id, name, email, trip.passengers, trip.cabin, offer.price),
    )
    db.executemany(
        "insert into legs values (?, ?, ?, ?)",
        [(reference, leg, flight, day.isoformat()) for leg, flight, day in wanted],
    )
    return reference


def bookings_of(db: sqlite3.Connection, user_id: str) -> list[Booking]:
    """Somebody's bookings, first departure first, without those that were cancelled."""
    rows = db.execute("select * from bookings where user_id = ? and status = 'booked'", (user_id,)).fetchall()
    return sorted((_booking(db, row) for row in rows), key=lambda booking: (booking.legs[0].day, booking.reference))


def find(db: sqlite3.Connection, user_id: str, reference: str) -> Booking | None:
    """The booking with this reference, if it is this user's."""
    row = db.execute(
        "select * from bookings where user_id = ? and reference = ?", (user_id, reference.upper())
    ).fetchone()
    return _booking(db, row) if row else None


def changed(
    booking: Booking, today: date, *, day: date | None = None, back: date | None = None, cabin: str | None = None
) -> Booking:
    """The booking as it would be after a change, at the fares of today; it never becomes cheaper."""
    moved = {"outbound": day, "return": back}
    legs = tuple(replace(leg, day=moved[leg.name] or leg.day) for leg in booking.legs)
    fares = sum(price(leg.fare, cabin or booking.cabin, leg.day, today) for leg in legs) * booking.passengers
    return replace(booking, legs=legs, cabin=cabin or booking.cabin, price=max(booking.price, fares))


def obstacle(db: sqlite3.Connection, booking: Booking, today: date) -> str | None:
    """Why a booking cannot be as it is: departed, the return before the outbound flight, or no seats left."""
    days = [leg.day for leg in booking.legs]
    if days[0] < today:
        return "that flight has already left"
    if days != sorted(days):
        return "the flight back would leave before the flight there"
    for leg in booking.legs:
        if free_seats(db, leg.flight, leg.day, booking.cabin, besides=booking.reference) < booking.passengers:
            return f"there are not enough free seats in {booking.cabin} on {spoken(leg.day)}"
    return None


def store(db: sqlite3.Connection, booking: Booking) -> None:
    """Write a changed booking over the one it was."""
    db.execute(
        "update bookings set cabin = ?, price = ? where reference = ?",
        (booking.cabin, booking.price, booking.reference),
    )
    db.executemany(
        "update legs set day = ? where reference = ? and leg = ?",
        [(leg.day.isoformat(), booking.reference, leg.name) for leg in booking.legs],
    )


def cancel(db: sqlite3.Connection, booking: Booking) -> None:
    """Give its seats back; the booking itself stays on record."""
    db.execute("update bookings set status = 'cancelled' where reference = ?", (booking.reference,))


def _booking(db: sqlite3.Connection, row: sqlite3.Row) -> Booking:
    return Booking(
        reference=row["reference"],
        name=row["name"],
        passengers=row["passengers"],
        cabin=row["cabin"],
        price=row["price"],
        status=row["status"],
        legs=tuple(_legs(db, row["reference"])),
    )


def _legs(db: sqlite3.Connection, reference: str) -> Iterator[Leg]:
    for row in db.execute(
        "select leg, flight, day, departs, origin, destination, fare"
        " from legs join flights on number = flight where reference = ? order by leg",
        (reference,),
    ):
        yield Leg(row["leg"], row["flight"], date.fromisoformat(row["day"]), *tuple(row)[3:])


def _unused_reference(db: sqlite3.Connection) -> str:
    while True:
        reference = "".join(secrets.choice(_LETTERS) for _ in range(_REFERENCE_LENGTH))
        if db.execute("select 1 from bookings where reference = ?", (reference,)).fetchone() is None:
            return reference
