"""What the tests of the configuration share: a small assistant, and a way to see what is said of one."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from soni.config.loader import find_problems, find_problems_in_text
from soni.errors import Problem

ASSISTANT = """\
version: "1.0"
slots:
  amount: {type: float, prompt: How much?, min: 0.01, max: 1000}
  who: {type: string, prompt: To whom?}
  vip: {type: boolean, prompt: Are you?}
  tier: {type: choice, prompt: Which?, choices: [basic, {value: gold, synonyms: [best]}]}
  balance: {type: float, filled_by: system}
  note: {type: string}
actions:
  pay: {inputs: [who, amount, reason?], outputs: [receipt, balance]}
responses:
  done: Done.
  said_why: "Because {context.reason}."
flows:
  other: {startable: false, inputs: [who, note?], outputs: [balance], steps: [{step: o, type: noop}]}
"""

Find = Callable[..., tuple[Problem, ...]]


@pytest.fixture
def find() -> Find:
    """All that is said of an assistant in a text."""

    def problems(text: str, environ: Mapping[str, str] | None = None) -> tuple[Problem, ...]:
        return find_problems_in_text(text, environ)[1]

    return problems


@pytest.fixture
def check(find: Find) -> Find:
    """What is said of a flow ``f`` with these steps, or of another addition, in the small assistant."""

    def problems(steps: str = "", **sections: str) -> tuple[Problem, ...]:
        text = ASSISTANT
        for section, lines in sections.items():
            head = f"{section}:\n"
            indented = "".join(f"  {line}\n" for line in lines.splitlines())
            text = text.replace(head, head + indented) if head in text else text + head + indented
        if steps:
            text += "  f:\n    steps:\n" + "".join(f"      {line}\n" for line in steps.splitlines())
        return find(text)

    return problems


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write files into a folder of their own."""

    def written(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        return tmp_path

    return written


@pytest.fixture
def find_in() -> Find:
    """All that is said of an assistant in a file or folder, in an environment that is empty unless given."""

    def problems(path: Path, environ: Mapping[str, str] | None = None) -> tuple[Problem, ...]:
        return find_problems(path, environ or {})[1]

    return problems
