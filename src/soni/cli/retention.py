"""``soni retention``: erase the conversations that nobody goes on with, or tell how many they are."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from soni.cli.options import DEFAULT_CONFIG, ConfigOption
from soni.errors import ConfigurationError, SoniError

if TYPE_CHECKING:
    from soni.config.settings import Persistence


def retention(
    config: ConfigOption = DEFAULT_CONFIG,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell; the service may run meanwhile.")] = False,
    older_than: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Such as 30d; what settings.persistence.retention says when left out."),
    ] = None,
) -> None:
    """Erase every conversation that was silent for so long: its state, transcript and results.

    A running service does so by itself, once an hour.
    """
    from soni.config.loader import load_config

    settings = load_config(config).settings.persistence
    ttl = settings.retention.conversation_ttl if older_than is None else _duration(older_than)
    if ttl is None:
        typer.echo("Conversations are kept for ever (settings.persistence.retention.conversation_ttl is null).")
        return
    from soni.persistence.reading import refuse_missing
    from soni.runtime.upkeep import ago

    since, folder = ago(ttl), Path.cwd()
    refuse_missing(settings, folder)
    work = _count(settings, folder, since) if dry_run else _erase(settings, folder, since)
    number = asyncio.run(work)
    noun = "conversation" if number == 1 else "conversations"
    typer.echo(f"{number:,} {noun} silent for more than {_words(ttl)}{'' if dry_run else ': erased'}.")


def _duration(written: str) -> timedelta:
    from pydantic import TypeAdapter, ValidationError

    from soni.config.values import Timeout

    try:
        return TypeAdapter[timedelta](Timeout).validate_python(written)
    except ValidationError:
        raise SoniError(f"--older-than {written}: a time such as 30d, 12h or 90m is expected.") from None


async def _count(settings: "Persistence", folder: Path, since: datetime) -> int:
    from soni.persistence.reading import open_reading
    from soni.runtime.upkeep import idle

    number = 0
    async with open_reading(settings, folder) as reading:
        if not reading.up_to_date:
            raise ConfigurationError(
                "An earlier Soni has made this store: bring it up to date with 'soni migrate' first."
            )
        async for _ in idle(reading.archive, since):
            number += 1
    return number


async def _erase(settings: "Persistence", folder: Path, since: datetime) -> int:
    from soni.persistence.store import open_store
    from soni.runtime.upkeep import Upkeep

    async with open_store(settings, folder, timedelta(seconds=5)) as store:
        return await Upkeep(store, store.locks).expire(since)


def _words(ttl: timedelta) -> str:
    from soni.config.values import format_duration

    return format_duration(ttl)
