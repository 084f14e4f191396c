"""What the library does."""

from soni import action


@action("lend")
async def lend(title: str, days: int) -> None:
    """Always works."""


@action("find_fee")
async def find_fee(days: int) -> dict[str, float]:
    """Half a coin a day."""
    return {"fee": days / 2}


@action("reserve")
async def reserve(room: str, start: str) -> None:
    """Always works."""
