"""``soni keys``: a key once, and what the environment has to say of it; and what ``soni validate`` says without."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from soni.access.api_keys import read_api_keys
from soni.cli import app
from soni.errors import ConfigurationError


async def test_a_new_key_is_known() -> None:
    """What is printed for the service makes the printed key known, with its name and scopes."""
    result = CliRunner().invoke(app, ["keys", "new", "--name", "shop", "--scope", "chat", "--scope", "read"])
    key, entry = result.stdout.split()

    caller = await read_api_keys("KEYS", {"KEYS": entry}).identify(key)

    assert key.startswith("soni_")
    assert (caller.name, sorted(caller.scopes)) == ("key:shop", ["chat", "read"])
    assert key not in entry


async def test_a_key_that_exists() -> None:
    """It is read from standard input."""
    key = "0123456789abcdef0123456789abcdef"
    result = CliRunner().invoke(app, ["keys", "hash", "--name", "old", "--scope", "admin"], input=f"{key}\n")

    caller = await read_api_keys("KEYS", {"KEYS": result.stdout}).identify(key)

    assert (caller.name, sorted(caller.scopes)) == ("key:old", ["admin"])
    assert key not in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["new", "--name", "a b"], "--name has 1 to 64"),
        (["new", "--name", "shop", "--scope", "write"], "--scope write: there are chat, read, admin."),
        (["hash", "--name", "shop"], "A key has at least 32"),
    ],
)
def test_what_cannot_be_a_key(arguments: list[str], words: str) -> None:
    """It is told what may be."""
    result = CliRunner().invoke(app, ["keys", *arguments], input="swordfish\n")

    assert isinstance(result.exception, ConfigurationError)
    assert words in str(result.exception)


@pytest.mark.parametrize(
    ("keys", "code", "words"),
    [
        (None, 0, "warning: settings.server.api_keys_env: There is no API key"),
        ("swordfish", 1, "error: settings.server.api_keys_env: Entry 1 of SONI_API_KEYS is not of the form"),
    ],
)
def test_validate_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: str | None, code: int, words: str
) -> None:
    """Keys that are not here may be elsewhere: a warning. Keys that cannot be read are an error."""
    monkeypatch.delenv("SONI_API_KEYS", raising=False)
    if keys is not None:
        monkeypatch.setenv("SONI_API_KEYS", keys)
    (tmp_path / "soni.yaml").write_text(
        'version: "1.0"\nsettings:\n  server:\n    auth: {mode: api_key}\n    api_keys_env: SONI_API_KEYS\n'
    )
    result = CliRunner().invoke(app, ["validate", str(tmp_path / "soni.yaml")])

    assert result.exit_code == code
    assert words in result.stdout
