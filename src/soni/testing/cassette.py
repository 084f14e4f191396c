"""What a language model has understood in conversation tests, kept in a file, so that they can be played without it.

A cassette is a JSON file beside the conversation file. An entry is found by the assistant, the situation and the message,
never by the words of a prompt: prompts may change, and what was understood still holds.
"""

import hashlib
import json
import os
import re
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from json import JSONDecodeError
from pathlib import Path
from typing import Any, Final, Self

from soni.config.models import SoniConfig
from soni.dialogue.commands import Clarify, Command, CorrectSlot, SetSlot, StartFlow
from soni.errors import ConfigurationError, NLUError, Problem, SoniError
from soni.testing.notation import note, read_note
from soni.understanding.base import Briefing, Understander
from soni.value import Value

SUFFIX: Final = ".cassette.json"
VERSION: Final = 1
"""Of the file's form."""
_KEY: Final = re.compile(r"[0-9a-f]{64}")
_UNSEEN: Final = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What breaks a line, turns its direction, or cannot be written as UTF-8: a diff must show it."""
_FIELDS: Final = ("key", "assistant", "flow", "slot", "said", "hidden", "commands")


class NotRecorded(SoniError):
    """What was understood is not in the cassette.

    No ``NLUError``: a conversation recovers from those, and then a test could pass that has tested nothing.
    """


class CannotRecord(NotRecorded):
    """What was understood cannot be kept in the cassette."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one message means in one situation."""

    key: str
    """Of the assistant, the situation and the message: a SHA-256, in hexadecimal."""
    assistant: str
    """The ``fingerprint`` of the assistant."""
    flow: str | None
    """The flow the user was in."""
    slot: str | None
    """The slot that was asked for; ``None`` where none was."""
    said: str | None
    """``None`` where it is hidden: it may have something sensitive in it."""
    commands: tuple[Command, ...]
    """Where what was said is hidden, the values of ``hidden`` tell where in it they stand: ``{"said": [3, 7]}``."""
    hidden: frozenset[str] = frozenset()
    """Slots whose values are part of what was said, and hidden with it."""


