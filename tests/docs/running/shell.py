"""The shell of a page: one folder, one environment, block after block; services run behind it and are stopped at the end."""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from random import SystemRandom
from socket import socket
from typing import Final

from tests.docs.running.blocks import ROOT

LIMIT: Final = 120
"""Seconds after which a block that hangs is killed."""
PORTS: Final = ("8000", "8900")
"""The ports that pages speak of: the service's and the fake model's. Each page has free ones in their place."""
PROGRAMS: Final = (
    "basename", "bash", "cat", "chmod", "cp", "cut", "date", "diff", "dirname", "dot", "env", "false", "grep", "gzip", "head", "ls",
    "mkdir", "mktemp", "mv", "openssl", "sed", "seq", "setsid", "sleep", "sort", "tail", "touch", "tr", "true", "uname", "uniq", "wc",
)  # fmt: skip
"""What a block may call besides Soni, Python and curl. A page that says ``kubectl apply`` must not be believed: it is marked."""
_VENV: Final = Path(sys.executable).parent
_CLONE: Final = (
    "soni.yaml",
    "flight_booking.conversation.yaml",
    "examples",
    "benchmarks/transfer",
    "deploy",
    "scripts",
)
_BASH: Final = shutil.which("bash") or "/bin/bash"
_KEPT: Final = ("HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV")

_UV: Final = """\
#!/usr/bin/env bash
[ "$1" = run ] || { echo "uv $1 is not for tests: mark this block <!-- not run: why -->." >&2; exit 97; }
shift
[ "$1" = --frozen ] && shift
exec "$@"
"""
_SONI: Final = """\
#!/usr/bin/env bash
case "$1" in
    serve) exec serving {service} "{venv}/soni" "$@" ;;
    chat) if [ -s "$PAGE/typed" ]; then exec "{python}" "{terminal}" "$PAGE/typed" "{venv}/soni" "$@"; fi ;;
esac
exec "{venv}/soni" "$@"
"""
_FAKE_MODEL: Final = """\
#!/usr/bin/env bash
exec serving {model} "{venv}/soni-fake-model" "$@"
"""
_UVICORN: Final = """\
#!/usr/bin/env bash
exec serving {service} "{venv}/uvicorn" "$@"
"""
_SERVING: Final = """\
#!/usr/bin/env bash
# serving PORT PROGRAM…: starts it, at this port unless it says another, in place of what was served there before.
port=$1
shift
stop "$port"
case " $* " in *" --port"*) ;; *) set -- "$@" --port "$port" ;; esac
asked=$(grep -oE -- '--port[ =]+[0-9]+' <<<"$*" | grep -oE '[0-9]+$')
log=$PAGE/served.$port.log
setsid "$@" >"$log" 2>&1 </dev/null &
pid=$!
echo $pid >"$PAGE/served.$port.pid"
until curl -s -o /dev/null "http://127.0.0.1:$asked/"; do
    if ! kill -0 $pid 2>/dev/null; then cat "$log" >&2; wait $pid; exit $?; fi
    sleep 0.05
done
"""
_CURL: Final = """\
#!/usr/bin/env bash
# Only what is served on this machine is asked.
if grep -oE 'https?://[^/ ]+' <<<"$*" | grep -qvE '^http://(127\\.0\\.0\\.1|localhost)(:[0-9]+)?$'; then
    echo "only 127.0.0.1 is asked: mark this block <!-- not run: why -->." >&2
    exit 97
fi
exec {curl} "$@"
"""
_OF_VENV: Final = """\
#!/usr/bin/env bash
exec "{venv}/$(basename "$0")" "$@"
"""
_STOP: Final = """\
#!/usr/bin/env bash
# stop [PORT]: stops what is served, and waits until it has ended.
for file in "$PAGE"/served.${1:-*}.pid; do
    [ -e "$file" ] || continue
    pid=$(cat "$file")
    kill -TERM "$pid" 2>/dev/null && tail --pid="$pid" -f /dev/null
    mv "$file" "$file.ended"
done
"""


