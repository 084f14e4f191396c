"""Reads YAML as YAML 1.2, within limits, and keeps the places.

The events come from PyYAML (libyaml where it is there); nothing is built from them before the limits have looked.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NoReturn, TypeAlias

import yaml

from soni.config.environment import expand
from soni.config.problems import Route, spell
from soni.config.values import FromEnvironment, case_key, kind, read_scalar
from soni.config.written import Entry, Written
from soni.errors import ConfigurationError, Problem
from soni.value import Scalar

MAX_BYTES: Final = 1024 * 1024
"""Of a file."""
MAX_DEPTH: Final = 100
"""Levels of nesting: deeper than any flow, far from Python's own limit."""
MAX_NODES: Final = 100_000
"""Values in a file, those behind an alias counted as often as it is used: many times the largest assistant."""


def files_of(path: Path, problems: list[Problem]) -> list[Path]:
    """The files of an assistant, in name order; what is odd about a folder is added to ``problems``."""
    if not is_folder(path):
        return [path]
    problems += [
        Problem("is not read: name it *.yaml", file=other, severity="note", code="other-file")
        for other in sorted(path.glob("*.yml"))
    ]
    files = [file for file in sorted(path.glob("*.yaml")) if not file.name.startswith(".")]
    assistant = [file for file in files if not file.name.endswith(_TEST)]
    if not assistant:
        problems.append(Problem("there is no *.yaml file in this folder", file=path, code="unreadable"))
    return assistant


_TEST: Final = ".conversation.yaml"


def is_folder(path: Path) -> bool:
    """Whether a path leads to a folder; a path that leads nowhere does not."""
    try:
        return path.is_dir()
    except (OSError, ValueError):  # no right to look, or no path at all
        return False


