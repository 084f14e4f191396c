"""What is so in a conversation: a stack of frames, slots, and what was said. Frozen; every change makes a new one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError, with_config

from soni.errors import StateError
from soni.value import Value

STATE_VERSION: Final = 1
"""Written into every checkpoint; a reader refuses versions it does not know."""

MAX_REPLAYS: Final = 20
"""Answered message ids that a conversation remembers."""

FrameKind: TypeAlias = Literal["started", "called", "pattern"]
ConversationState: TypeAlias = Literal["idle", "waiting_for_input", "handed_off", "error"]
Role: TypeAlias = Literal["user", "assistant"]
Answer: TypeAlias = Literal["given", "skipped", "invalid", "exhausted", "yes", "no", "changed", "returned"]


_known: Final = with_config(extra="forbid")
"""A field this Soni does not know was written by a later one: to read on would be to forget what it means."""


@_known
@dataclass(frozen=True, slots=True)
class Button:
    """A choice the user may press; the payload is what pressing it says."""

    title: str
    payload: str


@_known
@dataclass(frozen=True, slots=True)
class Wording:
    """The template that a message was written with, and what stands in its places: a model may put other words around them."""

    template: str
    values: Mapping[str, str] = field(default_factory=dict)
    """Each place as it is written in the template → its text."""


@_known
@dataclass(frozen=True, slots=True)
class Utterance:
    """One message of the assistant."""

    text: str
    buttons: tuple[Button, ...] = ()
    image: str | None = None
    custom: Mapping[str, Value] | None = None
    response: str | None = None
    """The response's name, where the words came from one."""
    question: bool = False
    """True for the pending question: it is asked again, never repeated."""
    wording: Annotated[Wording | None, Field(exclude=True)] = field(default=None, compare=False, repr=False)
    """While its turn lasts, where it may be said in other words; never saved."""


@_known
@dataclass(frozen=True, slots=True)
class Effect:
    """What the end of a repair pattern does; a pattern that goes to ``cancel_flow`` forgoes it."""

    kind: Literal["correct", "cancel"]
    frame: int
    """The id of the started frame it is about."""
    slots: Mapping[str, Value] = field(default_factory=dict)
    """The new values of a correction; ``None`` clears."""


@_known
@dataclass(frozen=True, slots=True)
class Change:
    """What a slot held before a step filled it, and after."""

    old: Value
    new: Value


@_known
@dataclass(frozen=True, slots=True)
class Frame:
    """One flow in progress, and where it stands."""

    id: int
    """Unique in the conversation."""
    flow: str
    step: str
    """The step to enter next; while waiting, the one that asks; while another flow was called, the one that calls."""
    kind: FrameKind = "started"
    """Started by the user (or by a link), called by the frame below, or a repair pattern."""
    fingerprint: str = ""
    """Of the flow as it was when the frame was made; a deploy may change it."""
    entered: bool = False
    """True once its first step has run: until then nobody has heard of it."""
    waiting: bool = False
    """True while the user is expected to answer; only ever true of the top frame."""
    answer: Answer | None = None
    """How the question at ``step`` was answered, or that the called flow came back; read once by that step."""
    slots: Mapping[str, Value] = field(default_factory=dict)
    shares: bool = False
    """True for a called flow that works on its caller's slots."""
    early: Mapping[str, Value] = field(default_factory=dict)
    """Values said before the called flow they are for."""
    asked: Mapping[str, str] = field(default_factory=dict)
    """Slot → the collect that named it, in order."""
    skipped: tuple[str, ...] = ()
    """Collects the user chose to leave unanswered."""
    review: tuple[str, ...] = ()
    """Collects and calls behind a corrected question that have not been passed again since."""
    written: tuple[str, ...] = ()
    """Steps whose writing action is done."""
    settled: tuple[str, ...] = ()
    """Those of them that a correction leads past again: they do not run a second time."""
    used: tuple[str, ...] = ()
    """Slots that a writing action has used: too late to correct."""
    attempts: Mapping[str, int] = field(default_factory=dict)
    """Collect → answers in a row that were not accepted."""
    rounds: Mapping[str, int] = field(default_factory=dict)
    """While step → the round it is in, counted from one."""
    filled: Mapping[str, Mapping[str, Change]] = field(default_factory=dict)
    """Step that computes values → slot → what it changed, so that a correction can take it back; in the order they ran."""
    calls: Mapping[str, "Frame"] = field(default_factory=dict)
    """Call step → the frame it had, once that came back."""
    context: Mapping[str, Value] = field(default_factory=dict)
    """What a repair pattern reads as ``context.*``."""
    effect: Effect | None = None

    def with_slot(self, slot: str, value: Value) -> "Frame":
        """The frame with the slot filled, or unset where the value is ``None``."""
        slots = {name: known for name, known in self.slots.items() if name != slot}
        if value is not None:
            slots[slot] = value
        return replace(self, slots=slots)


@_known
@dataclass(frozen=True, slots=True)
class Clarifying:
    """An open choice between flows: one of them was meant, and it is not clear which."""

    flows: tuple[str, ...]
    """Those that are offered, the likeliest first."""
    slots: Mapping[str, Value] = field(default_factory=dict)
    """Values that were said with it; they go to the flow that is chosen."""
    times: int = 1
    """How often it was offered because nothing came of it; what is said beside it does not count."""
    since: int = 0
    """The last frame there was: a flow with a later one has begun after the choice was opened."""


