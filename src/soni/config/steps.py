"""The step kinds as an author writes them: one frozen model each, told apart by ``type``."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator
from typing_extensions import TypeAliasType

from soni.config.values import (
    Computed,
    Condition,
    Duration,
    Flag,
    Formula,
    FrozenDict,
    Json,
    Model,
    Plain,
    Positive,
    Text,
    Timeout,
    case_key,
    frozen,
    misfit,
)  # fmt: skip

# Unions are told apart before they are read, by tags that no key can be called: so a mistake is found once, where it
# stands, and not once for every kind of thing that might have stood there.


def _id_or_steps(written: object) -> str:
    return "(steps)" if isinstance(written, list | tuple) else "(id)"


def _arms_or_condition(written: object) -> str:
    return "(arms)" if isinstance(written, list | tuple) else "(condition)"


def _buttons_or_formula(written: object) -> str:
    return "(buttons)" if isinstance(written, list | tuple) else "(formula)"


def _step_kind(written: object) -> str | None:
    kind = written.get("type") if isinstance(written, dict) else getattr(written, "type", None)
    return f"({kind})" if isinstance(kind, str) else None


Target = TypeAliasType(
    "Target",
    "Annotated[Annotated[str, Tag('(id)')] | Annotated[tuple[Step, ...], Tag('(steps)')], Discriminator(_id_or_steps)]",
)
"""A step id, ``end``, ``cancel_flow``, ``restart``, or an inline list of steps."""


class Button(Model):
    """A choice the user may press instead of typing; the payload is what pressing it says."""

    title: Text
    """What stands on the button."""
    payload: Text
    """What pressing it says: a text, or a command such as ``/affirm``."""


Buttons: TypeAlias = Annotated[
    Annotated[tuple[Button, ...], Tag("(buttons)")] | Annotated[Formula, Tag("(formula)")],
    Discriminator(_buttons_or_formula),
]
"""Buttons, or ``{{ an expression }}`` that gives a list of them."""


class Rejection(Model):
    """A reason not to accept a value although it is valid by itself."""

    when: Condition
    """The value is rejected where this is true; it may look at other slots too."""
    message: Text | None = None
    """What is said then."""
    response: str | None = None
    """The response that is said then."""

    @model_validator(mode="after")
    def _one_of_them(self) -> "Rejection":
        if self.message is not None and self.response is not None:
            raise ValueError("either 'message' or 'response', not both")
        return self


class Retry(Model):
    """How often, and how patiently, an action is tried again."""

    max_attempts: Annotated[Positive, Field(le=10)] = 3
    """How often it is tried in all."""
    delay: Duration = timedelta(milliseconds=200)
    """How long to wait before the second attempt."""
    backoff: Literal["constant", "exponential"] = "exponential"
    """Whether later waits are as long, or twice as long each time."""
    retry_on: tuple[str, ...] = ("TimeoutError", "ConnectionError")
    """Names of exception classes, matched anywhere in the exception's ancestry."""


class Arm(Model):
    """One way out of a ``branch`` written with conditions; ``else`` stands alone and last."""

    condition: Condition | None = None
    """This way is taken where it is true."""
    then: Target | None = None
    """Where this way leads."""
    otherwise: Target | None = Field(default=None, alias="else")
    """Where the way leads that is taken when no condition was true."""

    @model_validator(mode="after")
    def _either(self) -> "Arm":
        if (self.otherwise is None) == (self.then is None) or (self.then is None) != (self.condition is None):
            raise ValueError("an arm is either 'condition' with 'then', or 'else' alone")
        return self

    @property
    def target(self) -> Target:
        """Where this arm leads."""
        target = self.then if self.then is not None else self.otherwise
        assert target is not None
        return target


class StepBase(Model):
    """What every step has."""

    step: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$", max_length=128)]
    """The id: unique in the flow, stable across deploys."""
    jump_to: str | None = None
    """Where to go next instead of the following step."""
    description: str | None = None
    """A note for people."""

    def branches(self) -> Iterator[tuple[str, Target]]:
        """Every key of this step that chooses a way, with its target: ``("on_confirm", "pay")``."""
        return iter(())


class Guarded(StepBase):
    """A step that is skipped where its condition is false."""

    when: Condition | None = None
    """The step is skipped where this is false."""


class Spoken(Guarded):
    """A step with words of its own: ``message``, or the name of a ``response``."""

    message: Text | None = None
    """What is said."""
    response: str | None = None
    """The name of the response that is said."""
    buttons: Buttons = ()
    """What the user may press instead of typing."""

    @model_validator(mode="after")
    def _one_of_them(self) -> "Spoken":
        if self.message is not None and self.response is not None:
            raise ValueError("either 'message' or 'response', not both")
        return self


