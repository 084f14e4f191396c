"""Who writes, as the settings name them; DSPy is imported only where somebody does."""

import logging
import time
from typing import Final

from soni.config.models import SoniConfig
from soni.config.steps import Generate
from soni.errors import ConfigurationError
from soni.understanding.breaker import Breaker
from soni.writing.base import Writer

log = logging.getLogger("soni.writing")

_TEMPLATES: Final = 2000
"""Templates whose other words are kept: each language and variation is one."""


def open_writer(config: SoniConfig) -> Writer | None:
    """The writer of an assistant; ``None`` where nothing is to be written. Call it in a thread: it takes a while.

    Raises ConfigurationError where the model cannot be opened, and there is no fallback that serves without it.
    """
    models = config.settings.models
    generates = any(isinstance(step, Generate) for flow in config.flows.values() for step in flow.walk())
    if models.nlu.provider == "embedded" or not (generates or models.rephraser.enabled):
        return None
    # DSPy takes two seconds to import.
    from soni.understanding.model.connection import open_model
    from soni.understanding.retrying import Patience
    from soni.writing.model import ModelWriter, NoWriter, Pen, Wordings

    nlu, rephraser = models.nlu, models.rephraser

    def pen(name: str | None) -> Pen:
        # A breaker of its own: a model that writes too slowly may still understand in time.
        breaker = Breaker(nlu.breaker.failures, nlu.breaker.reset.total_seconds(), time.monotonic)
        return Pen(open_model(nlu, name=name), breaker)

    try:
        author = pen(None) if generates else None
        other = pen(rephraser.model) if rephraser.enabled else None
    except ConfigurationError as error:
        if nlu.fallback is None:
            raise
        log.error("%s Messages are said as they are written, and 'generate' steps fail.", error.message)
        return NoWriter(error.message)
    return ModelWriter(
        author,
        other,
        tone=rephraser.tone,
        wordings=Wordings(_TEMPLATES),
        patience=Patience(nlu.timeout.total_seconds(), nlu.retries),
    )
