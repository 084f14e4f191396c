"""A shop that several replicas serve from one store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.integration.runtime.chat import Deaf, assistant
from tests.integration.runtime.shop import PAY, Shop

from soni import RuntimeLoop
from soni.config.models import SoniConfig
from soni.config.settings import Persistence, Pool
from soni.runtime.messages import Message, Reply


def on_postgres(dsn: str, most: int = 4) -> Persistence:
    """The settings of a store at this place, with a small pool."""
    return Persistence(backend="postgresql", connection_string=dsn, pool=Pool(min_size=1, max_size=most))


def shop_in(store: Persistence, shop: Shop, written: str = PAY) -> SoniConfig:
    """The shop, with its conversations in this store."""
    config = assistant(written, shop.pay, shop.post)
    return config.model_copy(update={"settings": config.settings.model_copy(update={"persistence": store})})


@asynccontextmanager
async def replica(store: Persistence, shop: Shop) -> AsyncIterator[RuntimeLoop]:
    """One process of the service, as far as a store can tell."""
    async with RuntimeLoop(shop_in(store, shop), understander=Deaf()) as loop:
        yield loop


async def say(loop: RuntimeLoop, text: str, message_id: str | None = None, user: str = "ana") -> Reply:
    """One message."""
    return await loop.process_message(Message(user, text, message_id))
