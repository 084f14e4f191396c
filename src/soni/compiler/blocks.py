"""A flow as a control-flow graph: where each step leads, and the straight runs that become nodes of its subgraph."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from soni.config.models import Flow
from soni.config.steps import Branch, Call, Handoff, Link, Step, Target, While
from soni.config.values import RESERVED_TARGETS

END: Final = "end"
"""Where a flow goes when it is over; never the name of a step."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A step, and every way out of it."""

    step: Step
    next: str
    """Where the flow goes after it: a step id, or a reserved target."""
    following: str
    """Where it goes when it is skipped: as ``next``, but for ``jump_to``."""
    exits: Mapping[str, str]
    """The key that chooses a way (``on_confirm``, ``cases.savings``, ``when[0]``, ``do``) → a step id or a reserved target."""
    loops: tuple[str, ...] = ()
    """The while steps it is inside of, the innermost last."""

    def successors(self) -> Iterator[str]:
        """Every place the flow may be after this step."""
        yield self.next
        yield self.following
        yield from self.exits.values()


@dataclass(frozen=True)
class FlowGraph:
    """A flow laid out flat."""

    name: str
    flow: Flow
    placed: Mapping[str, Placed]
    """Step id → where it leads, in reading order."""
    bodies: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """While step → the steps of its body."""

    @cached_property
    def blocks(self) -> Mapping[str, tuple[str, ...]]:
        """First step of each block → its steps: straight runs, broken where a way enters or leaves."""
        order = list(self.placed)
        leaders = self._leaders()
        blocks: dict[str, list[str]] = {}
        current = order[0]
        for at, step in enumerate(order):
            runs_on = at > 0 and self.placed[order[at - 1]].next == step
            if step in leaders or not runs_on:
                current = step
            blocks.setdefault(current, []).append(step)
        return {leader: tuple(steps) for leader, steps in blocks.items()}

    @cached_property
    def block_of(self) -> Mapping[str, str]:
        """Step → the first step of its block."""
        return {step: leader for leader, steps in self.blocks.items() for step in steps}

    @cached_property
    def ahead(self) -> Mapping[str, frozenset[str]]:
        """Step → itself and every step that can still be reached from it without going back."""
        order = {step: at for at, step in enumerate(self.placed)}
        reached: dict[str, frozenset[str]] = {}
        for step in reversed(order):
            forward = (s for s in self.placed[step].successors() if order.get(s, -1) > order[step])
            reached[step] = frozenset({step}).union(*(reached[s] for s in forward))
        return reached

    def _leaders(self) -> set[str]:
        order = list(self.placed)
        leaders = {order[0]}
        for step, behind in zip(order, (*order[1:], END), strict=True):
            placed = self.placed[step]
            leaders.update(placed.exits.values())
            # Whoever comes from elsewhere than the step before enters there.
            leaders.update({placed.next, placed.following} - {behind})
            if isinstance(placed.step, Branch | While | Call | Link | Handoff):
                leaders.update((placed.next, placed.following))
        return leaders


def lay_out(name: str, flow: Flow) -> FlowGraph:
    """The control-flow graph of a flow whose targets are known to exist."""
    placed: dict[str, Placed] = {}
    bodies: dict[str, frozenset[str]] = {}
    _place(flow.steps, END, (), placed, bodies)
    return FlowGraph(name, flow, placed, bodies)


def _place(
    steps: tuple[Step, ...],
    after: str,
    loops: tuple[str, ...],
    placed: dict[str, Placed],
    bodies: dict[str, frozenset[str]],
) -> None:
    """Lay out a list of steps; behind its last one the flow goes on at ``after``."""
    for at, step in enumerate(steps):
        following = steps[at + 1].step if at + 1 < len(steps) else after
        behind = step.jump_to or following
        if isinstance(step, While) and step.jump_to is None and step.exit_to is not None:
            behind = step.exit_to
        placed[step.step] = Placed(step, behind, following, {}, loops)  # holds the step's place in reading order
        exits: dict[str, str] = {}
        for key, target in step.branches():
            inner = (*loops, step.step) if key == "do" else loops
            back = step.step if key == "do" else behind  # a body comes round to its while
            exits[key] = _target(target, back, inner, placed, bodies)
        if isinstance(step, While):
            inside = {s for s, p in placed.items() if step.step in p.loops}
            bodies[step.step] = frozenset(inside)
        placed[step.step] = Placed(step, behind, following, exits, loops)


def _target(
    target: Target, after: str, loops: tuple[str, ...], placed: dict[str, Placed], bodies: dict[str, frozenset[str]]
) -> str:
    if isinstance(target, str):
        return target
    if not target:
        return after
    _place(target, after, loops, placed, bodies)
    return target[0].step


def is_step(target: str) -> bool:
    """True for a step id, false for a reserved target."""
    return target not in RESERVED_TARGETS
