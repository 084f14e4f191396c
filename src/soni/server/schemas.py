"""The bodies of requests and answers, as callers see them."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, NotRequired

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator
from typing_extensions import TypedDict

from soni.dialogue.state import ConversationState
from soni.value import Value

USER_ID: Final = r"^[A-Za-z0-9_.@:-]{1,128}$"
UserId = Annotated[str, Path(pattern=USER_ID, description="Names the conversation.", examples=["ana"])]
MESSAGE_ID: Final = r"^[!-~]{1,128}$"
"""A message id: visible ASCII characters."""
# What Python calls space, spelled out: \s means something else in every dialect of patterns.
_SPACE: Final = r"\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
MESSAGE: Final = rf"^[^\u0000]*[^\u0000{_SPACE}][^\u0000]*$"
"""A message: something that is not space, and nowhere NUL."""

_MAX_DEPTH: Final = 16
# What every store can hold and give back as it was: the whole numbers of 64 bits, and texts without NUL.
_LARGEST: Final = 2**63 - 1
_NO_NUL: Final = r"^[^\u0000]*$"
_OBJECT: Final = {
    "type": "object",
    "propertyNames": {"pattern": _NO_NUL},
    "additionalProperties": {"$ref": "#/components/schemas/MetadataValue"},
}
_METADATA_VALUE: Final[dict[str, Any]] = {
    "title": "MetadataValue",
    "anyOf": [
        {"type": ["null", "boolean"]},
        {"type": "number", "minimum": -_LARGEST - 1, "maximum": _LARGEST},
        {"type": "string", "pattern": _NO_NUL},
        {"type": "array", "items": {"$ref": "#/components/schemas/MetadataValue"}},
        _OBJECT,
    ],
}
"""The schema of what metadata may hold."""


class ChatRequest(BaseModel):
    """Something a user says."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    message: str = Field(
        description="What the user says, or the payload of a button. Spaces around it are dropped.",
        examples=["send 50 to Ana"],
        # For readers of the schema; the validator below says the same in better words.
        json_schema_extra={"minLength": 1, "pattern": MESSAGE},
    )
    message_id: Annotated[str, Field(pattern=MESSAGE_ID)] | None = Field(
        default=None,
        description="Your own id of this message: the same id again is answered with the same reply and runs nothing "
        "twice. Without one, a retry is a new message.",
    )
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$", examples=["en"])] | None = Field(
        default=None, description="The language of the user, where it is known."
    )
    metadata: dict[str, JsonValue] | None = Field(
        default=None, description="What else the caller knows; at most 16 levels deep."
    )

    @field_validator("message")
    @classmethod
    def _something_is_said(cls, text: str) -> str:
        text = text.strip()
        if not text:
            raise ValueError("must not be empty")
        if "\0" in text:
            raise ValueError("must not contain the character NUL")
        return text

    @field_validator("metadata")
    @classmethod
    def _can_be_stored(cls, metadata: dict[str, JsonValue] | None) -> dict[str, JsonValue] | None:
        _check_storable(metadata, _MAX_DEPTH)
        return metadata


class ButtonBody(TypedDict):
    """A choice the user may press."""

    title: str
    payload: Annotated[str, Field(description="Send it as the next message when the button is pressed.")]


class MessageBody(TypedDict):
    """One message of the assistant."""

    text: str
    buttons: list[ButtonBody]
    image: NotRequired[Annotated[str, Field(description="Where the image is.")]]
    custom: NotRequired[Annotated[Mapping[str, Value], Field(description="What the author gives the channel to show.")]]


class ChatReply(TypedDict):
    """What the assistant answers, and how the conversation stands afterwards."""

    user_id: str
    message_id: str | None
    turn: Annotated[int, Field(description="Counted from one, per conversation.")]
    response: Annotated[str, Field(description="The texts of all messages, joined by a newline.")]
    messages: list[MessageBody]
    conversation_state: ConversationState
    waiting_for_input: bool
    active_flow: str | None
    expected_slot: str | None


