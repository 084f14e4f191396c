"""An assistant as it was written: slots, responses, actions, flows. Frozen, and no key that nobody knows."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from soni.config.settings import Settings
from soni.config.steps import Button, Retry, Step, walk
from soni.config.values import Computed, Condition, Duration, Model, Text
from soni.value import Scalar, Value

SlotType = Literal[
    "string", "integer", "float", "boolean", "date", "time", "datetime",
    "duration", "money", "email", "phone", "choice", "list", "object",
]  # fmt: skip

PATTERNS: Final = (
    "pattern_session_start", "pattern_correction", "pattern_cancel", "pattern_interrupted", "pattern_resumed",
    "pattern_completed", "pattern_clarification", "pattern_ask_info", "pattern_chitchat", "pattern_cannot_handle",
    "pattern_skip_question", "pattern_repeat", "pattern_invalid_value", "pattern_too_many_attempts",
    "pattern_no_progress", "pattern_human_handoff", "pattern_internal_error", "pattern_flow_changed",
)  # fmt: skip
"""The repair patterns; a flow of one of these names overrides the one that is shipped."""


class Choice(Model):
    """One value a ``choice`` slot may have, and other ways to say it."""

    value: Scalar
    synonyms: tuple[str, ...] = ()


class Slot(Model):
    """Something an assistant can know."""

    type: SlotType = "string"
    description: str = ""
    prompt: Text | None = None
    examples: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    pattern: str | None = None
    """RE2 syntax, matched against the whole text in linear time."""
    min: float | str | None = None
    """Smallest value; an ISO 8601 text for dates and times."""
    max: float | str | None = None
    validator: str | None = None
    normalizer: str | None = None
    invalid_message: Text | None = None
    default: Value = None
    required: bool = True
    sensitive: bool = False
    scope: Literal["flow", "conversation"] = "flow"
    filled_by: Literal["user", "system"] | None = None
    """``None``: the user, where a collect, an input or a trigger template names the slot; otherwise the system."""

    @model_validator(mode="before")
    @classmethod
    def _plain_choices(cls, written: object) -> object:
        if isinstance(written, dict) and isinstance(written.get("choices"), list | tuple):
            choices = [c if isinstance(c, dict | Choice) else {"value": c} for c in written["choices"]]
            return {**written, "choices": choices}
        return written

    @model_validator(mode="after")
    def _choices_fit(self) -> "Slot":
        if self.type == "choice" and not self.choices:
            raise ValueError("a slot of type choice needs 'choices'")
        if self.choices and self.type != "choice":
            raise ValueError(f"'choices' belongs to type choice, not {self.type}")
        return self


class ResponseVariant(Model):
    """One way to say a response."""

    text: Text
    variations: tuple[Text, ...] = ()
    when: Condition | None = None
    language: str | None = None
    buttons: tuple[Button, ...] = ()
    image: Text | None = None
    custom: Mapping[str, Value] | None = None
    rephrase: bool = True


class Webhook(Model):
    """An action that is a call over HTTP: JSON in, JSON out."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    url: str
    headers: Mapping[str, str] = Field(default_factory=dict)


class ActionSpec(Model):
    """What an action needs, gives and does to the world."""

    description: str = ""
    inputs: tuple[str, ...] = ()
    """Names; a trailing ``?`` says that it may be unset."""
    outputs: tuple[str, ...] = ()
    effect: Literal["write", "read"] = "write"
    timeout: Duration | None = None
    retry: Retry | None = None
    http: Webhook | None = None

    @cached_property
    def required_inputs(self) -> frozenset[str]:
        """Names that must have a value."""
        return frozenset(name for name in self.inputs if not name.endswith("?"))

    @cached_property
    def input_names(self) -> tuple[str, ...]:
        """All names, without the question marks."""
        return tuple(name.removesuffix("?") for name in self.inputs)


class Trigger(Model):
    """How a flow can be started by what the user says."""

    intents: tuple[str, ...] = ()
    """Example utterances; ``{slot}`` marks where a value stands."""
    condition: Condition | None = None


class Flow(Model):
    """A conversation towards one goal."""

    description: str = ""
    trigger: Trigger = Trigger()
    startable: bool = True
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    persist: tuple[str, ...] = ()
    interruptible: bool = True
    on_error: str | None = None
    steps: tuple[Step, ...] = Field(min_length=1)

    def walk(self) -> Iterator[Step]:
        """Every step in reading order, those of inline lists too."""
        return walk(self.steps)

    @cached_property
    def input_names(self) -> tuple[str, ...]:
        """The inputs, without the question marks that say optional."""
        return tuple(name.removesuffix("?") for name in self.inputs)

    @cached_property
    def fingerprint(self) -> str:
        """Changes when the steps change; 12 hexadecimal digits."""
        written = json.dumps(self.model_dump(mode="json", by_alias=True, include={"steps", "inputs"}), sort_keys=True)
        return hashlib.sha256(written.encode()).hexdigest()[:12]


class SoniConfig(Model):
    """A whole assistant, as written."""

    version: Literal["1.0"]
    settings: Settings = Settings()
    responses: Mapping[str, tuple[ResponseVariant, ...]] = Field(default_factory=dict)
    slots: Mapping[str, Slot] = Field(default_factory=dict)
    actions: Mapping[str, ActionSpec] = Field(default_factory=dict)
    flows: Mapping[str, Flow] = Field(default_factory=dict)
    origin: Annotated[str | None, Field(exclude=True)] = None
    """The folder that relative things (modules, the database) are looked for in; set by the loader."""

    @model_validator(mode="before")
    @classmethod
    def _plain_responses(cls, written: object) -> object:
        """A response may be a text, one variant, or a list of variants."""
        if not isinstance(written, dict) or not isinstance(written.get("responses"), dict):
            return written
        plain: dict[object, object] = {}
        for name, variants in written["responses"].items():
            one = {"text": variants} if isinstance(variants, str) else variants
            plain[name] = [one] if isinstance(one, dict) else one
        return {**written, "responses": plain}

    @cached_property
    def fingerprint(self) -> str:
        """Changes when anything but the settings changes; 12 hexadecimal digits."""
        written = json.dumps(self.model_dump(mode="json", by_alias=True, exclude={"settings"}), sort_keys=True, default=str)
        return hashlib.sha256(written.encode()).hexdigest()[:12]

    def user_flows(self) -> Iterator[tuple[str, Flow]]:
        """The flows that are not overrides of repair patterns."""
        return ((name, flow) for name, flow in self.flows.items() if not name.startswith("pattern_"))


__all__ = [
    "PATTERNS", "ActionSpec", "Choice", "Computed", "Flow", "ResponseVariant", "Scalar",
    "Slot", "SlotType", "SoniConfig", "Trigger", "Webhook",
]  # fmt: skip
