"""``soni optimize`` from end to end."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from soni.cli import app
from soni.config.loader import load_config
from soni.errors import SoniError
from soni.testing import FakeModel, Fault, Rate
from soni.understanding.model.tuning import Tuning, read_tuning

from .shop import Teachable

SONI = str(Path(sys.executable).parent / "soni")
LIMIT = 120


def optimize(shop: Path, *options: str) -> tuple[int, str]:
    """The exit code and what is shown."""
    done = CliRunner().invoke(app, ["optimize", "-c", str(shop), *options])
    if isinstance(done.exception, SoniError):
        return 1, done.exception.message
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return done.exit_code, done.output


def scores(tuning: Tuning) -> tuple[float, float]:
    """The share of exact turns before and after."""
    return tuning.scores["before"]["exact"], tuning.scores["after"]["exact"]


@pytest.mark.parametrize("optimizer", ["bootstrap", "miprov2", "gepa"])
def test_each_optimizer_teaches_the_model(shop: Path, model: FakeModel, optimizer: str) -> None:
    """What was held back is understood better afterwards; the file loads; the work file is gone; the budget holds."""
    code, shown = optimize(shop, "--optimizer", optimizer, "--max-calls", "160")

    tuning = read_tuning(shop.parent / "optimized.json", load_config(shop))
    before, after = scores(tuning)
    assert (code, after) == (0, 1.0), shown
    assert before < after
    assert tuning.made_by == f"{optimizer}, openai/gpt-4o-mini"
    assert "BE EXACT" in tuning.instructions or tuning.demos
    assert model.counts.requests <= 160
    assert f"{model.counts.requests} of at most 160 calls" in shown
    assert sorted(path.name for path in shop.parent.iterdir()) == [
        "optimized.json",
        "shop.conversation.yaml",
        "soni.yaml",
    ]


def test_nothing_secret_is_sent_or_written(shop: Path, model: FakeModel) -> None:
    """The answer to a sensitive question is no example."""
    optimize(shop, "--max-calls", "100")

    assert not any("1234" in str(body) for body in model.requests)
    assert "1234" not in (shop.parent / "optimized.json").read_text()


@pytest.mark.parametrize("optimizer", ["bootstrap", "miprov2", "gepa"])
def test_a_budget_that_ends_the_search_keeps_the_best(shop: Path, model: FakeModel, optimizer: str) -> None:
    """The calls stop at the budget, the scores are told nevertheless, and the answers stay for a larger budget."""
    _, shown = optimize(shop, "--optimizer", optimizer, "--max-calls", "20")
    spent = model.counts.requests

    assert spent <= 20
    assert "before: " in shown
    if "ended the search" not in shown:
        assert optimizer == "bootstrap", shown
        return
    assert (shop.parent / "optimized.json.work.jsonl").exists()
    code, shown = optimize(shop, "--optimizer", optimizer, "--max-calls", "160")
    assert (code, "Going on" in shown) == (0, True), shown
    assert f"{model.counts.requests - spent} of them now" in shown
    assert model.counts.requests <= 160


@pytest.mark.parametrize(
    ("optimizer", "how"), [("bootstrap", signal.SIGKILL), ("miprov2", signal.SIGKILL), ("gepa", signal.SIGINT)]
)
def test_an_interrupted_run_goes_on_and_pays_nothing_twice(
    shop: Path, model: FakeModel, pupil: Teachable, optimizer: str, how: signal.Signals
) -> None:
    """The process is killed in the middle of a call; the same command comes to what it would have come to."""
    command = ["optimize", "-c", str(shop), "--optimizer", optimizer, "--max-calls", "160"]
    optimize(shop, *command[3:], "--output", str(shop.parent / "other.json"))
    whole = model.counts.requests

    pupil.calls, pupil.kill_at = 0, 9
    pupil.kill = lambda: process.send_signal(how)
    process = subprocess.Popen([SONI, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    watchdog = threading.Timer(LIMIT, process.kill)
    watchdog.start()
    shown, _ = process.communicate()
    watchdog.cancel()
    done = subprocess.run([SONI, *command], capture_output=True, text=True, timeout=LIMIT)

    assert process.returncode == (-9 if how is signal.SIGKILL else 130), shown
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Going on: 8 answers are kept" in done.stdout
    first, second = (read_tuning(shop.parent / f"{name}.json", load_config(shop)) for name in ("other", "optimized"))
    assert second == first
    assert model.counts.requests == 2 * whole + 1  # the call that was under way is made again


def test_a_model_that_does_not_answer_is_told(shop: Path, model: FakeModel) -> None:
    """What was answered before is kept; nothing is written."""
    model.faults = [Fault.NONE] * 5 + [Fault.UNAUTHORIZED]

    code, shown = optimize(shop)

    assert code == 1
    assert "refused the call" in shown
    assert "5 answers are kept in" in shown
    assert not (shop.parent / "optimized.json").exists()


def test_a_passing_fault_is_tried_again_and_paid_for(shop: Path, model: FakeModel) -> None:
    """A call that failed is a call."""
    model.faults = [Fault.NONE, Fault.SERVER_ERROR]

    code, shown = optimize(shop, "--max-calls", "100")

    assert code == 0
    assert f"{model.counts.requests} of at most 100 calls" in shown


@pytest.mark.parametrize("optimizer", ["bootstrap", "miprov2", "gepa"])
def test_answers_that_cannot_be_read_are_wrong_answers(shop: Path, model: FakeModel, optimizer: str) -> None:
    """They stop nothing."""
    model.faults = Rate(0.3, (Fault.GARBAGE, Fault.EMPTY, Fault.CUT_ANSWER), 7)

    _, shown = optimize(shop, "--optimizer", optimizer, "--max-calls", "120")

    assert "gave up" not in shown
    assert "turns exact" in shown


@pytest.mark.parametrize("optimizer", ["bootstrap", "miprov2", "gepa"])
def test_a_model_that_learns_nothing(shop: Path, model: FakeModel, pupil: Teachable, optimizer: str) -> None:
    """Nothing is said to be better than it is."""
    pupil.meant.clear()

    _, shown = optimize(shop, "--optimizer", optimizer, "--max-calls", "120")

    assert "after: 0 of 6 turns exact" in shown


def test_what_is_worse_is_not_written(shop: Path, pupil: Teachable) -> None:
    """Unless it is asked for."""
    pupil.spoilt = True

    code, shown = optimize(shop, "--max-calls", "100")
    forced, told = optimize(shop, "--max-calls", "100", "--force")

    assert (code, "It is worse than before: nothing is written." in shown) == (1, True), shown
    assert (forced, "written all the same" in told) == (0, True), told
