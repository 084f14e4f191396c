"""The service as a process: how it starts, refuses to start, and stops."""

import asyncio
import json
import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.types import Message

from soni.errors import ConfigurationError, StoreUnavailable
from soni.persistence import postgres_opening
from soni.server.api import create_app

from .doubles import EchoRuntime
from .processes import ASSISTANT, SONI, UVICORN, run, served

HEAVY = ("soni.runtime.loop", "langgraph", "numpy", "dspy", "sklearn", "dateparser")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "soni.yaml").write_text(ASSISTANT % "sqlite")
    return tmp_path


def test_importing_the_app_loads_nothing(tmp_path: Path) -> None:
    """Where there is no assistant the module can still be imported, and it brings nothing heavy."""
    code = f"import sys, soni.server.api; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", [UVICORN, (*SONI, "serve", "--port", "0")])
def test_without_an_assistant_it_does_not_start(tmp_path: Path, command: tuple[str, ...]) -> None:
    """A missing configuration is told in words, with exit code 78 and no traceback."""
    done = run(tmp_path, command)

    assert done.returncode == 78
    assert "soni.yaml" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [UVICORN, (*SONI, "serve", "--port", "0", "--config", "broken.yaml")])
def test_a_broken_assistant_does_not_start(tmp_path: Path, command: tuple[str, ...]) -> None:
    """Every problem is told with file and line."""
    broken = ASSISTANT % "sqlite" + "      - {step: done, type: sy, message: again}\nflws: {}\n"
    (tmp_path / "broken.yaml").write_text(broken)
    done = run(tmp_path, command, SONI_CONFIG_PATH="broken.yaml")

    assert done.returncode == 78
    assert f"broken.yaml:{broken.count(chr(10))}:" in done.stderr
    assert "flows" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_the_exit_code_under_any_loop(
    tmp_path: Path, loop: Literal["uvloop", "asyncio"], capsys: pytest.CaptureFixture[str]
) -> None:
    """Where uvicorn owns the process, it ends with 78, whatever the event loop."""
    config = uvicorn.Config(create_app(tmp_path / "soni.yaml"), loop=loop, log_config=None)
    with pytest.raises(SystemExit) as ended:
        uvicorn.Server(config).run()

    assert ended.value.code == 78
    assert "soni.yaml" in capsys.readouterr().err


@pytest.mark.parametrize("command", [UVICORN, (*SONI, "serve", "--port", "0")])
def test_an_open_service_does_not_listen_to_strangers(folder: Path, command: tuple[str, ...]) -> None:
    """Without auth it is for this machine only: on another address it does not start, and says what to set."""
    done = run(folder, (*command, "--host", "0.0.0.0"))

    assert done.returncode == 78
    assert "settings.server.auth.mode: Nobody is asked who they are" in done.stderr
    assert "does not listen on 0.0.0.0. Set auth.mode to api_key or jwt" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"SONI_SERVER__AUTH__MODE": "api_key"}, "There is no API key"),
        ({"SONI_SERVER__AUTH__MODE": "api_key", "SONI_API_KEYS": "swordfish"}, "Entry 1 of SONI_API_KEYS is not"),
        ({"SONI_SERVER__AUTH__MODE": "jwt"}, "auth mode jwt needs 'jwks_url' and 'audience'"),
    ],
)
def test_a_service_that_cannot_know_its_callers_does_not_start(
    folder: Path, settings: dict[str, str], words: str
) -> None:
    """Half of what is needed is not enough; what was written by mistake is not repeated."""
    done = run(folder, UVICORN, **settings)

    assert done.returncode == 78
    assert words in done.stderr
    assert "swordfish" not in done.stderr
    assert "Traceback" not in done.stderr


async def test_nobody_elses_process_is_ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where somebody else runs the app, a failed start is told to them, with the error itself."""
    sent, failure = await start(create_app(tmp_path / "soni.yaml"))
    await asyncio.sleep(0)

    assert sent == [{"type": "lifespan.startup.failed", "message": ""}]
    assert isinstance(failure, ConfigurationError)
    assert capsys.readouterr().err == f"Soni cannot start.\n{failure.message}\n"


async def test_a_store_that_is_down_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """What the operator can act on comes in words as well."""
    runtime = EchoRuntime()
    runtime.start_failure = StoreUnavailable("The disk is full.")
    sent, failure = await start(create_app(runtime=runtime))

    assert sent == [{"type": "lifespan.startup.failed", "message": ""}]
    assert failure is runtime.start_failure
    assert capsys.readouterr().err == "Soni cannot start.\nThe disk is full.\n"


async def test_what_nobody_expected_is_told_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """An error of Soni's own is not dressed up."""
    runtime = EchoRuntime()
    runtime.start_failure = RuntimeError("boom")
    sent, failure = await start(create_app(runtime=runtime))

    assert failure is runtime.start_failure
    assert "Traceback" in sent[0]["message"]
    assert capsys.readouterr().err == ""


