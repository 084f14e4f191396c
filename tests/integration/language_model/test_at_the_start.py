"""A model that cannot be asked is said at the start, by ``soni validate --online`` and by ``/ready``."""

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.integration.server.processes import SONI, Service, run, served

from soni.testing import FakeModel, Fault

ASSISTANT = """
version: "1.0"
settings:
  models: {nlu: {provider: openai, model: gpt-4o-mini, api_base: "%s", timeout: 2s, retries: 0, fallback: %s, breaker: {reset: 1s}}}
  persistence: {backend: memory}
flows:
  hello: {trigger: {intents: [hello there]}, steps: [{step: hi, type: say, message: Hi.}]}
"""
UNREACHABLE = "http://127.0.0.1:9/v1"


def validate(folder: Path, api_base: str, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    (folder / "soni.yaml").write_text(ASSISTANT % (api_base, "embedded"))
    done = run(folder, (*SONI, "validate", "soni.yaml", "--online"), **(env or {}))
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
        with served(tmp_path) as service:
            service.client.post("/chat/ana", json={"message": "well"})
            well = service.client.get("/ready")
    (tmp_path / "soni.yaml").write_text(ASSISTANT % (UNREACHABLE, "embedded"))
    with served(tmp_path) as service:
        answer = service.client.post("/chat/ana", json={"message": "hello there"})
        ill = service.client.get("/ready")
        service.stop()

    assert well.json() == {"status": "ready", "understanding": "model"}
    assert ill.status_code == 200
    assert ill.json()["understanding"] == "fallback"
    assert "cannot be reached" in ill.json()["trouble"]
    assert "Hi." in json.dumps(answer.json())
    assert any("cannot be reached" in line for line in service.told)


def test_without_a_fallback_it_is_not_ready(tmp_path: Path) -> None:
    """A balancer sends its users elsewhere; the service comes back with the model, though nobody talks to it."""
    with FakeModel() as model:
        model.faults = lambda body: Fault.UNAVAILABLE
        (tmp_path / "soni.yaml").write_text(ASSISTANT % (model.api_base, "null"))
        with served(tmp_path) as service:
            service.client.post("/chat/ana", json={"message": "well"})
            ill = service.client.get("/ready")
            asked = threading.Event()

            def healed(body: object) -> Fault:
                asked.set()
                return Fault.NONE

            model.faults = healed
            assert asked.wait(30), "nobody looks whether the model is back"
            for _ in range(100):
                if (well := service.client.get("/ready")).status_code == 200:
                    break

    assert ill.status_code == 503
    assert ill.json()["details"] == {"missing": ["model"]}
    assert "failed (HTTP 503)" in ill.json()["error"]
    assert well.json() == {"status": "ready", "understanding": "model"}


def test_a_breaker_that_only_probes_have_moved_is_counted(tmp_path: Path) -> None:
    """Nobody talks to the service: that the model is left alone, and that it is asked again, stands in the metrics."""
    with FakeModel() as model:
        model.faults = lambda body: Fault.UNAVAILABLE
        (tmp_path / "soni.yaml").write_text(ASSISTANT % (model.api_base, "embedded"))
        with served(tmp_path, SONI_MODELS__NLU__BREAKER__FAILURES="1") as service:
            opened = breaker(service, "1.0")
            model.faults = lambda body: Fault.NONE
            closed = breaker(service, "0.0")
            metrics = service.client.get("/metrics").text

    assert (opened, closed) == ("1.0", "0.0")
    assert 'soni_model_calls_total{outcome="answered",purpose="understand"} 1.0' in metrics


def breaker(service: Service, awaited: str) -> str | None:
    """What the metrics say of it, once they say this; within half a minute, or what they say then."""
    said: str | None = None
    ends = time.monotonic() + 30
    while said != awaited and time.monotonic() < ends:
        found = re.search(r"soni_model_breaker_open\{.*\} (\S+)", service.client.get("/metrics").text)
        said = found[1] if found else None
    return said


def test_a_service_that_nobody_could_understand_does_not_start(tmp_path: Path) -> None:
    """Without a key and without a fallback, every message would fail."""
    (tmp_path / "soni.yaml").write_text(ASSISTANT % (UNREACHABLE, "null"))

    ended = run(tmp_path, (*SONI, "serve"), SONI_MODELS__NLU__API_KEY_ENV="NO_SUCH_KEY")

    assert ended.returncode == 78
    assert "set the environment variable NO_SUCH_KEY" in ended.stderr