class Cassette:
    """The entries of one file, for one assistant as it is now.

    Open it with ``read``; what is added is in the file after ``save``.
    """

    def __init__(
        self, path: Path, assistant: str, sensitive: Collection[str] = (), entries: Iterable[Entry] = ()
    ) -> None:
        """``assistant`` is its ``fingerprint``; ``sensitive`` names its sensitive slots."""
        self.path = path
        self._assistant = assistant
        self._sensitive = frozenset(sensitive)
        self._entries = {entry.key: entry for entry in entries}
        self._used: set[str] = set()
        self.added = 0
        """Entries that were not there when it was opened."""

    @classmethod
    def read(cls, path: Path, assistant: str, sensitive: Collection[str] = ()) -> Self:
        """The cassette in this file, empty where there is none. Raises ConfigurationError."""
        return cls(path, assistant, sensitive, _read(path))

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, said: str, briefing: Briefing) -> list[Command] | None:
        """What the message was understood as in this situation; ``None`` where that is not known."""
        entry = self._entries.get(key_of(self._assistant, said, briefing))
        if entry is None:
            return None
        self._used.add(entry.key)
        try:
            return _told(entry, said)
        except ValueError as error:
            raise _damaged(self.path, f"the entry {entry.key[:12]}: {error}") from None

    def add(self, said: str, briefing: Briefing, commands: Sequence[Command]) -> list[Command]:
        """Keep what the message was understood as; gives it back as it will be found again.

        Raises CannotRecord where that would write down something sensitive.
        """
        entry = Entry(
            key=key_of(self._assistant, said, briefing),
            assistant=self._assistant,
            flow=briefing.active_flow,
            slot=briefing.expected.slot if briefing.expected else None,
            said=said,
            # Through its notation: nobody else holds its values, and what is tested now is what will be found.
            commands=tuple(read_note(json.loads(json.dumps(note(command)))) for command in commands),
        )
        if self.hides(said, briefing) or any(self._sensitive & _slots_of(command).keys() for command in commands):
            entry = _hide(entry, said, self._sensitive)
        self.added += entry.key not in self._entries
        self._entries[entry.key] = entry
        self._used.add(entry.key)
        return _told(entry, said)

    def hides(self, said: str, briefing: Briefing) -> bool:
        """True where what is said answers a sensitive question, or says a secret again."""
        answers = briefing.expected is not None and briefing.expected.slot in self._sensitive
        return answers or any(secret in said for secret in briefing.secrets if secret)

    def why_missing(self, said: str, briefing: Briefing) -> str:
        """What may help to see why a message is not found; empty where it was simply never recorded."""
        if not self._entries:
            return ""
        others = {entry.assistant for entry in self._entries.values()} - {self._assistant}
        if any(key_of(other, said, briefing) in self._entries for other in others):
            return "It was recorded, and the assistant has been changed since."
        if any(entry.said == said and entry.assistant == self._assistant for entry in self._entries.values()):
            return (
                "It was recorded in another situation. If it is another one every time, look for a slot whose value"
                " changes: a date in a test without 'now', a number from an action without a stub."
            )
        return ""

    def drop_unused(self) -> int:
        """Forget the entries that nobody has asked for since it was opened; how many they were."""
        before = len(self._entries)
        self._entries = {key: entry for key, entry in self._entries.items() if key in self._used}
        return before - len(self._entries)

    def save(self) -> bool:
        """Write the file, whole or not at all; False where nothing has changed. Raises SoniError."""
        text = _write(self._entries.values())
        try:
            if not self.path.exists() and not self._entries:
                return False
            if self.path.exists() and self.path.read_text(encoding="utf-8") == text:
                return False
            _replace(self.path, text)
        except OSError as error:
            raise SoniError(f"{self.path} cannot be written: {error.strerror}.") from error
        return True


class Replaying:
    """Understands what a cassette knows, and asks nobody."""

    def __init__(self, cassette: Cassette, command: str = "soni test --record") -> None:
        """``command`` is what records what is missing."""
        self._cassette = cassette
        self._command = command

    async def understand(self, said: str, briefing: Briefing) -> list[Command]:
        """What the cassette has for this message. Raises NotRecorded."""
        commands = self._cassette.find(said, briefing)
        if commands is not None:
            return commands
        hidden = self._cassette.hides(said, briefing)
        what = "what was said" if hidden else json.dumps(said, ensure_ascii=False)
        why = self._cassette.why_missing(said, briefing)
        words = f"{self._cassette.path.name} does not know what is meant by {what} {_where(briefing)}."
        raise NotRecorded(" ".join([words, *([why] if why else []), f"Record it with: {self._command}"]))


class Recording:
    """Understands what a cassette knows, and asks another understander for what is missing, which is added."""

    def __init__(self, understander: Understander, cassette: Cassette) -> None:
        self._understander = understander
        self._cassette = cassette

    async def understand(self, said: str, briefing: Briefing) -> list[Command]:
        """What the cassette has for this message now. Raises CannotRecord, also where understanding fails."""
        commands = self._cassette.find(said, briefing)
        if commands is not None:
            return commands
        try:
            commands = await self._understander.understand(said, briefing)
        except (NLUError, ConfigurationError) as error:
            raise CannotRecord(f"Nothing is recorded of it, because understanding failed: {error.message}") from error
        return self._cassette.add(said, briefing, commands)


def cassette_path(conversations: Path) -> Path:
    """Where the cassette of a conversation file is: ``banking.conversation.yaml`` → ``banking.cassette.json``."""
    return conversations.with_name(conversations.name.removesuffix(".conversation.yaml") + SUFFIX)


def fingerprint(config: SoniConfig) -> str:
    """Changes when what understanding reads of an assistant changes: its slots and its flows; 12 hexadecimal digits.

    What it says and what it calls are left out. Where a webhook is differs from machine to machine.
    """
    written = json.dumps(config.model_dump(mode="json", by_alias=True, include={"slots", "flows"}), sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:12]


