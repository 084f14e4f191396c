"""``soni version``."""

import platform
from importlib import metadata

import typer


def version() -> None:
    """Print the version of Soni."""
    typer.echo(f"soni {metadata.version('soni')} (Python {platform.python_version()})")
