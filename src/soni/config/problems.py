"""What checking finds, by the route of keys that leads to it; places are looked up afterwards, in one spot."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from soni.value import Scalar

MOST: Final = 200
"""Problems of one kind of checking that are told at once: more than an author reads, and soon found."""

Route: TypeAlias = tuple[Scalar, ...]
"""Keys and numbers from the top: ``("flows", "transfer", "steps", 2, "slot")``."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is to be told; it becomes a Problem when its file and line are known."""

    route: Route
    message: str
    suggestion: str | None = None
    severity: str = "error"
    code: str = "invalid"


MORE: Final = Finding((), f"there are more problems; the first {MOST} are told", severity="note", code="more")


class Damage:
    """Routes at which something could not be read."""

    def __init__(self) -> None:
        self._routes: set[Route] = set()
        self._above: set[Route] = set()

    def __bool__(self) -> bool:
        return bool(self._routes)

    def add(self, route: Route) -> None:
        """One more."""
        self._routes.add(route)
        self._above.update(route[:length] for length in range(len(route) + 1))

    def touches(self, route: Route) -> bool:
        """Whether something is damaged at the route, below it or above it."""
        return route in self._above or any(route[:length] in self._routes for length in range(len(route)))


def spell(route: Route) -> str:
    """A route as an author reads it: ``flows.transfer.steps[2].slot``."""
    words: list[str] = []
    for part in route:
        if isinstance(part, int) and not isinstance(part, bool):
            words.append(f"[{part}]")
        else:
            words.append(f".{str(part).lower() if isinstance(part, bool) else part}")
    return "".join(words).removeprefix(".")


def nearest(name: object, known: Iterable[str], least: float = 60) -> str | None:
    """The known name that ``name`` was probably meant to be: alike in ``least`` percent or more."""
    from rapidfuzz import fuzz, process  # only where something is wrong: importing it costs more than reading a file

    wanted = str(name).lower()
    found = process.extractOne(wanted, sorted(known), scorer=fuzz.ratio, processor=str.lower, score_cutoff=least)
    return found[0] if found else None


def unknown(what: str, route: Route, name: str, known: Collection[str]) -> Iterator[Finding]:
    """A name that nobody knows, with the nearest one that somebody does."""
    if name not in known:
        yield Finding(route, f"there is no {what} {name!r}", nearest(name, known), code=f"unknown-{what}")
