"""``soni init``: an assistant that runs, to begin with."""

import re
from importlib import resources
from pathlib import Path
from typing import Annotated, Final

import typer

from soni.errors import SoniError

_NAME: Final = "{{name}}"
# What is written, and what it is kept as; the suffixes keep tools from taking the copies for parts of Soni.
_FILES: Final = {
    "soni.yaml": "soni.yaml.txt",
    "actions.py": "actions.py.txt",
    "coffee.conversation.yaml": "coffee.conversation.yaml.txt",
    "README.md": "README.md.txt",
    ".gitignore": "gitignore.txt",
}


def init(name: Annotated[Path, typer.Argument(help="The folder to make; it must be empty where it exists.")]) -> None:
    """Write a small assistant that runs, with its actions and its conversation test."""
    title = name.resolve().name
    if not re.fullmatch(r"[\w.][\w. -]*", title):
        raise typer.BadParameter(f"{title!r} is not the name of a folder", param_hint="NAME")
    if name.exists() and (not name.is_dir() or any(name.iterdir())):
        raise typer.BadParameter("it exists and is not an empty folder; nothing was written", param_hint="NAME")
    try:
        name.mkdir(parents=True, exist_ok=True)
        for file, kept_as in _FILES.items():
            content = resources.files("soni.cli").joinpath("starter", kept_as).read_text("utf-8")
            (name / file).write_text(content.replace(_NAME, title), "utf-8")
    except OSError as error:
        raise SoniError(f"{error.filename or name} cannot be written: {error.strerror}.") from None
    typer.echo(f"{name} is ready. Next:\n")
    for command in (f"cd {name}", "soni validate", "soni chat", "soni test", "soni serve"):
        typer.echo(f"  {command}")
    typer.echo("\nWith uv, in a project that has Soni (uv add), each with 'uv run' before it.")
