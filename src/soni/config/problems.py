"""What checking finds, by the route of keys that leads to it; places are looked up afterwards, in one spot."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from soni.value import Scalar

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


def spell(route: Route) -> str:
    """A route as an author reads it: ``flows.transfer.steps[2].slot``."""
    words: list[str] = []
    for part in route:
        if isinstance(part, int) and not isinstance(part, bool):
            words.append(f"[{part}]")
        else:
            words.append(f".{str(part).lower() if isinstance(part, bool) else part}")
    return "".join(words).removeprefix(".")


def nearest(name: object, known: Iterable[str]) -> str | None:
    """The known name that ``name`` was probably meant to be."""
    from rapidfuzz import fuzz, process  # only where something is wrong: importing it costs more than reading a file

    wanted = str(name).lower()
    found = process.extractOne(wanted, sorted(known), scorer=fuzz.ratio, processor=str.lower, score_cutoff=60)
    return found[0] if found else None


def unknown(what: str, route: Route, name: str, known: Collection[str]) -> Iterator[Finding]:
    """A name that nobody knows, with the nearest one that somebody does."""
    if name not in known:
        yield Finding(route, f"there is no {what} {name!r}", nearest(name, known), code=f"unknown-{what}")
