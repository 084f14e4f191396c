"""What a prompt tells of an assistant: the flows that may be meant, and what can be said in them; the same size for any assistant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

from soni.config.models import Slot, SoniConfig
from soni.dialogue.flows import Flows, survey
from soni.templates import plain
from soni.understanding.base import Briefing
from soni.understanding.model.quoting import data

MAX_FLOWS: Final = 20
"""More flows are not put before a model; which ones is chosen for every message."""

MAX_EXAMPLES: Final = 3
"""Of what users say to start a flow."""

MAX_SLOTS: Final = 12
"""Named with a flow the user is not in."""

MAX_HERE: Final = 40
"""Slots of the flow the user is in, the one that is asked for first."""

MAX_CHOICES: Final = 30
"""Of a slot of the flow the user is in; a third of them elsewhere."""

MAX_WORDS: Final = 200
"""Characters of a description or an example."""


class Ranking(Protocol):
    """Says which flows a message may be about."""

    def rank(self, said: str) -> Sequence[str]:
        """All flows, the likeliest first."""
        ...


@dataclass(frozen=True)
class Catalogue:
    """An assistant as prompts tell of it."""

    config: SoniConfig
    flows: Flows
    ranking: Ranking

    @classmethod
    def of(cls, config: SoniConfig, ranking: Ranking) -> "Catalogue":
        """The catalogue of an assistant; ``ranking`` chooses where it has more flows than a prompt holds."""
        return cls(config, survey(config, dict(config.user_flows())), ranking)

    def in_scope(self, said: str, briefing: Briefing) -> tuple[str, ...]:
        """The flows that may be meant, in the order they are written: those at hand first, then the likeliest."""
        allowed = [name for name in self.flows if name in briefing.flows]
        if len(allowed) <= MAX_FLOWS:
            return tuple(allowed)
        at_hand = [briefing.active_flow, *(flow for flow in allowed if _offers(briefing, flow))]
        ranked = [*(flow for flow in at_hand if flow in briefing.flows), *self.ranking.rank(said)]
        chosen = set(list(dict.fromkeys(flow for flow in ranked if flow in briefing.flows))[:MAX_FLOWS])
        return tuple(name for name in allowed if name in chosen)

    @cached_property
    def flow_lines(self) -> Mapping[str, str]:
        """Each flow in one line: what it is for, how it is asked for, and what can be said with it."""
        return {name: self._flow_line(name) for name in self.flows}

    def slot_lines(self, briefing: Briefing) -> list[str]:
        """The slots of the flow the user is in, or that asks, with their values; sensitive values are not among them."""
        expected = briefing.expected
        flows = dict.fromkeys(flow for flow in (briefing.active_flow, expected.flow if expected else None) if flow)
        names = dict.fromkeys(slot for flow in flows for slot in self._fillable(flow))
        if expected is not None and expected.slot is not None:
            names = {expected.slot: None, **names}
        shown = [name for name in names if name in self.config.slots][:MAX_HERE]
        return [self._slot_line(name, briefing) for name in shown]

    def _flow_line(self, name: str) -> str:
        flow, line = self.flows[name].flow, f"- {name}"
        if flow.description:
            line += f": {_short(flow.description)}"
        if examples := flow.trigger.intents[:MAX_EXAMPLES]:
            line += f" Said as {', '.join(data(example, MAX_WORDS) for example in examples)}."
        slots = [f"{slot} ({_kind(self.config.slots[slot], MAX_CHOICES // 3)})" for slot in self._fillable(name)]
        if slots:
            line += f" Slots: {', '.join(slots[:MAX_SLOTS])}."
        return line

    def _fillable(self, flow: str) -> Sequence[str]:
        """The slots a user may fill in a flow, in the order they are asked."""
        if flow not in self.flows:
            return ()
        facts = self.flows[flow]
        named = [*facts.asks.values(), *sorted(facts.own | facts.called)]
        return [name for name in dict.fromkeys(named) if name not in self.flows.system]

    def _slot_line(self, name: str, briefing: Briefing) -> str:
        slot = self.config.slots[name]
        line = f"- {name} ({_kind(slot, MAX_CHOICES)})"
        if slot.description:
            line += f": {_short(slot.description)}"
        if slot.examples:
            line += f"; such as {', '.join(data(example, MAX_WORDS) for example in slot.examples[:MAX_EXAMPLES])}"
        if not slot.required:
            line += "; may be skipped"
        if name in briefing.slots:
            value = briefing.slots[name]
            line += (
                "; has a value"
                if value is None or slot.sensitive
                else f"; now {data(plain(value), MAX_WORDS, briefing.secrets)}"
            )
        return line


def _offers(briefing: Briefing, flow: str) -> bool:
    """Whether a button on the screen starts this flow."""
    return any(payload.split()[1:2] == [flow] for payload in briefing.offered.values())


def _kind(slot: Slot, most: int) -> str:
    if slot.type != "choice":
        return slot.type
    names = [_short(str(choice.value)) for choice in slot.choices]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"one of {' | '.join(names[:most])}{more}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_WORDS else text[: MAX_WORDS - 1] + "…"
