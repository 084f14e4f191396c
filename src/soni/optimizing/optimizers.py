"""DSPy's optimizers on the program that understands: bootstrap, MIPROv2 and GEPA."""

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import dspy

from soni.errors import ConfigurationError
from soni.optimizing.asking import Asking, Spent
from soni.optimizing.pupils import Form, Judge, Lesson, Pupil, form_of

Optimizer: TypeAlias = Literal["bootstrap", "miprov2", "gepa"]

MOST_BOOTSTRAPPED: Final = 4
"""Examples in the prompt that the model itself has answered right."""

MOST_DEMOS: Final = 8
"""Examples in the prompt."""

_TRIALS: Final = 18
"""Of MIPROv2, at most."""

_CHOOSING: Final = 60
"""Examples that a form of the program is chosen by, at most."""

_CANDIDATES: Final = 6
"""Instructions, and sets of examples, that MIPROv2 tries to combine."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What an optimizer came to."""

    form: Form | None
    """``None`` where it found nothing before the budget was spent."""
    ended_by: Literal["itself", "budget", "error"]
    """``itself`` when it was done."""
    error: str = ""
    """In words."""


def check(optimizer: Optimizer) -> None:
    """Raises ConfigurationError where a package is missing."""
    if optimizer == "miprov2" and find_spec("optuna") is None:
        raise ConfigurationError(
            "The optimizer 'miprov2' needs the package 'optuna': install soni[optimize], or take bootstrap or gepa."
        )


def choosing(lessons: Sequence[Lesson], calls: int) -> Sequence[Lesson]:
    """Those that a form is chosen by: so many that the calls do for ten forms."""
    return lessons[: max(3, min(_CHOOSING, calls // 10))]


def optimize(
    optimizer: Optimizer, pupil: Pupil, judge: Judge, train: Sequence[Lesson], val: Sequence[Lesson], *,
    asking: Asking, seed: int,
) -> Learned:  # fmt: skip
    """Run it, until it is done or the budget is spent; the best so far counts then. Raises Unanswered."""
    trainset, valset = [each.as_dspy() for each in train], [each.as_dspy() for each in val]
    with _alone(asking):
        try:
            match optimizer:
                case "bootstrap":
                    done = _bootstrap(pupil, judge, trainset)
                case "miprov2":
                    done = _miprov2(pupil, judge, trainset, valset, asking, seed)
                case "gepa":
                    done = _gepa(pupil, judge, trainset, valset, asking, seed)
        except Spent:
            return Learned(_best_so_far(pupil, judge), "budget")
        except Exception as error:  # noqa: BLE001 - an optimizer that gives up has found what it has found
            return Learned(_best_so_far(pupil, judge), "error", f"{type(error).__name__}: {error}")
    return Learned(form_of(done), "itself")


def _best_so_far(pupil: Pupil, judge: Judge) -> Form | None:
    """What did best on all there is to choose by, or else some examples that were answered right."""
    best = judge.best()
    if best is None and judge.right:
        return form_of(pupil)[0], tuple(judge.right[:MOST_DEMOS])
    return best


def _bootstrap(pupil: Pupil, judge: Judge, trainset: list[Any]) -> Any:
    optimizer = dspy.BootstrapFewShot(
        metric=judge.metric,
        max_bootstrapped_demos=MOST_BOOTSTRAPPED,
        max_labeled_demos=MOST_DEMOS,
        max_errors=len(trainset) + 1,
    )
    return optimizer.compile(pupil, trainset=trainset)


def _miprov2(pupil: Pupil, judge: Judge, trainset: list[Any], valset: list[Any], asking: Asking, seed: int) -> Any:
    optimizer = dspy.MIPROv2(
        metric=judge.metric,
        prompt_model=asking.proposer(),
        task_model=asking.lm,
        auto=None,
        num_candidates=_CANDIDATES,
        max_bootstrapped_demos=MOST_BOOTSTRAPPED,
        max_labeled_demos=MOST_DEMOS // 2,
        num_threads=1,
        max_errors=len(valset) * _TRIALS,
        seed=seed,
        track_stats=False,
    )
    return optimizer.compile(
        pupil, trainset=trainset, valset=valset, num_trials=_TRIALS, minibatch=False, program_aware_proposer=False
    )


def _gepa(pupil: Pupil, judge: Judge, trainset: list[Any], valset: list[Any], asking: Asking, seed: int) -> Any:
    from dspy.teleprompt.gepa import InstructionProposer

    optimizer = dspy.GEPA(
        metric=judge.feedback,
        max_metric_calls=max(1, asking.limit - asking.calls),
        reflection_lm=asking.proposer(),
        instruction_proposer=InstructionProposer(adapter=_chat()),
        num_threads=1,
        use_merge=False,
        seed=seed,
    )
    return optimizer.compile(pupil, trainset=trainset, valset=valset)


def _chat() -> Any:
    """How proposals are asked for: one call, and none more where the answer cannot be read."""
    return dspy.ChatAdapter(use_json_adapter_fallback=False)


@contextmanager
def _alone(asking: Asking) -> Iterator[None]:
    """Nothing of what optimizers print, log and warn of is for whoever runs them; and nothing is kept in memory."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with (
            Path(os.devnull).open("w", encoding="utf-8") as nowhere,
            redirect_stdout(nowhere),
            redirect_stderr(nowhere),
            warnings.catch_warnings(action="ignore"),
            dspy.context(lm=asking.lm, adapter=_chat(), disable_history=True, num_threads=1),
        ):
            yield
    finally:
        logging.disable(level)
