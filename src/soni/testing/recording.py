"""A stored conversation as a conversation test: what the user said, and what the assistant answered."""

import asyncio
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import dropwhile
from pathlib import Path
from typing import Final

import yaml

from soni.config.models import SoniConfig
from soni.config.settings import Persistence
from soni.dialogue.state import Dialogue, Line
from soni.errors import ConfigurationError, SoniError
from soni.persistence.dialogues import Saved
from soni.persistence.store import open_store
from soni.testing.conversations import SUFFIX
from soni.testing.finding import find_assistant

MASK: Final = "…"
"""Stands in the history for what was said into a sensitive slot, and for its value."""
_PLAIN: Final = re.compile(r"[A-Za-z](?:[A-Za-z0-9 ,.!?'-]*[A-Za-z0-9.!?])?")
"""Texts that YAML reads as they are, within a list of mappings."""
_WORDS: Final = frozenset({"true", "false", "null"})
"""Those that it does not."""
_AT_ONCE: Final = 2**31
"""Columns: a text is never broken into lines."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A conversation, ready to be written to a file."""

    text: str
    """The YAML."""
    messages: int
    """Of the user."""
    masked: int
    """Those of them that were not kept as they were said: the author has to fill them in."""
    missing: int
    """Those that are not there at all."""


def stored_dialogue(settings: Persistence, user: str) -> Dialogue:
    """What is kept of the conversation with this user.

    Not to be called where an event loop runs. Raises SoniError where there is none, ConfigurationError where the store
    cannot be opened or is in use.
    """
    if settings.backend == "memory":
        raise ConfigurationError(
            "The settings keep conversations in memory: nothing is left of them. --db names a file."
        )
    if settings.backend == "sqlite" and not settings.path.exists():
        raise ConfigurationError(f"There is no {settings.path}; --db names the file of the conversations.")
    saved = asyncio.run(_load(settings, Path.cwd(), user))
    if saved is None:
        raise SoniError(f"There is no conversation with {user!r} in this store.")
    return saved.dialogue


async def _load(settings: Persistence, folder: Path, user: str) -> Saved | None:
    async with open_store(settings, folder, timedelta(seconds=5)) as store:
        return await store.dialogues.load(user)


def record(dialogue: Dialogue, user: str, config: SoniConfig, assistant: str | None = None) -> Recording:
    """The conversation as a file with one test; ``assistant`` is where its assistant is, seen from that file.

    Raises SoniError where nothing of what was said is kept.
    """
    lines = tuple(dropwhile(lambda line: line.role != "user", dialogue.history))
    said = [line.text for line in lines if line.role == "user"]
    if not said:
        raise SoniError(f"Nothing of what {user!r} said is kept (settings.conversation.max_history).")
    sensitive = any(slot.sensitive for slot in config.slots.values())
    missing = max(dialogue.turn - len(said), 0)
    masked = sum(not text.strip() or (sensitive and text == MASK) for text in said)
    name = f"the end of the conversation with {user}" if missing else f"the conversation with {user}"
    language = config.settings.i18n.default_language
    head = [f"assistant: {scalar(assistant)}"] if assistant is not None else []
    head += ["tests:", f"  - name: {scalar(name)}", f"    user: {scalar(user)}"]
    head += [f'    now: "{_time(dialogue)}"'] if dialogue.updated else []
    head += [f"    language: {scalar(dialogue.language)}"] if dialogue.language != language else []
    comments = [f"# {words}" for words in _comments(config, missing, masked)]
    steps = [f"      {line}" for line in _steps(lines, sensitive)]
    text = "\n".join([*comments, *head, "    steps:", *steps]) + "\n"
    return Recording(text, len(said), masked, missing)


def write_recording(recording: Recording, output: Path) -> None:
    """Write it to a file that is not there yet. Raises SoniError where that cannot be done."""
    if not output.name.endswith(SUFFIX):
        raise SoniError(f"{output} would not be found: files of conversation tests are named *{SUFFIX}.")
    try:
        with output.open("x", encoding="utf-8", newline="\n") as file:
            file.write(recording.text)
    except FileExistsError:
        raise SoniError(f"{output} is there already; a recording overwrites nothing.") from None
    except OSError as error:
        raise SoniError(f"{output} cannot be written: {error.strerror}.") from None


def assistant_for(output: Path, config: Path) -> str | None:
    """How a file at this place names its assistant; ``None`` where that one is found without being named."""
    wanted, found = config.resolve(), find_assistant(output)
    if found is not None and wanted in (found, found.parent):
        return None
    return Path(os.path.relpath(wanted, output.resolve().parent)).as_posix()


def scalar(text: str) -> str:
    """A text in one line of YAML that is read back as it is, with no variable of the environment in it."""
    text = text.encode("utf-8", "replace").decode().replace("${", "$${")
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return str(yaml.dump(text, default_style='"', allow_unicode=True, width=_AT_ONCE)).rstrip("\n")


def _comments(config: SoniConfig, missing: int, masked: int) -> Iterator[str]:
    """What whoever reads the file has to know."""
    if missing:
        most = config.settings.conversation.max_history
        yield f"Not complete: missing here are messages of the user, {missing} of them. Of a conversation the last"
        yield f"{most} lines are kept (settings.conversation.max_history), and nothing of what is said to a person."
    if masked:
        yield f"Not kept, because it is sensitive, is what the user said in places, {masked} of them: look for FILL IN."
    writing = [(name, spec.outputs) for name, spec in config.actions.items() if spec.effect == "write"]
    for name, outputs in writing[:1]:
        stub = ", ".join(f"{output}: 1" for output in outputs)
        yield "Actions run for real, unless the test says what they give. Beside its name, for example:"
        yield f"    actions: {{{name}: {{{stub}}}}}"


def _steps(lines: Sequence[Line], sensitive: bool) -> Iterator[str]:
    for at, line in enumerate(lines):
        if line.role == "assistant":
            continue
        if not line.text.strip() or (sensitive and line.text == MASK):
            yield "# FILL IN what was said here."
        yield f"- user: {scalar(line.text.strip() or MASK)}"
        answer = []
        for following in lines[at + 1 :]:
            if following.role == "user":
                break
            answer.append(following.text)
        # After a message that is told in part, the next one may not be told whole: they could be about the same one.
        loose = sensitive and any(MASK in text for text in answer)
        yield from (_bot(text, loose) for text in answer)


def _bot(text: str, loose: bool) -> str:
    parts = [part.strip() for part in text.split(MASK)] if loose else [text]
    told = [scalar(part) for part in parts if part.strip()]
    if loose and told:
        return f"- bot: {{contains: [{', '.join(map(_quoted, told))}]}}"
    return f"- bot: {told[0]}" if told else '- bot: {matches: "^"}  # its words were not kept'


def _quoted(written: str) -> str:
    """Within brackets a text needs quotes where it has a comma; here all have them."""
    return written if written.startswith('"') else f'"{written}"'


def _time(dialogue: Dialogue) -> str:
    return datetime.fromtimestamp(dialogue.updated).astimezone().isoformat(timespec="seconds")
