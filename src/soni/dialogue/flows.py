"""What a dialogue must know of the flows: which slots they ask, who may start them, how deep they may be stacked."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from soni.config.models import Flow, Slot, SoniConfig
from soni.config.settings import FlowManagement
from soni.config.steps import Action, Call, Collect, Confirm, Generate, Noop, Set, Step
from soni.dialogue.state import Effect, Frame, FrameKind
from soni.expressions import Expression
from soni.templates import parse_template
from soni.value import Value


@dataclass(frozen=True)
class FlowFacts:
    """One flow, as the dialogue sees it."""

    name: str
    flow: Flow
    asks: Mapping[str, str]
    """Collect → its slot."""
    own: frozenset[str]
    """Slots the user may fill in this flow, and in those it calls on its own slots."""
    called: frozenset[str]
    """Slots the user may fill in flows it calls on slots of their own."""
    kept: frozenset[str]
    """Slots that outlive the flow."""
    fills: Mapping[str, frozenset[str]]
    """Step → the slots that it may fill without asking for them, those of the flows it calls on its own slots too."""
    sources: Mapping[str, frozenset[str]]
    """Slot → itself and the slots its value was computed from in this flow, all the way back."""
    position: Mapping[str, int]
    """Step → its place in reading order."""
    steps: Mapping[str, Step]
    """Step id → the step, those of inline lists too."""
    silent: bool
    """True where no step does anything."""

    @property
    def first(self) -> str:
        """The step a new frame enters."""
        return self.flow.steps[0].step

    @property
    def pattern(self) -> bool:
        """True for a repair pattern."""
        return self.name.startswith("pattern_")

    def frame(
        self,
        kind: FrameKind | None = None,
        *,
        slots: Mapping[str, Value] | None = None,
        context: Mapping[str, Value] | None = None,
        effect: Effect | None = None,
    ) -> Frame:
        """A new frame of this flow at its first step; it gets its id when it is pushed."""
        return Frame(
            id=0,
            flow=self.name,
            step=self.first,
            kind=kind or ("pattern" if self.pattern else "started"),
            fingerprint=self.flow.fingerprint,
            slots=slots or {},
            context=context or {},
            effect=effect,
        )


@dataclass(frozen=True)
class Flows(Mapping[str, FlowFacts]):
    """All flows of an assistant, patterns included, and the rules of their stack."""

    facts: Mapping[str, FlowFacts]
    slots: Mapping[str, Slot]
    system: frozenset[str]
    """Slots only actions and ``set`` may fill."""
    limits: FlowManagement = field(default_factory=FlowManagement)
    max_attempts: int = 3
    """How often a value may be invalid, where the collect does not say."""
    blocked: frozenset[str] = frozenset()
    """Flows that no message may start."""

    def __getitem__(self, name: str) -> FlowFacts:
        return self.facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.facts)

    def __len__(self) -> int:
        return len(self.facts)

    @cached_property
    def defaults(self) -> Mapping[str, Value]:
        """What is read while a slot is unset."""
        return {name: slot.default for name, slot in self.slots.items() if slot.default is not None}

    @cached_property
    def sensitive(self) -> frozenset[str]:
        """Slots whose values are kept out of the transcript, the log and every cache."""
        return frozenset(name for name, slot in self.slots.items() if slot.sensitive)

    @cached_property
    def conversation(self) -> frozenset[str]:
        """Slots that live as long as the conversation, whichever flow fills them."""
        return frozenset(name for name, slot in self.slots.items() if slot.scope == "conversation")


def survey(config: SoniConfig, flows: Mapping[str, Flow]) -> Flows:
    """The facts of these flows: the author's and the shipped patterns together."""
    conversation = frozenset(name for name, slot in config.slots.items() if slot.scope == "conversation")
    direct = {name: _named_by_user(flow) for name, flow in flows.items()}
    own = {name: _closure(name, flows, direct, shared=True) for name in flows}
    facts = {
        name: FlowFacts(
            name=name,
            flow=flow,
            asks={step.step: step.slot for step in flow.walk() if isinstance(step, Collect)},
            own=own[name],
            called=frozenset().union(*(own[callee] for callee in _callees(name, flows))) - own[name],
            kept=conversation | frozenset(flow.persist),
            fills={step.step: slots for step in flow.walk() if (slots := _fills(step, config, flows, frozenset()))},
            sources=_sources(flow, config),
            position={step.step: at for at, step in enumerate(flow.walk())},
            steps={step.step: step for step in flow.walk()},
            silent=all(isinstance(step, Noop) for step in flow.walk()),
        )
        for name, flow in flows.items()
    }
    named = frozenset().union(*direct.values())
    return Flows(
        facts=facts,
        slots=config.slots,
        system=frozenset(
            name
            for name, slot in config.slots.items()
            if (slot.filled_by or ("user" if name in named else "system")) == "system"
        ),
        limits=config.settings.flow_management,
        max_attempts=config.settings.collection.max_validation_attempts,
        blocked=frozenset(
            config.settings.security.blocked_intents if config.settings.security.enable_guardrails else ()
        ),
    )


