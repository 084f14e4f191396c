"""How many examples a property is held against: a few in the checks, very many where it is to be proven.

``SONI_PROVE`` unset: few, always the same. ``SONI_PROVE=long``: as many as each proof sets itself. A number: so many,
of each proof. ``SONI_PROVE_SEED`` chooses which ones; otherwise every run tries others.
"""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from random import Random, SystemRandom
from typing import Final, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

T = TypeVar("T")
_BATCH: Final = 500
"""Examples of one run of hypothesis, which remembers every one it has tried."""
_LONGEST: Final = 2.0
"""Seconds of the processor that one text may take: many times what any needs, so that a busy machine proves nothing."""


@dataclass(frozen=True)
class Figure:
    """What one proof came to."""

    name: str
    count: int
    unit: str
    seconds: float
    seed: int
    notes: str = ""
    """What else was counted."""

    def __str__(self) -> str:
        notes = f" ({self.notes})" if self.notes else ""
        return f"{self.name}: {self.count:,} {self.unit}{notes}, 0 surprises, {self.seconds:.0f} s (seed {self.seed})"


FIGURES: Final[list[Figure]] = []
"""Of the proofs that held in this process."""


@dataclass(frozen=True)
class Proof:
    """A property, and how often it is tried."""

    name: str
    unit: str
    short: int
    long: int

    @property
    def count(self) -> int:
        """Examples that are tried now."""
        match os.environ.get("SONI_PROVE", ""):
            case "":
                return self.short
            case "long":
                return self.long
            case number:
                return int(number)

    def hold(self, examples: st.SearchStrategy[T], examine: Callable[[T], None]) -> None:
        """Let hypothesis look for an example that ``examine`` does not accept, and make it small."""
        start, began, left = _seed(), time.perf_counter(), self.count
        while left > 0:
            batch = min(left, _BATCH)
            run = given(examples)(_alone(examine))
            run = settings(
                max_examples=batch,
                database=None,
                deadline=None,
                print_blob=False,
                report_multiple_bugs=False,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            )(run)
            seed(start + self.count - left)(run)()
            left -= batch
        self._held(began, start)

    def hold_texts(self, write: Callable[[Random], str], examine: Callable[[str], None]) -> None:
        """Examine texts, one after the other; the first that ends in an exception, or takes too long, is told."""
        start, began = _seed(), time.perf_counter()
        for number in range(self.count):
            text = write(Random(start + number))
            before = time.thread_time()
            try:
                examine(text)
            except Exception as error:
                raise AssertionError(f"{self.name}: {text!r} ended in {type(error).__name__}: {error}") from error
            spent = time.thread_time() - before
            assert spent < _LONGEST, f"{self.name}: {text!r} took {spent:.1f} s"
        self._held(began, start)

    def hold_story(self, tell: Callable[[int, Random], Coroutine[None, None, str]]) -> None:
        """Run a story in which something happens ``count`` times; it fails where it finds a surprise, and returns notes."""
        start, began = _seed(), time.perf_counter()
        notes = asyncio.run(tell(self.count, Random(start)))
        self._held(began, start, notes)

    def _held(self, began: float, start: int, notes: str = "") -> None:
        FIGURES.append(Figure(self.name, self.count, self.unit, time.perf_counter() - began, start, notes))


def tell_figures(write: Callable[[str], None]) -> None:
    """One line for each proof that held, once, where more than the short forms were asked for."""
    if os.environ.get("SONI_PROVE"):
        while FIGURES:
            write(str(FIGURES.pop(0)))


def in_words(refusal: str) -> None:
    """Whoever is refused something is told why."""
    assert refusal.strip()


def _alone(examine: Callable[[T], None]) -> Callable[[T], None]:
    """A function of its own for every run, for hypothesis notes on it what it is run with."""

    def examined(example: T) -> None:
        examine(example)

    return examined


def _seed() -> int:
    """The same in the checks, so that they tell of the change at hand; another one in every long run."""
    if given_seed := os.environ.get("SONI_PROVE_SEED"):
        return int(given_seed)
    return SystemRandom().randrange(10**9) if os.environ.get("SONI_PROVE") else 1
