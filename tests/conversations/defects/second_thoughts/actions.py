"""What the restaurant does; every test that needs an outcome gives one."""

from soni import action


@action("book")
async def book(
    guests: int, place: str, heater: bool | None = None, corner: str | None = None, wish: str | None = None
) -> None:
    """Always works."""


@action("look_up_hours")
async def look_up_hours() -> dict[str, str]:
    """The opening hours."""
    return {"hours": "from six to ten"}
