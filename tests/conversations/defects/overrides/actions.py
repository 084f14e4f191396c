"""What a pizzeria does; every test that needs an outcome gives one."""

from soni import action


@action("deliver")
async def deliver(size: str, number: int) -> None:
    """Always works."""


@action("find_price")
async def find_price() -> dict[str, int]:
    """The price."""
    return {"price": 8}
