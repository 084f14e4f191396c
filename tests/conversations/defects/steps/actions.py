"""What the steps call; every test that needs an outcome gives one."""

from soni import action, normalizer, validator


@action("pack")
async def pack(
    items: str | None = None, many: int | None = None, price: int | None = None, size: str | None = None
) -> None:
    """Always works."""


@action("risky")
async def risky() -> None:
    """Works, where a test does not say otherwise."""


@validator("no_digits")
def no_digits(text: str) -> bool | str:
    """Words only."""
    return not any(letter.isdigit() for letter in text) or "No digits please."


@normalizer("shouted")
def shouted(text: str) -> str:
    """In capitals, and with a digit that the validator must not see."""
    return f"{text.upper()} 1"


@action("post")
async def post(many: int) -> None:
    """Works, where a test does not say otherwise."""


@validator("breaks_at_bang")
def breaks_at_bang(text: str) -> bool:
    """A check that is itself broken for some words."""
    if text == "bang":
        raise RuntimeError("the check is broken")
    return True
