"""An assistant as it was written: slots, responses, actions, flows. Frozen, and no key that nobody knows.

Mappings refuse to be changed; lists inside values (``default``, ``custom``) belong to the assistant as well: read them,
never change them.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic.json_schema import SkipJsonSchema

from soni.config.settings import Settings
from soni.config.steps import Buttons, Retry, Step, walk
from soni.config.values import (
    Bound,
    Computed,
    Condition,
    Flag,
    FrozenDict,
    Json,
    Model,
    Plain,
    Text,
    Timeout,
    frozen,
    misfit,
)
from soni.value import Scalar

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

    value: Plain
    """The value."""
    synonyms: tuple[str, ...] = ()
    """Other ways to say it."""


def _choice(written: object) -> object:
    """A choice may be its value alone."""
    return {"value": written} if isinstance(written, bool | int | float | str) else written


class Slot(Model):
    """Something an assistant can know."""

    type: SlotType = "string"
    """What kind of value it holds."""
    description: str = ""
    """What it means; read by understanding."""
    prompt: Text | None = None
    """How it is asked for where the collect says nothing."""
    examples: tuple[str, ...] = ()
    """Values as people say them; read by understanding."""
    choices: tuple[Annotated[Choice, BeforeValidator(_choice, json_schema_input_type=Choice | Scalar)], ...] = ()
    """The values it may have, for type ``choice``."""
    pattern: str | None = None
    """RE2 syntax, matched against the whole text in linear time; for type ``string``."""
    min: Bound | None = None
    """The smallest value; an ISO 8601 text for dates and times."""
    max: Bound | None = None
    """The largest value; an ISO 8601 text for dates and times."""
    validator: str | None = None
    """The Python function that says whether a value is valid."""
    normalizer: str | None = None
    """The Python function that tidies a valid value."""
    invalid_message: Text | None = None
    """What is said when a value is not valid."""
    default: Json = None
    """Read while the slot is unset."""
    required: Flag = True
    """Whether the user may not skip it."""
    sensitive: Flag = False
    """Whether it is kept out of logs, traces, metrics, the inspector and prompts' history."""
    scope: Literal["flow", "conversation"] = "flow"
    """``flow``: forgotten when the flow ends."""
    filled_by: Literal["user", "system"] | None = None
    """``null``: the user, where a collect, an input or a trigger template names the slot; otherwise the system."""

    @model_validator(mode="after")
    def _choices_fit(self) -> "Slot":
        if self.type == "choice" and not self.choices:
            raise misfit("choices", "a slot of type choice needs at least one choice")
        if self.choices and self.type != "choice":
            raise misfit("choices", f"choices belong to type choice, not {self.type}")
        return self


class ResponseVariant(Model):
    """One way to say a response."""

    text: Text
    """What is said."""
    variations: tuple[Text, ...] = ()
    """Other words for the same, chosen by chance."""
    when: Condition | None = None
    """Said only where this is true."""
    language: str | None = None
    """Said only in this language."""
    buttons: Buttons = ()
    """What the user may press instead of typing."""
    image: Text | None = None
    """The address of a picture."""
    custom: Annotated[Mapping[str, Json], frozen] | None = None
    """Anything else the channel understands."""
    rephrase: Flag = True
    """Whether a model may say it in its own words."""


def _variants(written: object) -> object:
    """A response may be a text, one variant, or a list of variants and texts."""
    variants = written if isinstance(written, list | tuple) else (written,)
    return [{"text": variant} if isinstance(variant, str) else variant for variant in variants]


Response = Annotated[
    tuple[ResponseVariant, ...],
    Field(min_length=1),
    BeforeValidator(_variants, json_schema_input_type=str | ResponseVariant | tuple[str | ResponseVariant, ...]),
]
"""The ways to say a response; the first whose condition and language fit is said."""


class Webhook(Model):
    """An action that is a call over HTTP: JSON in, JSON out."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    """How it is called."""
    url: Annotated[str, Field(pattern=r"^https?://[^\s/]+")]
    """Where."""
    headers: Annotated[Mapping[str, str], frozen] = Field(default_factory=FrozenDict)
    """What is sent along, such as a key from the environment."""


class ActionSpec(Model):
    """What an action needs, gives and does to the world."""

    description: str = ""
    """What it does."""
    inputs: tuple[str, ...] = ()
    """Names; a trailing ``?`` says that it may be unset."""
    outputs: tuple[str, ...] = ()
    """Names of what it gives back."""
    effect: Literal["write", "read"] = "write"
    """``write``: recorded, never run again once its result is known."""
    timeout: Timeout | None = None
    """How long it may take."""
    retry: Retry | None = None
    """How often, and how patiently, it is tried again."""
    http: Webhook | None = None
    """A webhook instead of a Python function."""

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
    """The flow cannot be started where this is false."""


class Flow(Model):
    """A conversation towards one goal."""

    description: str = ""
    """What it is for; read by understanding, and said when the user must choose."""
    trigger: Trigger = Trigger()
    """How it can be started by what the user says."""
    startable: Flag = True
    """``false``: only call and link reach it."""
    inputs: tuple[str, ...] = ()
    """Slots that a call may pass; a trailing ``?`` says that it may be unset."""
    outputs: tuple[str, ...] = ()
    """Slots that a call may take back."""
    persist: tuple[str, ...] = ()
    """Slots that outlive this flow, as if their scope were the conversation."""
    interruptible: Flag = True
    """Whether another flow may be started meanwhile."""
    on_error: str | None = None
    """The step of this flow to go to when an action fails."""
    steps: tuple[Step, ...] = Field(min_length=1)
    """What happens, in order."""

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


def _version(written: object) -> object:
    """Without quotes it is a number to YAML."""
    return str(written) if isinstance(written, float) else written


class SoniConfig(Model):
    """A whole assistant, as written."""

    version: Annotated[Literal["1.0"], BeforeValidator(_version), WithJsonSchema({"enum": ["1.0", 1.0]})]
    """The version of the language."""
    settings: Settings = Settings()
    """All optional."""
    responses: Annotated[Mapping[str, Response], frozen] = Field(default_factory=FrozenDict)
    """What the assistant says, by name."""
    slots: Annotated[Mapping[str, Slot], frozen] = Field(default_factory=FrozenDict)
    """What the assistant can know, by name."""
    actions: Annotated[Mapping[str, ActionSpec], frozen] = Field(default_factory=FrozenDict)
    """What the assistant can do, by name."""
    flows: Annotated[Mapping[str, Flow], frozen] = Field(default_factory=FrozenDict)
    """The conversations, by name; names beginning with pattern_ override the repair patterns."""
    origin: SkipJsonSchema[str | None] = Field(default=None, exclude=True)
    """The folder that relative things (modules, the database) are looked for in; set by the loader."""

    @cached_property
    def fingerprint(self) -> str:
        """Changes when anything but the settings changes; 12 hexadecimal digits."""
        written = json.dumps(self.model_dump(mode="json", by_alias=True, exclude={"settings"}), sort_keys=True)
        return hashlib.sha256(written.encode()).hexdigest()[:12]

    def user_flows(self) -> Iterator[tuple[str, Flow]]:
        """The flows that are not overrides of repair patterns."""
        return ((name, flow) for name, flow in self.flows.items() if not name.startswith("pattern_"))


__all__ = [
    "PATTERNS", "ActionSpec", "Choice", "Computed", "Flow", "ResponseVariant", "Scalar",
    "Slot", "SlotType", "SoniConfig", "Trigger", "Webhook",
]  # fmt: skip
