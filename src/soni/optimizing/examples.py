"""What messages mean in their situations: the examples that understanding is scored on and learns from."""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from soni.config.models import SoniConfig
from soni.dialogue.commands import Clarify, Command, CorrectSlot, SetSlot, StartFlow
from soni.testing.cassette import key_of
from soni.understanding.base import Briefing

Truth: TypeAlias = Literal["dictated", "recorded", "embedded", "author"]
"""Who says what it means: the test itself, a model's answer in a cassette, the embedded understanding in a test that
passes, or the author of a trigger."""


@dataclass(frozen=True, slots=True)
class Example:
    """A message, the situation it is said in, and what it means there."""

    said: str
    briefing: Briefing
    commands: tuple[Command, ...]
    group: str
    """The test it is a line of, or the flow it is a trigger of: a test is never on two sides of a split."""
    truth: Truth

    @property
    def is_trigger(self) -> bool:
        """True where it is an author's example of how a flow is asked for."""
        return self.truth == "author"


def folded(text: str) -> str:
    """A text without what makes no difference: case, width, and how much space there is."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def distinct(examples: Iterable[Example]) -> list[Example]:
    """Each example once; where two differ about the meaning, what a test dictates is believed, and else the first."""
    found: dict[str, Example] = {}
    for example in examples:
        key = key_of("", folded(example.said), example.briefing)
        if key not in found or (example.truth == "dictated" and found[key].truth != "dictated"):
            found[key] = example
    at_the_beginning = {folded(each.said) for each in found.values() if not each.is_trigger and _is_fresh(each)}
    return [each for each in found.values() if not each.is_trigger or folded(each.said) not in at_the_beginning]


def without_secrets(examples: Sequence[Example], config: SoniConfig) -> list[Example]:
    """Those that may be written down: nothing in them answers a sensitive question, or says a secret again."""
    sensitive = {name for name, slot in config.slots.items() if slot.sensitive}
    return [example for example in examples if not _is_secret(example, sensitive)]


def _is_secret(example: Example, sensitive: Collection[str]) -> bool:
    expected = example.briefing.expected
    if expected is not None and expected.slot in sensitive:
        return True
    if any(secret and secret in example.said for secret in example.briefing.secrets):
        return True
    return any(slot in sensitive for command in example.commands for slot in _slots_of(command))


def _slots_of(command: Command) -> Collection[str]:
    match command:
        case StartFlow(_, slots) | SetSlot(slots) | CorrectSlot(slots) | Clarify(_, slots):
            return slots.keys()
    return ()


def _is_fresh(example: Example) -> bool:
    """Whether it is said where nothing is under way, as triggers are."""
    return example.briefing.active_flow is None and example.briefing.expected is None and not example.briefing.choosing
