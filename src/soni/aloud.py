"""What of a turn is heard while it still runs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, Protocol, TypeAlias

from soni.dialogue.state import Utterance

PATIENCE: Final = 3.0
"""Seconds that all messages of a turn have together for other words, which are a nicety: no answer is kept waiting longer."""

Reword: TypeAlias = Callable[[Sequence[Utterance]], Awaitable[Sequence[Utterance]]]
"""Messages as they are said."""


class Hearer(Protocol):
    """Whoever listens to a turn while it runs. Each method returns at once and raises nothing."""

    def begun(self) -> None:
        """The message is new and is being answered: it was not refused, and has not been answered before."""
        ...

    def said(self, message: Utterance) -> None:
        """The next message of the answer."""
        ...

    def written(self, text: str, begins: bool) -> None:
        """A piece of a text that a model is writing, before it is known whether the text can be said.

        Where ``begins``, what was heard of an unfinished text counts no more. The whole text follows as a message.
        """
        ...


@dataclass(slots=True)
class Aloud:
    """Tells a hearer the messages of one turn, each once and in their order."""

    hearer: Hearer
    patience: float = PATIENCE
    """Seconds that are left for other words."""
    _told: list[tuple[Utterance, Utterance]] = field(default_factory=list)
    """As it is written, and as it was said."""

    async def tell(self, said: Sequence[Utterance], reword: Reword) -> None:
        """Let all that stands so far be heard. A question does not yet stand: it may be asked again later, and only then."""
        standing = [utterance for utterance in said if not utterance.question]
        new = standing[len(self.told(standing)) :]
        if not new:
            return
        began = monotonic()
        for written, worded in zip(new, await reword(new), strict=True):
            self._told.append((written, worded))
            self.hearer.said(worded)
        self.patience -= monotonic() - began

    def told(self, said: Sequence[Utterance]) -> tuple[Utterance, ...]:
        """How the first of these messages were said, as far as they have been; others that were are taken back."""
        same = 0
        for utterance, (written, _) in zip(said, self._told, strict=False):
            if utterance is not written:
                break
            same += 1
        del self._told[same:]
        return tuple(worded for _, worded in self._told)

    def finish(self, messages: Sequence[Utterance]) -> None:
        """The answer stands: let the rest of it be heard."""
        for message in messages[len(self._told) :]:
            self.hearer.said(message)
