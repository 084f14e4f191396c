"""Stretches of a text and what they mean."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)
S = TypeVar("S", bound="Span[object]")


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


def apart(spans: Iterable[S]) -> list[S]:
    """The spans in order, without those that overlap a longer or, being as long, an earlier one."""
    kept: list[S] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
        elif span.end - span.start > kept[-1].end - kept[-1].start:
            kept[-1] = span
    return kept


def outside(spans: Iterable[S], taken: Sequence[Span[object]]) -> list[S]:
    """The spans that share no character with those taken; both in order."""
    kept: list[S] = []
    index = 0
    for span in spans:
        while index < len(taken) and taken[index].end <= span.start:
            index += 1
        if index == len(taken) or not span.overlaps(taken[index]):
            kept.append(span)
    return kept
