"""What the assistant of these tests does; every test that needs an outcome gives one."""

from soni import action, validator


@validator("within_reason")
def within_reason(amount: float) -> bool | str:
    """Amounts above a thousand are refused, whoever brings them."""
    return amount <= 1000 or "That is more than a thousand."


@action("pay")
async def pay(recipient: str, amount: float) -> None:
    """Always works."""


@action("look_up")
async def look_up() -> dict[str, float]:
    """An amount that will do."""
    return {"amount": 7}


@action("stamp")
async def stamp(note: str) -> None:
    """Always works."""


@action("tell_balance")
async def tell_balance() -> dict[str, float]:
    """The balance."""
    return {"balance": 100}
