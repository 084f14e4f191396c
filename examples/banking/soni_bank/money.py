"""Euros as people say them, cents as they are kept."""

from decimal import ROUND_HALF_UP, Decimal


def cents(euros: float) -> int:
    """``12.5`` → ``1250``; half a cent goes up."""
    # By way of its shortest text, because 1.005 is stored as 1.00499…
    return int((Decimal(str(euros)) * 100).quantize(Decimal(1), ROUND_HALF_UP))


def euros(amount: int) -> float:
    """``1250`` → ``12.5``, for slots."""
    return amount / 100


def spoken(amount: int) -> str:
    """``123450`` → ``1,234.50 euros``."""
    return f"{amount / 100:,.2f} euros"
