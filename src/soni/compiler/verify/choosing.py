"""Branches that have no way for a value their slot can have, and ways that are never chosen."""

import math
from collections.abc import Iterator
from itertools import pairwise

from soni.compiler.verify.ways import Plan
from soni.config.models import Slot
from soni.config.problems import Finding
from soni.config.steps import Branch, Collect, Set
from soni.config.values import case_key
from soni.expressions import EvaluationError, Expression, parse_expression
from soni.value import Scalar


def open_branches(plan: Plan) -> Iterator[Finding]:
    """A branch without ``default`` and a value that none of its cases fits: such a turn fails.

    An error where a user can say that value and nothing would refuse it, a warning elsewhere. Of choices and booleans it
    is told when the assistant is read (``uncovered-case``).
    """
    for graph in plan.own:
        skippable = _skippable(plan, graph.name)
        for step in plan.steps(graph.name):
            if not isinstance(step, Branch) or step.slot is None or "default" in step.cases:
                continue
            slot = plan.config.slots[step.slot]
            route = plan.route(graph.name, step.step, "cases")
            if (left := _left_over(step, slot)) is not None:
                severity = "error" if _anything_goes(plan, step.slot, slot) else "warning"
                message = f"no case fits {step.slot!r} where it is {left}, and there is no default"
                yield Finding(route, message, severity=severity, code="open-branch")
            elif step.slot in skippable and not (isinstance(step.when, Expression) and step.slot in step.when.names):
                message = f"no case fits {step.slot!r} where the user skips it ('required: false'): a default is needed"
                yield Finding(route, message, severity="warning", code="open-branch")


def hidden_arms(plan: Plan) -> Iterator[Finding]:
    """A condition that an earlier arm of the same branch has already taken."""
    for graph in plan.own:
        for step in plan.steps(graph.name):
            if not isinstance(step, Branch) or not isinstance(step.when, tuple):
                continue
            taken: set[Expression] = set()
            for number, arm in enumerate(step.when):
                if arm.condition is None:
                    continue
                if arm.condition in taken:
                    message = "this way is never taken: an arm before it has the same condition"
                    route = plan.route(graph.name, step.step, "when", number)
                    yield Finding(route, message, severity="warning", code="hidden-arm")
                taken.add(arm.condition)


def _skippable(plan: Plan, flow: str) -> frozenset[str]:
    """Slots that this flow asks, that a user need not give, and that nothing else in it fills."""
    steps = list(plan.steps(flow))
    asked = {step.slot for step in steps if isinstance(step, Collect)}
    computed = {name for step in steps if isinstance(step, Set) for name in step.slots}
    slots = plan.config.slots
    return frozenset(
        name for name in asked - computed if name in slots and not slots[name].required and slots[name].default is None
    )


def _anything_goes(plan: Plan, name: str, slot: Slot) -> bool:
    """Whether the user fills the slot, and nothing but its type and bounds refuses a value."""
    return name not in plan.flows.system and not (slot.validator or slot.normalizer or slot.pattern)


def _left_over(step: Branch, slot: Slot) -> str | None:
    """A value in words that the slot can have and that no case fits, where one can be named."""
    comparisons = [str(case) for case in step.cases if _is_comparison(case)]
    if slot.type in ("integer", "float"):
        return _number_left(step, slot, comparisons)
    if slot.type in ("string", "email", "phone") and not comparisons:
        return "another text"
    return None


def _is_comparison(case: Scalar) -> bool:
    return isinstance(case, str) and case.startswith((">", "<", "!=", "=="))


def _number_left(step: Branch, slot: Slot, comparisons: list[str]) -> str | None:
    """A number within the slot's bounds that no case fits; tried are those at, between and beyond what is written."""
    tests = [parse_expression(f"value {case}") for case in comparisons]
    plain = {case_key(case) for case in step.cases if not _is_comparison(case)}
    try:
        left = (
            case_key(value)
            for value in _samples(step, slot)
            if case_key(value) not in plain and not any(test.holds({"value": value}) for test in tests)
        )
        return next(left, None)
    except EvaluationError:
        return None  # such as ">1/0": the turn says so


def _samples(step: Branch, slot: Slot) -> Iterator[int | float]:
    lowest = slot.min if isinstance(slot.min, int | float) else -math.inf
    highest = slot.max if isinstance(slot.max, int | float) else math.inf
    written = {0.0, *(number for case in step.cases if (number := _number(case)) is not None)}
    marks = sorted(written | {bound for bound in (lowest, highest) if math.isfinite(bound)})
    tried = {mark + beside for mark in marks for beside in (-1, 0, 1)}
    tried.update((first + second) / 2 for first, second in pairwise(marks))
    for value in sorted(tried, key=lambda value: (value < 0, abs(value))):
        if lowest <= value <= highest and (slot.type == "float" or value == int(value)):
            yield int(value) if value == int(value) else value


def _number(case: Scalar) -> float | None:
    try:
        number = float(str(case).lstrip("<>=! "))
    except ValueError:
        return None
    return number if abs(number) < 1e15 else None
