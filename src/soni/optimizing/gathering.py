"""All examples of an assistant, and what may be said about them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from soni.config.models import SoniConfig
from soni.optimizing.conversations import Lines, conversation_examples
from soni.optimizing.examples import Example, Truth, distinct, without_secrets
from soni.optimizing.triggers import trigger_examples

_TRUTHS: dict[Truth, str] = {
    "dictated": "meaning as the test dictates it",
    "recorded": "meaning as recorded of the model",
    "embedded": "meaning as the embedded understanding found it in tests that pass",
    "author": "trigger examples",
}


@dataclass(frozen=True, slots=True)
class Gathered:
    """The examples of an assistant."""

    examples: tuple[Example, ...]
    lines: Lines
    unfilled: tuple[str, ...]
    """Triggers with a place for which there is no value."""
    secret: int
    """Examples that are left out because something in them is sensitive."""

    @property
    def conversation(self) -> tuple[Example, ...]:
        """Those that are lines of conversation tests."""
        return tuple(each for each in self.examples if not each.is_trigger)

    def words(self) -> Iterator[str]:
        """How many there are of what, and what was left out."""
        yield f"{len(self.examples)} different examples, from {self.lines.tests} conversation tests and the triggers:"
        counts = Counter(each.truth for each in self.examples)
        yield from (f"  {counts[truth]:4} {words}" for truth, words in _TRUTHS.items() if counts[truth])
        if self.secret:
            yield f"  {self.secret:4} left out, because something in them is sensitive"
        if self.lines.failed:
            yield f"  {len(self.lines.failed):4} tests left out, because they do not pass, such as {self.lines.failed[0]}"
        if self.lines.elsewhere:
            yield f"  {self.lines.elsewhere:4} files left out, because they are about another assistant"
        if self.unfilled:
            words = f"triggers left out, because a slot in them has no examples and no choices, such as {self.unfilled[0]!r}"
            yield f"  {len(self.unfilled):4} {words}"


def gather(
    config: SoniConfig, paths: Iterable[Path], now: datetime, played: Callable[[str], None] = lambda _: None
) -> Gathered:
    """The examples of an assistant: the lines of its conversation tests among these paths, and its triggers.

    Not to be called where an event loop runs. Raises ConfigurationError for a file that cannot be read.
    """
    lines = conversation_examples(paths, config, now, played)
    triggers, unfilled = trigger_examples(config, now)
    whole = distinct([*lines.examples, *triggers])
    examples = without_secrets(whole, config)
    return Gathered(tuple(examples), lines, tuple(unfilled), len(whole) - len(examples))
