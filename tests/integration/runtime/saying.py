"""The answers of an assistant with one flow."""

from textwrap import indent

from .chat import talking


async def said(flow: str, *texts: str, slots: str = "{}", more: str = "") -> list[str]:
    """The answers to these messages in an assistant whose flow ``f`` has these steps; it is started first."""
    written = f"slots: {slots}\n{more}\nflows:\n  f:\n    steps:\n{indent(flow, '      ')}\n"
    async with talking(written) as chat:
        return [await chat.hear(text) for text in ("/start_flow f", *texts)]