def key_of(assistant: str, said: str, briefing: Briefing) -> str:
    """The key of a message in a situation, of an assistant with this fingerprint."""
    expected = briefing.expected
    situation = {
        "language": briefing.language,
        "active_flow": briefing.active_flow,
        "expected": None if expected is None else [expected.flow, expected.slot, list(expected.buttons.values())],
        "slots": dict(briefing.slots),
        "asked": list(briefing.asked),
        "offered": [list(offer) for offer in briefing.offered.items()],  # "the second one": their order matters
        "choosing": briefing.choosing,
        "flows": sorted(briefing.flows),
    }
    canonical = json.dumps([assistant, situation, said], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _where(briefing: Briefing) -> str:
    if briefing.expected is not None and briefing.expected.slot is not None:
        return f"as an answer to {briefing.expected.slot!r} in {briefing.expected.flow!r}"
    if briefing.expected is not None:
        return f"as a yes or a no in {briefing.expected.flow!r}"
    return "outside of any flow" if briefing.active_flow is None else f"in {briefing.active_flow!r}"


# --- what is sensitive ---------------------------------------------------------------------------------------------


def _hide(entry: Entry, said: str, sensitive: Collection[str]) -> Entry:
    """The entry without what was said: a value is kept as the place where it stands in the message."""
    hidden: set[str] = set()

    def place(slot: str, value: Value) -> Value:
        text = value if isinstance(value, str) else json.dumps(value)
        scalar = isinstance(value, int | float | str) and not isinstance(value, bool)
        at = said.find(text) if scalar and text else -1
        if at >= 0:
            hidden.add(slot)
            kind: dict[str, Value] = {} if isinstance(value, str) else {"number": True}
            return {"said": [at, at + len(text)], **kind}
        if value is None or (isinstance(value, bool) and slot not in sensitive):
            return value
        raise CannotRecord(
            f"What was understood for {slot!r} is no part of what was said, and beside something sensitive it is not"
            " written down. Say in the test what the message means, with 'commands'."
        )

    commands = tuple(
        _with_slots(command, {slot: place(slot, value) for slot, value in _slots_of(command).items()})
        for command in entry.commands
    )
    return replace(entry, said=None, commands=commands, hidden=frozenset(hidden))


def _told(entry: Entry, said: str) -> list[Command]:
    """The commands with the values that are hidden. Raises ValueError where they are not where they should be."""

    def value_of(slot: str, kept: Value) -> Value:
        if slot not in entry.hidden or not isinstance(kept, dict):
            return kept  # beside what is hidden only yes, no and nothing are written down
        match kept:
            case {"said": [int(start), int(stop)], **kind} if 0 <= start < stop <= len(said):
                found: Value = json.loads(said[start:stop]) if kind else said[start:stop]
                return found
        raise ValueError(f"{slot!r} is no part of what was said")

    fresh = [read_note(json.loads(json.dumps(note(command)))) for command in entry.commands]
    if not entry.hidden:
        return fresh
    return [
        _with_slots(command, {slot: value_of(slot, kept) for slot, kept in _slots_of(command).items()})
        for command in fresh
    ]


def _slots_of(command: Command) -> Mapping[str, Value]:
    match command:
        case SetSlot(slots) | CorrectSlot(slots) | StartFlow(_, slots) | Clarify(_, slots):
            return slots
    return {}


def _with_slots(command: Command, slots: Mapping[str, Value]) -> Command:
    match command:
        case SetSlot() | CorrectSlot() | StartFlow() | Clarify():
            return replace(command, slots=slots)
    return command


# --- the file ------------------------------------------------------------------------------------------------------


def _write(entries: Iterable[Entry]) -> str:
    """As text: sorted by what a reader looks for, so that an entry more is some lines more and changes no others."""
    ordered = sorted(entries, key=lambda e: (e.flow or "", e.slot or "", e.said or "", e.key))
    told = ",\n".join("    {\n" + ",\n".join(_lines(entry)) + "\n    }" for entry in ordered)
    return f'{{\n  "cassette": {VERSION},\n  "entries": [' + (f"\n{told}\n  ]" if told else "]") + "\n}\n"


def _lines(entry: Entry) -> Iterator[str]:
    fields: dict[str, object] = {"flow": entry.flow, "slot": entry.slot, "said": entry.said}
    if entry.hidden:
        fields["hidden"] = sorted(entry.hidden)
    fields |= {"commands": [note(command) for command in entry.commands]}
    fields |= {"assistant": entry.assistant, "key": entry.key}
    for name, value in fields.items():
        yield f'      "{name}": {_UNSEEN.sub(_escaped, json.dumps(value, ensure_ascii=False))}'


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _replace(path: Path, text: str) -> None:
    """Put the text there at once: whoever reads finds the file before or the file after."""
    path = path.resolve()
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with new.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)  # is there only where it did not take the other's place