def read(path: Path, environ: Mapping[str, str], problems: list[Problem]) -> Written:
    """A YAML file. What can be passed over is added to ``problems``; raises ConfigurationError for what cannot."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        _refuse(f"cannot be read: {reason.lower()}", path, code="unreadable")
    if len(raw) > MAX_BYTES:
        _refuse("is larger than 1 MiB, the most a file may have; a folder may hold several", path, code="too-large")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        _refuse("is not UTF-8 text; save it as UTF-8", path, line, code="not-utf-8")
    return read_text(text, path, environ, problems)


def read_text(text: str, file: Path | None, environ: Mapping[str, str], problems: list[Problem]) -> Written:
    """A mapping from a text. What can be passed over is added to ``problems``; raises ConfigurationError otherwise."""
    tree = compose(text, file, environ, problems)
    if not isinstance(tree.content, dict):
        message = f'an assistant is a mapping that begins with version: "1.0", not {kind(tree.content)}'
        _refuse(message, file, tree.line, code="wrong-type")
    return tree


def compose(text: str, file: Path | None, environ: Mapping[str, str], problems: list[Problem]) -> Written:
    """Any YAML value from a text; problems as in ``read_text``."""
    try:
        return _Composer(text, file, environ, problems).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        _refuse(_syntax(error, text), file, mark.line + 1 if mark else None, code="syntax")
    except yaml.reader.ReaderError as error:
        character = error.character if isinstance(error.character, int) else ord(error.character[:1] or "?")
        line = text[: max(text.find(chr(character)), 0)].count("\n") + 1
        _refuse(f"the character U+{character:04X} is not allowed in YAML", file, line, code="syntax")


_BaseParser: TypeAlias = yaml.SafeLoader | yaml.CSafeLoader
_PARSER: Final[type[_BaseParser]] = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_YAML: Final = "tag:yaml.org,2002:"
_TAGGED: Final[Mapping[str, tuple[type, ...]]] = {
    "int": (int,), "float": (float, int), "bool": (bool,), "null": (type(None),),
}  # fmt: skip
_HINT: Final = "; a text with ': ' or ' #' in it, or one that begins with { [ > | * & ! % @, needs quotes"
_BEGINS_SO: Final = re.compile(
    r"[\s-]*(?P<key>[\w.-]{1,60}):\s+(?P<text>(?:\{[^{}]*\}|\[[^\[\]]*\])\s*[^\s#].{0,80})\s*"
)
"""A line with a text that begins as a mapping or a list would, and goes on."""
_BRACKETS: Final = {"a flow mapping": ("{", "}"), "a flow sequence": ("[", "]")}


class _Composer:
    """Builds the tree from the events of one file."""

    def __init__(self, text: str, file: Path | None, environ: Mapping[str, str], problems: list[Problem]) -> None:
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=_PARSER)
        self._file = file
        self._environ = environ
        self._problems = problems
        self._anchors: dict[str, Written | None] = {}
        """``None`` while the value that an anchor names is still being read."""
        self._left = MAX_NODES

    def document(self) -> Written:
        next(self._events)  # the stream starts
        if isinstance(next(self._events), yaml.StreamEndEvent):
            self._stop('is empty; an assistant begins with: version: "1.0"', 1, code="empty")
        tree = self._node(next(self._events), ())
        next(self._events)  # the document ends
        if not isinstance(after := next(self._events), yaml.StreamEndEvent):
            line = _line(after)
            self._stop("a second document begins here; a file holds one ('---' only at its top)", line, code="syntax")
        return tree

    def _node(self, event: yaml.Event, route: Route) -> Written:
        line = _line(event)
        if len(route) > MAX_DEPTH:
            self._stop(f"is nested more than {MAX_DEPTH} levels deep here", line, code="too-deep")
        assert isinstance(event, yaml.NodeEvent)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event.anchor or "", line, route)
        self._spend(1, line)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        match event:
            case yaml.ScalarEvent():
                node = Written(self._scalar(event, route), line, _line(event, end=True), self._file)
            case yaml.SequenceStartEvent():
                node = self._sequence(event, route)
            case _:
                node = self._mapping(event, route)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, name: str, line: int, route: Route) -> Written:
        if name not in self._anchors:
            self._stop(f"the alias *{name} has no anchor &{name} before it", line, code="syntax")
        node = self._anchors[name]
        if node is None:
            self._stop(f"the alias *{name} stands within what it means, without end", line, code="too-deep")
        self._spend(node.size, line)
        if len(route) + node.depth() > MAX_DEPTH:
            self._stop(f"is nested more than {MAX_DEPTH} levels deep here", line, code="too-deep")
        return node

    def _sequence(self, start: yaml.SequenceStartEvent, route: Route) -> Written:
        line = _line(start)
        self._known(start.tag, "seq", route, line)
        items: list[Written] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*route, len(items))))
        end = max([line, *(item.end for item in items)])
        size = 1 + sum(item.size for item in items)
        return Written(items, line, end, self._file, flow_style=bool(start.flow_style), size=size)

    def _mapping(self, start: yaml.Event, route: Route) -> Written:
        assert isinstance(start, yaml.MappingStartEvent)
        line = _line(start)
        self._known(start.tag, "map", route, line)
        entries: dict[Scalar, Entry] = {}
        merged: list[Written] = []
        end = line
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            at = _line(event)
            key, known = self._key(event, route)
            node = self._node(next(self._events), (*route, case_key(key)))
            end = max(end, at, node.end)
            if known and key == "<<" and isinstance(event, yaml.ScalarEvent) and not event.style:
                merged.extend(self._merged(node, (*route, key), at))
            elif key in entries:
                twice = f"the key {_shown(key)} stands twice: on lines {entries[key].line} and {at}"
                self._tell(twice, (*route, case_key(key)), at, "duplicate-key")
            elif known:
                entries[key] = Entry(node, self._file, at, event.start_mark.column if event.start_mark else 0)
        for source in merged:
            entries = {**source.entries(), **entries}
        size = 1 + sum(entry.node.size for entry in entries.values())
        return Written(entries, line, end, self._file, flow_style=bool(start.flow_style), size=size)

    def _key(self, event: yaml.Event, route: Route) -> tuple[Scalar, bool]:
        """A key, and whether it is one."""
        node = self._node(event, (*route, "?"))
        if isinstance(node.content, bool | int | float | str):
            return node.content, True
        what = "nothing" if node.content is None else kind(node.content)
        if node.flow_style and isinstance(node.content, dict):
            what += "; what begins with { needs quotes, {{ an expression }} as well"
        self._tell(f"a key is a name, a number, true or false, not {what}", route, _line(event), "bad-key")
        return "?", False

    def _merged(self, node: Written, route: Route, line: int) -> list[Written]:
        """What ``<<`` brings in, the most important first."""
        sources = node.items() or [node]
        if any(not isinstance(source.content, dict) for source in sources):
            self._tell("'<<' takes an alias of a mapping, or a list of such aliases", route, line, "bad-key")
            return []
        return sources

    def _scalar(self, event: yaml.ScalarEvent, route: Route) -> Scalar | None:
        text: str = event.value
        line = _line(event)
        if "${" in text:
            text, unknown = expand(text, self._environ)
            for name in unknown:
                instead = f"set it, write ${{{name}:-a default}}, or $${{{name}}} where no variable is meant"
                self._tell(f"there is no environment variable {name}; {instead}", route, line, "unknown-variable")
            if isinstance(text, FromEnvironment):
                return text
        if event.tag not in (None, "!") and (name := event.tag.removeprefix(_YAML)) != "str":
            if name not in _TAGGED:
                self._known(event.tag, "str", route, line)
                return text
        elif event.style or event.tag:
            return text
        try:
            value = read_scalar(text)
        except ValueError as error:
            self._tell(str(error), route, line, "bad-number")
            return text
        if event.tag and not isinstance(value, _TAGGED[name]):
            self._tell(f"{text!r} is no {name}", route, line, "bad-tag")
        return value

    def _known(self, tag: str | None, expected: str, route: Route, line: int) -> None:
        if tag not in (None, "!", f"{_YAML}{expected}"):
            name = tag.replace(_YAML, "!!")
            self._tell(f"the tag {name} is not known here; assistants need none", route, line, "bad-tag")

    def _spend(self, size: int, line: int) -> None:
        self._left -= size
        if self._left < 0:
            self._stop(f"holds more than {MAX_NODES:,} values, aliases counted as often as they are used", line,
                       code="too-large")  # fmt: skip

    def _tell(self, message: str, route: Route, line: int, code: str) -> None:
        self._problems.append(Problem(message, key=spell(route), file=self._file, line=line, code=code))

    def _stop(self, message: str, line: int, code: str) -> NoReturn:
        _refuse(message, self._file, line, code=code)


def _line(event: yaml.Event, *, end: bool = False) -> int:
    mark = event.end_mark if end else event.start_mark
    return mark.line + 1 if mark else 1


def _shown(key: Scalar) -> str:
    return str(key).lower() if isinstance(key, bool) else repr(key)


def _syntax(error: yaml.MarkedYAMLError, text: str) -> str:
    mark = error.problem_mark
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "is indented with a tab; YAML takes spaces"
    for what, (opening, closing) in _BRACKETS.items():
        if what in (error.context or "") and error.context_mark is not None:
            begun = error.context_mark.line + 1
            return (
                f"this is not YAML: here the {opening} of line {begun} needs a comma or its {closing};"
                f" within {opening} {closing}, a text with a comma or one of {{ }} [ ] in it needs quotes"
            )
    if (begun_so := _BEGINS_SO.fullmatch(line)) is not None:
        key, opening, shown = begun_so["key"], begun_so["text"][0], begun_so["text"].replace('"', '\\"')
        return f'this is not YAML: what begins with {opening} is no text; as one, it needs quotes: {key}: "{shown}"'
    context = f" {error.context}" if error.context else ""
    return f"this is not YAML: {error.problem or 'something is wrong'}{context}{_HINT}"


def _refuse(message: str, file: Path | None, line: int | None = None, *, code: str) -> NoReturn:
    raise ConfigurationError(problems=[Problem(message, file=file, line=line, code=code)])
