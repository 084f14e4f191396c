"""Bookings are made, found, changed and cancelled: once per request, and only by the one they belong to."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest
from examples.flight_booking import actions
from examples.flight_booking.database import PATH_VARIABLE, reading
from examples.flight_booking.offers import free_seats
from examples.flight_booking.timetable import SEATS

from soni import ActionContext
from soni.value import Value

SOON: Final = date.today() + timedelta(days=20)
LATER: Final = SOON + timedelta(days=7)


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database of its own for each test."""
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path / "flights.db"))


def book(
    ctx: ActionContext, *, day: date = SOON, back: date | None = None, passengers: int = 1, cabin: str = "economy"
) -> Value:
    """Book the cheapest flight from Madrid to Paris; its reference."""
    when, returning = day.isoformat(), back.isoformat() if back else None
    offers = listed(actions.search_flights("Madrid", "Paris", when, passengers, cabin, returning)["offers"])
    booked = actions.book_flight(
        "Madrid", "Paris", when, passengers, cabin, offers, 1, "Ana Ruiz", "ana@example.com", ctx, returning
    )
    return booked["new_reference"]


def listed(value: Value) -> list[dict[str, Value]]:
    """A list of objects, as the engine hands it over."""
    assert isinstance(value, list)
    return [item for item in value if isinstance(item, dict)]


def free(flight: str, day: date, cabin: str = "economy") -> int:
    """Seats nobody has."""
    with reading() as db:
        return free_seats(db, flight, day, cabin)


def test_a_booking_can_be_found_again(somebody: ActionContext) -> None:
    """By its reference, however it is typed, and in the list of what one has booked."""
    reference = str(book(somebody, passengers=2))

    found = actions.find_booking(reference.lower(), somebody)
    all_of_them = actions.list_bookings(somebody)

    assert found["booking_found"] is True
    assert f"{reference} for Ana Ruiz: Madrid to Paris" in str(found["booking_text"])
    assert "2 seats in economy" in str(found["booking_text"])
    assert (all_of_them["booking_count"], all_of_them["first_reference"]) == (1, reference)


def test_nobody_sees_the_bookings_of_others(somebody: ActionContext) -> None:
    """A reference alone opens nothing."""
    reference = str(book(somebody))
    other = replace(somebody, user_id="bob", idempotency_key="of bob")

    assert actions.find_booking(reference, other)["booking_found"] is False
    assert actions.list_bookings(other)["booking_count"] == 0
    with pytest.raises(LookupError, match="no booking"):
        actions.cancel_booking(reference, other)


def test_the_same_request_books_once(somebody: ActionContext) -> None:
    """Asked again with the same key, from many threads, there is one booking and one reference."""
    when = SOON.isoformat()
    offers = listed(actions.search_flights("Madrid", "Paris", when, 1, "economy")["offers"])

    def again(_: int) -> Value:
        return actions.book_flight(
            "Madrid", "Paris", when, 1, "economy", offers, 1, "Ana Ruiz", "ana@example.com", somebody
        )["new_reference"]

    with ThreadPoolExecutor(8) as pool:
        references = set(pool.map(again, range(8)))

    assert len(references) == 1
    assert actions.list_bookings(somebody)["booking_count"] == 1


def test_seats_that_went_meanwhile_are_not_booked(somebody: ActionContext) -> None:
    """Between the offer and the yes somebody else took the last seats: no reference, and no booking."""
    when, seats = SOON.isoformat(), SEATS["business"]
    offers = listed(actions.search_flights("Madrid", "Paris", when, seats, "business")["offers"])
    book(replace(somebody, user_id="bob", idempotency_key="of bob"), cabin="business")

    booked = actions.book_flight(
        "Madrid", "Paris", when, seats, "business", offers, 1, "Ana Ruiz", "ana@example.com", somebody
    )

    assert booked == {"new_reference": None}
    assert actions.list_bookings(somebody)["booking_count"] == 0


