"""What a step may use in a turn, and the one channel of a flow's subgraph."""

from asyncio import get_running_loop
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Final, TypeAlias, TypedDict

from soni.actions.effects import Attempt, Occasion
from soni.actions.runner import Actions
from soni.aloud import PATIENCE, Aloud
from soni.dialogue.flows import Flows
from soni.dialogue.scope import visible
from soni.dialogue.state import Dialogue, Utterance
from soni.errors import FlowError
from soni.events import Event
from soni.responses import Responses
from soni.value import Value
from soni.writing.base import Writer
from soni.writing.rewording import reword

_SHARE: Final = 0.8
_LEAST: Final = 0.1
"""Seconds in which no model answers; to ask it all the same would only count as its failure."""

Clock: TypeAlias = Callable[[], datetime]
"""The time now, with a time zone."""


class Channels(TypedDict):
    """The state of a flow's subgraph: the draft of the dialogue, whole."""

    dialogue: Dialogue


@dataclass(slots=True)
class Meter:
    """Counts the steps of a turn, so that a flow that loops is stopped."""

    most: int
    steps: int = 0

    def count(self, flow: str, step: str) -> None:
        """One more step. Raises FlowError beyond the limit."""
        self.steps += 1
        if self.steps > self.most:
            raise FlowError(
                f"The turn took more than {self.most} steps; the flow {flow!r} seems to loop at step {step!r}."
                " The limit is settings.runtime.max_step_executions."
            )


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The world as one turn sees it."""

    user_id: str
    turn: int
    """The turn that is being answered, counted from one."""
    acted: int
    """Effects the conversation had had before this turn."""
    flows: Flows
    actions: Actions
    responses: Responses
    now: datetime
    meter: Meter
    emit: Callable[[Event], None]
    attempt: Attempt = field(default_factory=Attempt)
    """What has been done for this message so far."""
    writer: Writer | None = None
    """Whoever has words of its own; ``None`` where all is said as it is written."""
    ends: float = inf
    """When the turn is out of time, on the clock of the event loop."""
    aloud: Aloud | None = None
    """Tells what is said while the turn still runs; ``None`` where nobody listens."""

    def left(self) -> float:
        """Seconds of this turn that a model may take: the larger part of what is left, for the answer has to be saved, too."""
        return max(0.0, self.ends - get_running_loop().time()) * _SHARE

    async def reword(self, said: Sequence[Utterance], language: str) -> Sequence[Utterance]:
        """These messages as they are said; as they are written where there are no other words in time."""
        within = min(PATIENCE if self.aloud is None else self.aloud.patience, self.left())
        if self.writer is None or within < _LEAST:
            return said
        return await reword(said, language, self.writer, within=within, tell=self.emit)

    async def say_so_far(self, dialogue: Dialogue) -> None:
        """To be called before something that may take long: what is said by now is heard, where anybody listens."""
        if self.aloud is not None:
            await self.aloud.tell(dialogue.said, lambda said: self.reword(said, dialogue.language))

    def scope(self, dialogue: Dialogue) -> dict[str, Value]:
        """What the top frame's expressions and templates can read."""
        seen: dict[str, Value] = {**self.about(dialogue), **visible(dialogue, self.flows)}
        if dialogue.top is not None and dialogue.top.context:
            seen["context"] = dict(dialogue.top.context)
        return seen

    def about(self, dialogue: Dialogue) -> dict[str, Value]:
        """What expressions can read besides slots."""
        return {"user_id": self.user_id, "user": {"id": self.user_id, "language": dialogue.language}}

    def occasion(self, dialogue: Dialogue) -> Occasion:
        """Where the top frame stands in this turn."""
        step = f"{dialogue.top.flow}:{dialogue.top.step}" if dialogue.top else ""
        return Occasion(self.user_id, self.turn, dialogue.language, step, dialogue.id, dialogue.acted, self.attempt)

    def seed(self, dialogue: Dialogue) -> str:
        """Chooses among variations: the same conversation told again gives the same words."""
        return f"{self.user_id}:{self.turn}:{len(dialogue.said)}"