def _named_by_user(flow: Flow) -> frozenset[str]:
    """Slots that a collect, an input or a trigger template names."""
    collected = {step.slot for step in flow.walk() if isinstance(step, Collect)}
    templates = (parse_template(example).names for example in flow.trigger.intents)
    return frozenset(collected).union(flow.input_names, *templates)


def _calls(flow: Flow, *, shared: bool | None = None) -> Iterator[str]:
    for step in flow.walk():
        if isinstance(step, Call) and (shared is None or shared == (step.inputs is None)):
            yield step.flow


def _closure(
    name: str, flows: Mapping[str, Flow], direct: Mapping[str, frozenset[str]], *, shared: bool
) -> frozenset[str]:
    """The slots of a flow and of those it calls on its own slots, however deep."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        at = waiting.pop()
        if at not in seen and at in flows:
            seen.add(at)
            waiting += _calls(flows[at], shared=shared)
    return frozenset().union(*(direct[each] for each in seen))


def _callees(name: str, flows: Mapping[str, Flow]) -> set[str]:
    """Every flow that this one calls, however deep."""
    seen: set[str] = set()
    waiting = list(_calls(flows[name]))
    while waiting:
        at = waiting.pop()
        if at not in seen and at in flows:
            seen.add(at)
            waiting += _calls(flows[at])
    return seen


def _sources(flow: Flow, config: SoniConfig) -> Mapping[str, frozenset[str]]:
    """What each slot's value is computed from: ``set`` expressions, what actions turn into their outputs, what a model is told."""
    edges: dict[str, set[str]] = {}
    for step in flow.walk():
        if isinstance(step, Set):
            for slot, computed in step.slots.items():
                if isinstance(computed, Expression):
                    edges.setdefault(slot, set()).update(computed.names)
        elif isinstance(step, Action) and step.call in config.actions:
            spec = config.actions[step.call]
            read = action_reads(step, spec.input_names)
            for output in spec.outputs:
                edges.setdefault(step.map_outputs.get(output, output), set()).update(read)
        elif isinstance(step, Generate) and step.store_as is not None:
            told = (name.removesuffix("?") for name in step.context)
            edges.setdefault(step.store_as, set()).update(told, step.instruction.names)
    return {slot: _reach(slot, edges) for slot in edges}


def _fills(step: Step, config: SoniConfig, flows: Mapping[str, Flow], within: frozenset[str]) -> frozenset[str]:
    """What a step computes, stores or brings back; ``within`` are the calls on the way to it."""
    match step:
        case Set():
            return frozenset(step.slots)
        case Action() if step.call in config.actions:
            outputs = (step.map_outputs.get(output, output) for output in config.actions[step.call].outputs)
            return frozenset(slot for slot in outputs if slot in config.slots)
        case Confirm(slot=str(slot)) | Generate(store_as=str(slot)):
            return frozenset({slot})
        case Call() if step.inputs is not None:
            return frozenset(step.outputs.values())
        case Call() if step.flow in flows and step.flow not in within:
            inner = (_fills(each, config, flows, within | {step.flow}) for each in flows[step.flow].walk())
            return frozenset().union(*inner)
        case _:
            return frozenset()


def action_reads(step: Action, inputs: Iterable[str]) -> frozenset[str]:
    """The slots an action step reads: those its mapped inputs name, and the unmapped inputs themselves."""
    read: set[str] = set()
    for name in inputs:
        if name not in step.inputs:
            read.add(name)
        elif isinstance(computed := step.inputs[name], Expression):
            read |= computed.names
    return frozenset(read)


def _reach(start: str, edges: Mapping[str, set[str]]) -> frozenset[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += edges.get(at, ())
    return frozenset(seen)
