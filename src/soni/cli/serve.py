"""``soni serve``: the same app as ``uvicorn soni.server.api:app``."""

import ipaddress
import os
from typing import Annotated, Final

import typer

from soni.cli.options import DEFAULT_CONFIG, ConfigOption
from soni.errors import ConfigurationError, Problem


def serve(
    config: ConfigOption = DEFAULT_CONFIG,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")] = 8000,
    workers: Annotated[
        int, typer.Option(min=1, envvar="WEB_CONCURRENCY", help="Processes; needs a store that several can share.")
    ] = 1,
) -> None:
    """Serve the assistant over HTTP."""
    import uvicorn

    if workers > 1:
        # Here and not only in the workers: uvicorn forgets the exit codes of theirs.
        _refuse_to_share(config, workers)
    if not _is_loopback(host):
        typer.echo(f"Everyone who can reach {host}:{port} can talk to this assistant, as any user.", err=True)
    # The app is named and not passed, so that workers can load it; and they find the assistant by this name too.
    os.environ["SONI_CONFIG_PATH"] = str(config)
    uvicorn.run(
        "soni.server.api:app",
        host=host,
        port=port,
        workers=workers,
        server_header=False,
        timeout_keep_alive=_IDLE,
    )


_IDLE: Final = 75
"""Seconds that an idle connection is kept: longer than proxies keep theirs (60 usually), or they speak just as it is closed."""


def _refuse_to_share(config: ConfigOption, workers: int) -> None:
    from soni.config.loader import load_config

    backend = load_config(config).settings.persistence.backend
    if backend in ("memory", "sqlite"):
        words = f"The {backend} store belongs to one process, and {workers} workers are asked for. Use --workers 1."
        raise ConfigurationError(problems=[Problem(words, key="settings.persistence.backend", file=config)])


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
