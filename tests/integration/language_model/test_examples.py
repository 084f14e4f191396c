"""With a model that means what is meant, the examples' conversations go through it word for word."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from soni.config.models import SoniConfig
from soni.dialogue.commands import Command
from soni.events import Listener
from soni.testing import FakeModel, Stage, read_conversations
from soni.testing.fake_answers import Answer, Body
from soni.understanding.base import Briefing, Dependent, Understander, ignore
from soni.understanding.embedded.understander import EmbeddedUnderstander, build
from soni.understanding.providers import open_understander

ROOT = Path(__file__).parents[3]
FILES = [ROOT / "flight_booking.conversation.yaml", *sorted((ROOT / "examples").rglob("*.conversation.yaml"))]


class Oracle:
    """Knows what is meant by what is said, and says it in the model's place."""

    def __init__(self) -> None:
        self.meant: Sequence[Command] = ()

    def __call__(self, body: Body) -> Answer:
        return list(self.meant)


class Told:
    """Tells the oracle what is meant before the model is asked, and takes the model's word for it."""

    def __init__(self, oracle: Oracle, knows: EmbeddedUnderstander, asks: Understander) -> None:
        self._oracle = oracle
        self._knows = knows
        self._asks = asks

    async def understand(self, said: str, briefing: Briefing) -> list[Command]:
        self._oracle.meant = self._knows.hear(said, briefing)
        return await self._asks.understand(said, briefing)

    trouble = ""

    looks_again_after = None
    serves = True

    async def probe(self, tell: Listener = ignore) -> None:
        pass

    async def aclose(self) -> None:
        assert isinstance(self._asks, Dependent)
        await self._asks.aclose()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.partition(".")[0])
def test_conversations_pass_through_the_model_word_for_word(path: Path) -> None:
    """Over real HTTP, with no fallback: every command comes back from the model's answer."""
    oracle = Oracle()
    with FakeModel(oracle=oracle, keep=1) as model:

        def opening(config: SoniConfig) -> Understander:
            settings = config.settings
            nlu = settings.models.nlu.model_copy(
                update={"provider": "openai", "api_base": model.api_base, "fallback": None}
            )
            models = settings.models.model_copy(update={"nlu": nlu})
            asking = config.model_copy(update={"settings": settings.model_copy(update={"models": models})})
            return Told(oracle, build(config), open_understander(asking))

        file = read_conversations(path)
        with Stage(file, opening=opening) as stage:
            results = [stage.play(test) for test in file.tests]

        assert [(result.test.name, result.failure) for result in results if not result.passed] == []
        assert model.counts.answered > 0
