"""The world that made-up assistants act on: it remembers every effect, and fails when it is told to."""

from dataclasses import dataclass, field

from soni import ActionContext
from soni.actions.registry import Registered, Registry
from soni.config.models import SoniConfig
from soni.dialogue.commands import Command
from soni.dialogue.payloads import parse_payload
from soni.errors import NLUError
from soni.understanding.base import Briefing
from soni.value import Value


@dataclass
class World:
    """What the actions of one conversation did, and what they are to do."""

    failing: frozenset[str] = frozenset()
    """``read``, ``write``: those actions fail."""
    done: dict[str, str] = field(default_factory=dict)
    """Idempotency key → the writing action that ended well under it."""
    called: list[str] = field(default_factory=list)
    """Writing actions that were called in this turn, whatever came of it."""

    def registry(self, config: SoniConfig) -> Registry:
        """The functions of an assistant that was made up."""
        return Registry({name: self._registered(name) for name in config.actions})

    def _registered(self, name: str) -> Registered:
        async def run(ctx: ActionContext, n1: int | None = None, t1: str | None = None) -> dict[str, Value]:
            return self.act(name, ctx.idempotency_key, n1, t1)

        return Registered(run, is_async=True, context="ctx", parameters=frozenset(("n1", "t1")))

    def act(self, name: str, key: str, n1: int | None, t1: str | None) -> dict[str, Value]:
        """One call of an action."""
        kind = "read" if name.startswith("read") else "write"
        if kind == "write":
            assert key not in self.done, f"{name} has its effect a second time"
            self.called.append(name)
        if kind in self.failing:
            raise ValueError(name)
        if kind == "write":
            self.done[key] = name
        return {"r1": f"r{n1}{t1}"}


class Scripted:
    """Understands what it is told: ``words /affirm`` is yes, in so many words; ``fail`` is beyond it."""

    def __init__(self) -> None:
        self.briefings: list[Briefing] = []

    async def understand(self, said: str, briefing: Briefing) -> list[Command]:
        self.briefings.append(briefing)
        if said.startswith("fail"):
            raise NLUError
        return parse_payload(said.removeprefix("words ")) or []
