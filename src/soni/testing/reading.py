"""A ``*.conversation.yaml`` file, read: every problem at once, each with its file and line."""

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from soni.config.loader import load_config
from soni.config.models import SoniConfig
from soni.config.source import read
from soni.config.written import Written
from soni.errors import ConfigurationError, Problem
from soni.testing.conversations import ConversationFile, ConversationTest, Stub
from soni.testing.finding import ASSISTANT, find_assistant
from soni.testing.known import Known
from soni.testing.nodes import Node
from soni.testing.steps import read_steps

_TOP: Final = ("assistant", "env", "now", "actions", "tests")
_USER: Final = re.compile(r"[A-Za-z0-9_.@:-]{1,128}")
_NOT_IN_USER: Final = re.compile(r"[^A-Za-z0-9_.@:-]+")


def read_conversations(path: Path | str, environ: Mapping[str, str] | None = None) -> ConversationFile:
    """The tests of a file, with the assistant they are about.

    ``environ`` is where ``${NAME}`` is looked up, in the file and in the assistant; the process's own when left out.
    Raises ConfigurationError with everything that is wrong with the file, or with the assistant.
    """
    path = Path(path)
    environ = os.environ if environ is None else environ
    problems: list[Problem] = []
    top = Node(_read(path, environ, problems), problems).keyed(_TOP, required=("tests",))
    env = _env(top["env"]) if "env" in top else {}
    assistant = _assistant(path, top.get("assistant"), problems)
    config = _load(assistant, _with(environ, env), problems)
    known = Known.of(config) if config else Known()
    now = _now(top["now"]) if "now" in top else None
    stubs = _stubs(top["actions"], known) if "actions" in top else {}
    tests: list[ConversationTest] = []
    for item in top["tests"].items() if "tests" in top else ():
        test = _test(item, known, {test.name: test.line for test in tests})
        tests.append(replace(test, now=test.now or now, actions={**stubs, **test.actions}))
    if problems or assistant is None or config is None:
        raise ConfigurationError(problems=sorted(problems, key=lambda found: (found.file != path, found.line or 0)))
    return ConversationFile(path, assistant, config, tuple(tests), env)


def _read(path: Path, environ: Mapping[str, str], problems: list[Problem]) -> Written:
    try:
        return read(path, environ, problems)
    except ConfigurationError as error:
        # The reader is that of assistants, and so are its words for a file that holds nothing of the kind.
        words = {"empty": "is empty; it begins with 'tests:'", "wrong-type": "begins with 'tests:'"}
        told = [replace(each, message=words.get(each.code, each.message)) for each in error.problems]
        raise ConfigurationError(problems=told) from None


def _env(node: Node) -> Mapping[str, str | None]:
    return {name: None if entry.is_nothing else entry.text() for name, entry in node.named().items()}


def _with(environ: Mapping[str, str], env: Mapping[str, str | None]) -> dict[str, str]:
    kept = {name: value for name, value in environ.items() if name not in env}
    return kept | {name: value for name, value in env.items() if value is not None}


def _assistant(path: Path, node: Node | None, problems: list[Problem]) -> Path | None:
    if node is not None:
        named = path.parent / node.text()
        if not named.exists():
            node.tell(f"there is no {named}", code="unreadable")
            return None
        return named
    found = find_assistant(path)
    if found is None:
        words = f"there is no {ASSISTANT} beside this file, nor above it; 'assistant: ../my/soni.yaml' names one"
        problems.append(Problem(words, file=path, line=1, code="missing-key"))
    return found


def _load(assistant: Path | None, environ: Mapping[str, str], problems: list[Problem]) -> SoniConfig | None:
    if assistant is None:
        return None
    try:
        return load_config(assistant, environ)
    except ConfigurationError as error:
        problems += error.problems
        return None


def _test(node: Node, known: Known, names: Mapping[str, int]) -> ConversationTest:
    known_keys = ("name", "actions", "now", "user", "language", "steps")
    entries = node.keyed(known_keys, ("name", "steps"), "a test with a name and steps")
    name = entries["name"].text() if "name" in entries else ""
    if name and name in names:
        entries["name"].tell(f"the test on line {names[name]} has this name already", code="duplicate-name")
    return ConversationTest(
        name=name,
        line=node.line,
        steps=read_steps(entries["steps"], known) if "steps" in entries else (),
        user=_user(entries["user"]) if "user" in entries else f"test:{_NOT_IN_USER.sub('-', name)[:100]}",
        actions=_stubs(entries["actions"], known) if "actions" in entries else {},
        now=_now(entries["now"]) if "now" in entries else None,
        language=entries["language"].name("language", known.languages) if "language" in entries else None,
    )


def _user(node: Node) -> str:
    user = node.text()
    if user and not _USER.fullmatch(user):
        node.tell("a user id has 1 to 128 letters, digits and characters of _.@:-", code="wrong-value")
    return user


def _now(node: Node) -> datetime | None:
    written = node.text()
    try:
        now = datetime.fromisoformat(written)
    except ValueError:
        if written:
            node.tell(f"a date and time such as 2050-01-31T10:00 is expected, not {written!r}", code="wrong-value")
        return None
    return now if now.tzinfo is not None else now.replace(tzinfo=UTC)


def _stubs(node: Node, known: Known) -> Mapping[str, tuple[Stub, ...]]:
    stubs = {}
    for name, entry in node.named("a mapping of actions").items():
        entry.check_name(name, "action", known.actions)
        stubs[name] = tuple(_stub(each, name, known) for each in (entry.items() if entry.is_list else (entry,)))
        if not stubs[name]:
            entry.tell("at least one outcome is expected: outputs, or an error", code="missing-key")
    return stubs


def _stub(node: Node, action: str, known: Known) -> Stub:
    if node.is_nothing:
        return Stub()
    entries = node.named() if node.is_mapping else {}
    if list(entries) == ["error"] and "error" not in (known.outputs.get(action) or ()):
        return Stub(error=entries["error"].text())
    return Stub(known.output_values(node, action))
