"""Stretches of a text and what they mean."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Span(Generic[T_co]):
    """A value in folded text, end excluded."""

    start: int
    end: int
    value: T_co
    score: float = 1.0

    def overlaps(self, other: "Span[object]") -> bool:
        """Whether both share a character."""
        return self.start < other.end and other.start < self.end


def apart(spans: Iterable[Span[T]]) -> list[Span[T]]:
    """The spans in order, without those that overlap a longer or, being as long, an earlier one."""
    kept: list[Span[T]] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
        elif span.end - span.start > kept[-1].end - kept[-1].start:
            kept[-1] = span
    return kept


def parted(spans: Iterable[Span[T]], others: Iterable[Span[object]]) -> tuple[list[Span[T]], list[Span[T]]]:
    """The spans, all of them in order and apart, that share no character with the others, and those that do; in one sweep."""
    free: list[Span[T]] = []
    touching: list[Span[T]] = []
    ordered = sorted(others, key=lambda span: span.start)
    index = 0
    for span in spans:
        while index < len(ordered) and ordered[index].end <= span.start:
            index += 1
        (touching if index < len(ordered) and span.overlaps(ordered[index]) else free).append(span)
    return free, touching
