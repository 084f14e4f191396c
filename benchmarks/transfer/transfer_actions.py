"""The transfer that does nothing, so that only the dialogue around it is measured."""

from soni import action
from soni.value import Value


@action("transfer_funds")
async def transfer_funds(recipient: str, amount: float) -> dict[str, Value]:  # noqa: ARG001 - nothing moves
    """Move nothing."""
    return {}
