"""The image: its Dockerfile, what goes into it, and the scripts around it."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.deploy.files import DEPLOY, ROOT, is_pinned, paths, unknown_variables

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
FINAL = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]


def test_hadolint_has_nothing_to_say() -> None:
    """The Dockerfile keeps the rules that hadolint knows; its one exception stands in it."""
    hadolint = Path(sys.executable).parent / "hadolint"

    told = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, timeout=60)

    assert (told.returncode, told.stdout) == (0, "")


def test_both_stages_stand_on_one_python_named_by_version() -> None:
    """An environment belongs to the Python it was made with."""
    version = re.search(r"^ARG PYTHON=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert version is not None

    assert is_pinned(f"python:{version[1]}")
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["docker.io/library/python:${PYTHON}"] * 2


def test_the_service_is_nobody_by_number() -> None:
    """Kubernetes tells from a number, and from nothing else, that it is not root."""
    assert re.search(r"^USER (\d+):(\d+)$", FINAL, re.MULTILINE)


def test_the_service_is_told_to_stop_itself_and_not_a_shell() -> None:
    """ENTRYPOINT and CMD are lists: a shell in between would keep SIGTERM for itself."""
    assert re.search(r'^ENTRYPOINT \["soni"\]$', FINAL, re.MULTILINE)
    assert re.search(r'^CMD \["serve", "--host", "0\.0\.0\.0", "--port", "8000"\]$', FINAL, re.MULTILINE)
    assert "EXPOSE 8000\n" in FINAL


def test_the_health_check_asks_where_the_service_answers() -> None:
    """The path is one of the service's."""
    asked = re.search(r"http://127\.0\.0\.1:8000(/\w+)", FINAL)

    assert asked is not None
    assert asked[1] in paths()


def test_every_variable_means_something() -> None:
    """What ENV sets, Soni reads."""
    names = re.findall(r"\b(SONI_\w+)=", DOCKERFILE)

    assert names
    assert unknown_variables(dict.fromkeys(names)) == []


def test_extras_and_what_is_left_out_are_there() -> None:
    """EXTRAS are extras of Soni, and what WITHOUT names is in the lock: uv passes over a name that is not."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    locked = {package["name"] for package in tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]}
    named = dict(re.findall(r"^ARG (EXTRAS|WITHOUT)=(.+)$", DOCKERFILE, re.MULTILINE))

    assert set(named["EXTRAS"].split()) <= set(extras)
    assert set(named["WITHOUT"].split()) <= locked


def test_what_is_copied_is_let_in() -> None:
    """Whatever the Dockerfile copies from the project, .dockerignore lets in."""
    let_in = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = [
        source
        for arguments in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in arguments.split()[:-1]
    ]

    assert copied
    for source in [*copied, "deploy/image/warm.py"]:
        assert (ROOT / source).exists()
        assert any(source == each or source.startswith(f"{each}/") for each in let_in), source


@pytest.mark.parametrize("script", [DEPLOY / "image/install", DEPLOY / "setup", ROOT / "scripts/image"], ids=str)
def test_scripts_can_be_run(script: Path) -> None:
    """They are executable, and a shell can read them."""
    assert os.access(script, os.X_OK)
    shell = "bash" if "bash" in script.read_text().partition("\n")[0] else "sh"

    assert subprocess.run([shell, "-n", script], timeout=60).returncode == 0


def test_the_environment_of_the_image_is_in_the_lock(tmp_path: Path) -> None:
    """What the image installs comes from uv.lock with its hashes, without LiteLLM and what only that needs."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("there is no uv")
    target = tmp_path / "requirements.txt"
    # The lock alone is asked, by the very words of deploy/image/install.
    exported = re.search(r"^uv (export .+) \"\$@\" --output-file", (DEPLOY / "image/install").read_text(), re.MULTILINE)
    assert exported is not None
    which = ["--extra", "redis", "--prune", "litellm", "--output-file", str(target)]
    subprocess.run([uv, "--offline", *exported[1].split(), *which], cwd=ROOT, check=True, timeout=60)
    packages = re.findall(r"^([a-z0-9-]+)==", target.read_text(), re.MULTILINE)

    assert {"dspy", "fastapi", "langgraph", "psycopg", "redis", "uvicorn"} <= set(packages)
    assert {"boto3", "litellm", "mypy", "mkdocs-material", "pytest", "tokenizers"}.isdisjoint(packages)
    assert target.read_text().count("--hash=sha256:") >= len(packages)
