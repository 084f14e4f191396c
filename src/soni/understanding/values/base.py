"""What reading a value needs to know, and what it gives back."""

from dataclasses import dataclass
from datetime import datetime

from soni.value import Value


class InvalidValue(ValueError):
    """What was said is no value of this slot; the message is written to the user."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        """One word: ``type``, ``choice``, ``pattern``, ``min``, ``max`` or ``empty``."""

    @property
    def message(self) -> str:
        """The reason in words."""
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Moment:
    """When and in which language something was said."""

    now: datetime
    """With a time zone; relative dates count from here, and dates and times are local to it."""
    language: str = "en"
    """A tag such as ``en``, ``en-GB`` or ``es``. A territory tells the order of ``03/05`` and the country of phone numbers."""


@dataclass(frozen=True, slots=True)
class Found:
    """A value inside a text, and where it stands."""

    start: int
    end: int
    """Characters of the given text, end excluded."""
    value: Value
    score: float
    """1.0: it can hardly be anything else; below 0.5: only where it is asked for."""