@_known
@dataclass(frozen=True, slots=True)
class Line:
    """One line of the history."""

    role: Role
    text: str


@_known
@dataclass(frozen=True, slots=True)
class Answered:
    """A message id that was answered, and how: what makes a retry safe."""

    message_id: str
    digest: str
    """Of the message's text."""
    turn: int
    messages: tuple[Utterance, ...]
    state: ConversationState
    active_flow: str | None
    expected_slot: str | None


@_known
@dataclass(frozen=True, slots=True)
class Dialogue:
    """A conversation between two turns, or the draft of one within."""

    version: int = STATE_VERSION
    id: str = ""
    """Of this conversation, and of no later one with the same user: part of every idempotency key."""
    turn: int = 0
    """Turns answered so far."""
    language: str = "en"
    stack: tuple[Frame, ...] = ()
    """Bottom first."""
    due: tuple[Frame, ...] = ()
    """Repair patterns that run before anything else, first one first."""
    slots: Mapping[str, Value] = field(default_factory=dict)
    """Slots that live as long as the conversation."""
    said: tuple[Utterance, ...] = ()
    """The assistant's messages of the last turn; within a turn, those so far."""
    history: tuple[Line, ...] = ()
    last_turns: tuple[Answered, ...] = ()
    frames: int = 0
    """How many frames there have been: the last id."""
    acted: int = 0
    """Writing actions run so far; part of their idempotency keys."""
    completed: tuple[str, ...] = ()
    """Flows that came to their end, the latest last."""
    clarifying: Clarifying | None = None
    """The choice between flows that is open."""
    handed_off: bool = False
    idle_turns: int = 0
    """Turns in a row without progress."""
    updated: float = 0.0
    """Unix time of the last turn, in seconds."""

    @property
    def top(self) -> Frame | None:
        """The frame that runs or waits now."""
        return self.stack[-1] if self.stack else None

    @property
    def base(self) -> Frame | None:
        """The started frame the user is in, below what it called and below patterns."""
        return next((frame for frame in reversed(self.stack) if frame.kind == "started"), None)

    @property
    def interruptible(self) -> bool:
        """True where patterns that are due go first: the top frame is no unfinished pattern, nor called by one."""
        at = len(self.stack) - 1
        while at > 0 and self.stack[at].kind == "called":
            at -= 1
        return at < 0 or self.stack[at].kind != "pattern" or self.stack[-1].waiting

    def index_of(self, frame_id: int) -> int | None:
        """Where on the stack the frame with this id is."""
        return next((at for at, frame in enumerate(self.stack) if frame.id == frame_id), None)

    def group(self, at: int) -> tuple[int, int]:
        """The started frame at or below ``at`` with all that stands on it: its slice ``[start, stop)`` of the stack."""
        start = at
        while start > 0 and self.stack[start].kind != "started":
            start -= 1
        stop = start + 1
        while stop < len(self.stack) and self.stack[stop].kind != "started":
            stop += 1
        return start, stop

    def with_top(self, frame: Frame) -> "Dialogue":
        """The dialogue with another frame in place of the top one."""
        return replace(self, stack=(*self.stack[:-1], frame))

    def with_frame(self, at: int, frame: Frame) -> "Dialogue":
        """The dialogue with another frame at this place of the stack."""
        return replace(self, stack=(*self.stack[:at], frame, *self.stack[at + 1 :]))

    def push(self, frame: Frame) -> "Dialogue":
        """The dialogue with this frame, under a new id, on top; the one below waits no longer."""
        below = self.stack
        if below and below[-1].waiting:
            below = (*below[:-1], replace(below[-1], waiting=False))
        number = self.frames + 1
        return replace(self, stack=(*below, replace(frame, id=number)), frames=number)

    def pop(self) -> "Dialogue":
        """The dialogue without its top frame."""
        return replace(self, stack=self.stack[:-1])

    def say(self, utterance: Utterance) -> "Dialogue":
        """The dialogue with one more message in this turn."""
        return replace(self, said=(*self.said, utterance))

    def to_json(self) -> dict[str, Value]:
        """Plain JSON, without what has its default value."""
        dumped: dict[str, Value] = _ADAPTER.dump_python(self, mode="json", exclude_defaults=True)
        return {"version": self.version, **dumped}

    @classmethod
    def from_json(cls, stored: object) -> "Dialogue":
        """The dialogue that ``to_json`` wrote. Raises StateError for anything else."""
        version = stored.get("version") if isinstance(stored, Mapping) else None
        if version != STATE_VERSION:
            raise StateError(f"The saved conversation has state version {version!r}; this Soni reads {STATE_VERSION}.")
        try:
            return _ADAPTER.validate_python(stored)
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_context=False, include_input=False)
            some = ", ".join(f"{'.'.join(map(str, each['loc']))} ({each['type']})" for each in wrong[:_TOLD])
            # Without its cause, which repeats what was said and known.
            raise StateError(
                f"The saved conversation cannot be read: {len(wrong)} fields do not fit, such as {some}."
            ) from None


_TOLD: Final = 5
_ADAPTER: Final = TypeAdapter(Dialogue)
