"""A model that cannot be asked is said at the start, by ``soni validate --online`` and by ``/ready``."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from tests.servers import serving

from soni.testing import FakeModel, Fault

ASSISTANT = """
version: "1.0"
settings:
  models: {nlu: {provider: openai, model: gpt-4o-mini, api_base: "%s", timeout: 2s, retries: 0, fallback: %s}}
  persistence: {backend: memory}
flows:
  hello: {trigger: {intents: [hello there]}, steps: [{step: hi, type: say, message: Hi.}]}
"""
UNREACHABLE = "http://127.0.0.1:9/v1"


def validate(folder: Path, api_base: str, env: Mapping[str, str] | None = None, *options: str) -> tuple[int, str]:
    (folder / "soni.yaml").write_text(ASSISTANT % (api_base, "embedded"))
    done = subprocess.run(
        [sys.executable, "-m", "soni.cli", "validate", "soni.yaml", "--online", *options],
        cwd=folder,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def strict() -> Iterator[FakeModel]:
    """A model that has one name and wants a key."""
    with FakeModel(models=["gpt-4o-mini"], key="right") as running:
        yield running


def test_a_model_that_can_be_asked_is_no_problem(tmp_path: Path, strict: FakeModel) -> None:
    """It is asked once."""
    code, told = validate(tmp_path, strict.api_base, {"OPENAI_API_KEY": "right"})

    assert (code, told) == (0, "soni.yaml is valid: 1 flow, 0 slots, 0 actions.\n")
    assert strict.counts.answered == 1


def test_what_is_wrong_with_it_is_said(tmp_path: Path, strict: FakeModel) -> None:
    """The key, the name, the address, the program, each in words and with the place in the file."""
    wrong_key = validate(tmp_path, strict.api_base, {"OPENAI_API_KEY": "wrong"})
    wrong_name = validate(tmp_path, strict.api_base, {"OPENAI_API_KEY": "right", "SONI_MODELS__NLU__MODEL": "gpt-9"})
    no_address = validate(tmp_path, UNREACHABLE)
    no_key = validate(tmp_path, UNREACHABLE, {"SONI_MODELS__NLU__API_KEY_ENV": "NO_SUCH_KEY"})
    no_program = validate(tmp_path, strict.api_base, {"OPENAI_API_KEY": "right", "SONI_OPTIMIZED_DU_PATH": "gone.json"})

    assert [code for code, _ in (wrong_key, wrong_name, no_address, no_key, no_program)] == [1] * 5
    assert "soni.yaml:4: error: settings.models.nlu: The model openai/gpt-4o-mini refused the call" in wrong_key[1]
    assert "The model openai/gpt-9 is not known to its provider: look at models.nlu.model" in wrong_name[1]
    assert "cannot be reached: look at models.nlu.api_base" in no_address[1]
    assert "set the environment variable NO_SUCH_KEY" in no_key[1]
    assert "The optimized program gone.json cannot be read" in no_program[1]


def test_an_assistant_without_a_model_asks_nobody(tmp_path: Path) -> None:
    """There is nothing to find out."""
    code, _ = validate(tmp_path, UNREACHABLE, {"SONI_MODELS__NLU__PROVIDER": "embedded"})

    assert code == 0


def test_ready_says_who_understands(tmp_path: Path) -> None:
    """The model; or the fallback, and what is wrong with the model; and the service serves all the same."""
    with FakeModel() as model:
        (tmp_path / "soni.yaml").write_text(ASSISTANT % (model.api_base, "embedded"))
        with serving(tmp_path / "soni.yaml") as service:
            well = httpx.get(f"{service}/ready")
    (tmp_path / "soni.yaml").write_text(ASSISTANT % (UNREACHABLE, "embedded"))
    with serving(tmp_path / "soni.yaml") as service:
        httpx.post(f"{service}/chat/ana", json={"message": "well"})
        ill = httpx.get(f"{service}/ready")
        answer = httpx.post(f"{service}/chat/ana", json={"message": "hello there"})

    assert well.json() == {"status": "ready", "understanding": "model"}
    assert ill.status_code == 200
    assert ill.json()["understanding"] == "fallback"
    assert "cannot be reached" in ill.json()["trouble"]
    assert "Hi." in json.dumps(answer.json())


def test_without_a_fallback_it_is_not_ready(tmp_path: Path) -> None:
    """A balancer sends its users elsewhere; the service comes back with the model."""
    with FakeModel() as model:
        model.faults = lambda body: Fault.UNAVAILABLE
        (tmp_path / "soni.yaml").write_text(ASSISTANT % (model.api_base, "null"))
        with serving(tmp_path / "soni.yaml", patience=0) as service:
            httpx.post(f"{service}/chat/ana", json={"message": "well"})
            ill = httpx.get(f"{service}/ready")
            model.faults = ()
            httpx.post(f"{service}/chat/ana", json={"message": "well"})
            well = httpx.get(f"{service}/ready")

    assert ill.status_code == 503
    assert ill.json()["details"] == {"missing": ["model"]}
    assert "failed (HTTP 503)" in ill.json()["message"]
    assert well.json() == {"status": "ready", "understanding": "model"}
