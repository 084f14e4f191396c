"""Actions of an assistant that may run only one of them."""

from soni import action


@action("look_up")
def look_up() -> dict[str, str]:
    return {"found": "a key"}


@action("wipe")
def wipe() -> None:
    raise AssertionError("it is not allowed, and ran")
