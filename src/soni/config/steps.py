"""The step kinds as an author writes them: one frozen model each, told apart by ``type``."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator
from typing_extensions import TypeAliasType

from soni.config.values import Computed, Condition, Duration, Model, Text
from soni.value import Scalar, Value

Target = TypeAliasType("Target", "str | tuple[Step, ...]")
"""A step id, ``end``, ``cancel_flow``, ``restart``, or an inline list of steps."""


class Button(Model):
    """A choice the user may press instead of typing; the payload is what pressing it says."""

    title: Text
    payload: Text


class Rejection(Model):
    """A reason not to accept a value although it is valid by itself."""

    when: Condition
    message: Text | None = None
    response: str | None = None


class Retry(Model):
    """How often, and how patiently, an action is tried again."""

    max_attempts: Annotated[int, Field(ge=1, le=10)] = 3
    delay: Duration = timedelta(milliseconds=200)
    backoff: Literal["constant", "exponential"] = "exponential"
    retry_on: tuple[str, ...] = ("TimeoutError", "ConnectionError")
    """Names of exception classes, matched anywhere in the exception's ancestry."""


class Arm(Model):
    """One way out of a ``branch`` written with conditions; ``else`` stands alone and last."""

    condition: Condition | None = None
    then: Target | None = None
    otherwise: Target | None = Field(default=None, alias="else")

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

    step: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")]
    """The id: unique in the flow, stable across deploys."""
    jump_to: str | None = None
    description: str | None = None

    def branches(self) -> Iterator[tuple[str, Target]]:
        """Every key of this step that chooses a way, with its target: ``("on_confirm", "pay")``."""
        return iter(())


class Guarded(StepBase):
    """A step that is skipped where its condition is false."""

    when: Condition | None = None


class Spoken(Guarded):
    """A step with words of its own: ``message``, or the name of a ``response``."""

    message: Text | None = None
    response: str | None = None
    buttons: tuple[Button, ...] | Computed = ()

    @model_validator(mode="after")
    def _one_of_them(self) -> "Spoken":
        if self.message is not None and self.response is not None:
            raise ValueError("either 'message' or 'response', not both")
        return self


class Collect(Spoken):
    """Ask until the slot has a valid value."""

    type: Literal["collect"]
    slot: str
    force: bool = False
    rejections: tuple[Rejection, ...] = ()
    max_attempts: Annotated[int, Field(ge=1)] | None = None
    on_invalid: Target | None = None
    on_max_attempts: Target | None = None

    def branches(self) -> Iterator[tuple[str, Target]]:
        return _present(on_invalid=self.on_invalid, on_max_attempts=self.on_max_attempts)


class Say(Spoken):
    """Say something."""

    type: Literal["say"]
    image: Text | None = None
    custom: Mapping[str, Value] | None = None
    rephrase: bool = True

    @model_validator(mode="after")
    def _something(self) -> "Say":
        if self.message is None and self.response is None and self.image is None and self.custom is None:
            raise ValueError("nothing to say: 'message' or 'response' is needed")
        return self


class Action(Guarded):
    """Run an action; what it returns fills slots."""

    type: Literal["action"]
    call: str
    inputs: Mapping[str, Computed] = Field(default_factory=dict)
    map_outputs: Mapping[str, str] = Field(default_factory=dict)
    on_error: Target | None = None
    timeout: Duration | None = None
    retry: Retry | None = None

    def branches(self) -> Iterator[tuple[str, Target]]:
        return _present(on_error=self.on_error)


class Set(Guarded):
    """Assign slots; ``null`` clears."""

    type: Literal["set"]
    slots: Mapping[str, Computed]
    condition: Condition | None = None


class Branch(StepBase):
    """Choose a way by a value's cases, or by conditions."""

    type: Literal["branch"]
    slot: str | None = None
    evaluate: Condition | None = None
    cases: Mapping[Scalar, Target] = Field(default_factory=dict)
    when: tuple[Arm, ...] | Condition | None = None
    """Arms, tried in order; or, beside ``cases``, the condition under which the step is not skipped."""

    @model_validator(mode="after")
    def _one_form(self) -> "Branch":
        if isinstance(self.when, tuple):
            if self.slot is not None or self.evaluate is not None or self.cases:
                raise ValueError("either arms under 'when', or 'slot' or 'evaluate' with 'cases', not both")
            if not self.when:
                raise ValueError("'when' needs at least one arm")
            if any(arm.condition is None for arm in self.when[:-1]):
                raise ValueError("'else' must be the last arm")
        elif (self.slot is None) == (self.evaluate is None):
            raise ValueError("a branch needs 'slot' or 'evaluate' with 'cases', or arms under 'when'")
        elif not self.cases:
            raise ValueError("'cases' is needed beside 'slot' or 'evaluate'")
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
    do: "tuple[Step, ...]" = Field(min_length=1)
    exit_to: str | None = None
    when: Condition | None = None

    def branches(self) -> Iterator[tuple[str, Target]]:
        return _present(do=self.do, exit_to=self.exit_to)


class Confirm(Spoken):
    """Ask for a yes; a no without ``on_deny`` cancels the flow."""

    type: Literal["confirm"]
    slot: str | None = None
    on_confirm: Target | None = None
    on_deny: Target | None = None
    on_change: Target | None = None

    def branches(self) -> Iterator[tuple[str, Target]]:
        return _present(on_confirm=self.on_confirm, on_deny=self.on_deny, on_change=self.on_change)


class Call(Guarded):
    """Run another flow and come back; without ``inputs`` it shares this flow's slots."""

    type: Literal["call"]
    flow: str
    inputs: Mapping[str, Computed] | None = None
    outputs: Mapping[str, str] = Field(default_factory=dict)


class Link(Guarded):
    """Hand over to another flow, and do not come back."""

    type: Literal["link"]
    flow: str


class Generate(Guarded):
    """Let the model write."""

    type: Literal["generate"]
    instruction: Text
    context: tuple[str, ...] = ()
    store_as: str | None = None


class Noop(Guarded):
    """Do nothing: a place to jump to, or a pattern that stays silent."""

    type: Literal["noop"]


class Handoff(Guarded):
    """Hand the conversation to a person; the service stays silent until it is handed back."""

    type: Literal["handoff"]
    queue: str | None = None
    message: Text | None = None
    context: tuple[str, ...] = ()


Step: TypeAlias = Annotated[
    Collect | Say | Action | Set | Branch | While | Confirm | Call | Link | Generate | Noop | Handoff,
    Field(discriminator="type"),
]
"""Any step."""


def case_key(case: Scalar) -> str:
    """A case as it is written in YAML: ``true``, ``10``, ``basic``."""
    return str(case).lower() if isinstance(case, bool) else str(case)


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
