"""The ways out of each step that a test can take, and where in the YAML each was written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from soni.compiler.blocks import Placed
from soni.config.problems import Route
from soni.config.steps import Action, Branch, Collect, Confirm, Link, While
from soni.config.values import case_key
from soni.expressions import Expression

Outcome: TypeAlias = Literal["Next", "Goto", "Swap", "Skipped"]
"""As in ``StepRan``: it went on, something chose the way, another flow took over, or its ``when`` was false."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way out of a step; two that cannot be told apart afterwards are one."""

    key: str
    """What chooses it: ``on_error``, ``cases.savings``, ``when[0]``, ``else``, ``yes``, ``skipped``, …"""
    outcome: Outcome
    to: str
    """A step id, or a reserved target; empty where another flow takes over."""
    route: Route = ()
    """Where the key was written, seen from the step; empty where it was not."""


def ways_of(placed: Placed, on_error: str | None) -> tuple[Way, ...]:
    """The ways out of a step, in reading order; ``on_error`` is the flow's. A step of one way has no choice, and none.

    What a flow computes may fail too, and go to the flow's ``on_error``: only of actions is that expected to be tested.
    """
    ways: dict[tuple[str, str], Way] = {}
    for way in (*_done(placed, on_error), *_skipped(placed)):
        ways.setdefault((way.outcome, way.to), way)
    return tuple(ways.values()) if len(ways) > 1 else ()


def _skipped(placed: Placed) -> Iterator[Way]:
    when = placed.step.when
    if isinstance(when, Expression) and when.names:
        yield Way("skipped", "Skipped", placed.following, ("when",))


def _done(placed: Placed, on_error: str | None) -> Iterator[Way]:
    exits = placed.exits
    match placed.step:
        case Branch() as step:
            yield from _chosen(step, placed)
        case While() as step:
            yield Way("do", "Goto", exits["do"], ("do",))
            if step.condition.names:  # "true" never ends by itself
                yield Way("done", "Next", placed.next)
        case Confirm():
            told = "on_confirm" in exits
            yield Way("yes", "Goto" if told else "Next", exits.get("on_confirm", placed.next), _at("on_confirm", told))
            yield Way("no", "Goto", exits.get("on_deny", "cancel_flow"), _at("on_deny", "on_deny" in exits))
            if "on_change" in exits:
                yield Way("on_change", "Goto", exits["on_change"], ("on_change",))
        case Collect() as step:
            yield Way("answered", "Next", placed.next)
            if step.rejections:
                yield Way("rejected", "Goto", step.step, ("rejections",))
            yield from (Way(key, "Goto", to, (key,)) for key, to in exits.items())
        case Action():
            yield Way("done", "Next", placed.next)
            if (handler := exits.get("on_error", on_error)) is not None:
                yield Way("on_error", "Goto", handler, _at("on_error", "on_error" in exits))
        case Link():
            yield Way("linked", "Swap", "")
        case _:
            yield Way("done", "Next", placed.next)


def _chosen(step: Branch, placed: Placed) -> Iterator[Way]:
    if isinstance(step.when, tuple):
        for number, arm in enumerate(step.when):
            key = f"when[{number}]"
            written = "then" if arm.then is not None else "else"
            yield Way(key if written == "then" else "else", "Goto", placed.exits[key], ("when", number, written))
        if all(arm.condition is not None for arm in step.when):
            yield Way("else", "Next", placed.next)
        return
    for case in step.cases:
        key = f"cases.{case_key(case)}"
        yield Way(key, "Goto", placed.exits[key], ("cases", case))


def _at(key: str, written: bool) -> Route:
    return (key,) if written else ()