def _read(path: Path) -> list[Entry]:
    try:
        written = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_once)
    except FileNotFoundError:
        return []
    except JSONDecodeError as error:
        raise _damaged(path, f"this is no JSON: {error.msg}", error.lineno) from None
    except UnicodeDecodeError:
        raise _damaged(path, "this is not text in UTF-8") from None
    except RecursionError:
        raise _damaged(path, "this is nested too deeply") from None
    except ValueError as error:
        raise _damaged(path, str(error)) from None
    except OSError as error:
        raise ConfigurationError(
            problems=[Problem(f"cannot be read: {error.strerror}", file=path, code="unreadable")]
        ) from None
    version = written.get("cassette") if isinstance(written, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise _damaged(path, "this is no cassette")
    if version > VERSION:
        words = f"a later Soni has written this (form {version}); this one reads form {VERSION}"
        raise ConfigurationError(problems=[Problem(words, file=path, code="newer")])
    if written.keys() != {"cassette", "entries"} or not isinstance(written["entries"], list):
        raise _damaged(path, "'cassette' and a list of 'entries' are expected")
    entries: dict[str, Entry] = {}
    for number, each in enumerate(written["entries"]):
        try:
            entry = _entry(each)
            if entry.key in entries:
                raise ValueError("there is another entry with this key")
        except ValueError as error:
            raise _damaged(path, f"entries[{number}]: {error}") from None
        entries[entry.key] = entry
    return list(entries.values())


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"a key stands twice among {', '.join(name for name, _ in pairs)}")
    return found


def _entry(written: object) -> Entry:
    if not isinstance(written, dict):
        raise ValueError("an entry is expected")
    if unknown := sorted(written.keys() - set(_FIELDS)):
        raise ValueError(f"unknown key {unknown[0]!r}")
    if missing := [name for name in _FIELDS if name not in written and name != "hidden"]:
        raise ValueError(f"{missing[0]!r} is missing")
    hidden = written.get("hidden", [])
    match written:
        case {
            "key": str(key),
            "assistant": str(assistant),
            "flow": str() | None as flow,
            "slot": str() | None as slot,
            "said": str() | None as said,
            "commands": list(commands),
        } if _KEY.fullmatch(key) and isinstance(hidden, list) and all(isinstance(name, str) for name in hidden):
            read = []
            for at, noted in enumerate(commands):
                try:
                    read.append(read_note(noted))
                except ValueError as error:
                    raise ValueError(f"commands[{at}]: {error}") from None
            return Entry(key, assistant, flow, slot, said, tuple(read), frozenset(hidden))
    raise ValueError("a key, an assistant, flow, slot, said (texts or null) and a list of commands are expected")


def _damaged(path: Path, words: str, line: int | None = None) -> ConfigurationError:
    hint = "; restore the file, or delete it and record anew with: soni test --record"
    return ConfigurationError(problems=[Problem(words + hint, file=path, line=line, code="damaged")])
