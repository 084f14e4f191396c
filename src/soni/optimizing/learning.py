"""A program learned from examples: scored before, optimized within a budget, scored after on what was held back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import dspy

from soni.config.models import SoniConfig
from soni.errors import SoniError
from soni.optimizing.asking import Asking, Spent
from soni.optimizing.examples import Example
from soni.optimizing.optimizers import Optimizer, choosing, optimize
from soni.optimizing.pupils import Form, Judge, Lesson, Pupil, form_of, put_on
from soni.optimizing.scoring import Answered, Scores, score
from soni.optimizing.splitting import Split
from soni.understanding.model.answers import response_format
from soni.understanding.model.connection import Model
from soni.understanding.model.program import CommandsAdapter
from soni.understanding.model.prompt import Prompt
from soni.understanding.model.tuning import Tuning
from soni.understanding.model.understander import ModelUnderstander
from soni.understanding.model.wishes import Wish, to_commands

Phase: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    before: Scores
    after: Scores
    tuning: Tuning | None
    """``None`` where nothing was found before the budget was spent."""
    ended_by: Literal["itself", "budget", "error"]
    """``budget`` where a larger one may find more."""
    error: str
    """Why the optimizer gave up, in words."""
    held_back: int
    """Examples the scores are of."""


def learn(
    config: SoniConfig, model: Model, prompts: ModelUnderstander, parts: Split, asking: Asking, *,
    optimizer: Optimizer, seed: int, phase: Phase = lambda _: None,
) -> Outcome:  # fmt: skip
    """Learn; ``prompts`` writes what the model is told, ``asking`` asks it within its budget.

    Raises SoniError where the budget does not do for the scores, and Unanswered where the model does not answer.
    """
    seen: set[Prompt] = set()
    held_back, train, val = (
        _lessons(part, prompts, config, seen) for part in (parts.held_back, parts.train, parts.val)
    )
    most = asking.limit
    held_back = held_back[: max(3, most // 4)]
    val = choosing(val or train, most - 2 * len(held_back))
    judge = Judge([*train, *val, *held_back], val, config.slots)
    pupil = Pupil(CommandsAdapter(response_format() if model.structured else None), judge)
    try:
        phase("scoring before")
        before = _score(pupil, held_back, asking, config)
        asking.limit = most - len(held_back)  # the rest is for the scores afterwards
        phase(f"learning ({optimizer})")
        learned = optimize(optimizer, pupil, judge, train, val, asking=asking, seed=seed)
        asking.limit = most
        if learned.form is None:
            return Outcome(before, before, None, learned.ended_by, learned.error, len(held_back))
        phase("scoring after")
        after = _score(put_on(pupil, learned.form), held_back, asking, config)
    except Spent:
        raise SoniError(
            f"The budget of {most} calls does not do for the scores on {len(held_back)} examples: give more --max-calls."
        ) from None
    tuning = None
    if learned.form != form_of(pupil):
        tuning = _tuning(learned.form, config, f"{optimizer}, {model.name}", before, after)
    return Outcome(before, after, tuning, learned.ended_by, learned.error, len(held_back))


def _lessons(
    examples: Sequence[Example], prompts: ModelUnderstander, config: SoniConfig, seen: set[Prompt]
) -> Sequence[Lesson]:
    """Without those that were ``seen``: different situations may look the same to a model."""
    lessons = []
    for example in examples:
        prompt = prompts.prompt(example.said, example.briefing)
        if prompt not in seen:
            seen.add(prompt)
            lessons.append(Lesson.of(example, prompt, config.slots))
    return lessons


def _score(program: Any, lessons: Sequence[Lesson], asking: Asking, config: SoniConfig) -> Scores:
    """How well the program answers. Raises Spent, Unanswered."""
    answered = []
    with dspy.context(lm=asking.lm, disable_history=True):
        for lesson in lessons:
            try:
                prediction = program(situation=lesson.prompt.situation, message=lesson.prompt.message)
            except Exception as error:  # noqa: BLE001 - whatever DSPy makes of an answer, it is none
                answered.append(Answered(lesson.example, (), type(error).__name__))
                continue
            commands = to_commands(wish for wish in prediction.commands if isinstance(wish, Wish))
            answered.append(Answered(lesson.example, tuple(commands)))
    return score(answered, config.slots)


def _tuning(form: Form, config: SoniConfig, made_by: str, before: Scores, after: Scores) -> Tuning:
    instructions, demos = form
    return Tuning(
        assistant=config.fingerprint,
        flows=tuple(name for name, _ in config.user_flows()),
        slots=tuple(config.slots),
        made_by=made_by,
        scores={"before": before.numbers(), "after": after.numbers()},
        instructions=instructions,
        demos=demos,
    )
