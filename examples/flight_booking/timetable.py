"""The airline that is for sale: its cities, its daily flights, and what a seat costs on a given day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import permutations
from math import asin, cos, radians, sin, sqrt
from typing import Final
from zlib import crc32


@dataclass(frozen=True, slots=True)
class City:
    """A city with the airport that is flown to."""

    name: str
    airport: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Flight:
    """A flight that leaves every day at the same time."""

    number: str
    origin: str
    destination: str
    departs: str
    """``HH:MM``, local time."""
    minutes: int
    fare: int
    """Of an economy seat, in cents, before the day counts."""


CITIES: Final = (
    City("Amsterdam", "AMS", 52.31, 4.76),
    City("Athens", "ATH", 37.94, 23.94),
    City("Barcelona", "BCN", 41.30, 2.08),
    City("Berlin", "BER", 52.36, 13.50),
    City("Buenos Aires", "EZE", -34.82, -58.54),
    City("Dublin", "DUB", 53.42, -6.27),
    City("Lisbon", "LIS", 38.77, -9.13),
    City("London", "LHR", 51.47, -0.45),
    City("Madrid", "MAD", 40.47, -3.56),
    City("Mexico City", "MEX", 19.44, -99.07),
    City("New York", "JFK", 40.64, -73.78),
    City("Paris", "CDG", 49.01, 2.55),
    City("Rome", "FCO", 41.80, 12.25),
    City("Tokyo", "HND", 35.55, 139.78),
)

SEATS: Final = {"economy": 120, "premium economy": 24, "business": 8}
"""Seats of each cabin on every flight."""

_CABIN_PERCENT: Final = {"economy": 100, "premium economy": 160, "business": 320}
_DEPARTURES: Final = (("06:40", 90), ("07:15", 100), ("11:50", 115), ("14:20", 105), ("18:05", 120), ("21:30", 95))
"""Times of departure, each with its percentage of the fare."""
_FLIGHTS_A_DAY: Final = 3
_EARTH_RADIUS_KM: Final = 6371.0
_CRUISE_KM_A_MINUTE: Final = 13.3


def flights() -> Iterator[Flight]:
    """Every daily flight; the same ones each time."""
    for pair, (origin, destination) in enumerate(permutations(CITIES, 2)):
        distance = _distance(origin, destination)
        first = crc32(f"{origin.airport}{destination.airport}".encode()) % 2
        for nth in range(_FLIGHTS_A_DAY):
            departs, percent = _DEPARTURES[first + 2 * nth]
            yield Flight(
                number=f"SO{101 + pair * _FLIGHTS_A_DAY + nth}",
                origin=origin.name,
                destination=destination.name,
                departs=departs,
                minutes=round((40 + distance / _CRUISE_KM_A_MINUTE) / 5) * 5,
                fare=(2900 + round(distance) * 7) * percent // 100,
            )


def price(fare: int, cabin: str, day: date, today: date) -> int:
    """Cents for one seat: dearer in the better cabins, at the weekend and in the last week before departure."""
    percent = _CABIN_PERCENT[cabin]
    percent += 10 if day.weekday() >= 4 else 0
    percent += 30 if (day - today).days < 7 else 0
    return fare * percent // 100


def _distance(here: City, there: City) -> float:
    """Kilometres along the great circle."""
    lat, other = radians(here.latitude), radians(there.latitude)
    half = sin((other - lat) / 2) ** 2 + cos(lat) * cos(other) * sin(radians(there.longitude - here.longitude) / 2) ** 2
    return 2 * _EARTH_RADIUS_KM * asin(sqrt(half))
