"""The lines of conversation tests as examples: each test is played, so that the situation of every line is the real one."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from soni.config.models import SoniConfig
from soni.dialogue.commands import Command
from soni.errors import ConfigurationError
from soni.optimizing.examples import Example, Truth
from soni.testing.asking import Ask
from soni.testing.conversations import ConversationFile, ConversationTest, UserSays
from soni.testing.finding import find_files
from soni.testing.logbook import logbook
from soni.testing.reading import read_conversations
from soni.testing.stage import Stage
from soni.understanding.base import Briefing, Understander
from soni.understanding.providers import open_understander


@dataclass
class Lines:
    """What the conversation tests of an assistant say."""

    examples: list[Example] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """Tests that do not pass: what their lines mean is not known."""
    elsewhere: int = 0
    """Files that are about another assistant."""
    tests: int = 0
    """Those that pass."""


def conversation_examples(
    paths: Iterable[Path], config: SoniConfig, now: datetime, played: Callable[[str], None] = lambda _: None
) -> Lines:
    """The lines of all tests of this assistant among these paths. ``played`` is told each test's name.

    A test that does not say when it takes place is played at ``now``. Not to be called where an event loop runs. Raises
    ConfigurationError for a file that cannot be read.
    """
    lines = Lines()
    for path in find_files(paths):
        file = read_conversations(path)
        if file.config.fingerprint != config.fingerprint:
            lines.elsewhere += 1
            continue
        left = file.tests
        for ask, embedded in _ways(file):
            left = _play(file, left, ask, embedded=embedded, now=now, lines=lines, played=played)
        lines.failed += [f"{path}: {test.name}" for test in left]
    return lines


def _ways(file: ConversationFile) -> Iterator[tuple[Ask, bool]]:
    """Who understands: what is recorded of the model, and for tests it has nothing of, the embedded understanding."""
    if file.asks_model:
        yield "never", False
    yield "always", True


def _play(
    file: ConversationFile,
    tests: Sequence[ConversationTest],
    ask: Ask,
    *,
    embedded: bool,
    now: datetime,
    lines: Lines,
    played: Callable[[str], None],
) -> tuple[ConversationTest, ...]:
    """Play these tests; gives back those that did not pass."""
    if not tests:
        return ()
    heard: list[tuple[str, Briefing, tuple[Command, ...]]] = []

    def overhear(said: str, briefing: Briefing, commands: Sequence[Command]) -> None:
        heard.append((said, replace(briefing, slots=dict(briefing.slots)), tuple(commands)))

    left: list[ConversationTest] = []
    opening = _embedded if embedded else open_understander
    with Stage(file, ask=ask, opening=opening, overhear=overhear) as stage:
        for test in tests:
            heard.clear()
            passed = False
            with suppress(ConfigurationError), logbook():
                passed = stage.play(replace(test, now=test.now or now)).passed
            if not passed:
                left.append(test)
                continue
            played(test.name)
            lines.tests += 1
            dictated = {step.text for step in test.steps if isinstance(step, UserSays) and step.commands is not None}
            for said, briefing, commands in heard:
                truth: Truth = "dictated" if said in dictated else "embedded" if embedded else "recorded"
                group = f"{file.path}::{test.name}"
                lines.examples.append(Example(said, briefing, commands, group, truth))
    return tuple(left)


def _embedded(config: SoniConfig) -> Understander:
    from soni.understanding.embedded.understander import build

    return build(config)
