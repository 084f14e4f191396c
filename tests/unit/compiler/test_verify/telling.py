"""What the tests of verification share: assistants whose comments say what is to be told, and where."""

import re
from pathlib import Path

from soni.compiler.assistant import verify_assistant
from soni.config.loader import load_config_text
from soni.config.source import read_text
from soni.errors import Problem

HEAD = """\
version: "1.0"
slots:
  x: {type: integer, prompt: X?, scope: conversation, filled_by: user}
  n: {type: integer, filled_by: system}
  m: {type: integer, filled_by: system}
  ok: {type: boolean, filled_by: system}
  name: {prompt: Name?}
  note: {prompt: Note?, required: false}
  tier: {type: choice, prompt: Which?, choices: [basic, gold]}
  member: {type: boolean, scope: conversation, filled_by: system}
actions:
  look: {inputs: [x?], outputs: [n, ok], effect: read}
  need: {inputs: [n, note?], effect: read}
  pay: {inputs: [x?], outputs: [m]}
flows:
"""


def whole(flows: str) -> str:
    """The text of an assistant with these flows; a line ``slots: {…}`` at their end adds slots."""
    lines = flows.strip("\n").split("\n")
    more = [line.removeprefix("slots: {").removesuffix("}") for line in lines if line.startswith("slots:")]
    head = HEAD.replace("actions:\n", "".join(f"  {line}\n" for line in more) + "actions:\n")
    return head + "\n".join(line for line in lines if not line.startswith("slots:")) + "\n"


def verified(flows: str) -> tuple[str, tuple[Problem, ...]]:
    """The whole text of an assistant with these flows, and what verification says of it."""
    text = whole(flows)
    tree = read_text(text, Path("assistant.yaml"), {}, [])
    return text, verify_assistant(load_config_text(text), tree)


def told(flows: str) -> list[tuple[int, str]]:
    """The line and code of everything that is told."""
    return sorted((problem.line or 0, problem.code) for problem in verified(flows)[1])


def marked(flows: str) -> list[tuple[int, str]]:
    """The line and code of everything that the comments say is to be told: ``# told: unreachable-step``."""
    lines = whole(flows).split("\n")
    return [(at, code) for at, line in enumerate(lines, 1) for code in re.findall(r"# told: ([a-z-]+)", line)]


def words(flows: str) -> str:
    """What is told, in words, where it is one thing."""
    (problem,) = verified(flows)[1]
    return problem.message
