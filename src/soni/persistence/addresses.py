"""Connection strings, looked at before anybody connects: what is wrong with one is told without repeating any of it.

A password with a character that is not percent-encoded comes apart in the wrong place: a piece of it becomes the host, the
port or the database, and would stand in the words of whoever cannot find those.
"""

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from soni.errors import ConfigurationError

SETTING: Final = "settings.persistence.connection_string"
LOCK_SETTING: Final = "settings.persistence.lock_connection_string"

_ENCODE: Final = (
    "In a user name or password, characters that mean something in an address are percent-encoded: @ is %40, / is %2F,"
    " : is %3A, ? is %3F, # is %23, % is %25, a space is %20"
)
_PORTS: Final = re.compile(r"[0-9]*(,[0-9]*)*")
_KEYWORD: Final = re.compile(r"\b(host|hostaddr|user|password|dbname|service)\s*=")
_SCHEMES: Final = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "redis": "redis",
    "rediss": "redis",
    "unix": "redis",
}
"""What a connection string begins with → its backend."""


def refuse_unreadable(dsn: str, setting: str = SETTING) -> None:
    """Raises ConfigurationError where this is no connection string of PostgreSQL's, or one that came apart."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        # Neither with its words nor its cause: they repeat the connection string.
        raise ConfigurationError(
            f"{setting} is not one that PostgreSQL understands; an example:"
            f" postgresql://user:password@host:5432/database. {_ENCODE}."
        ) from None
    if any("@" in str(parts.get(name) or "") for name in ("host", "hostaddr")) or _has_at_behind_the_host(dsn):
        raise _came_apart(setting, "The host or the database in it contains an @")
    if not _PORTS.fullmatch(str(parts.get("port") or "")):
        raise _came_apart(setting, "The port in it is no number")


def refuse_unreadable_redis(url: str, setting: str = SETTING) -> None:
    """Raises ConfigurationError where an address of a Redis came apart; what else is wrong with it the client tells."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return  # not for the client either, which has words for it
    if "@" in parts.path + parts.fragment or ("@" in parts.query and "@" not in parts.netloc):
        raise _came_apart(setting, "There is an @ behind the host in it")


def backend_of(database: str) -> str:
    """The backend of what a person named: a connection string or a file. Raises ConfigurationError."""
    scheme, colon, _ = database.partition(":")
    if colon and (backend := _SCHEMES.get(scheme.lower())) is not None:
        return backend
    if "://" in database:
        raise ConfigurationError(
            "There is no such kind of database: a SQLite file is expected, or a connection string that begins with"
            " postgresql://, redis://, rediss:// or unix://."
        )
    if _KEYWORD.search(database) and not Path(database).exists():
        return "postgresql"
    return "sqlite"


def _has_at_behind_the_host(dsn: str) -> bool:
    """Whether the database in an address holds an @ as it is written: where one belongs to its name, it is encoded."""
    _, separator, rest = dsn.partition("://")
    path = rest.partition("?")[0].partition("/")[2]
    return bool(separator) and dsn.startswith("postgres") and "@" in path


def _came_apart(setting: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"{setting} cannot be right. {what}. {_ENCODE}.")
