"""Which conversations a Redis database holds, and when something was last stored of each."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from soni.persistence.archive import RESET as RESET_ROW
from soni.persistence.archive import moment_of
from soni.persistence.redis_opening import Redis, answering
from soni.persistence.redis_scripts import DROP, DROP_BEFORE, LAST, NAMES, NOTE, RESET, Keys

STATE: Final = (3, 4)
LEDGER: Final = (5,)
EVERYTHING: Final = (3, 4, 5, 6)
"""Keys of a conversation, as the script that drops them counts."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Index:
    """The names of conversations: they come with the first key of theirs, and go with the last. Raises StoreUnavailable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._note = redis.register_script(NOTE)
        self._drop = redis.register_script(DROP)
        self._drop_before = redis.register_script(DROP_BEFORE)
        self._reset = redis.register_script(RESET)

    async def note(
        self, conversation: str, key: str, *fields: str | bytes, how: Literal["hset", "hsetnx"] = "hset"
    ) -> None:
        """Store fields, each followed by its value, in this hash of a conversation."""
        at = microseconds(datetime.now(UTC))
        async with answering():
            await self._note(keys=[NAMES, LAST, key], args=[conversation, at, how, *fields])

    async def drop(self, conversation: str, which: tuple[int, ...]) -> None:
        """Remove these keys of a conversation at once, and its name where nothing is left of it."""
        async with answering():
            await self._drop(keys=[NAMES, LAST, *Keys(conversation).all], args=[conversation, *which])

    async def drop_before(self, conversation: str, turn: int, rows: Sequence[str]) -> None:
        """Remove the ledger's rows about turns before this one, those about none, and these, and the name where nothing is left."""
        async with answering():
            await self._drop_before(keys=[NAMES, LAST, *Keys(conversation).all], args=[conversation, turn, *rows])

    async def reset(self, conversation: str) -> None:
        """Remove all keys of a conversation but its transcript at once; by a row in the ledger that one is found again."""
        at = microseconds(datetime.now(UTC))
        async with answering():
            await self._reset(keys=[NAMES, LAST, *Keys(conversation).all], args=[conversation, at, RESET_ROW])

    async def names(self, after: str, most: int) -> list[str]:
        """Up to so many names behind ``after``, in order."""
        async with answering():
            found = await self._redis.zrangebylex(NAMES, f"({after}", "+", 0, most)
        return [each if isinstance(each, str) else each.decode() for each in found]

    async def any_before(self, moment: datetime) -> bool:
        """True where there is a conversation of which nothing was stored since then."""
        async with answering():
            return await self._redis.zcount(LAST, "-inf", f"({microseconds(moment)}") > 0

    async def before(self, moment: datetime, names: list[str]) -> list[str]:
        """Those among these names of which nothing was stored since then."""
        async with answering():
            stored = await self._redis.zmscore(LAST, names)
        limit = microseconds(moment)
        return [name for name, at in zip(names, stored, strict=True) if at is not None and at < limit]


def score(checkpoint_id: str) -> int:
    """When this checkpoint was saved, as the index counts."""
    return microseconds(moment_of(checkpoint_id))


def microseconds(moment: datetime) -> int:
    """Since 1970: as whole numbers, exact in a score for 200 years more."""
    return (moment.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)
