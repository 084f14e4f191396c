"""A tuned program is plain JSON, and is for the assistant it was made for."""

import json
from pathlib import Path

import pytest

from soni.config.loader import load_config_text
from soni.config.models import SoniConfig
from soni.errors import ConfigurationError
from soni.understanding.model.program import CommandsAdapter, Understand, Understanding
from soni.understanding.model.tuning import Demo, Tuning, read_tuning, write_tuning
from soni.understanding.model.wishes import Wish


def bank(message: str = "Hello.", flow: str = "hello") -> SoniConfig:
    return load_config_text(
        f'version: "1.0"\nslots: {{amount: {{}}}}\nflows: {{{flow}: {{steps: [{{step: hi, type: say, message: {message}}}]}}}}'
    )


def tuned(config: SoniConfig) -> Tuning:
    demo = Demo(situation="s", message='"hi"', commands=(Wish(command="start_flow", flow="hello"),))
    return Tuning(
        assistant=config.fingerprint,
        flows=("hello",),
        slots=("amount",),
        made_by="bootstrap, openai/small",
        instructions="Say what is wanted.",
        demos=(demo,),
    )


def test_a_program_comes_back(tmp_path: Path) -> None:
    """As it was written, and whole."""
    path = tmp_path / "optimized.json"

    write_tuning(tuned(bank()), path)

    assert read_tuning(path, bank()) == tuned(bank())
    assert [file.name for file in tmp_path.iterdir()] == ["optimized.json"]


def test_an_assistant_that_says_it_in_other_words_may_use_it(tmp_path: Path) -> None:
    """What the program knows of it is still there."""
    path = tmp_path / "optimized.json"
    write_tuning(tuned(bank()), path)

    assert read_tuning(path, bank("Good morning.")).demos


def test_a_program_for_another_assistant_is_refused(tmp_path: Path) -> None:
    """With what this one has not."""
    path = tmp_path / "optimized.json"
    write_tuning(tuned(bank()), path)

    with pytest.raises(ConfigurationError, match="made for another assistant: this one has no flow 'hello'"):
        read_tuning(path, bank(flow="goodbye"))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "is not JSON"),
        ("[]", "is not one that 'soni optimize' wrote"),
        ('{"format": 2}', "a later version of Soni"),
        ('{"format": 1, "assistant": 5}', "assistant is not as it should be"),
    ],
)
def test_what_is_no_program_is_refused_in_words(tmp_path: Path, written: str, words: str) -> None:
    """For whoever named the file."""
    path = tmp_path / "optimized.json"
    path.write_text(written)

    with pytest.raises(ConfigurationError, match=words):
        read_tuning(path, bank())


def test_a_program_that_is_not_there_is_said(tmp_path: Path) -> None:
    """With the place it was looked for at."""
    with pytest.raises(ConfigurationError, match=r"gone\.json cannot be read: No such file"):
        read_tuning(tmp_path / "gone.json", bank())


def test_instructions_and_examples_reach_the_model() -> None:
    """The instructions in place of the program's own, each example as a message and its answer."""
    adapter = CommandsAdapter(None)
    program = Understanding(adapter, tuned(bank()))
    predict = program.predict

    messages = adapter.format(predict.signature, predict.demos, {"situation": "now", "message": '"yes"'})

    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert messages[0]["content"].startswith("Say what is wanted.")
    assert json.loads(messages[2]["content"])["commands"][0]["flow"] == "hello"
    assert messages[3]["content"] == '[[ ## situation ## ]]\nnow\n\n[[ ## message ## ]]\n"yes"'
    assert Understand.instructions.startswith("Say what the user of a task-oriented assistant wants")
