"""``soni chat``: talk to the assistant in the terminal, or from a pipe."""

import asyncio
import re
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from soni.cli.options import DEFAULT_CONFIG, ConfigOption
from soni.errors import SoniError

if TYPE_CHECKING:
    from soni.config.models import SoniConfig

EX_INTERRUPTED = 130
"""What shells give a program that was ended with Ctrl-C."""


def _check_user(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.@:-]{1,128}", name):
        raise typer.BadParameter("a name of 1 to 128 letters, digits and characters of _.@:- is expected")
    return name


def chat(
    config: ConfigOption = DEFAULT_CONFIG,
    user: Annotated[
        str, typer.Option(callback=_check_user, help="Who talks; the conversation goes on where it was left.")
    ] = "local",
    memory: Annotated[bool, typer.Option("--memory", help="Begin anew, and keep nothing.")] = False,
) -> None:
    """Talk to the assistant here. Piped input is answered line by line; its end is the end."""
    from soni.cli.screen import open_screen
    from soni.config.loader import load_config
    from soni.runtime.loop import RuntimeLoop
    from soni.runtime.messages import Message

    assistant = load_config(config)
    if memory:
        assistant = _in_memory(assistant)
    screen = open_screen()
    # A runner and not asyncio.run: the terminal is read between turns, in the main thread, where Ctrl-C can end it.
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            runtime = runner.run(stack.enter_async_context(RuntimeLoop(assistant)))
            if (dependence := runtime.dependence) is not None and dependence.trouble:
                screen.complain(SoniError(f"{dependence.trouble} The fallback answers."))
            for said in screen.lines():
                try:
                    screen.show(runner.run(runtime.process_message(Message(user, said))))
                except SoniError as error:
                    screen.complain(error)
        except KeyboardInterrupt:
            screen.leave()
            sys.exit(EX_INTERRUPTED)
        finally:
            runner.run(stack.aclose())


def _in_memory(assistant: "SoniConfig") -> "SoniConfig":
    settings = assistant.settings
    persistence = settings.persistence.model_copy(update={"backend": "memory"})
    return assistant.model_copy(update={"settings": settings.model_copy(update={"persistence": persistence})})
