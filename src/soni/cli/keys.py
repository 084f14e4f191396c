"""``soni keys``: make API keys, and what the environment has to say of them."""

import sys
from typing import Annotated, Final

import typer

from soni.access.api_keys import LEAST, NAME, entry_of, new_key
from soni.access.callers import SCOPES
from soni.errors import ConfigurationError

NameOption = Annotated[str, typer.Option("--name", help="Whose key it is: what rate limits count it by.")]
ScopeOption = Annotated[
    list[str], typer.Option("--scope", help="chat, read or admin; may be given several times.", show_default=True)
]

_CHAT: Final = ["chat"]
"""Typer gives every call a copy of its own."""

keys = typer.Typer(help="Make API keys, for settings.server.auth.mode api_key.", no_args_is_help=True)


@keys.command()
def new(name: NameOption, scope: ScopeOption = _CHAT) -> None:
    """Make a key. It is shown this once; the service is given the second line, from which nobody can get the key back."""
    _check(name, scope)
    key = new_key()
    _show("For the caller, who keeps it secret:", key)
    _show("For the service, in SONI_API_KEYS or the file that SONI_API_KEYS_FILE names:", entry_of(name, scope, key))


@keys.command("hash")
def hash_(name: NameOption, scope: ScopeOption = _CHAT) -> None:
    """Print the line for the service of a key that exists. The key is read from standard input, never from the command."""
    _check(name, scope)
    # Typed, it is not shown; and as an argument it would stay in the history of the shell.
    key = typer.prompt("Key", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    key = key.strip()
    if len(key) < LEAST or not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(
            f"A key has at least {LEAST} visible ASCII characters, and is random: 'soni keys new' makes one."
        )
    typer.echo(entry_of(name, scope, key))


def _check(name: str, scopes: list[str]) -> None:
    if not NAME.fullmatch(name):
        raise ConfigurationError("--name has 1 to 64 letters, digits and characters of _.- only.")
    for scope in scopes:
        if scope not in SCOPES:
            raise ConfigurationError(f"--scope {scope}: there are {', '.join(SCOPES)}.")


def _show(words: str, value: str) -> None:
    # What is said goes to stderr, so that a pipe gets the two lines alone.
    typer.echo(words, err=True)
    typer.echo(value)