async def test_an_error_while_stopping_is_no_failed_start(capsys: pytest.CaptureFixture[str]) -> None:
    """What goes wrong at the end is told as such."""
    runtime = EchoRuntime()
    runtime.stop_failure = StoreUnavailable("The disk is full.")
    sent, failure = await start(create_app(runtime=runtime))

    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.failed"]
    assert failure is runtime.stop_failure
    assert capsys.readouterr().err == ""


@pytest.fixture
def with_log(tmp_path: Path) -> Callable[[str], Path]:
    """Writes an assistant that logs into this file."""

    def write(file: str) -> Path:
        settings = f"settings:\n  logging: {{format: json, file: {file}}}\n"
        (tmp_path / "soni.yaml").write_text((ASSISTANT % "memory").replace("settings:\n", settings))
        return tmp_path / "soni.yaml"

    return write


def test_a_real_assistant_in_this_process(with_log: Callable[[str], Path], tmp_path: Path) -> None:
    """The app loads the assistant it is given, answers with it, logs as it says, and puts logging back."""
    app = create_app(with_log(str(tmp_path / "soni.log")))
    before = logging.getLogger().handlers[:]

    async def converse() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://soni") as client,
        ):
            return [
                await client.post("/chat/ana", json={"message": "hello"}),
                await client.get("/conversations/ana"),
                await client.get("/ready"),
            ]

    asked, view, ready = asyncio.run(converse())

    assert logging.getLogger().handlers == before
    assert asked.json()["response"] == "What is your name?"
    assert view.json()["stack"] == [{"flow": "greet", "step": "ask", "waiting": True}]
    assert ready.status_code == 200
    events = [json.loads(line)["event"] for line in (tmp_path / "soni.log").read_text().splitlines()]
    assert events.count("request.served") == 2  # what only looked whether all is well is not told


def test_a_log_file_without_a_folder_is_refused(with_log: Callable[[str], Path], tmp_path: Path) -> None:
    """Who asks for a log file gets it, or no service."""
    file = tmp_path / "missing" / "soni.log"
    _, failure = asyncio.run(start(create_app(with_log(str(file)))))

    assert isinstance(failure, ConfigurationError)
    assert failure.message == f"settings.logging.file: {file} cannot be written: No such file or directory."


