"""Which commands may be applied now: what is unknown, forbidden or out of place is dropped, with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from soni.dialogue.flows import FlowFacts, Flows
from soni.dialogue.scope import visible
from soni.dialogue.stack import started
from soni.dialogue.state import Dialogue
from soni.dialogue.transitions import apply, in_order, pending
from soni.expressions import Expression
from soni.operations import EvaluationError
from soni.templates import plain
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


def admit(commands: Sequence[Command], dialogue: Dialogue, flows: Flows, about: Mapping[str, Value]) -> Admitted:
    """Check commands against what exists and what may be done now. ``about`` is what guards can read besides slots."""
    door = _Door(dialogue, flows, about)
    door.dropped += [Dropped(NAMES[type(command)], "too_many") for command in commands[MAX_COMMANDS:]]
    kept = [door.admit(command) for command in in_order(commands[:MAX_COMMANDS])]
    left = door.without_contradictions([command for command in kept if command is not None])
    return Admitted(tuple(left), tuple(door.dropped))


def in_scope(flows: Flows) -> frozenset[str]:
    """The flows a message may ask for. One that cannot be started now is among them, so that the user is told so."""
    return frozenset(name for name, facts in flows.items() if _can_be_asked_for(facts, flows))


def _can_be_asked_for(facts: FlowFacts, flows: Flows) -> bool:
    return facts.flow.startable and not facts.pattern and facts.name not in flows.blocked


def refusal(flow: str, dialogue: Dialogue, flows: Flows, about: Mapping[str, Value]) -> str | None:
    """Why this flow may not be started now; ``None`` where it may."""
    if flow not in flows or flows[flow].pattern:
        return "unknown_flow"
    facts = flows[flow].flow
    if not _can_be_asked_for(flows[flow], flows):
        return "not_startable"
    running = started(dialogue)
    if any(frame.flow == flow for frame in running):
        return None
    if running and running[-1].flow in flows and not flows[running[-1].flow].flow.interruptible:
        return "busy"
    limits = flows.limits
    if limits.on_limit_reached == "reject_new" and len(running) >= limits.max_stack_depth:
        return "stack_full"
    guard = facts.trigger.condition
    if guard is not None and not _holds(guard, {**about, **visible(replace(dialogue, stack=()), flows)}):
        return "not_now"
    return None


def _holds(guard: Expression, scope: Mapping[str, Value]) -> bool:
    """Whether a guard lets a flow start; one that cannot be computed does not."""
    try:
        return guard.holds(scope)
    except EvaluationError:
        return False


@dataclass
class _Door:
    """Commands come in one after the other, each to what the ones before have made of the dialogue."""

    dialogue: Dialogue
    """As the message found it."""
    flows: Flows
    about: Mapping[str, Value]
    dropped: list[Dropped] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.entered = self.dialogue
        """After the flows that are left and started."""
        self.wanted = self._wanted(self.dialogue)

    def admit(self, command: Command) -> Command | None:
        """The command, with what is left of it."""
        name = NAMES[type(command)]
        match command:
            case StartFlow(flow, slots):
                return self._start(flow, slots)
            case SetSlot(slots) | CorrectSlot(slots):
                kept = self._fillable(name, slots)
                return replace(command, slots=kept) if kept else None
            case ClearSlot(names):
                kept = self._fillable(name, dict.fromkeys(names))
                return ClearSlot(tuple(kept)) if kept else None
            case CancelFlow(flow):
                if flow is not None and not any(frame.flow == flow for frame in started(self.entered)):
                    self._drop(name, "not_active", flow)
                    return None
                self.entered = apply(self.entered, command, self.flows)
                return command
            case Clarify(names):
                known = tuple(each for each in names if not refusal(each, self.dialogue, self.flows, self.about))
                self.dropped += [Dropped(name, "unknown_flow", each) for each in names if each not in known]
                return Clarify(known) if known else None
            case Affirm() | Deny():
                return self._answer(command)
            case AskInfo(slot):
                return command if slot is None or slot in self.flows.slots else AskInfo()
            case Restart():
                self.entered, self.wanted = apply(self.entered, command, self.flows), self.flows.conversation
                return command
            case ChitChat() | OutOfScope() | HumanHandoff() | SkipQuestion() | Repeat():
                return command
            case _:
                assert_never(command)

    def without_contradictions(self, commands: list[Command]) -> list[Command]:
        """A yes or no beside a change is about what was asked before the change: the question is put again instead.

        So it is where both were said, or where a person shall take over.
        """
        answers = [c for c in commands if isinstance(c, Affirm) or c == Deny()]
        if not answers or not isinstance(pending(self.dialogue, self.flows), Confirm):
            return commands
        handed_over = any(isinstance(command, HumanHandoff) for command in commands)
        if not (handed_over or len(set(answers)) > 1 or any(self._changes(command) for command in commands)):
            return commands
        self.dropped += [Dropped(NAMES[type(c)], "changed_meanwhile") for c in answers]
        return [c for c in commands if c not in answers]

    def _changes(self, command: Command) -> bool:
        """True where a command changes what a pending confirm is about."""
        match command:
            case SetSlot(slots) | CorrectSlot(slots):
                known = visible(self.dialogue, self.flows)
                return any(plain(known.get(slot)) != plain(value) for slot, value in slots.items())
            case ClearSlot():
                return True
            case Deny(slot):
                return slot is not None
            case _:
                return False

    def _start(self, flow: str, slots: Mapping[str, Value]) -> Command | None:
        reason = refusal(flow, self.entered, self.flows, self.about)
        if reason is not None:
            self._drop("start_flow", reason, flow)
            return None
        self.entered = apply(self.entered, StartFlow(flow), self.flows)
        self.wanted |= self._wanted(self.entered)
        return StartFlow(flow, self._fillable("start_flow", slots))

    def _answer(self, command: Affirm | Deny) -> Command | None:
        """A yes or no needs a question that takes one; for a boolean collect it is a value."""
        if isinstance(command, Deny) and command.slot is not None:
            return command if self._fillable("deny", {command.slot: None}) else None
        step = pending(self.dialogue, self.flows)
        if isinstance(step, Confirm):
            return command
        if isinstance(step, Collect) and self.flows.slots[step.slot].type == "boolean":
            return SetSlot({step.slot: isinstance(command, Affirm)})
        self._drop(NAMES[type(command)], "nothing_to_answer")
        return None

    def _fillable(self, command: str, slots: Mapping[str, Value]) -> dict[str, Value]:
        """The slots that exist, that a user may fill, and that a flow has use for."""
        kept: dict[str, Value] = {}
        for slot, value in slots.items():
            if slot not in self.flows.slots:
                self._drop(command, "unknown_slot", slot)
            elif slot in self.flows.system:
                self._drop(command, "system_slot", slot)
            elif slot not in self.wanted:
                self._drop(command, "unwanted_slot", slot)
            else:
                kept[slot] = value
        return kept

    def _wanted(self, dialogue: Dialogue) -> frozenset[str]:
        """The slots of the flow the user is in and of those it calls, and those of the conversation."""
        base = dialogue.base
        frames = dialogue.stack[dialogue.stack.index(base) :] if base is not None else dialogue.stack
        facts = [self.flows[frame.flow] for frame in frames if frame.flow in self.flows]
        return self.flows.conversation.union(*(each.own | each.called for each in facts))

    def _drop(self, command: str, reason: str, name: str | None = None) -> None:
        self.dropped.append(Dropped(command, reason, name))
