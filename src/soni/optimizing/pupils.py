"""The program as optimizers see it, and a judge that remembers how well each form of it did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import dspy

from soni.config.models import Slot
from soni.dialogue.commands import Command, SetSlot
from soni.optimizing.examples import Example
from soni.optimizing.scoring import Turn, compare
from soni.understanding.model.answers import write_answer
from soni.understanding.model.program import CommandsAdapter, Understanding
from soni.understanding.model.prompt import Prompt
from soni.understanding.model.tuning import Demo
from soni.understanding.model.wishes import Wish, to_commands, to_wishes

Form: TypeAlias = tuple[str, tuple[Demo, ...]]
"""The instructions and the examples of a program."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """An example as the model sees it."""

    example: Example
    prompt: Prompt
    wishes: tuple[Wish, ...]

    @classmethod
    def of(cls, example: Example, prompt: Prompt, slots: Mapping[str, Slot]) -> "Lesson":
        """The lesson of an example. ``slots`` read its values."""
        return cls(example, prompt, tuple(to_wishes(in_words(example, slots))))

    @property
    def demo(self) -> Demo:
        """As an example in a prompt."""
        return Demo(situation=self.prompt.situation, message=self.prompt.message, commands=self.wishes)

    def as_dspy(self) -> Any:
        """As DSPy's Example."""
        told = {"situation": self.prompt.situation, "message": self.prompt.message, "commands": list(self.wishes)}
        return dspy.Example(**told).with_inputs("situation", "message")


def in_words(example: Example, slots: Mapping[str, Slot]) -> tuple[Command, ...]:
    """What it means, with the user's words as the value where they are nothing else: *tomorrow*, and not its date."""
    match example.commands:
        case (SetSlot(values),) if len(values) == 1:
            in_own_words = (SetSlot(dict.fromkeys(values, example.said)),)
            if compare(example.commands, in_own_words, example.briefing, slots).is_exact:
                return in_own_words
    return example.commands


class Judge:
    """Compares every answer with what is right, and knows afterwards which form of the program did best."""

    def __init__(self, lessons: Sequence[Lesson], choosing: Sequence[Lesson], slots: Mapping[str, Slot]) -> None:
        """``lessons`` are all that may be asked; a form is chosen by ``choosing``."""
        self._lessons = {(each.prompt.situation, each.prompt.message): each for each in lessons}
        self._choosing = {(each.prompt.situation, each.prompt.message) for each in choosing}
        self._slots = slots
        self._scores: dict[Form, dict[tuple[str, str], float]] = {}
        self.right: list[Demo] = []
        """What was answered exactly right outside of ``choosing``, each once."""

    def __deepcopy__(self, memo: object) -> "Judge":
        return self  # one for all copies of a program

    def turn(self, situation: str, message: str, answered: Any) -> Turn:
        """How well a message was understood."""
        example = self._lessons[situation, message].example
        got = to_commands(wish for wish in answered or () if isinstance(wish, Wish))
        return compare(example.commands, got, example.briefing, self._slots)

    def note(self, form: Form, situation: str, message: str, answered: Any) -> None:
        """Remember how well this form of the program did."""
        key = (situation, message)
        if key not in self._lessons:
            return
        turn = self.turn(situation, message, answered)
        if key in self._choosing:
            self._scores.setdefault(form, {})[key] = turn.f1
        elif turn.is_exact and (demo := self._lessons[key].demo) not in self.right:
            self.right.append(demo)

    def best(self) -> Form | None:
        """The form with the highest score of those that were asked all there is to choose by; the first, where several are."""
        whole = {form: sum(scores.values()) for form, scores in self._scores.items() if scores.keys() == self._choosing}
        return max(whole, key=lambda form: whole[form]) if whole else None

    def metric(self, gold: Any, prediction: Any, trace: Any = None) -> float | bool:
        """For BootstrapFewShot and MIPROv2: F1 of the turn; while examples are collected, whether it is exact."""
        turn = self.turn(gold.situation, gold.message, prediction.commands)
        return turn.f1 if trace is None else turn.is_exact

    def feedback(
        self,
        gold: Any,
        prediction: Any,
        trace: Any = None,  # noqa: ARG002 - DSPy's name and place
        pred_name: Any = None,  # noqa: ARG002 - DSPy's name and place
        pred_trace: Any = None,  # noqa: ARG002 - DSPy's name and place
    ) -> Any:
        """For GEPA: F1 of the turn, and in words what was wrong."""
        turn = self.turn(gold.situation, gold.message, prediction.commands)
        if turn.is_exact:
            return dspy.Prediction(score=1.0, feedback="This is right.")
        wrong = "; ".join(f"{expected} was expected, {got} was answered" for expected, got in turn.confused)
        right = write_answer(gold.commands)
        return dspy.Prediction(score=turn.f1, feedback=f"This is wrong: {wrong}. The right answer is {right}")


class Pupil(Understanding):
    """The program that understands, watched by a judge."""

    def __init__(self, adapter: CommandsAdapter, judge: Judge) -> None:
        super().__init__(adapter)
        self.judge = judge

    def forward(self, situation: str, message: str) -> dspy.Prediction:
        """Answer, and be judged."""
        prediction = super().forward(situation, message)
        self.judge.note(form_of(self), situation, message, prediction.commands)
        return prediction


def form_of(program: Any) -> Form:
    """What an optimizer has made of a program."""
    return program.predict.signature.instructions, tuple(_demo(each) for each in program.predict.demos)


def put_on(program: Any, form: Form) -> Any:
    """A copy of the program in this form."""
    instructions, demos = form
    copied = program.deepcopy()
    copied.predict.signature = copied.predict.signature.with_instructions(instructions)
    copied.predict.demos = [
        dspy.Example(situation=demo.situation, message=demo.message, commands=list(demo.commands)).with_inputs(
            "situation", "message"
        )
        for demo in demos
    ]
    return copied


def _demo(example: Any) -> Demo:
    wishes = tuple(wish for wish in example.commands if isinstance(wish, Wish))
    return Demo(situation=example.situation, message=example.message, commands=wishes)
