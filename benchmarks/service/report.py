"""Figures, each with its limit: a table of what was measured, and whether all of it holds."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from client import Tally


@dataclass(frozen=True, slots=True)
class Figure:
    """Something that was measured."""

    run: str
    what: str
    value: str
    limit: str = ""
    holds: bool = True


@dataclass
class Report:
    """All figures of a command."""

    rehearsal: bool = False
    """Times and memory are told and not judged: what few requests on a busy machine take says nothing."""
    figures: list[Figure] = field(default_factory=list)

    def tell_cost(self, run: str, what: str, value: float, unit: str = "", *, most: float) -> None:
        """Note a time or a size, and ``most`` it may be."""
        self.tell(run, what, value, unit, most=None if self.rehearsal else most)

    def tell(self, run: str, what: str, value: float, unit: str = "", *, most: float | None = None) -> None:
        """Note a figure, and ``most`` it may be."""
        written = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
        holds = most is None or value <= most
        limit = "" if most is None else f"≤ {most:g}"
        self.figures.append(Figure(run, what, f"{written} {unit}".strip(), limit, holds))

    def tell_answers(self, run: str, tally: Tally) -> None:
        """How many answers there were, all of which have to be right."""
        self.tell(run, "answers", len(tally.seconds))
        self.tell(run, "errors", tally.errors, most=0)
        self.tell(run, "wrong answers", tally.wrong, most=0)
        if tally.example:
            self.figures.append(Figure(run, "the first that was not right", tally.example.replace("|", "¦"), "", False))

    @property
    def holds(self) -> bool:
        """Whether every figure is within its limit."""
        return all(figure.holds for figure in self.figures)

    def __str__(self) -> str:
        lines = ["| run | figure | measured | limit | |", "| --- | --- | --- | --- | --- |"]
        lines += [
            f"| {each.run} | {each.what} | {each.value} | {each.limit} | {_verdict(each)} |" for each in self.figures
        ]
        return "\n".join(lines)


def _verdict(figure: Figure) -> str:
    return "" if figure.holds and not figure.limit else "holds" if figure.holds else "MISSED"


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that this share of them does not exceed; 0 where there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