class FrameBody(TypedDict):
    """A flow in progress, and where it stands."""

    flow: str
    step: str
    waiting: bool


class ConversationBody(TypedDict):
    """How a conversation stands; sensitive values are masked."""

    user_id: str
    turn: int
    language: str
    conversation_state: ConversationState
    waiting_for_input: bool
    active_flow: str | None
    expected_slot: str | None
    stack: Annotated[list[FrameBody], Field(description="The flows in progress, the oldest first.")]
    slots: Annotated[Mapping[str, Value], Field(description="What can be read in the active flow now.")]


class LineBody(TypedDict):
    """Something that was said; what is sensitive is masked."""

    turn: int
    at: Annotated[str, Field(description="When the turn was saved: ISO 8601, UTC.")]
    role: Literal["user", "assistant"]
    text: str


class TranscriptBody(TypedDict):
    """A page of the transcript."""

    user_id: str
    messages: Annotated[list[LineBody], Field(description="Whole turns, the earliest first.")]
    before: Annotated[
        str | None, Field(description="Pass it as `before` for the turns before these; null where there are none.")
    ]


class TurnBody(TypedDict):
    """What was said in one turn."""

    turn: int
    at: str
    lines: list[dict[str, str]]


class ExportBody(TypedDict):
    """Everything that is stored about a user, as it is stored; nothing is masked that was not masked before."""

    user_id: str
    exported_at: Annotated[str, Field(description="ISO 8601, UTC.")]
    conversation: Annotated[
        dict[str, Any] | None, Field(description="The state of the conversation; null after a reset.")
    ]
    transcript: list[TurnBody]
    effects: Annotated[
        dict[str, dict[str, Any]], Field(description="Results of actions whose turn is not saved yet, by their key.")
    ]


RuntimePhase = Literal["starting", "initialized", "draining"]


class ComponentsBody(TypedDict):
    """How far the parts of the service are."""

    runtime: RuntimePhase
    checkpointer: Annotated[
        Literal["connected", "disconnected"], Field(description="As it was last seen; this does not look again.")
    ]


class HealthBody(TypedDict):
    """The process can serve."""

    status: Literal["healthy"]
    version: str
    timestamp: Annotated[str, Field(description="ISO 8601, UTC.")]
    components: ComponentsBody


class ReadyBody(TypedDict):
    """Messages are answered."""

    status: Literal["ready"]
    understanding: NotRequired[Literal["model", "fallback"]]
    """Who understands, where a language model is configured."""
    trouble: NotRequired[str]
    """What is wrong with the model, while the fallback answers for it."""


class StartupBody(TypedDict):
    """The service has been ready."""

    status: Literal["started"]


class VersionBody(TypedDict):
    """What runs here."""

    service: Annotated[str, Field(description="The version of Soni.")]
    assistant: Annotated[str, Field(description="Changes when the assistant does.")]
    language: Annotated[str, Field(description="The version of the assistant language.")]


def _check_storable(value: JsonValue, depth: int) -> None:
    """Every store can hold it, and give it back as it was. Raises ValueError."""
    match value:
        case str() if "\0" in value:
            raise ValueError("must not contain the character NUL")
        case int() | float() if not -_LARGEST - 1 <= value <= _LARGEST:
            raise ValueError("must not contain numbers of more than 64 bits, nor any that are not finite")
        case list() | dict() if depth == 0:
            raise ValueError(f"must not be nested deeper than {_MAX_DEPTH} levels")
        case list():
            for item in value:
                _check_storable(item, depth - 1)
        case dict():
            for key, item in value.items():
                _check_storable(key, depth)
                _check_storable(item, depth - 1)
        case _:
            pass


def request_schemas() -> dict[str, Any]:
    """The schemas of what is read without FastAPI's help, by their names among the components of the description."""
    schema = ChatRequest.model_json_schema()
    del schema["$defs"]
    schema["properties"]["metadata"]["anyOf"] = [_OBJECT, {"type": "null"}]
    return {"ChatRequest": schema, "MetadataValue": _METADATA_VALUE}