def test_a_second_process_on_the_same_file_is_refused(folder: Path) -> None:
    """SQLite belongs to one process; the second is told so, and the first goes on."""
    with served(folder) as service:
        second = run(folder, (*SONI, "serve", "--port", "0"))
        answer = service.client.post("/chat/ana", json={"message": "hello"})

    assert second.returncode == 78
    assert "soni.db" in second.stderr
    assert "Traceback" not in second.stderr
    assert answer.status_code == 200


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_that_is_in_use_is_told_before_the_store_is_opened(tmp_path: Path, workers: str) -> None:
    """In words, and with the exit code after which a supervisor tries again."""
    (tmp_path / "soni.yaml").write_text(ASSISTANT % "sqlite")
    store = {
        "SONI_PERSISTENCE__BACKEND": "postgresql",
        "SONI_PERSISTENCE__CONNECTION_STRING": "postgresql://127.0.0.1:1/",
    }
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        command = (*SONI, "serve", "--port", port, "--workers", workers)
        done = run(tmp_path, command, **(store if workers == "2" else {}))

    assert done.returncode == 3
    assert done.stderr.startswith(f"Soni cannot start.\nPort {port} of 127.0.0.1 is in use")
    assert not (tmp_path / "soni.db").exists()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_a_start_that_waits_for_its_store_can_be_ended(tmp_path: Path, told: signal.Signals) -> None:
    """Long before the store is given up, and in words."""
    (tmp_path / "soni.yaml").write_text(ASSISTANT % "postgresql, connection_string: 'postgresql://127.0.0.1:1/x'")
    with subprocess.Popen((*SONI, "serve", "--port", "0"), cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("PostgreSQL does not answer yet" in line for line in process.stderr)
        began = time.monotonic()
        process.send_signal(told)
        left = process.stderr.read()
        process.wait(60)

    assert time.monotonic() - began < postgres_opening.START / 2
    assert "It was told to end before it was ready." in left
    assert "Traceback" not in left


def test_several_workers_on_sqlite_are_refused(folder: Path) -> None:
    """With workers, the words are the same, and nothing is left running."""
    by_uvicorn = run(folder, (*UVICORN, "--workers", "2"))
    by_soni = run(folder, (*SONI, "serve", "--port", "0"), WEB_CONCURRENCY="2")

    assert "Soni cannot start." in by_uvicorn.stderr
    assert "Traceback" not in by_uvicorn.stderr
    assert by_soni.returncode == 78
    assert "The sqlite store belongs to one process" in by_soni.stderr


def test_every_line_of_soni_serve_has_the_form_that_is_asked_for(folder: Path) -> None:
    """From the first to the last, uvicorn's own included: who collects them need not know two forms."""
    with served(folder, (*SONI, "serve", "--port", "0"), SONI_LOGGING__FORMAT="json") as service:
        service.stop()

    assert "guards.off" in [json.loads(line)["event"] for line in service.told]


def test_a_variable_that_sets_nothing_is_told(folder: Path) -> None:
    """A slip in the name of one is no silence: who closed the door, and did not, hears of it."""
    slip = {"SONI_SERVER_AUTH_MODE": "api_key", "SONI_LOGGING__FORMAT": "json", "SONI_BANK_DB": "bank.db"}
    with served(folder, (*SONI, "serve", "--port", "0"), **slip) as service:
        service.stop()
    validated = run(folder, (*SONI, "validate"), **slip)

    lines = [json.loads(line) for line in service.told]
    told = [(line["level"], line["variable"], line["meant"]) for line in lines if line["event"] == "environment.unread"]
    assert told == [("WARNING", "SONI_SERVER_AUTH_MODE", "SONI_SERVER__AUTH__MODE")]
    assert validated.returncode == 0
    assert "SONI_SERVER_AUTH_MODE; did you mean 'SONI_SERVER__AUTH__MODE'?" in validated.stdout


def test_what_local_turns_off_is_named(folder: Path) -> None:
    """Who has set a mode is not told to set one, but what stands in its way."""
    done = run(folder, (*UVICORN, "--host", "0.0.0.0"), SONI_SERVER__AUTH__MODE="api_key", SONI_SERVER__LOCAL="true")

    assert done.returncode == 78
    assert "settings.server.local: Nobody is asked" in done.stderr
    assert "Turn settings.server.local off" in done.stderr


@pytest.mark.parametrize("command", [UVICORN, (*SONI, "serve", "--port", "0")])
def test_a_conversation_goes_on_after_a_restart(folder: Path, command: tuple[str, ...]) -> None:
    """The service stops when asked to, and the next one continues where the user was."""
    with served(folder, command) as service:
        asked = service.client.post("/chat/ana", json={"message": "hello"}).json()
        code = service.stop()
    with served(folder, command) as service:
        answered = service.client.post("/chat/ana", json={"message": "Ana"}).json()

    assert asked["response"] == "What is your name?"
    assert code == 0
    assert "Hello Ana!" in answered["response"]
    assert answered["turn"] == 2


def test_the_log_of_a_service(folder: Path) -> None:
    """Every line is JSON where that is asked for, each request has one, and none names a user or says their words."""
    with served(folder, SONI_LOGGING__FORMAT="json") as service:
        service.client.post("/chat/ana-maria", json={"message": "hello swordfish"}, headers={"X-Request-ID": "r-1"})
        service.client.get("/nowhere/ana-maria")
        service.stop()
        told = "".join(service.told)

    lines = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    served_lines = [(line["route"], line["status"]) for line in lines if line["event"] == "request.served"]
    assert served_lines == [("/chat/{user_id}", 200), (None, 404)]
    assert any(line.get("request_id") == "r-1" for line in lines)
    assert "ana-maria" not in told
    assert "swordfish" not in told


async def start(app: FastAPI) -> tuple[list[Message], BaseException | None]:
    """Take an app through its life as a server does: what it said to the server, and what it raised."""
    sent: list[Message] = []
    events = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> Message:
        return {"type": next(events)}

    async def send(message: Message) -> None:
        sent.append(message)

    try:
        await app({"type": "lifespan", "state": {}}, receive, send)
    except Exception as error:  # noqa: BLE001 - it is what the caller asks for
        return sent, error
    return sent, None
