"""placeholder while the module is written"""

from collections.abc import Mapping
from dataclasses import dataclass

from soni.value import Value


@dataclass(frozen=True, slots=True)
class Button:
    """A choice the user may press; the payload is what pressing it says."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """One message of the assistant."""

    text: str
    buttons: tuple[Button, ...] = ()
    image: str | None = None
    custom: Mapping[str, Value] | None = None
