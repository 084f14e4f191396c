"""Variables of the environment that look as if they set something."""

import re
from pathlib import Path

import pytest

from soni.config.loader import load_config
from soni.config.unread import unread_variables


def meant(folder: Path, environ: dict[str, str], text: str = 'version: "1.0"') -> dict[str, str]:
    """What is said of an assistant in this environment: the variable, and the one that was probably meant."""
    (folder / "soni.yaml").write_text(text)
    settings = load_config(folder, environ).settings
    return {each.variable: each.meant for each in unread_variables(folder, settings, environ)}


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("SONI_SERVER_AUTH_MODE", "SONI_SERVER__AUTH__MODE"),
        ("SONI_SERVR_AUTH_MODE", "SONI_SERVER__AUTH__MODE"),
        ("SONI_LOG_LEVEL", "SONI_LOGGING__LEVEL"),
        ("SONI_CONNECTION_STRING", "SONI_PERSISTENCE__CONNECTION_STRING"),
        ("SONI_RATE_LIMIT", "SONI_SERVER__RATE_LIMIT__…"),
        ("SONI_LOGGING", "SONI_LOGGING__…"),
        ("SONI_MODULE", "SONI_MODULES"),
        ("SONI_CONFIG", "SONI_CONFIG_PATH"),
        ("SONI_API_KEY", "SONI_API_KEYS"),
        ("SONI_PORT", "soni serve --port"),
        ("SONI_SERVER_PORT", "soni serve --port"),
    ],
)
def test_a_slip_names_what_was_meant(tmp_path: Path, variable: str, nearest: str) -> None:
    """Too few underscores, a group left out, a letter, a name of other programs."""
    assert meant(tmp_path, {variable: "x"}) == {variable: nearest}


def test_what_is_read_is_no_slip(tmp_path: Path) -> None:
    """All that the reference of settings names, and all that the code does."""
    root = Path(__file__).parents[3]
    pages = [root / "docs/reference/settings.md", *(root / "src").rglob("*.py")]
    named = {name for page in pages for name in re.findall(r"`(SONI_[A-Z_]+)`", page.read_text())}
    named -= {
        "SONI_LOG_LEVEL",
        "SONI_HOST",
        "SONI_PORT",
        "SONI_SERVER_HOST",
        "SONI_SERVER_PORT",
        "SONI_WORKERS",
        "SONI_CONFIG",
    }  # which the page tells as slips
    environ = {name: "[]" if name == "SONI_MODULES" else "x" for name in named if "__" not in name}

    assert {"SONI_CONFIG_PATH", "SONI_MODULES", "SONI_LOG_KEY", "SONI_API_KEYS_FILE"} <= set(environ)
    assert meant(tmp_path, environ) == {}


def test_variables_of_others_are_theirs(tmp_path: Path) -> None:
    """An author's own, those of Soni's tests, and what Kubernetes says of a service that is called soni."""
    environ = {
        "SONI_DATABASE_URL": "x",
        "SONI_BANK_DB": "x",
        "SONI_MODE": "x",
        "SONI_TIMEOUT": "x",
        "SONI_LOG": "debug",
        "SONI_PROVE": "1",
        "SONI_REQUIRE_POSTGRES": "1",
        "SONI_TEST_REDIS_URL": "x",
        "SONI_PORT": "tcp://10.0.0.1:8000",
        "SONI_PORT_8000_TCP_ADDR": "10.0.0.1",
        "SONI_SERVICE_HOST": "10.0.0.1",
        "SONI_SERVICE_PORT_HTTP": "8000",
        "SONI_LOG_LEVEL": " ",
        "MY_SONI_PORT": "x",
    }

    assert meant(tmp_path, environ) == {}


def test_what_the_assistant_names_is_read(tmp_path: Path) -> None:
    """By its YAML, or by a setting that holds the name of a variable."""
    text = """
version: "1.0"
settings: {server: {auth: {mode: api_key}, api_keys_env: SONI_API_KEYZ}}
actions:
  pay: {http: {url: "https://bank.example", headers: {Authorization: "${SONI_API_KEY}"}}}
"""
    environ = dict.fromkeys(("SONI_API_KEY", "SONI_API_KEYZ", "SONI_API_KEYZ_FILE"), "x")

    assert meant(tmp_path, environ, text) == {}