class Collect(Spoken):
    """Ask until the slot has a valid value."""

    type: Literal["collect"]
    slot: str
    """The slot that is asked for."""
    force: Flag = False
    """Ask although the slot is filled."""
    rejections: tuple[Rejection, ...] = ()
    """Reasons not to accept a value although it is valid by itself."""
    max_attempts: Positive | None = None
    """How many values may be wrong; otherwise settings.collection.max_validation_attempts."""
    on_invalid: Target | None = None
    """Where to go when a value is wrong, instead of saying so and asking again."""
    on_max_attempts: Target | None = None
    """Where to go when too many values were wrong."""

    def branches(self) -> Iterator[tuple[str, Target]]:
        return _present(on_invalid=self.on_invalid, on_max_attempts=self.on_max_attempts)


class Say(Spoken):
    """Say something."""

    type: Literal["say"]
    image: Text | None = None
    """The address of a picture."""
    custom: Annotated[Mapping[str, Json], frozen] | None = None
    """Anything else the channel understands."""
    rephrase: Flag = True
    """Whether a model may say it in its own words."""

    @model_validator(mode="after")
    def _something(self) -> "Say":
        if self.message is None and self.response is None and self.image is None and self.custom is None:
            raise ValueError("nothing to say: 'message' or 'response' is needed")
        return self


class Action(Guarded):
    """Run an action; what it returns fills slots."""

    type: Literal["action"]
    call: str
    """The name of the action."""
    inputs: Annotated[Mapping[str, Computed], frozen] = Field(default_factory=FrozenDict)
    """What it is given, where that is not the slot of the same name."""
    map_outputs: Annotated[Mapping[str, str], frozen] = Field(default_factory=FrozenDict)
    """Which slot an output fills, where that is not the slot of the same name."""
    on_error: Target | None = None
    """Where to go when it fails; otherwise the flow's on_error, else pattern_internal_error."""
    timeout: Timeout | None = None
    """How long it may take, here."""
    retry: Retry | None = None
    """How often it is tried, here."""
    unconfirmed: Flag = False
    """Whether it is meant that a way leads here without a confirm, although the action writes; changes nothing else."""

    def branches(self) -> Iterator[tuple[str, Target]]:
        return _present(on_error=self.on_error)


class Set(Guarded):
    """Assign slots; ``null`` clears."""

    type: Literal["set"]
    slots: Annotated[Mapping[str, Computed], frozen]
    """The slots and their new values; ``{{ an expression }}`` computes one."""
    condition: Condition | None = None
    """Assigns only where this is true; the same as 'when'."""

    @model_validator(mode="after")
    def _one_of_them(self) -> "Set":
        if self.when is not None and self.condition is not None:
            raise ValueError("'condition' and 'when' mean the same here; one is enough")
        return self

    @property
    def guard(self) -> Condition | None:
        """The condition under which it assigns, whichever way it was written."""
        return self.when if self.when is not None else self.condition


class Branch(StepBase):
    """Choose a way by a value's cases, or by conditions."""

    type: Literal["branch"]
    slot: str | None = None
    """The slot whose value chooses."""
    evaluate: Condition | None = None
    """The expression whose value chooses."""
    cases: Annotated[Mapping[Plain, Target], frozen] = Field(default_factory=FrozenDict)
    """The way for each value, or for a comparison such as ``">100"``; ``default`` for all others."""
    when: (
        Annotated[
            Annotated[tuple[Arm, ...], Tag("(arms)")] | Annotated[Condition, Tag("(condition)")],
            Discriminator(_arms_or_condition),
        ]
        | None
    ) = None
    """Arms, tried in order; or, beside ``cases``, the condition under which the step is not skipped."""

    @model_validator(mode="after")
    def _one_form(self) -> "Branch":
        if isinstance(self.when, tuple):
            if self.slot is not None or self.evaluate is not None or self.cases:
                raise ValueError("either arms under 'when', or 'slot' or 'evaluate' with 'cases', not both")
            if not self.when:
                raise misfit("when", "at least one arm is needed")
            if any(arm.condition is None for arm in self.when[:-1]):
                raise misfit("when", "'else' must be the last arm")
        elif (self.slot is None) == (self.evaluate is None):
            raise ValueError("a branch needs 'slot' or 'evaluate' with 'cases', or arms under 'when'")
        elif not self.cases:
            raise misfit("cases", "at least one case is needed beside 'slot' or 'evaluate'")
        return self

    def branches(self) -> Iterator[tuple[str, Target]]:
        if isinstance(self.when, tuple):
            for number, arm in enumerate(self.when):
                yield f"when[{number}]", arm.target
        for case, target in self.cases.items():
            yield f"cases.{case_key(case)}", target


