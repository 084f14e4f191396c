"""``soni serve``: what it hands to the server."""

import os
import socket
import sys
from pathlib import Path

import pytest
import uvicorn
from tests.servers import free_port
from typer.testing import CliRunner

from soni.cli import app, main


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """The calls of uvicorn.run, which is not run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SONI_CONFIG_PATH", "before.yaml")
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)
    calls: list[dict[str, object]] = []
    monkeypatch.setattr(uvicorn, "run", lambda app, **options: calls.append({"app": app, **options}))
    return calls


def test_it_serves_the_same_app_as_uvicorn(calls: list[dict[str, object]]) -> None:
    """The options arrive, and the app finds the assistant by the environment."""
    port = free_port()
    result = CliRunner().invoke(app, ["serve", "--config", "mine.yaml", "--port", str(port)])

    assert (result.exit_code, result.stderr) == (0, "")
    assert calls == [
        {
            "app": "soni.server.api:app",
            "host": "127.0.0.1",
            "port": port,
            "workers": 1,
            "server_header": False,
            "ws": "none",
            "timeout_keep_alive": 75,
            "log_config": None,
        }
    ]
    assert os.environ["SONI_CONFIG_PATH"] == "mine.yaml"


@pytest.mark.parametrize(
    ("there", "host"), [("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "localhost"), ("0.0.0.0", "127.0.0.1")]
)
def test_a_port_that_is_in_use(calls: list[dict[str, object]], there: str, host: str) -> None:
    """It is told before anything is opened, with what to do."""
    with socket.create_server((there, 0)) as listener:
        port = listener.getsockname()[1]
        result = CliRunner().invoke(app, ["serve", "--host", host, "--port", str(port)])

    assert result.exit_code == 3
    assert f"Port {port} of {host} is in use: another program listens there" in result.stderr
    assert "--port" in result.stderr
    assert calls == []


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("192.0.2.1", "192.0.2.1 is no address of this machine."),
        ("no.such.invalid", "no.such.invalid cannot be listened on"),
    ],
)
def test_an_address_of_somebody_else(calls: list[dict[str, object]], host: str, words: str) -> None:
    """Nobody can listen there."""
    result = CliRunner().invoke(app, ["serve", "--host", host, "--port", str(free_port())])

    assert result.exit_code == 3
    assert words in result.stderr
    assert calls == []


def test_a_port_that_was_in_use_a_moment_ago(calls: list[dict[str, object]]) -> None:
    """A connection that has just been closed on it, and may be heard of for a minute, is nobody who listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            server, _ = listener.accept()
            server.close()
            client.recv(1)
    result = CliRunner().invoke(app, ["serve", "--port", str(port)])

    assert (result.exit_code, len(calls)) == (0, 1)


@pytest.mark.parametrize("host", ["0.0.0.0", "soni.lan"])
def test_workers_are_not_open_to_strangers(
    calls: list[dict[str, object]], host: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without auth, several processes beyond this machine are refused before any is started."""
    Path("soni.yaml").write_text('version: "1.0"\n')
    arguments = ["soni", "serve", "--config", "soni.yaml", "--workers", "2", "--host", host]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 78
    assert f"does not listen on {host}. Set auth.mode" in capsys.readouterr().err
    assert calls == []


def test_workers_need_their_keys(
    calls: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Keys that are missing are told before any process is started."""
    Path("soni.yaml").write_text('version: "1.0"\nsettings: {server: {auth: {mode: api_key}}}\n')
    monkeypatch.setattr(sys, "argv", ["soni", "serve", "--config", "soni.yaml", "--workers", "2"])
    monkeypatch.delenv("SONI_API_KEYS", raising=False)
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 78
    assert "There is no API key" in capsys.readouterr().err
    assert calls == []


@pytest.mark.parametrize("backend", ["sqlite", "memory"])
def test_workers_need_a_store_they_can_share(
    calls: list[dict[str, object]], backend: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Several processes on a store for one are refused before any is started."""
    Path("soni.yaml").write_text(f'version: "1.0"\nsettings: {{persistence: {{backend: {backend}}}}}\n')
    monkeypatch.setattr(sys, "argv", ["soni", "serve", "--config", "soni.yaml", "--workers", "2"])
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 78
    assert f"The {backend} store belongs to one process, and 2 workers are asked for." in capsys.readouterr().err
    assert calls == []
