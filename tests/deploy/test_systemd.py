"""The unit for systemd: valid, hardened, with time to end."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.deploy.files import DEPLOY, LONGEST_END, seconds, unknown_variables

from soni.cli import EX_CONFIG

UNIT = DEPLOY / "systemd/soni.service"
TEXT = UNIT.read_text("utf-8")


def values(key: str) -> list[str]:
    """What stands under this key."""
    return re.findall(rf"^{key}=(.*)$", TEXT, re.MULTILINE)


def analyzed(*arguments: str | Path) -> str:
    """What systemd-analyze says about it, all of it."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze")
    told = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60)
    return told.stdout + told.stderr


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    """Nothing is unknown, misspelled or in the wrong section."""
    # With a command that is here: it looks for that too.
    unit = tmp_path / "soni.service"
    unit.write_text(TEXT.replace("/opt/soni/bin/soni", "/bin/true"))

    assert "soni.service" not in analyzed("verify", "--man=no", unit)


def test_systemd_counts_it_as_hardly_exposed() -> None:
    """What an intruder could still reach is little: at most 2 of 10."""
    exposure = re.search(r"exposure level for soni\.service: ([\d.]+)", analyzed("security", "--offline=true", UNIT))

    assert exposure is not None
    assert float(exposure[1]) <= 2


def test_a_longest_turn_is_not_cut_off() -> None:
    """systemd waits longer than the service needs to end."""
    assert seconds(values("TimeoutStopSec")[0]) > LONGEST_END


def test_what_is_wrong_with_the_configuration_is_not_tried_again() -> None:
    """It ends with the code that means so."""
    assert values("Restart") == ["on-failure"]
    assert values("RestartPreventExitStatus") == [str(EX_CONFIG)]


def test_every_variable_means_something() -> None:
    """What is set, Soni reads."""
    names = re.findall(r"\b(SONI_\w+)=", "\n".join(values("Environment")))

    assert names
    assert unknown_variables(dict.fromkeys(names)) == []