class While(StepBase):
    """Repeat the body while the condition holds; the body's collects are asked anew each time round."""

    type: Literal["while"]
    condition: Condition
    """Looked at before each time round."""
    do: "tuple[Step, ...]" = Field(min_length=1)
    """The steps that are repeated."""
    exit_to: str | None = None
    """Where to go afterwards instead of the following step."""
    when: Condition | None = None
    """The step is skipped where this is false."""

    def branches(self) -> Iterator[tuple[str, Target]]:
        return _present(do=self.do, exit_to=self.exit_to)


class Confirm(Spoken):
    """Ask for a yes; a no without ``on_deny`` cancels the flow."""

    type: Literal["confirm"]
    slot: str | None = None
    """The boolean slot that keeps the answer."""
    on_confirm: Target | None = None
    """Where to go on yes instead of the following step."""
    on_deny: Target | None = None
    """Where to go on no instead of cancelling the flow."""
    on_change: Target | None = None
    """Where to go when the user changes something instead of answering."""

    def branches(self) -> Iterator[tuple[str, Target]]:
        return _present(on_confirm=self.on_confirm, on_deny=self.on_deny, on_change=self.on_change)


class Call(Guarded):
    """Run another flow and come back; without ``inputs`` it shares this flow's slots."""

    type: Literal["call"]
    flow: str
    """The name of the flow."""
    inputs: Annotated[Mapping[str, Computed], frozen] | None = None
    """Its slots and what they are filled with; with them, it has slots of its own."""
    outputs: Annotated[Mapping[str, str], frozen] = Field(default_factory=FrozenDict)
    """Its slots, and the slots here that they fill at its end."""


class Link(Guarded):
    """Hand over to another flow, and do not come back."""

    type: Literal["link"]
    flow: str
    """The name of the flow."""


class Generate(Guarded):
    """Let the model write."""

    type: Literal["generate"]
    instruction: Text
    """What it should write; the model is told the values of its places as data."""
    context: tuple[str, ...] = ()
    """The slots it may read besides; none that is sensitive."""
    store_as: str | None = None
    """The slot that keeps the text, if it fits; otherwise it is said."""


class Noop(Guarded):
    """Do nothing: a place to jump to, or a pattern that stays silent."""

    type: Literal["noop"]


class Handoff(Guarded):
    """Hand the conversation to a person; the service stays silent until it is handed back."""

    type: Literal["handoff"]
    queue: str | None = None
    """Which people."""
    message: Text | None = None
    """What is said before."""
    context: tuple[str, ...] = ()
    """The slots that are handed over."""


Step: TypeAlias = Annotated[
    Annotated[Collect, Tag("(collect)")]
    | Annotated[Say, Tag("(say)")]
    | Annotated[Action, Tag("(action)")]
    | Annotated[Set, Tag("(set)")]
    | Annotated[Branch, Tag("(branch)")]
    | Annotated[While, Tag("(while)")]
    | Annotated[Confirm, Tag("(confirm)")]
    | Annotated[Call, Tag("(call)")]
    | Annotated[Link, Tag("(link)")]
    | Annotated[Generate, Tag("(generate)")]
    | Annotated[Noop, Tag("(noop)")]
    | Annotated[Handoff, Tag("(handoff)")],
    Discriminator(_step_kind),
]
"""Any step."""

STEP_KINDS: Final[Mapping[str, type[StepBase]]] = {
    "collect": Collect,
    "say": Say,
    "action": Action,
    "set": Set,
    "branch": Branch,
    "while": While,
    "confirm": Confirm,
    "call": Call,
    "link": Link,
    "generate": Generate,
    "noop": Noop,
    "handoff": Handoff,
}
"""The model of each ``type``."""


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every step in reading order, those of inline lists too."""
    for step in steps:
        yield step
        for _, target in step.branches():
            if not isinstance(target, str):
                yield from walk(target)


def _present(**targets: Target | None) -> Iterator[tuple[str, Target]]:
    return ((key, target) for key, target in targets.items() if target is not None)


for _model in (Arm, Collect, Action, Branch, While, Confirm):
    _model.model_rebuild()
