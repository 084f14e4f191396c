"""Which pattern answers a correction, a cancel, a digression, a clarification; and what its end does."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Final

from soni.dialogue.flows import Flows
from soni.dialogue.state import Dialogue, Effect
from soni.value import Value

MAX_OFFERS: Final = 6
"""Flows that are named when the user asks what there is."""

CLARIFICATION: Final = "pattern_clarification"
"""Offers a choice between flows."""


def title(flow: str) -> str:
    """A flow's name as one would say it: ``transfer_money`` → ``transfer money``."""
    return flow.removeprefix("pattern_").replace("_", " ")


def due(
    dialogue: Dialogue,
    flows: Flows,
    pattern: str,
    context: Mapping[str, Value] | None = None,
    effect: Effect | None = None,
) -> Dialogue:
    """The dialogue with this pattern waiting to run, behind those that wait already.

    ``context.flow`` is the flow the user is in unless the caller says otherwise; ``context.title`` is its name in words.
    """
    base = dialogue.base
    known: dict[str, Value] = {"flow": base.flow if base else None, **(context or {})}
    if isinstance(flow := known["flow"], str):
        known["title"] = title(flow)
    frame = flows[pattern].frame("pattern", context={k: v for k, v in known.items() if v is not None}, effect=effect)
    return replace(dialogue, due=(*dialogue.due, frame))


def offers(flows: Flows) -> str:
    """What the user could ask for, in a few words."""
    open_flows = (name for name, facts in flows.items() if facts.flow.startable and not facts.pattern)
    return ", ".join(title(name) for name in islice((n for n in open_flows if n not in flows.blocked), MAX_OFFERS))


def candidates(flows: Flows, names: Iterable[str]) -> list[Value]:
    """Flows to choose from, as buttons: ``{"flow", "title", "payload"}``."""
    return [{"flow": name, "title": name_of(flows, name), "payload": f"/start_flow {name}"} for name in names]


def name_of(flows: Flows, flow: str) -> str:
    """How a flow is offered: its description without the full stop, or its name in words."""
    return flows[flow].flow.description.rstrip(".") or title(flow)
