"""What the flight booking assistant finds, and what it accepts as a day to fly."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Final

import pytest
from examples.flight_booking import actions
from examples.flight_booking.database import PATH_VARIABLE, reading
from examples.flight_booking.offers import Offer, Trip, search
from examples.flight_booking.timetable import CITIES, SEATS, flights, price
from hypothesis import given
from hypothesis import strategies as st

TODAY: Final = date.today()
SOON: Final = TODAY + timedelta(days=20)


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database that is not there yet, in a folder that is not there yet."""
    path = tmp_path / "data" / "flights.db"
    monkeypatch.setenv(PATH_VARIABLE, str(path))
    return path


def offers(
    day: date, *, back: date | None = None, passengers: int = 1, cabin: str = "economy", now: str = "05:00"
) -> list[Offer]:
    """What is on sale from Madrid to Paris, today at this time."""
    with reading() as db:
        trip = Trip("Madrid", "Paris", day, back, passengers, cabin)
        return search(db, trip, datetime.fromisoformat(f"{TODAY}T{now}"))


def test_every_pair_of_cities_is_served_three_times_a_day() -> None:
    """The timetable is complete, no number is given twice, and it is the same each time."""
    timetable = list(flights())

    assert len({flight.number for flight in timetable}) == len(timetable) == len(CITIES) * (len(CITIES) - 1) * 3
    assert timetable == list(flights())


@given(fare=st.integers(1_000, 200_000), days=st.integers(0, 330))
def test_a_better_cabin_costs_more(fare: int, days: int) -> None:
    """On any day, business costs more than premium economy, and that more than economy."""
    today = date(2030, 1, 1)

    costs = [price(fare, cabin, today + timedelta(days=days), today) for cabin in SEATS]

    assert costs == sorted(set(costs))


def test_offers_come_cheapest_first() -> None:
    """Three flights of the day, each with its price for everybody."""
    found, for_two = offers(SOON), offers(SOON, passengers=2)

    assert len(found) == 3
    assert [offer.price for offer in found] == sorted(offer.price for offer in found)
    assert [offer.price for offer in for_two] == [2 * offer.price for offer in found]


def test_a_return_trip_has_two_flights() -> None:
    """Every offer names the flight back, and costs more than the flight there alone."""
    there, both = offers(SOON), offers(SOON, back=SOON + timedelta(days=7))

    assert all(offer.return_flight and ", back SO" in offer.text for offer in both)
    assert all(return_trip.price > one_way.price for one_way, return_trip in zip(there, both, strict=True))


def test_flights_that_have_left_are_not_offered() -> None:
    """Late in the evening nothing of today is left, while tomorrow is all there."""
    assert offers(TODAY, now="23:59") == []
    assert len(offers(TODAY, now="05:00")) == 3
    assert len(offers(TODAY + timedelta(days=1), now="23:59")) == 3


def test_a_group_that_does_not_fit_gets_no_offer() -> None:
    """Business has fewer than nine seats."""
    assert offers(SOON, passengers=9, cabin="business") == []


def test_what_the_assistant_says_of_a_search() -> None:
    """A numbered list, a button for each line, and the trip with its days in words."""
    back = SOON + timedelta(days=7)

    found = actions.search_flights("Madrid", "Paris", SOON.isoformat(), 1, "economy", back.isoformat())

    assert found["offer_count"] == 3
    assert [line[:4] for line in str(found["offer_list"]).splitlines()] == ["1. S", "2. S", "3. S"]
    assert isinstance(found["offer_buttons"], list)
    assert [button["payload"] for button in found["offer_buttons"] if isinstance(button, dict)] == [
        "/set_slot offer=1",
        "/set_slot offer=2",
        "/set_slot offer=3",
    ]
    days = [f"{day:%A} {day.day} {day:%B}" for day in (SOON, back)]
    assert found["trip_text"] == f"from Madrid to Paris on {days[0]}, back on {days[1]}"


def test_a_number_that_is_not_on_the_list_is_an_error() -> None:
    """Nothing is chosen by a wrong number, not even from the other end of the list."""
    with pytest.raises(LookupError, match="no offer number 1 among 0"):
        actions.choose_offer([], 1)
    with pytest.raises(LookupError, match="no offer number 0"):
        actions.choose_offer([], 0)


@pytest.mark.parametrize(
    ("days", "expected"),
    [(-1, "has passed"), (0, None), (330, None), (331, "up to 330 days ahead")],
)
def test_a_day_to_fly_is_neither_past_nor_too_far(days: int, expected: str | None) -> None:
    """Seats are sold from today on, for 330 days."""
    verdict = actions.flight_date((date.today() + timedelta(days=days)).isoformat())

    assert verdict is True if expected is None else expected in str(verdict)


def test_many_threads_may_come_first(database: Path) -> None:
    """The database is made once and whole, however many need it at the same moment; nothing else is left behind."""
    together = Barrier(8)

    def first(_: int) -> int:
        together.wait()
        return len(offers(SOON))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(first, range(8)))

    assert found == [3] * 8
    assert [path.name for path in database.parent.iterdir() if "-" not in path.name] == ["flights.db"]
    with closing(sqlite3.connect(database)) as db:
        assert db.execute("pragma journal_mode").fetchone() == ("wal",)