class Shell:
    """Where the blocks of a page run: ``home`` at first, and wherever ``cd`` leads."""

    def __init__(self, folder: Path, starts_with: str | None = None, environ: Mapping[str, str] | None = None) -> None:
        self.home = folder / "page"
        self._own = folder / "own"
        self._ports = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
        self.home.mkdir(parents=True)
        (self._own / "bin").mkdir(parents=True)
        if starts_with is not None:
            _copy(starts_with, self.home)
        self._write_programs()
        (self._own / "cwd").write_text(str(self.home))
        (self._own / "environ").write_text("")
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self._environ = {**kept, "PATH": str(self._own / "bin"), "PAGE": str(self._own), **(environ or {})}

    @property
    def cwd(self) -> Path:
        """Where the page is now."""
        return Path((self._own / "cwd").read_text().strip())

    def here(self, text: str) -> str:
        """The text with the page's own ports."""
        return re.sub(rf"\b({'|'.join(PORTS)})\b", lambda port: self._ports[port[0]], text)

    def there(self, text: str) -> str:
        """The text with the ports and the folder that the reader knows."""
        for known, own in self._ports.items():
            text = text.replace(own, known)
        return text.replace(str(self.home), "/home/you")

    def write(self, name: str, text: str) -> None:
        """A file of the page."""
        path = self.cwd / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.here(text), "utf-8")

    def run(self, block: str, typed: str = "") -> tuple[int, str]:
        """Run a block; its exit code, and what it wrote to stdout and stderr. ``typed`` is for ``soni chat``."""
        (self._own / "typed").write_text(typed, "utf-8")
        keeping = f'trap \'pwd >"{self._own}/cwd"; export -p >"{self._own}/environ"\' EXIT'
        # The trailing & of a service is dropped: 'serving' returns when it listens, and not before.
        script = re.sub(
            r"(?m)^((?:uv run )?(?:soni serve|soni-fake-model|uvicorn)\b[^\n&]*?)\s*&$", r"\1", self.here(block)
        )
        with (self._own / "output").open("w+", encoding="utf-8") as output:
            process = subprocess.Popen(
                [_BASH, "-e", "-o", "pipefail", "-c", f'. "{self._own}/environ"\n{keeping}\n{script}'],
                cwd=self.cwd, env=self._environ, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
            try:
                code = process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
                output.write(f"\n(It did not end within {LIMIT} s.)\n")
            output.seek(0)
            return code, self.there(output.read())

    def close(self) -> None:
        """Stop what is still served."""
        for file in self._own.glob("served.*.pid"):
            with suppress(ProcessLookupError):
                pid = int(file.read_text())
                ended = os.pidfd_open(pid)
                os.kill(pid, signal.SIGTERM)
                if not select.select([ended], [], [], 20)[0]:
                    os.killpg(pid, signal.SIGKILL)
                os.close(ended)

    def _write_programs(self) -> None:
        values = {
            "service": self._ports["8000"],
            "model": self._ports["8900"],
            "venv": _VENV,
            "python": sys.executable,
            "curl": shutil.which("curl"),
            "terminal": Path(__file__).with_name("terminal.py"),
        }
        programs = {
            "uv": _UV, "soni": _SONI, "soni-fake-model": _FAKE_MODEL, "uvicorn": _UVICORN, "serving": _SERVING, "stop": _STOP,
            "curl": _CURL, "python": _OF_VENV, "python3": _OF_VENV, "pytest": _OF_VENV,
        }  # fmt: skip
        for name in PROGRAMS:
            if (path := shutil.which(name)) is not None:
                (self._own / "bin" / name).symlink_to(path)
        for name, text in programs.items():
            for key, value in values.items():
                text = text.replace(f"{{{key}}}", str(value))
            program = self._own / "bin" / name
            program.write_text(text)
            program.chmod(0o755)


def free_ports(number: int) -> list[int]:
    """Ports of loopback that nobody has, below those the system gives to clients."""
    found: list[int] = []
    while len(found) < number:
        port = SystemRandom().randrange(10_000, 20_000)
        with socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            found.append(port)
    return found


def _copy(name: str, home: Path) -> None:
    """A file or folder of the repository; ``.`` is what a clone has, as far as pages use it."""
    ignored = shutil.ignore_patterns("__pycache__", "*.db*")
    if name == ".":
        for part in _CLONE:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, home / part, ignore=ignored)
            elif (ROOT / part).exists():
                shutil.copy(ROOT / part, home / part)
    elif (ROOT / name).is_dir():
        shutil.copytree(ROOT / name, home, dirs_exist_ok=True, ignore=ignored)
    else:
        shutil.copy(ROOT / name, home)
