"""What can be proven of an assistant's flows before anyone talks to it: reachability, ends, effects before confirms."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from soni.compiler.blocks import FlowGraph
from soni.compiler.verify.asking import endless_asking
from soni.compiler.verify.calling import recursive_calls
from soni.compiler.verify.choosing import hidden_arms, open_branches
from soni.compiler.verify.confirming import unconfirmed_writes
from soni.compiler.verify.endless import endless_retries, endless_ways
from soni.compiler.verify.reaching import unreachable_steps, unused_flows
from soni.compiler.verify.reading import unset_reads
from soni.compiler.verify.ways import Plan
from soni.config.models import SoniConfig
from soni.config.problems import MOST, Finding, spell
from soni.config.written import Written, placed
from soni.dialogue.flows import Flows
from soni.errors import Problem

_SURE: Final[tuple[Callable[[Plan], Iterator[Finding]], ...]] = (endless_ways, recursive_calls)
_OTHERS: Final[tuple[Callable[[Plan], Iterator[Finding]], ...]] = (
    endless_retries,
    endless_asking,
    unreachable_steps,
    unset_reads,
    unconfirmed_writes,
    open_branches,
    hidden_arms,
    unused_flows,
)
FATAL: Final = frozenset({"endless", "recursion"})
"""Of what is found, what surely ends in a failed turn: an assistant with it is not served."""


def verify(
    config: SoniConfig, flows: Flows, graphs: Mapping[str, FlowGraph], written: Written | None = None
) -> tuple[Problem, ...]:
    """All that is to be said about the ways through an assistant's flows, MOST of it.

    ``flows`` and ``graphs`` are of every flow, the shipped patterns among them; ``config`` was loaded without errors.
    ``written`` is what it was read from: with it, problems have file and line.
    """
    plan = Plan(config, flows, graphs)
    findings = [finding for rule in (*_SURE, *_OTHERS) for finding in rule(plan)]
    return tuple(_problems(findings[:MOST], written))


def refusals(config: SoniConfig, flows: Flows, graphs: Mapping[str, FlowGraph]) -> tuple[Problem, ...]:
    """Of what ``verify`` says, only what keeps an assistant from being served; soon known."""
    plan = Plan(config, flows, graphs)
    return tuple(_problems((f for rule in _SURE for f in rule(plan) if f.code in FATAL), None))


def _problems(findings: Iterable[Finding], written: Written | None) -> Iterator[Problem]:
    for finding in findings:
        if written is not None:
            yield placed(finding, written)
        else:
            yield Problem(finding.message, spell(finding.route), severity=finding.severity, code=finding.code)
