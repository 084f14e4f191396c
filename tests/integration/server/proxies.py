"""Proxies that hold answers back unless they are told not to: one of our own, and nginx where it is installed."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import pytest
from tests.servers import free_port

_NGINX: Final = """
    daemon off;
    master_process off;
    pid {folder}/nginx.pid;
    error_log stderr;
    events {{}}
    http {{
        access_log off;
        gzip on;
        gzip_types *;
        gzip_proxied any;
        client_body_temp_path {folder}/body;
        proxy_temp_path {folder}/proxy;
        fastcgi_temp_path {folder}/fastcgi;
        uwsgi_temp_path {folder}/uwsgi;
        scgi_temp_path {folder}/scgi;
        server {{
            listen 127.0.0.1:{port};
            location / {{
                proxy_pass http://127.0.0.1:{upstream};
                {more}
            }}
        }}
    }}
"""


@asynccontextmanager
async def nginx(upstream: int, folder: Path, more: str = "") -> AsyncIterator[int]:
    """A real nginx before this port of loopback, which compresses what it may; gives its own port."""
    command = shutil.which("nginx")
    if command is None:
        pytest.skip("streams behind nginx are not tested: there is no nginx")
    port, config = free_port(), folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port, upstream=upstream, more=more))
    process = await asyncio.create_subprocess_exec(command, "-e", "stderr", "-p", str(folder), "-c", str(config))
    try:
        async with asyncio.timeout(10):
            while not await _answers(port):
                assert process.returncode is None, "nginx did not start"
                await asyncio.sleep(0.02)
        yield port
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True


@asynccontextmanager
async def buffering(upstream: int, *, listens: bool = True) -> AsyncIterator[int]:
    """A proxy that speaks HTTP/1.0 to the service and collects an answer before it passes it on; gives its port.

    Unless the answer says ``X-Accel-Buffering: no``, and the proxy ``listens`` to that.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
            length = next(int(line[15:]) for line in lines if line.lower().startswith(b"content-length:"))
            body = await reader.readexactly(length)
            answer, asking = await asyncio.open_connection("127.0.0.1", upstream)
            asking.write(head.replace(b"HTTP/1.1", b"HTTP/1.0", 1) + body)
            begun = await answer.readuntil(b"\r\n\r\n")
            if listens and b"x-accel-buffering: no" in begun.lower():
                writer.write(begun)
                while some := await answer.read(65536):
                    writer.write(some)
                    await writer.drain()
            else:
                writer.write(begun + await answer.read())
                await writer.drain()
            asking.close()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
