"""Asks a language model once what a message means: a briefing becomes a prompt, an answer becomes commands."""

import asyncio
import hashlib
import json
import time
from collections.abc import Sequence
from typing import Final

from soni.config.models import SoniConfig
from soni.dialogue.commands import Command
from soni.events import CommandDropped, ModelCalled
from soni.understanding.base import Briefing
from soni.understanding.model.answers import response_format
from soni.understanding.model.catalogue import Catalogue, Ranking
from soni.understanding.model.connection import Model, Tokens, tokens_of
from soni.understanding.model.failures import ModelFailed
from soni.understanding.model.program import CommandsAdapter, Understanding, predict
from soni.understanding.model.prompt import Prompt, write_prompt
from soni.understanding.model.tuning import Tuning
from soni.understanding.model.wishes import Unreadable, Wish, to_commands

_TOLD: Final = ("api_base", "temperature", "max_tokens", "max_completion_tokens")
"""Settings of a model with which it may answer otherwise."""


class ModelUnderstander:
    """An ``Understander`` that asks a model, one call a message, and never twice."""

    def __init__(self, config: SoniConfig, model: Model, ranking: Ranking, tuning: Tuning | None = None) -> None:
        """``ranking`` chooses the flows that are put before the model where there are many."""
        self.model = model
        self._catalogue = Catalogue.of(config, ranking)
        adapter = CommandsAdapter(response_format() if model.structured else None)
        self._program = Understanding(adapter, tuning)
        asked = {key: model.lm.kwargs.get(key) for key in _TOLD}
        identity = [
            config.fingerprint,
            model.name,
            model.structured,
            asked,
            self._program.predict.signature.instructions,
        ]
        told = json.dumps([*identity, tuning.model_dump_json() if tuning else ""])
        self._identity = hashlib.sha256(told.encode()).hexdigest()

    async def understand(self, said: str, briefing: Briefing) -> list[Command]:
        """What the model takes the message to mean. Raises ModelFailed."""
        return await self.ask(self.prompt(said, briefing), briefing)

    def prompt(self, said: str, briefing: Briefing) -> Prompt:
        """What the model is told of this message."""
        return write_prompt(said, briefing, self._catalogue)

    def key(self, prompt: Prompt) -> str:
        """The same for the same question to the same model, and for no other."""
        told = "\0".join((self._identity, prompt.situation, prompt.message))
        return hashlib.sha256(told.encode()).hexdigest()

    async def ask(self, prompt: Prompt, briefing: Briefing) -> list[Command]:
        """One call. Raises ModelFailed; whatever comes of it is told as ``ModelCalled``."""
        began, outcome, tokens = time.perf_counter(), "cancelled", Tokens()
        wishes: Sequence[Wish | Unreadable] = ()
        try:
            with self.model.calling("understand") as usage:
                try:
                    wishes = await predict(self._program, prompt)
                finally:
                    tokens = tokens_of(usage)
            outcome = "answered"
        except ModelFailed as error:
            outcome = error.reason
            raise
        except asyncio.CancelledError:
            raise
        except Exception as error:
            # Whatever a model makes DSPy do, the conversation goes on; the cause is kept for the log.
            outcome = "unexpected"
            raise ModelFailed("unexpected", f"The model {self.model.name} could not be asked.") from error
        finally:
            seconds = time.perf_counter() - began
            briefing.tell(ModelCalled(self.model.name, outcome, seconds, tokens.prompt, tokens.completion))
        for _ in range(sum(isinstance(wish, Unreadable) for wish in wishes)):
            briefing.tell(CommandDropped("unreadable", "unknown_command"))
        return to_commands(wish for wish in wishes if isinstance(wish, Wish))

    async def aclose(self) -> None:
        """Close the model's connections."""
        await self.model.aclose()
