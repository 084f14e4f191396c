"""``soni-fake-model`` as a process."""

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

COMMAND = str(Path(sys.executable).parent / "soni-fake-model")
REFERENCE = (Path(__file__).parents[3] / "docs" / "reference" / "fake-model.md").read_text()
LIMIT = 60


@contextmanager
def running(*options: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The command and its address, from the moment it listens."""
    process = subprocess.Popen(
        [COMMAND, "--port", "0", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    watchdog = threading.Timer(LIMIT, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().removeprefix("Listening on ").strip()
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


def ask(address: str, said: str, **headers: str) -> httpx.Response:
    body = {"model": "any", "messages": [{"role": "user", "content": said}]}
    return httpx.post(f"{address}/chat/completions", json=body, headers=headers, timeout=LIMIT, trust_env=False)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_and_stops(tmp_path: Path, how: signal.Signals) -> None:
    """The script of the reference is answered, faults come as they are named, and a signal ends it with 0."""
    script = tmp_path / "script.yaml"
    (example,) = re.findall(r"^```yaml\n(.*?)^```", REFERENCE, re.DOTALL | re.MULTILINE)
    script.write_text(example)
    options = ("--script", str(script), "--key", "k", "--fault", "unavailable", "--delay", "0.001")
    with running(*options) as (process, address):
        refused = ask(address, "send 50 to Ana").status_code
        failed = ask(address, "send 50 to Ana", Authorization="Bearer k").status_code
        answer = ask(address, "send 50 to Ana", Authorization="Bearer k").json()
        process.send_signal(how)
        code = process.wait(LIMIT)
        assert process.stderr is not None
        complaints = process.stderr.read()

    commands = json.loads(answer["choices"][0]["message"]["content"])["commands"]
    assert (refused, failed, [each["flow"] for each in commands]) == (401, 503, ["transfer_money"])
    assert (code, complaints) == (0, "")


def test_faults_by_chance() -> None:
    """A rate of one fails every request."""
    with running("--fault", "server_error", "--fault-rate", "1") as (_, address):
        statuses = [ask(address, "hello").status_code for _ in range(3)]

    assert statuses == [500, 500, 500]


def test_a_script_that_cannot_be_read(tmp_path: Path) -> None:
    """It is told in words, with exit code 78."""
    script = tmp_path / "script.yaml"
    script.write_text("answers:\n  hello: [{set_slt: {a: 1}}]\n")

    done = subprocess.run([COMMAND, "--script", str(script)], capture_output=True, text=True, timeout=LIMIT)

    assert done.returncode == 78
    assert done.stderr.startswith(f"{script}:2: answers.hello[0].set_slt: there is no command 'set_slt'")


def test_a_port_that_is_taken() -> None:
    """It is told in words, with exit code 1."""
    with running() as (_, address):
        port = str(httpx.URL(address).port)
        done = subprocess.run([COMMAND, "--port", port], capture_output=True, text=True, timeout=LIMIT)

    assert done.returncode == 1
    assert done.stderr == f"Port {port} of 127.0.0.1 cannot be listened on: address already in use.\n"
