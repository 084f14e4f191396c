"""What the fake model answers: by a script, by a function, or the same to everything; and how commands are written as an answer."""

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

from soni.actions.runner import as_value
from soni.config.source import read
from soni.config.written import Entry, Written
from soni.dialogue.commands import (
    Command,
)
from soni.errors import ConfigurationError, Problem
from soni.testing.dictation import read_command
from soni.testing.known import Known
from soni.testing.nodes import Node
from soni.understanding.model.answers import write_answer
from soni.understanding.model.wishes import to_wishes
from soni.value import Value

Body: TypeAlias = Mapping[str, Any]
"""What a request asks, as JSON."""
Answer: TypeAlias = str | Sequence[Command | str | Mapping[str, object]]
"""The text of an answer as it is; or commands, as values or as conversation tests write them: ``[{"start_flow": "pay"}, "affirm"]``."""


class Oracle(Protocol):
    """Answers a request; ``None`` where it has no answer. It is called in the server's thread, one request at a time."""

    def __call__(self, body: Body, /) -> Answer | None: ...


_FIELD: Final = re.compile(r"^\[\[ ## message ## \]\]\s*", re.MULTILINE)
_ANY_FIELD: Final = re.compile(r"^\[\[ ## .*? ## \]\]", re.MULTILINE)
_JSON: Final = json.JSONDecoder(strict=False)
_TOKEN: Final = re.compile(r"\w+|[^\w\s]")


def said_in(body: Body) -> str:
    """What the user said, of all that a request asks.

    It stands in the last message of the user, as a JSON string in the field ``[[ ## message ## ]]`` at the beginning of a
    line; where there is no such field, the whole message is what was said.
    """
    content = next((text_of(each) for each in reversed(_messages(body)) if each.get("role") == "user"), "")
    # A JSON string has no line break in it: what begins a line is a field, and nothing that a user wrote.
    starts = [found.end() for found in _FIELD.finditer(content)]
    for start in reversed(starts):
        try:
            said, _ = _JSON.raw_decode(content, start)
        except ValueError:
            continue
        if isinstance(said, str):
            return said
    return _ANY_FIELD.split(content[starts[-1] :], maxsplit=1)[0].strip() if starts else content


def text_of(message: Mapping[str, Any]) -> str:
    """The text of a message, whose content is a text or a list of parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def tokens_asked(body: Body) -> int:
    """The tokens of all messages of a request."""
    return sum(count_tokens(text_of(message)) for message in _messages(body))


def count_tokens(text: str) -> int:
    """Words and punctuation marks: not what a real model counts, and always the same for the same text."""
    return sum(1 for _ in _TOKEN.finditer(text))


def _messages(body: Body) -> list[Mapping[str, Any]]:
    return [message for message in body.get("messages", ()) if isinstance(message, dict)]


def as_answer(commands: Iterable[Command]) -> str:
    """Commands as a model writes them: JSON with every key present and every value a text.

    >>> as_answer([StartFlow("pay", {"amount": 50})])
    '{"commands": [{"command": "start_flow", "flow": "pay", "flows": [], "slot": null, "values": [{"slot": "amount", "value": "50"}]}]}'
    """
    return write_answer(to_wishes(commands))


@dataclass(frozen=True, slots=True)
class Script:
    """Answers in words: by what is said, or one after the other."""

    by_text: Mapping[str, str] = field(default_factory=dict)
    in_order: Sequence[str] = ()
    default: str | None = None
    """For what the script has no answer to."""

    @classmethod
    def of(cls, script: "Mapping[str, Answer] | Sequence[Answer] | Path | Script") -> "Script":
        """A script from answers, or from a file. Raises ConfigurationError for commands that cannot be read."""
        if isinstance(script, Script):
            return script
        if isinstance(script, Path):
            return read_script(script)
        if isinstance(script, Mapping):
            return cls(by_text={said.strip(): spelt(answer) for said, answer in script.items()})
        return cls(in_order=tuple(map(spelt, script)))


class Answers:
    """The script first, then the oracle, then the default."""

    def __init__(self, script: Script, oracle: Oracle | None, default: Answer) -> None:
        self._script = script
        self._in_order = iter(script.in_order)
        self._oracle = oracle
        self._default = spelt(default) if script.default is None else script.default

    def with_script(self, script: Script) -> "Answers":
        """The same, with another script."""
        return Answers(script, self._oracle, self._default)

    def to(self, body: Body) -> str:
        """The answer to a request. Raises what the oracle raises."""
        if (scripted := self._script.by_text.get(said_in(body).strip())) is not None:
            return scripted
        if (next_one := next(self._in_order, None)) is not None:
            return next_one
        if self._oracle is not None and (told := self._oracle(body)) is not None:
            return spelt(told)
        return self._default


def spelt(answer: Answer) -> str:
    """An answer as text. Raises ConfigurationError for commands that cannot be read."""
    if isinstance(answer, str):
        return answer
    problems: list[Problem] = []
    commands = [_command(each, problems) for each in answer]
    if problems:
        raise ConfigurationError(problems=problems)
    return as_answer(commands)


def _command(command: Command | str | Mapping[str, object], problems: list[Problem]) -> Command:
    if isinstance(command, str | Mapping):
        return read_command(Node(_written(as_value(command)), problems), Known())
    return command


def _written(value: Value) -> Written:
    if isinstance(value, dict):
        return Written({key: Entry(_written(each)) for key, each in value.items()})
    return Written([_written(each) for each in value] if isinstance(value, list) else value)


def read_script(path: Path) -> Script:
    """A script from YAML, with ``answers`` (a mapping from what is said, or a list) and ``default``.

    Raises ConfigurationError with everything that is wrong with it, each with its line.
    """
    problems: list[Problem] = []
    top = Node(_read(path, problems), problems).keyed(("answers", "default"), what="'answers:' or 'default:'")
    answers = top.get("answers")
    by_text: dict[str, str] = {}
    in_order: list[str] = []
    if answers is not None and answers.is_list:
        in_order = [_answer(item) for item in answers.items()]
    elif answers is not None:
        named = answers.named("a mapping from what is said to answers, or a list of answers")
        by_text = {said.strip(): _answer(node) for said, node in named.items()}
    default = _answer(top["default"]) if "default" in top else None
    if problems:
        raise ConfigurationError(problems=problems)
    return Script(by_text, in_order, default)


def _answer(node: Node) -> str:
    if node.is_list:
        return as_answer([read_command(item, Known()) for item in node.items()])
    if isinstance(node.written.content, str):
        return node.written.content
    node.expected("a text, or a list of commands such as [{start_flow: transfer_money}]")
    return ""


def _read(path: Path, problems: list[Problem]) -> Written:
    try:
        return read(path, os.environ, problems)
    except ConfigurationError as error:
        # The reader is that of assistants, and so are its words for a file that holds nothing of the kind.
        words = {"empty": "is empty; it begins with 'answers:'", "wrong-type": "begins with 'answers:'"}
        told = [replace(each, message=words.get(each.code, each.message)) for each in error.problems]
        raise ConfigurationError(problems=told) from None
