"""Which commands may be applied now: what is unknown, forbidden or out of place is dropped, with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from soni.config.steps import Collect, Confirm
from soni.dialogue.commands import (
    COMMANDS,
    MAX_COMMANDS,
    Affirm,
    AskInfo,
    CancelFlow,
    ChitChat,
    Clarify,
    ClearSlot,
    Command,
    CorrectSlot,
    Deny,
    HumanHandoff,
    OutOfScope,
    Repeat,
    Restart,
    SetSlot,
    SkipQuestion,
    StartFlow,
)
from soni.dialogue.flows import Flows
from soni.dialogue.scope import visible
from soni.dialogue.stack import started
from soni.dialogue.state import Dialogue
from soni.dialogue.transitions import in_order, pending
from soni.value import Value

NAMES: Mapping[type[Command], str] = {kind: name for name, kind in COMMANDS.items()}
"""The name of each command."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A command, or one slot of it, that was not admitted."""

    command: str
    reason: str
    name: str | None = None
    """The flow or slot it was about."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """What is left to apply, in order, and what is not."""

    commands: tuple[Command, ...]
    dropped: tuple[Dropped, ...]


def admit(commands: Sequence[Command], dialogue: Dialogue, flows: Flows) -> Admitted:
    """Check commands against what exists and what may be done now."""
    dropped = [Dropped(NAMES[type(command)], "too_many") for command in commands[MAX_COMMANDS:]]
    left: list[Command] = []
    for command in in_order(commands[:MAX_COMMANDS]):
        kept = _admit(command, dialogue, flows, dropped)
        if kept is not None:
            left.append(kept)
    return Admitted(tuple(_without_contradictions(left, dialogue, flows, dropped)), tuple(dropped))


def startable(dialogue: Dialogue, flows: Flows) -> frozenset[str]:
    """The flows a message may start now."""
    return frozenset(name for name in flows if refusal(name, dialogue, flows) is None)


def refusal(flow: str, dialogue: Dialogue, flows: Flows) -> str | None:
    """Why this flow may not be started now; ``None`` where it may."""
    if flow not in flows or flows[flow].pattern:
        return "unknown_flow"
    facts = flows[flow].flow
    if not facts.startable or flow in flows.blocked:
        return "not_startable"
    if any(frame.kind == "started" and frame.flow == flow for frame in dialogue.stack):
        return None
    base = dialogue.base
    if base is not None and base.flow in flows and not flows[base.flow].flow.interruptible:
        return "busy"
    limits = flows.limits
    if limits.on_limit_reached == "reject_new" and started(dialogue) >= limits.max_stack_depth:
        return "stack_full"
    guard = facts.trigger.condition
    if guard is not None and not guard.holds(visible(replace(dialogue, stack=()), flows)):
        return "not_now"
    return None


def _admit(command: Command, dialogue: Dialogue, flows: Flows, dropped: list[Dropped]) -> Command | None:
    name = NAMES[type(command)]
    match command:
        case StartFlow(flow, slots):
            if (reason := refusal(flow, dialogue, flows)) is not None:
                dropped.append(Dropped(name, reason, flow))
                return None
            return StartFlow(flow, _fillable(name, slots, flows, dropped))
        case SetSlot(slots) | CorrectSlot(slots):
            kept = _fillable(name, slots, flows, dropped)
            return replace(command, slots=kept) if kept else None
        case ClearSlot(names):
            kept = _fillable(name, dict.fromkeys(names), flows, dropped)
            return ClearSlot(tuple(kept)) if kept else None
        case CancelFlow(flow):
            if flow is not None and not any(f.kind == "started" and f.flow == flow for f in dialogue.stack):
                dropped.append(Dropped(name, "not_active", flow))
                return None
            return command
        case Clarify(names):
            known = tuple(each for each in names if refusal(each, dialogue, flows) is None)
            dropped.extend(Dropped(name, "unknown_flow", each) for each in names if each not in known)
            return Clarify(known) if known else None
        case Affirm() | Deny():
            return _admit_answer(command, dialogue, flows, dropped)
        case AskInfo(slot):
            return command if slot is None or slot in flows.slots else AskInfo()
        case ChitChat() | OutOfScope() | HumanHandoff() | SkipQuestion() | Repeat() | Restart():
            return command
        case _:
            assert_never(command)


def _fillable(command: str, slots: Mapping[str, Value], flows: Flows, dropped: list[Dropped]) -> dict[str, Value]:
    """The slots a user may fill."""
    kept: dict[str, Value] = {}
    for slot, value in slots.items():
        if slot not in flows.slots:
            dropped.append(Dropped(command, "unknown_slot", slot))
        elif slot in flows.system:
            dropped.append(Dropped(command, "system_slot", slot))
        else:
            kept[slot] = value
    return kept


def _admit_answer(command: Affirm | Deny, dialogue: Dialogue, flows: Flows, dropped: list[Dropped]) -> Command | None:
    """A yes or no needs a question that takes one; for a boolean collect it is a value."""
    step = pending(dialogue, flows)
    if isinstance(command, Deny) and command.slot is not None:
        if command.slot in flows.slots and command.slot not in flows.system:
            return command
        dropped.append(Dropped("deny", "unknown_slot", command.slot))
        return None
    if isinstance(step, Confirm):
        return command
    if isinstance(step, Collect) and flows.slots[step.slot].type == "boolean":
        return SetSlot({step.slot: isinstance(command, Affirm)})
    dropped.append(Dropped(NAMES[type(command)], "nothing_to_answer"))
    return None


def _without_contradictions(
    commands: list[Command], dialogue: Dialogue, flows: Flows, dropped: list[Dropped]
) -> list[Command]:
    """A yes or no beside a change is about what was asked before the change: the question is put again instead."""
    if not isinstance(pending(dialogue, flows), Confirm):
        return commands
    changes = any(
        isinstance(c, SetSlot | CorrectSlot | ClearSlot) or (isinstance(c, Deny) and c.slot) for c in commands
    )
    if not changes:
        return commands
    dropped.extend(
        Dropped(NAMES[type(c)], "changed_meanwhile") for c in commands if isinstance(c, Affirm) or c == Deny()
    )
    return [c for c in commands if not isinstance(c, Affirm) and c != Deny()]
