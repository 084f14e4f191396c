"""The one thing the golden assistant does to the world."""

from soni import action


@action("pay")
async def pay(recipient: str, amount: int) -> dict[str, str]:
    """A reference that tells what was paid."""
    return {"reference": f"{recipient}-{amount}"}
