"""deploy/compose.yaml: closed by default, with what it needs made by one command."""

import re
import subprocess
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from tests.deploy.files import DEPLOY, LONGEST_END, is_pinned, paths, read, seconds, unknown_variables

COMPOSE = read(DEPLOY / "compose.yaml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with deploy/setup in it, and nothing else."""
    copy(DEPLOY / "setup", tmp_path / "setup")
    return tmp_path


def setup(folder: Path, *profiles: str) -> subprocess.CompletedProcess[str]:
    """What deploy/setup does there."""
    return subprocess.run([folder / "setup", *profiles], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_can_do_little(name: str) -> None:
    """Read-only, without capabilities, without a way to more rights, and healthy only when it says so."""
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "healthcheck" in service
    assert "stop_grace_period" in service
    assert is_pinned(service["image"])
    assert not str(service.get("user", "10001")).startswith("0")


def test_a_longest_turn_is_not_cut_off() -> None:
    """Compose waits longer than the service needs to end."""
    assert seconds(SERVICES["soni"]["stop_grace_period"]) > LONGEST_END


def test_nothing_listens_beyond_this_machine() -> None:
    """Ports are published on loopback; what speaks TLS stands in front."""
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert {name for name in SERVICES if SERVICES[name]["networks"] == ["inside"]} == {"postgres", "redis"}


def test_profiles_and_what_waits_for_what() -> None:
    """Soni alone needs no profile, and waits for the stores only where they run."""
    assert {name: service.get("profiles") for name, service in SERVICES.items()} == {
        "soni": None,
        "postgres": ["db"],
        "redis": ["cache"],
        "prometheus": ["monitoring"],
        "grafana": ["monitoring"],
    }
    waits_for = SERVICES["soni"]["depends_on"]
    assert waits_for.keys() == {"postgres", "redis"}
    assert all(each == {"condition": "service_healthy", "required": False} for each in waits_for.values())


def test_every_variable_means_something() -> None:
    """What is set, Soni reads."""
    assert unknown_variables(SERVICES["soni"]["environment"]) == []


def test_the_health_check_asks_for_readiness() -> None:
    """`up --wait` ends when messages are answered."""
    asked = re.search(r"127\.0\.0\.1:8000(/\w+)", str(SERVICES["soni"]["healthcheck"]["test"]))

    assert asked is not None
    assert asked[1] == "/ready"
    assert asked[1] in paths()


def test_whoever_calls_shows_a_key() -> None:
    """There is no way to serve everyone by accident."""
    environ = SERVICES["soni"]["environment"]

    assert environ["SONI_SERVER__AUTH__MODE"] == "api_key"
    assert environ["SONI_API_KEYS_FILE"] == "/run/secrets/api_keys"


def test_secrets_are_files(folder: Path) -> None:
    """No password stands in the file, and each secret that it names is made by deploy/setup."""
    setup(folder)
    named = {secret for service in SERVICES.values() for secret in service.get("secrets", ())}

    assert named == COMPOSE["secrets"].keys()
    for secret in COMPOSE["secrets"].values():
        assert (folder / secret["file"]).is_file()
        # The service reads it as another user; who else is on this machine does not get into the folder.
        assert (folder / secret["file"]).stat().st_mode & 0o777 == 0o644
    assert (folder / "secrets").stat().st_mode & 0o777 == 0o700
    environ = [name for service in SERVICES.values() for name in service.get("environment", ())]
    assert [name for name in environ if "PASSWORD" in name and not name.endswith("_FILE")] == []


def test_setup_prints_the_key_and_keeps_its_hash(folder: Path) -> None:
    """The key is said once; what is kept is a name, what it may, and 64 hexadecimal digits."""
    told = setup(folder)

    key = re.search(r"shown again: (soni_[A-Za-z0-9_-]{43})$", told.stdout, re.MULTILINE)
    assert key is not None
    kept = (folder / "secrets/api_keys").read_text()
    assert re.fullmatch(r"quickstart:chat,read:[0-9a-f]{64}\n", kept)
    assert key[1] not in "".join(path.read_text() for path in folder.rglob("*") if path.is_file())


def test_setup_says_which_profiles_run(folder: Path) -> None:
    """Then compose needs no options, and Soni finds its store."""
    setup(folder, "db", "cache", "monitoring")
    written = dict(
        line.partition("=")[::2] for line in (folder / ".env").read_text().splitlines() if not line.startswith("#")
    )

    assert written == {
        "COMPOSE_PROFILES": "db,cache,monitoring",
        "SONI_PERSISTENCE__BACKEND": "postgresql",
        "SONI_PERSISTENCE__CONNECTION_STRING": "postgresql:///?service=soni",
        "SONI_SERVER__RATE_LIMIT__STORAGE": "redis://redis:6379/0",
    }
    text = (DEPLOY / "compose.yaml").read_text()
    assert all(f"${{{name}:-" in text for name in written if name.startswith("SONI_"))


def test_setup_changes_nothing_that_is_there(folder: Path) -> None:
    """Run again, it says so and touches no secret."""
    setup(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    again = setup(folder, "db")

    assert again.returncode == 73
    assert "is there already" in again.stderr
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_setup_knows_its_profiles(folder: Path) -> None:
    """A misspelled one is told, and nothing is made."""
    told = setup(folder, "database")

    assert told.returncode == 64
    assert "database is none of db, cache, monitoring" in told.stderr
    assert not (folder / "secrets").exists()
