"""The two ends of ``soni chat``: a person at a terminal, or a pipe."""

import sys
from collections.abc import Iterator
from typing import Protocol

import typer
from rich.console import Console
from rich.text import Text

from soni.errors import SoniError
from soni.runtime.messages import Reply


def open_screen() -> "Screen":
    """Who is there: a person only where they can both read and write."""
    return Terminal() if sys.stdin.isatty() and sys.stdout.isatty() else Pipe()


HANDED_OFF = "A person has this conversation now. Begin another with --user NAME, or with --memory."


class Screen(Protocol):
    """Where the user is."""

    def lines(self) -> Iterator[str]:
        """What the user says, until there is no more."""
        ...

    def show(self, reply: Reply) -> None:
        """What the assistant answers."""
        ...

    def complain(self, error: SoniError) -> None:
        """Why there is no answer."""
        ...

    def leave(self) -> None:
        """The user has gone."""
        ...


class Pipe:
    """A program, or a file: plain lines in and out."""

    def lines(self) -> Iterator[str]:
        return (said for line in sys.stdin if (said := line.strip()))

    def show(self, reply: Reply) -> None:
        for message in reply.messages:
            typer.echo(message.text)
            for button in message.buttons:
                typer.echo(f"  - {button.title}")
        if not reply.messages and reply.state == "handed_off":
            typer.echo(HANDED_OFF, err=True)

    def complain(self, error: SoniError) -> None:
        typer.echo(error.message, err=True)

    def leave(self) -> None:
        pass


class Terminal:
    """A person."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)

    def lines(self) -> Iterator[str]:
        self._console.print("Say something; Ctrl-D ends.", style="dim")
        while True:
            try:
                said = self._console.input("[bold cyan]you[/] ").strip()
            except EOFError:
                self.leave()
                return
            if said:
                yield said

    def show(self, reply: Reply) -> None:
        for message in reply.messages:
            # Texts and not markup: a square bracket in a message is a square bracket.
            self._console.print("[bold green]bot[/]", Text(message.text))
            if message.image is not None:
                self._console.print("   ", Text(message.image, style="dim underline"))
            if message.buttons:
                self._console.print("   ", *(Text(f" {button.title} ", style="reverse") for button in message.buttons))
        if not reply.messages and reply.state == "handed_off":
            self._console.print(HANDED_OFF, style="dim")

    def complain(self, error: SoniError) -> None:
        self._console.print(Text(error.message, style="red"))

    def leave(self) -> None:
        self._console.print()
