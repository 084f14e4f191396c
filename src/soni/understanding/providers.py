"""Who understands, as the settings name them; only what is named is imported."""

import logging
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from soni.config.models import SoniConfig
from soni.config.settings import MODEL_SHARE
from soni.errors import ConfigurationError
from soni.understanding.base import Understander
from soni.understanding.breaker import Breaker

if TYPE_CHECKING:
    from soni.understanding.embedded.understander import EmbeddedUnderstander

log = logging.getLogger("soni.understanding")

OPTIMIZED: Final = "SONI_OPTIMIZED_DU_PATH"
"""The environment variable that names the optimized program, before the settings."""


def open_understander(config: SoniConfig) -> Understander:
    """The understander of an assistant. It takes the processor a while: call it in a thread.

    The embedded understanding is trained on the assistant's examples; a model has it beside itself, for what needs no
    model, to choose among many flows, and as its fallback. Raises ConfigurationError where the model cannot be opened
    and there is no fallback.
    """
    from soni.understanding.embedded.understander import build

    embedded = build(config)
    if config.settings.models.nlu.provider == "embedded":
        return embedded
    return _open_model(config, embedded)


def optimized_path(config: SoniConfig) -> Path | None:
    """Where the optimized program is, if there is one; beside the assistant, unless it is an absolute path."""
    named = os.environ.get(OPTIMIZED)
    if named:
        return Path(named)
    path = config.settings.models.nlu.optimized
    return Path(config.origin or ".") / path if path is not None else None


def _open_model(config: SoniConfig, embedded: "EmbeddedUnderstander") -> Understander:
    # DSPy takes two seconds to import.
    from soni.understanding.cache import open_cache
    from soni.understanding.model.connection import open_model
    from soni.understanding.model.tuning import read_tuning
    from soni.understanding.model.understander import ModelUnderstander
    from soni.understanding.resilient import FallbackOnly, ResilientUnderstander

    nlu = config.settings.models.nlu
    fallback = embedded if nlu.fallback == "embedded" else None
    try:
        path = optimized_path(config)
        tuning = read_tuning(path, config) if path is not None else None
        model = open_model(nlu)
    except ConfigurationError as error:
        if fallback is None:
            raise
        return FallbackOnly(fallback, error.message)
    try:
        cache = open_cache(nlu.cache)
    except ConfigurationError as error:
        log.error("%s Every message is asked.", error.message)
        cache = None
    turn = config.settings.runtime.turn_timeout.total_seconds()
    return ResilientUnderstander(
        ModelUnderstander(config, model, embedded, tuning),
        nlu,
        name=model.name,
        breaker=Breaker(nlu.breaker.failures, nlu.breaker.reset.total_seconds(), time.monotonic),
        shortcut=embedded.plainly,
        fallback=fallback,
        cache=cache,
        sensitive=frozenset(name for name, slot in config.slots.items() if slot.sensitive),
        budget=min(nlu.timeout.total_seconds(), MODEL_SHARE * turn),
    )