def test_a_chosen_offer_is_told_with_its_price() -> None:
    """The second on the list is what the list says it is."""
    found = actions.search_flights("Madrid", "Rome", SOON.isoformat(), 1, "economy")

    chosen = actions.choose_offer(listed(found["offers"]), 2)

    line = str(found["offer_list"]).splitlines()[1]
    assert line == f"2. {chosen['chosen_text']}, {chosen['chosen_price']:,.2f} euros"


def test_a_changed_day_moves_the_seat(somebody: ActionContext) -> None:
    """The quote changes nothing; the change frees the seat of the old day and takes one of the new."""
    reference = str(book(somebody))
    flight = str(actions.find_booking(reference, somebody)["booking_text"]).split(", ")[1].split()[0]

    quote = actions.quote_change(reference, "departure date", somebody, new_date=LATER.isoformat())
    before = (free(flight, SOON), free(flight, LATER))
    request = replace(somebody, idempotency_key="a change")
    done = actions.change_booking(reference, "departure date", request, new_date=LATER.isoformat())

    assert quote["change_obstacle"] is None
    assert done["change_text"] == quote["change_text"]
    assert before == (119, 120)
    assert (free(flight, SOON), free(flight, LATER)) == (120, 119)


def test_a_better_cabin_costs_extra_and_a_worse_one_gives_nothing_back(somebody: ActionContext) -> None:
    """Changes never make a booking cheaper."""
    reference = str(book(somebody, cabin="premium economy"))

    better = actions.quote_change(reference, "cabin", somebody, new_cabin="business")
    worse = actions.quote_change(reference, "cabin", somebody, new_cabin="economy")

    assert isinstance(better["change_cost"], float)
    assert better["change_cost"] > 0
    assert worse["change_cost"] == 0


def test_the_flight_back_stays_behind_the_flight_there(somebody: ActionContext) -> None:
    """A day that would turn the trip around is refused, in the quote and in the change, and nothing changes."""
    reference = str(book(somebody, back=LATER))
    before = actions.find_booking(reference, somebody)
    early = (SOON - timedelta(days=1)).isoformat()

    quote = actions.quote_change(reference, "return date", somebody, new_date=early)
    done = actions.change_booking(reference, "return date", replace(somebody, idempotency_key="x"), new_date=early)

    assert before["booking_returns"] is True
    assert quote["change_obstacle"] == done["change_obstacle"] == "the flight back would leave before the flight there"
    assert actions.find_booking(reference, somebody) == before


def test_a_full_cabin_cannot_be_changed_into(somebody: ActionContext) -> None:
    """The obstacle names the cabin; one's own seats do not stand in one's way."""
    mine = str(book(somebody, passengers=2))
    book(replace(somebody, idempotency_key="seven"), cabin="business", passengers=7)

    into_business = actions.quote_change(mine, "cabin", somebody, new_cabin="business")
    as_it_is = actions.quote_change(mine, "cabin", somebody, new_cabin="economy")

    assert "not enough free seats in business" in str(into_business["change_obstacle"])
    assert as_it_is["change_obstacle"] is None


def test_a_flight_that_left_cannot_be_changed(somebody: ActionContext) -> None:
    """What has been flown stays flown."""
    reference = str(book(somebody))
    yesterday = (date.today() - timedelta(days=1)).isoformat()

    quote = actions.quote_change(reference, "departure date", somebody, new_date=yesterday)

    assert quote["change_obstacle"] == "that flight has already left"


def test_a_cancelled_booking_is_gone_and_its_seat_is_free(somebody: ActionContext) -> None:
    """It is no longer found or listed, and the same request again is no error."""
    reference = str(book(somebody))
    flight = str(actions.find_booking(reference, somebody)["booking_text"]).split(", ")[1].split()[0]
    request = replace(somebody, idempotency_key="cancel")

    actions.cancel_booking(reference, request)
    actions.cancel_booking(reference, request)

    assert free(flight, SOON) == 120
    assert actions.find_booking(reference, somebody)["booking_found"] is False
    assert actions.list_bookings(somebody) == {
        "booking_count": 0,
        "booking_list": "",
        "first_reference": None,
        "booking_buttons": [],
    }


def test_references_are_kept_in_capitals() -> None:
    """However they were typed."""
    assert actions.upper_case(" kxwptr ") == "KXWPTR"
