"""What the flight booking assistant can do, as its YAML calls it."""

import sqlite3
from datetime import date, datetime, timedelta
from typing import Final

from examples.flight_booking import bookings
from examples.flight_booking.bookings import Booking
from examples.flight_booking.database import once, reading
from examples.flight_booking.offers import Offer, Trip, euros, search

from soni import ActionContext, action, normalizer, validator
from soni.value import Value

BOOKABLE_DAYS_AHEAD: Final = 330
"""How far ahead airlines usually open their flights for sale."""


@validator("flight_date")
def flight_date(value: str) -> bool | str:
    """Seats are sold from today on, for about eleven months."""
    day, today = date.fromisoformat(value), _now().date()
    if day < today:
        return "That day has passed. Please give me a date from today on."
    if day > today + timedelta(days=BOOKABLE_DAYS_AHEAD):
        return f"Flights can be booked up to {BOOKABLE_DAYS_AHEAD} days ahead. Please give me an earlier date."
    return True


@normalizer("upper_case")
def upper_case(value: str) -> str:
    """References are written in capitals, however they were typed."""
    return value.strip().upper()


@action("search_flights")
def search_flights(
    origin: str,
    destination: str,
    departure_date: str,
    passengers: int,
    cabin: str,
    return_date: str | None = None,
) -> dict[str, Value]:
    """The cheapest offers, as a list to read, as buttons, and as they are kept until one is chosen."""
    trip = _trip(origin, destination, departure_date, return_date, passengers, cabin)
    with reading() as db:
        offers = search(db, trip, _now())
    numbered = list(enumerate(offers, start=1))
    return {
        "trip_text": str(trip),
        "offer_count": len(offers),
        "offers": [_kept(offer) for offer in offers],
        "offer_list": "\n".join(f"{number}. {offer.text}, {euros(offer.price)}" for number, offer in numbered),
        "offer_buttons": [
            {"title": f"{number}. {euros(offer.price)}", "payload": f"/set_slot offer={number}"}
            for number, offer in numbered
        ],
    }


@action("choose_offer")
def choose_offer(offers: list[dict[str, Value]], offer: int) -> dict[str, Value]:
    """The offer with this number, in words."""
    chosen = _offer(offers, offer)
    return {"chosen_text": chosen.text, "chosen_price": chosen.price / 100}


@action("book_flight")
def book_flight(
    origin: str,
    destination: str,
    departure_date: str,
    passengers: int,
    cabin: str,
    offers: list[dict[str, Value]],
    offer: int,
    passenger_name: str,
    email: str,
    ctx: ActionContext,
    return_date: str | None = None,
) -> dict[str, Value]:
    """Book it: its reference, or none where the seats have gone since they were offered."""
    trip = _trip(origin, destination, departure_date, return_date, passengers, cabin)

    def work(db: sqlite3.Connection) -> dict[str, Value]:
        reference = bookings.book(db, ctx.user_id, trip, _offer(offers, offer), passenger_name, email)
        return {"new_reference": reference}

    return once(ctx.idempotency_key, work)


@action("list_bookings")
def list_bookings(ctx: ActionContext) -> dict[str, Value]:
    """This user's bookings, as a list to read and as buttons."""
    with reading() as db:
        found = bookings.bookings_of(db, ctx.user_id)
    return {
        "booking_count": len(found),
        "booking_list": "\n".join(booking.brief for booking in found),
        "first_reference": found[0].reference if found else None,
        "booking_buttons": [
            {"title": booking.brief, "payload": f"/set_slot booking_reference={booking.reference}"} for booking in found
        ],
    }


@action("find_booking")
def find_booking(booking_reference: str, ctx: ActionContext) -> dict[str, Value]:
    """One booking in words, if this user has it and it stands."""
    with reading() as db:
        booking = bookings.find(db, ctx.user_id, booking_reference)
    if booking is None or booking.status != "booked":
        return {"booking_found": False, "booking_text": None, "booking_returns": None}
    return {"booking_found": True, "booking_text": str(booking), "booking_returns": booking.returns}


@action("quote_change")
def quote_change(
    booking_reference: str,
    change: str,
    ctx: ActionContext,
    new_date: str | None = None,
    new_cabin: str | None = None,
) -> dict[str, Value]:
    """What a change would cost and lead to, or why it cannot be made."""
    with reading() as db:
        booking = _own(db, ctx, booking_reference)
        new = _changed(booking, change, new_date, new_cabin)
        obstacle = bookings.obstacle(db, new, _now().date())
    return {
        "change_obstacle": obstacle,
        "change_text": str(new),
        "change_cost": (new.price - booking.price) / 100,
    }


@action("change_booking")
def change_booking(
    booking_reference: str,
    change: str,
    ctx: ActionContext,
    new_date: str | None = None,
    new_cabin: str | None = None,
) -> dict[str, Value]:
    """Make a change, unless something has come in between since it was quoted."""

    def work(db: sqlite3.Connection) -> dict[str, Value]:
        new = _changed(_own(db, ctx, booking_reference), change, new_date, new_cabin)
        obstacle = bookings.obstacle(db, new, _now().date())
        if obstacle is None:
            bookings.store(db, new)
        return {"change_obstacle": obstacle, "change_text": str(new)}

    return once(ctx.idempotency_key, work)


@action("cancel_booking")
def cancel_booking(booking_reference: str, ctx: ActionContext) -> dict[str, Value]:
    """Give the seats back."""

    def work(db: sqlite3.Connection) -> dict[str, Value]:
        bookings.cancel(db, _own(db, ctx, booking_reference))
        return {}

    return once(ctx.idempotency_key, work)


def _now() -> datetime:
    return datetime.now()


def _trip(origin: str, destination: str, day: str, back: str | None, passengers: int, cabin: str) -> Trip:
    returning = date.fromisoformat(back) if back else None
    return Trip(origin, destination, date.fromisoformat(day), returning, passengers, cabin)


def _kept(offer: Offer) -> Value:
    return {
        "flight": offer.flight,
        "return_flight": offer.return_flight,
        "text": offer.text,
        "price": offer.price,
    }


def _offer(offers: list[dict[str, Value]], number: int) -> Offer:
    """The offer with this number, counted from one. Raises LookupError where there is none."""
    match offers[number - 1 : number] if number > 0 else []:
        case [{"flight": str(flight), "return_flight": str() | None as back, "text": str(text), "price": int(price)}]:
            return Offer(flight, back, text, price)
    raise LookupError(f"no offer number {number} among {len(offers)}")


def _own(db: sqlite3.Connection, ctx: ActionContext, reference: str) -> Booking:
    """A booking that is known to be this user's. Raises LookupError where it is not."""
    booking = bookings.find(db, ctx.user_id, reference)
    if booking is None or booking.status != "booked":
        raise LookupError(f"no booking {reference}")
    return booking


def _changed(booking: Booking, change: str, new_date: str | None, new_cabin: str | None) -> Booking:
    today, day = _now().date(), date.fromisoformat(new_date) if new_date else None
    match change:
        case "departure date":
            return bookings.changed(booking, today, day=day)
        case "return date":
            return bookings.changed(booking, today, back=day)
        case _:
            return bookings.changed(booking, today, cabin=new_cabin)
