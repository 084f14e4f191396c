"""``soni serve``: the same app as ``uvicorn soni.server.api:app``."""

import atexit
import errno
import os
import secrets
import shutil
import socket
import sys
import tempfile
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer

from soni.cli.options import DEFAULT_CONFIG, ConfigOption
from soni.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from soni.config.settings import Logging, Settings


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

    # A process by itself logs as its assistant says, and before that nothing that uvicorn says in a form of its own.
    log_config: dict[str, Any] | None = None
    if workers > 1:
        from soni.config.loader import load_config

        settings = load_config(config).settings
        # Here and not only in the workers: uvicorn forgets the exit codes of theirs.
        _refuse_before(settings, config, workers, host)
        _work_as_one()
        log_config = _for_the_parent(settings.logging)
    _refuse_taken(host, port)
    # The app is named and not passed, so that workers can load it; and they find the assistant by this name too.
    os.environ["SONI_CONFIG_PATH"] = str(config)
    uvicorn.run(
        "soni.server.api:app",
        host=host,
        port=port,
        workers=workers,
        server_header=False,
        # There are none here: who asks for one is answered like anybody else.
        ws="none",
        timeout_keep_alive=_IDLE,
        log_config=log_config,
    )


_IDLE: Final = 75
"""Seconds that an idle connection is kept: longer than proxies keep theirs (60 usually), or they speak just as it is closed."""


def _refuse_before(settings: "Settings", config: ConfigOption, workers: int, host: str) -> None:
    """Raises ConfigurationError where the workers would not start."""
    from soni.access.api_keys import missing_keys
    from soni.access.local import is_loopback
    from soni.config.loader import with_places
    from soni.server.opening import refuse_beyond

    if problems := missing_keys(settings.server, os.environ):
        raise ConfigurationError(problems=with_places(problems, config))
    if not is_loopback(host):
        refuse_beyond(settings.server, host)
    backend = settings.persistence.backend
    if backend in ("memory", "sqlite"):
        words = f"The {backend} store belongs to one process, and {workers} workers are asked for. Use --workers 1."
        raise ConfigurationError(problems=[Problem(words, key="settings.persistence.backend", file=config)])


def _refuse_taken(host: str, port: int) -> None:
    """Ends the process, in words, where nobody can listen there; uvicorn would find out once everything is started.

    It only looks: what comes in between, uvicorn tells. With uvicorn's exit code for it, and not that of a configuration
    at fault: who supervises the service may try again, when the one that is there has ended.
    """
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        _end(f"{host} cannot be listened on: {error.strerror}. Name an address of this machine with --host.")
    except UnicodeError:
        _end(f"{host} is no name of a machine. Name an address of this machine with --host.")
    refused: list[int | None] = []
    for family, kind, _, _, address in found if port else ():
        if (why := _refused(family, kind, address)) == errno.EADDRINUSE:
            _end(
                f"Port {port} of {host} is in use: another program listens there, perhaps a Soni that still runs. Stop it, or"
                " choose another port with --port; --port 0 takes a free one."
            )
        refused.append(why)
    if errno.EACCES in refused:
        _end(
            f"This user may not open port {port}. Choose one from 1024 on with --port, and let a proxy listen on {port}."
        )
    if refused and set(refused) == {errno.EADDRNOTAVAIL}:  # of the addresses of a name, it is enough that there is one
        _end(
            f"{host} is no address of this machine. Name one with --host; 127.0.0.1 is this machine alone, 0.0.0.0 all."
        )


def _refused(family: int, kind: int, address: tuple[Any, ...]) -> int | None:
    """Why nobody can listen there; ``None`` where one can."""
    try:
        with socket.socket(family, kind) as probe:
            # As uvicorn does: what was connected to a service that has just ended is nobody who listens.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(address)
    except OSError as error:
        return error.errno
    return None


def _end(words: str) -> NoReturn:
    sys.stderr.write(f"Soni cannot start.\n{words}\n")
    sys.exit(_NOT_STARTED)


_NOT_STARTED: Final = 3
"""uvicorn's exit code for a start that failed."""


def _for_the_parent(settings: "Logging") -> dict[str, Any]:
    """The process that looks after the workers has no assistant, but says when one has died: in the same form as they."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"soni": {"()": "soni.observability.logging.formatter", "style": settings.format}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "soni"}},
        "loggers": {"uvicorn": {"handlers": ["stderr"], "level": settings.level, "propagate": False}},
    }


def _work_as_one() -> None:
    """Let the workers count together, and call a conversation the same in the log."""
    os.environ.setdefault("SONI_LOG_KEY", secrets.token_hex(32))
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        folder = tempfile.mkdtemp(prefix="soni-metrics-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
