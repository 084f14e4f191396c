"""What happened in a turn. Logs, metrics, traces and the inspector listen to these; nobody below them does.

No event carries what a user said or what a slot holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """A message is being answered."""

    user_id: str
    turn: int


@dataclass(frozen=True, slots=True)
class Understood:
    """Words became commands."""

    commands: tuple[str, ...]
    """Their names."""
    source: str
    """``payload``, or the understander's class."""
    seconds: float


@dataclass(frozen=True, slots=True)
class UnderstoodBy:
    """Who found out what a message means, where a language model could have been asked."""

    source: str
    """``shortcut`` (it can mean nothing else), ``cache``, ``model`` or ``fallback``."""
    reason: str = ""
    """Why the fallback was asked: how the model failed."""


@dataclass(frozen=True, slots=True)
class ModelCalled:
    """A language model was called."""

    model: str
    outcome: str
    """``answered``, ``cancelled`` (nobody waits for the answer any more), or how it failed."""
    seconds: float
    prompt_tokens: int = 0
    """As its provider counts them; 0 where it does not say."""
    completion_tokens: int = 0
    purpose: str = "understand"
    """``understand``, ``rephrase`` or ``generate``."""


@dataclass(frozen=True, slots=True)
class BreakerChanged:
    """A model that fails is left alone for a while, or is asked again."""

    model: str
    state: str
    """``open``, ``half_open`` or ``closed``."""


@dataclass(frozen=True, slots=True)
class CommandDropped:
    """A command was not admitted."""

    command: str
    reason: str
    name: str | None = None
    """The flow or slot it was about."""


@dataclass(frozen=True, slots=True)
class ValueRefused:
    """A value did not fit its slot."""

    slot: str
    reason: str


@dataclass(frozen=True, slots=True)
class PatternRan:
    """A repair pattern took the floor."""

    pattern: str


@dataclass(frozen=True, slots=True)
class StepRan:
    """A step was executed."""

    flow: str
    step: str
    outcome: str
    """``Next``, ``Goto``, ``Wait``, ``Push`` or ``Swap``; ``Skipped`` where its ``when`` was false; ``Failed`` where nothing
    handles what it raised."""
    to: str
    """Where the flow went: a step id or a reserved target; empty while it waits and where it hands over."""


@dataclass(frozen=True, slots=True)
class ActionRan:
    """An action ended."""

    action: str
    seconds: float
    attempts: int
    """0 where its result was known already."""
    error: str | None = None
    inputs: tuple[str, ...] = ()
    """Names of the inputs it was given."""


@dataclass(frozen=True, slots=True)
class FlowStarted:
    """A flow was put on the stack: asked for by the user, linked to, or opened by the settings; neither calls nor patterns."""

    flow: str


@dataclass(frozen=True, slots=True)
class FlowEnded:
    """A flow has left the stack."""

    flow: str
    outcome: str
    """``completed``; ``linked``, where another flow took its place; ``cancelled``; ``abandoned``, where the user never came
    back: the session timed out, or the conversation expired, was reset or erased."""
    step: str
    """Where it stood."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The flows stand as they did before the message: none that was told in this turn has started or ended."""


@dataclass(frozen=True, slots=True)
class PhaseEnded:
    """A part of a turn is over."""

    phase: str
    """``lock`` (waiting for the conversation, and for a place to work), ``load``, ``understand``, ``run`` (everything
    else that the flows do) or ``commit``."""
    seconds: float
    error: str = ""
    """The class of what it raised."""


@dataclass(frozen=True, slots=True)
class HandedOff:
    """A person takes the conversation over."""

    queue: str | None = None


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """A message was answered and the answer is saved."""

    user_id: str
    turn: int
    state: str
    messages: int
    seconds: float
    flow: str | None = None
    """The flow the user is in now."""


@dataclass(frozen=True, slots=True)
class TurnReplayed:
    """A message that was answered before was given the same answer."""

    user_id: str
    turn: int
    seconds: float


@dataclass(frozen=True, slots=True)
class TurnFailed:
    """A message could not be answered; the conversation is as it was."""

    user_id: str
    turn: int
    error: str
    seconds: float


Event: TypeAlias = (
    TurnStarted | Understood | UnderstoodBy | ModelCalled | BreakerChanged | CommandDropped | ValueRefused | PatternRan
    | StepRan | ActionRan
    | FlowStarted | FlowEnded | TakenBack | PhaseEnded | HandedOff | TurnEnded | TurnReplayed | TurnFailed
)  # fmt: skip
Listener: TypeAlias = Callable[[Event], None]
