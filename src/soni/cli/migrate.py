"""``soni migrate``: bring the store's schema to the newest version, or take its last step back."""

import asyncio
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from soni.cli.options import DEFAULT_CONFIG, ConfigOption
from soni.errors import ConfigurationError

if TYPE_CHECKING:
    from soni.config.settings import Persistence


def migrate(
    config: ConfigOption = DEFAULT_CONFIG,
    back: Annotated[bool, typer.Option("--back", help="Take the last step back, for an earlier Soni.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Go back also where PostgreSQL has sessions of Soni's.")
    ] = False,
) -> None:
    """Bring the tables of the store to the version of this Soni, as starting the service does; or take the last step back.

    Stop every service on this store before going back: a running one needs what is taken away, and is noticed. Going back
    loses what the earlier version has no place for, and says what: from 2 the transcripts, from 1 the results of turns not
    saved yet.
    """
    from soni.config.loader import load_config
    from soni.persistence.reading import refuse_missing

    settings = load_config(config).settings.persistence
    if back:
        refuse_missing(settings, Path.cwd())
    match settings.backend:
        case "sqlite":
            before, after = asyncio.run(_sqlite(settings, Path.cwd(), back))
        case "postgresql":
            before, after = asyncio.run(_postgres(settings, back, force))
        case backend:
            raise ConfigurationError(f"The backend {backend} has no schema.")
    typer.echo(f"Version {before} → {after}." if before != after else f"Version {after}: nothing to do.")
    if after < before:
        from soni.persistence.sqlite_schema import MIGRATIONS

        typer.echo(f"Gone with it: {MIGRATIONS[after].lost}.")


async def _sqlite(settings: "Persistence", folder: Path, back: bool) -> tuple[int, int]:
    from soni.persistence.sqlite import SqliteSaver
    from soni.persistence.sqlite_opening import open_sqlite
    from soni.persistence.sqlite_schema import go_back, schema_version

    path = folder / settings.path
    try:
        async with open_sqlite(path) as connection:
            before = await schema_version(connection)
            if not back:
                await SqliteSaver(connection, settings.retention.keep_checkpoints).setup()
            elif before > 0:
                await go_back(connection)
            return before, await schema_version(connection)
    except sqlite3.Error as error:
        raise ConfigurationError(f"{path} cannot be migrated: {error}.") from error


async def _postgres(settings: "Persistence", back: bool, force: bool) -> tuple[int, int]:
    import psycopg

    from soni.persistence.addresses import LOCK_SETTING, SETTING, refuse_unreadable
    from soni.persistence.postgres_connections import connect, words
    from soni.persistence.postgres_schema import go_back, refuse_beside_others, schema_version, set_up

    assert settings.connection_string is not None, "checked when the settings were read"
    dsn = settings.lock_connection_string or settings.connection_string
    refuse_unreadable(dsn, LOCK_SETTING if settings.lock_connection_string else SETTING)
    try:
        async with await connect(dsn) as connection:
            before = await schema_version(connection)
            if not back:
                await set_up(connection)
            elif before > 0:
                if not force:
                    await refuse_beside_others(connection)
                await go_back(connection)
            return before, await schema_version(connection)
    except psycopg.Error as error:
        raise ConfigurationError(f"This PostgreSQL database cannot be migrated: {words(error)}.") from error
