"""Which commands may be applied now: what is unknown, forbidden or out of place is dropped, with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from soni.config.steps import Collect, Confirm
from soni.dialogue.clarifying import MAX_CANDIDATES, choices, fitting
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
    meant = [door.open_choice(command) for command in commands[:MAX_COMMANDS]]
    kept = [door.admit(command) for command in in_order([command for command in meant if command is not None])]
    left = door.without_contradictions([command for command in kept if command is not None])
    return Admitted(tuple(door.with_choice(left)), tuple(door.dropped))


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
        self.active = self._active(self.dialogue)
        self.choice = choices(self.dialogue, self.flows)
        """The flows of the open choice, or of the one that this message opens."""
        self.opens = False
        """Whether this message opens one."""
        self.heard: dict[str, Value] = {}
        """Values for the choice."""

    def open_choice(self, command: Command) -> Command | None:
        """A clarify with the flows that can be offered; any other command as it is.

        One name that stands for a flow is no choice: it is that flow. Where others are flows too and only cannot be
        started now, one of these may have been meant: then the one that is left is offered, and not started unasked.
        """
        if not isinstance(command, Clarify):
            return command
        if self.opens:
            self._drop("clarify", "too_many")
            return None
        reasons = {name: refusal(name, self.dialogue, self.flows, self.about) for name in command.flows}
        meant = [name for name, reason in reasons.items() if reason not in ("unknown_flow", "not_startable")]
        alone = meant[0] if len(meant) == 1 else None
        self.dropped += [Dropped("clarify", why, name) for name, why in reasons.items() if why and name != alone]
        if alone is not None:
            return StartFlow(alone, command.slots)
        offered = [name for name, reason in reasons.items() if reason is None]
        self.dropped += [Dropped("clarify", "too_many", name) for name in offered[MAX_CANDIDATES:]]
        if not offered:
            return None
        self.opens, self.choice = True, tuple(offered[:MAX_CANDIDATES])
        return replace(command, flows=self.choice)

    def with_choice(self, commands: list[Command]) -> list[Command]:
        """The commands, with the values for a choice in the clarify; one that is open already is offered anew with them."""
        if not self.heard:
            return commands
        if not self.opens:
            return in_order([*commands, Clarify(self.choice, self.heard)])
        return [
            replace(command, slots={**self.heard, **command.slots}) if isinstance(command, Clarify) else command
            for command in commands
        ]

    def admit(self, command: Command) -> Command | None:
        """The command, with what is left of it."""
        name = NAMES[type(command)]
        match command:
            case StartFlow(flow, slots):
                return self._start(flow, slots)
            case SetSlot(slots):
                kept = self._fillable(name, self._without_heard(slots))
                return SetSlot(kept) if kept else None
            case CorrectSlot(slots):
                kept = self._fillable(name, slots)
                return CorrectSlot(kept) if kept else None
            case ClearSlot(names):
                kept = self._fillable(name, dict.fromkeys(names))
                return ClearSlot(tuple(kept)) if kept else None
            case CancelFlow(flow):
                if flow is not None and (flow not in self.flows or self.flows[flow].pattern):
                    self._drop(name, "unknown_flow", flow)
                    return None
                self.entered = apply(self.entered, command, self.flows)
                self._end_choice()
                return command
            case Clarify(_, slots):
                return replace(command, slots=self._fillable(name, slots, self._fitting))
            case Affirm() | Deny():
                return self._answer(command)
            case AskInfo(slot):
                return command if slot is None or slot in self.flows.slots else AskInfo()
            case Restart():
                self.entered, self.wanted = apply(self.entered, command, self.flows), self.flows.conversation
                self.active = frozenset()
                self._end_choice()
                return command
            case ChitChat() | OutOfScope() | HumanHandoff() | SkipQuestion() | Repeat():
                return command
            case _:
                assert_never(command)

    def without_contradictions(self, commands: list[Command]) -> list[Command]:
        """A yes or no beside a change is about what was asked before the change: the question is put again instead.

        So it is where both were said, or where a person shall take over. A yes beside the start of a flow is for later,
        when much may have changed that it was about; a no harms nobody.
        """
        answers = [c for c in commands if isinstance(c, Affirm) or c == Deny()]
        if not answers or not isinstance(pending(self.dialogue, self.flows), Confirm):
            return commands
        handed_over = any(isinstance(command, HumanHandoff) for command in commands)
        if not (handed_over or len(set(answers)) > 1 or any(self._changes(command) for command in commands)):
            if not any(isinstance(command, StartFlow) for command in commands):
                return commands
            answers = [answer for answer in answers if isinstance(answer, Affirm)]
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
        self.active |= self._active(self.entered)
        self._end_choice()
        return StartFlow(flow, self._fillable("start_flow", slots))

    def _end_choice(self) -> None:
        """What was open is over; a choice that this message opens is not."""
        if not self.opens:
            self.choice = ()

    @property
    def _fitting(self) -> frozenset[str]:
        return fitting(self.flows, self.choice)

    def _without_heard(self, slots: Mapping[str, Value]) -> dict[str, Value]:
        """Values for the active flow; those that only a flow of the choice has use for are kept for that one."""
        for_choice = self._fitting - self.active
        self.heard |= {slot: value for slot, value in slots.items() if slot in for_choice}
        return {slot: value for slot, value in slots.items() if slot not in for_choice}

    def _answer(self, command: Affirm | Deny) -> Command | None:
        """A yes or no needs a question that takes one; for a boolean collect it is a value."""
        if isinstance(command, Deny) and command.slot is not None:
            return command if self._fillable("deny", {command.slot: None}) else None
        step = pending(self.dialogue, self.flows)
        if isinstance(step, Confirm):
            return command
        if isinstance(step, Collect) and self.flows.slots[step.slot].type == "boolean":
            return SetSlot({step.slot: isinstance(command, Affirm)})
        if step is None and self.dialogue.clarifying is not None and isinstance(command, Deny):
            return self.admit(CancelFlow())  # no to all that is offered
        if step is None and len(self.choice) == 1 and not self.opens:
            return self._start(self.choice[0], {})
        self._drop(NAMES[type(command)], "nothing_to_answer")
        return None

    def _fillable(
        self, command: str, slots: Mapping[str, Value], wanted: frozenset[str] | None = None
    ) -> dict[str, Value]:
        """The slots that exist, that a user may fill, and that a flow has use for."""
        wanted = self.wanted if wanted is None else wanted
        kept: dict[str, Value] = {}
        for slot, value in slots.items():
            if slot not in self.flows.slots:
                self._drop(command, "unknown_slot", slot)
            elif slot in self.flows.system:
                self._drop(command, "system_slot", slot)
            elif slot not in wanted:
                self._drop(command, "unwanted_slot", slot)
            else:
                kept[slot] = value
        return kept

    def _wanted(self, dialogue: Dialogue) -> frozenset[str]:
        """The slots of the flow the user is in and of those it calls, and those of the conversation."""
        return self.flows.conversation | self._active(dialogue)

    def _active(self, dialogue: Dialogue) -> frozenset[str]:
        """The slots of the flow the user is in and of those it calls."""
        base = dialogue.base
        frames = dialogue.stack[dialogue.stack.index(base) :] if base is not None else dialogue.stack
        facts = [self.flows[frame.flow] for frame in frames if frame.flow in self.flows]
        return frozenset().union(*(each.own | each.called for each in facts))

    def _drop(self, command: str, reason: str, name: str | None = None) -> None:
        self.dropped.append(Dropped(command, reason, name))
