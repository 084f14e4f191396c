"""Starts the service once while the image is built, says a word to it, and stops it.

What it imports is thereby compiled to bytecode, and nothing else is: all there is would weigh three times as much, and with none every
start on a read-only file system would take twice as long. An image whose service does not start is not built.
"""

import http.client
import importlib
import os
import pkgutil
import signal
import socket
import threading
import time
from typing import Final

import soni

LIMIT: Final = 120
"""Seconds in which it must have started."""


def main() -> None:
    """Import Soni, serve on loopback, ask for readiness, say hello, and end as on SIGTERM."""
    import uvicorn

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    for module in pkgutil.walk_packages(soni.__path__, "soni."):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as missing:
            # What stands on pytest or Optuna does not serve.
            if (missing.name or "").partition(".")[0] == "soni":
                raise
    asking = threading.Thread(target=_ask, args=(port,))
    asking.start()
    uvicorn.run("soni.server.api:app", port=port, log_level="warning")
    asking.join()


def _ask(port: int) -> None:
    try:
        until = time.monotonic() + LIMIT
        while (status := _status(port, "GET", "/ready")) != 200:
            if time.monotonic() > until:
                raise SystemExit(f"The service is not ready: {status}.")
            time.sleep(0.1)
        if (status := _status(port, "POST", "/chat/warm", '{"message": "hello"}')) != 200:
            raise SystemExit(f"The service does not answer: {status}.")
    finally:
        os.kill(os.getpid(), signal.SIGTERM)


def _status(port: int, method: str, path: str, body: str | None = None) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


if __name__ == "__main__":
    main()
