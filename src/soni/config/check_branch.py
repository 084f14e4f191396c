"""Branches: what they choose by, and whether their cases can be."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from soni.config.check_comparisons import wrong_comparisons
from soni.config.contexts import Context
from soni.config.models import Slot
from soni.config.problems import Finding, Route, nearest
from soni.config.scene import Scene
from soni.config.steps import Branch
from soni.config.values import case_key, kind
from soni.errors import ExpressionError
from soni.expressions import parse_expression
from soni.value import Scalar

_NUMBERS: Final = frozenset({"integer", "float", "duration"})
_KINDS_OF_MANY: Final[Mapping[str, str]] = {"list": "a list", "object": "an object", "money": "an amount of money"}


def check_branch(scene: Scene, route: Route, step: Branch, context: Context | None) -> Iterator[Finding]:
    """What a branch reads, and its cases."""
    if isinstance(step.when, tuple):
        for number, arm in enumerate(step.when):
            yield from scene.reads((*route, "when", number, "condition"), arm.condition, context)
        return
    if step.evaluate is not None:
        yield from scene.reads((*route, "evaluate"), step.evaluate, context)
    for case in step.cases:
        if _is_comparison(case):
            yield from _comparison(scene, (*route, "cases", case), step, str(case))
    if step.slot is not None:
        yield from scene.slot_name((*route, "slot"), step.slot)
    yield from _cases(route, step, _chosen_by(scene, step))


def _chosen_by(scene: Scene, step: Branch) -> Slot | None:
    """The slot whose value chooses, where it is one."""
    name = step.slot or (step.evaluate.side.name if step.evaluate is not None else None)
    return scene.slot(name) if name is not None else None


def _is_comparison(case: Scalar) -> bool:
    return isinstance(case, str) and case.startswith((">", "<", "!=", "=="))


def _comparison(scene: Scene, route: Route, step: Branch, case: str) -> Iterator[Finding]:
    try:
        expression = parse_expression(f"value {case}")
    except ExpressionError as error:
        yield Finding(route, f"the comparison {case!r} cannot be read: {error.message}")
        return
    if names := expression.names - {"value"}:
        message = f"a case compares with a value, not with the slot {min(names)!r}; use 'when' with conditions"
        yield Finding(route, message, code="wrong-type")
    yield from wrong_comparisons(route, expression, lambda _: _chosen_by(scene, step))


def _cases(route: Route, step: Branch, slot: Slot | None) -> Iterator[Finding]:
    """What a slot of few values can be is among the cases, and nothing else is."""
    plain = {case_key(case): case for case in step.cases if case != "default" and not _is_comparison(case)}
    if slot is not None and slot.type == "choice":
        possible = [case_key(choice.value) for choice in slot.choices]
    elif (slot is not None and slot.type == "boolean") or _is_question(step, plain.values()):
        possible = ["true", "false"]
    else:
        yield from _typed_cases(route, step, plain.values(), slot)
        return
    texts = {choice.value for choice in slot.choices if isinstance(choice.value, str)} if slot is not None else set()
    for word, case in plain.items():
        if word not in possible:
            message = f"{str(step.slot or step.evaluate)!r} is never {word!r}; it is one of {', '.join(possible)}"
            yield Finding((*route, "cases", case), message, nearest(word, possible), code="unknown-case")
        elif slot is not None and not isinstance(case, str) and word in texts:
            yield _never(route, case, "a text")
    if step.slot is None and slot is not None:
        return  # an expression that is a slot; what is not covered fails only where it comes to that
    missing = [word for word in possible if word not in plain]
    if missing and "default" not in step.cases and not any(map(_is_comparison, step.cases)):
        yield Finding((*route, "cases"), f"no case for {', '.join(missing)}, and no default", code="uncovered-case")


def _is_question(step: Branch, cases: Collection[Scalar]) -> bool:
    """Whether an expression is asked for true and false."""
    if step.evaluate is None or not cases:
        return False
    return step.evaluate.side.kind == "boolean" or all(isinstance(case, bool) for case in cases)


def _typed_cases(route: Route, step: Branch, plain: Collection[Scalar], slot: Slot | None) -> Iterator[Finding]:
    """A number is never a word, and a text never a number."""
    computed = step.evaluate.side.kind if step.evaluate is not None else None
    if (slot is not None and slot.type in _NUMBERS) or computed == "number":
        yield from (_never(route, case, "a number") for case in plain if not _is_number(case))
    elif slot is None or slot.normalizer is not None:
        return
    elif slot.type in ("list", "object", "money"):
        yield from (_never(route, case, _KINDS_OF_MANY[slot.type]) for case in plain)
    else:
        yield from (_never(route, case, "a text") for case in plain if not isinstance(case, str))


def _never(route: Route, case: Scalar, what: str) -> Finding:
    instead = {
        "a number": "a number, or a comparison such as '>100', is expected",
        "a text": f'in quotes it is one: "{case_key(case)}"',
        "an amount of money": "a comparison such as '>100' is expected",
    }.get(what, "use 'when' with conditions")
    message = f"{what} is never {kind(case)}; {instead}"
    severity = "error" if what == "a number" else "warning"
    return Finding((*route, "cases", case), message, severity=severity, code="unknown-case")


def _is_number(case: Scalar) -> bool:
    try:
        float(case_key(case))
    except ValueError:
        return False
    return True
