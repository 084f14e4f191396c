"""Whether the model that the settings name can be asked, found out by asking it once."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from soni.config.models import SoniConfig
from soni.errors import ConfigurationError, Problem
from soni.understanding.base import Briefing
from soni.understanding.providers import optimized_path

_KEY: Final = "settings.models.nlu"


async def check_online(config: SoniConfig) -> list[Problem]:
    """What keeps the model from understanding: the key, the address, the model's name, the optimized program.

    One small call is made, and what it costs is a few hundred tokens. Nothing is checked where no model is configured.
    """
    nlu = config.settings.models.nlu
    if nlu.provider == "embedded":
        return []
    from soni.understanding.cache import open_cache
    from soni.understanding.embedded.understander import build
    from soni.understanding.model.connection import open_model
    from soni.understanding.model.failures import ModelFailed
    from soni.understanding.model.tuning import read_tuning
    from soni.understanding.model.understander import ModelUnderstander

    problems: list[Problem] = []
    tuning = None
    try:
        path = optimized_path(config)
        tuning = await asyncio.to_thread(read_tuning, path, config) if path is not None else None
    except ConfigurationError as error:
        problems.append(Problem(error.message, f"{_KEY}.optimized", code="unusable-program"))
    try:
        cache = await asyncio.to_thread(open_cache, nlu.cache)
        if cache is not None:
            await cache.aclose()
    except ConfigurationError as error:
        problems.append(Problem(error.message, f"{_KEY}.cache", code="unusable-cache"))
    try:
        model = await asyncio.to_thread(open_model, nlu)
    except ConfigurationError as error:
        return [*problems, Problem(error.message, _KEY, code="model-unavailable")]
    understander = ModelUnderstander(config, model, await asyncio.to_thread(build, config), tuning)
    try:
        async with asyncio.timeout(nlu.timeout.total_seconds()):
            await understander.understand("Hello", Briefing(now=datetime.now(UTC)))
    except TimeoutError:
        words = f"The model {model.name} did not answer within {nlu.timeout.total_seconds():g} s."
        problems.append(Problem(words, f"{_KEY}.timeout", code="model-unavailable"))
    except ModelFailed as error:
        problems.append(Problem(error.message, _KEY, code="model-unavailable"))
    finally:
        await understander.aclose()
    return problems
