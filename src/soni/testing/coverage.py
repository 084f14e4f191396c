"""How much of an assistant its conversation tests have passed through: steps, and ways where there was a choice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from soni.compiler.blocks import FlowGraph, lay_out
from soni.config.check_flows import routes
from soni.config.earlier import modernise
from soni.config.merge import merged
from soni.config.models import PATTERNS, SoniConfig
from soni.config.problems import Route
from soni.config.source import files_of, read
from soni.config.written import Written, locate
from soni.errors import Problem
from soni.events import Event, PatternRan, StepRan
from soni.testing.conversations import ConversationFile
from soni.testing.ways import Way, ways_of


@dataclass(frozen=True, slots=True)
class Count:
    """How many of how many."""

    had: int
    of: int

    @property
    def percent(self) -> float:
        """From 0 to 100; of nothing, all was had."""
        return 100 * self.had / self.of if self.of else 100.0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.had + other.had, self.of + other.of)


@dataclass(frozen=True, slots=True)
class Missed:
    """A step that never ran, or a way that a step never took."""

    step: str
    line: int | None
    way: Way | None = None
    """``None`` where the step itself never ran."""


@dataclass(frozen=True, slots=True)
class FlowCoverage:
    """How much of one flow was run."""

    flow: str
    file: Path | None
    line: int | None
    steps: Count
    ways: Count
    missed: tuple[Missed, ...]
    """In reading order; of a step that never ran its ways are not told, though they count."""


@dataclass(frozen=True, slots=True)
class AssistantCoverage:
    """How much of one assistant was run."""

    assistant: Path
    flows: tuple[FlowCoverage, ...]
    """Those that the author wrote, patterns that he overrides among them."""
    patterns: Mapping[str, bool]
    """Every repair pattern that is shipped and not overridden, and whether it ran; an override is a flow of the author's."""

    @property
    def steps(self) -> Count:
        return sum((flow.steps for flow in self.flows), Count(0, 0))

    @property
    def ways(self) -> Count:
        return sum((flow.ways for flow in self.flows), Count(0, 0))


@dataclass(slots=True)
class Tally:
    """What has run: a listener for ``RuntimeLoop`` that only remembers."""

    steps: set[tuple[str, str, str, str]] = field(default_factory=set)
    """Flow, step, outcome, and where it went."""
    patterns: set[str] = field(default_factory=set)

    def __call__(self, event: Event) -> None:
        """Remember what happened."""
        if isinstance(event, StepRan):
            self.steps.add((event.flow, event.step, event.outcome, event.to))
        elif isinstance(event, PatternRan):
            self.patterns.add(event.pattern)


class Tallies:
    """What has run in the tests of several files, each assistant for itself."""

    def __init__(self) -> None:
        self._of: dict[Path, tuple[ConversationFile, Tally]] = {}

    def of(self, file: ConversationFile) -> Tally:
        """The tally of the assistant that this file is about."""
        return self._of.setdefault(file.assistant.resolve(), (file, Tally()))[1]

    def coverage(self) -> tuple[AssistantCoverage, ...]:
        """Assistant by assistant, in the order in which they were tested."""
        return tuple(measure(file.config, file.assistant, tally) for file, tally in self._of.values())


def measure(config: SoniConfig, assistant: Path, tally: Tally) -> AssistantCoverage:
    """How much of an assistant has run, with the lines of its file or folder."""
    tree = _written(assistant)
    flows = tuple(_flow(lay_out(name, flow), tree, tally) for name, flow in config.flows.items())
    seen = tally.patterns | {flow for flow, *_ in tally.steps}
    return AssistantCoverage(assistant, flows, {name: name in seen for name in PATTERNS if name not in config.flows})


def total(coverage: Sequence[AssistantCoverage]) -> tuple[Count, Count]:
    """Steps and ways of all of them."""
    steps = sum((each.steps for each in coverage), Count(0, 0))
    return steps, sum((each.ways for each in coverage), Count(0, 0))


def _flow(graph: FlowGraph, tree: Written, tally: Tally) -> FlowCoverage:
    taken = {(step, outcome, to) for flow, step, outcome, to in tally.steps if flow == graph.name}
    ran = {step for step, outcome, _ in taken if outcome != "Skipped"}
    places = {step.step: route for route, step in routes(("flows", graph.name, "steps"), graph.flow.steps)}
    ways = {step: ways_of(placed, graph.flow.on_error) for step, placed in graph.placed.items()}
    missed: list[Missed] = []
    for step in places:
        if step not in ran:
            missed.append(Missed(step, _line(tree, places[step])))
        else:
            missed += _missed(step, ways[step], taken, tree, places[step])
    file, line = _place(tree, ("flows", graph.name))
    every = [(step, way.outcome, way.to) for step, of_step in ways.items() for way in of_step]
    return FlowCoverage(
        flow=graph.name,
        file=file,
        line=line,
        steps=Count(len(ran & places.keys()), len(places)),
        ways=Count(sum(way in taken for way in every), len(every)),
        missed=tuple(missed),
    )


def _missed(
    step: str, ways: tuple[Way, ...], taken: set[tuple[str, str, str]], tree: Written, route: Route
) -> Iterator[Missed]:
    for way in ways:
        if (step, way.outcome, way.to) not in taken:
            yield Missed(step, _line(tree, (*route, *way.route)), way)


def _line(tree: Written, route: Route) -> int | None:
    return _place(tree, route)[1]


def _place(tree: Written, route: Route) -> tuple[Path | None, int | None]:
    place, _ = locate(tree, route)
    return place.file, place.line


def _written(assistant: Path) -> Written:
    """The YAML of an assistant that could be loaded, with its places."""
    told: list[Problem] = []  # what is to be said about it was said when it was loaded
    tree = merged([read(file, {}, told) for file in files_of(assistant, told)], told)
    modernise(tree)
    return tree
