"""Writes present names in place of earlier ones, keeping comments and layout; and only where the meaning stays.

Keys are renamed where they stand. What has moved is cut out, line by line, and put where it belongs now. The result is
read again before anything is written: where it would mean something else, the files stay as they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from soni.config.earlier import SETTINGS, modernise
from soni.config.merge import merged
from soni.config.source import files_of, read_text
from soni.config.written import Entry, Written, placed
from soni.errors import ConfigurationError, Problem


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What became of the earlier names of an assistant."""

    files: tuple[Path, ...]
    """The files that were written."""
    left: tuple[Problem, ...]
    """What still has an earlier name; to be written by hand."""


def rewrite(path: Path | str) -> Rewriting:
    """Write present names in the files of an assistant. Raises ConfigurationError where they cannot be read."""
    files = files_of(Path(path), [])
    before = {file: file.read_bytes().decode("utf-8") for file in files}
    after = {file: _rewritten(text, file) for file, text in before.items()}
    changed = tuple(file for file in files if before[file] != after[file])
    if changed and _meaning(after) != _meaning(before):
        return Rewriting((), _earlier(before))
    for file in changed:
        file.write_bytes(after[file].encode())
    return Rewriting(changed, _earlier(after))


def _meaning(texts: dict[Path, str]) -> object:
    """What the files say, earlier names read as present ones."""
    problems: list[Problem] = []
    tree = merged([read_text(text, file, {}, problems) for file, text in texts.items()], problems)
    modernise(tree)
    return tree.plain(), sorted(
        (problem.code, problem.message) for problem in problems if problem.code != "unknown-variable"
    )


def _earlier(texts: dict[Path, str]) -> tuple[Problem, ...]:
    """The earlier names in the files."""
    tree = merged([read_text(text, file, {}, []) for file, text in texts.items()], [])
    notes = [finding for finding in modernise(tree) if finding.code == "earlier-name"]
    return tuple(placed(finding, tree) for finding in notes)


def _rewritten(text: str, file: Path) -> str:
    """One file with present names, as far as that is plain to do."""
    tree = read_text(text, file, {}, [])
    for change in (_rename_keys, _move_settings, _move_slots):
        changed = change(text, tree)
        try:
            # Each change moves the lines, so that the next one looks again.
            text, tree = changed, read_text(changed, file, {}, [])
        except ConfigurationError:
            continue  # an anchor went with what was moved, perhaps: this one is for its author
    return text


# --- keys that are renamed where they stand ------------------------------------------------------------------------


def _rename_keys(text: str, tree: Written) -> str:
    lines = text.split("\n")
    renames = {(entry.line or 1, entry.column): (earlier, present) for entry, earlier, present in _renamed(tree)}
    for (line, column), (earlier, present) in sorted(renames.items(), reverse=True):
        before, key = lines[line - 1][:column], lines[line - 1][column:]
        if key.lstrip("\"'").startswith(earlier):
            lines[line - 1] = before + key.replace(earlier, present, 1)
    return "\n".join(lines)


def _renamed(node: Written) -> Iterator[tuple[Entry, str, str]]:
    """Keys that have another name now, wherever they stand."""
    kind = node.get("type")
    pairs = [("validation_error_message", "invalid_message")]
    if kind is not None and kind.content in ("call", "link"):
        pairs.append(("target", "flow"))
    for earlier, present in pairs:
        if earlier in node.entries() and present not in node.entries():
            yield node.entries()[earlier], earlier, present
    for inner in node.items() or [entry.node for entry in node.entries().values()]:
        yield from _renamed(inner)


# --- settings that have moved --------------------------------------------------------------------------------------


def _move_settings(text: str, tree: Written) -> str:
    settings = tree.get("settings")
    if settings is None or settings.flow_style or "models" in settings.entries():
        return text
    moved = {name: entry for name, entry in settings.entries().items() if name in SETTINGS}
    if not moved:
        return text
    lines = text.split("\n")
    first = min(moved.values(), key=lambda entry: entry.line or 1)
    indent = " " * first.column
    block = [f"{indent}models:"]
    for group in ("nlu", "rephraser"):
        of_group = {name: entry for name, entry in moved.items() if SETTINGS[str(name)][1] == group}
        if of_group and group == "rephraser":
            block.append(f"{indent}  rephraser:")
        for name, entry in of_group.items():
            way = SETTINGS[str(name)]
            key, *rest = lines[(entry.line or 1) - 1 : entry.node.end]
            deeper = "  " * (len(way) - 1)
            block.append(deeper + key.replace(str(name), way[-1], 1))
            block += [deeper + line for line in rest]
    return _cut(lines, list(moved.values()), {first.line or 1: block})


# --- slots that flows had of their own -----------------------------------------------------------------------------


def _move_slots(text: str, tree: Written) -> str:
    lines = text.split("\n")
    flows = tree.get("flows")
    cut: list[Entry] = []
    slots: dict[str, object] = {}
    for entry in flows.entries().values() if flows else ():
        own = entry.node.entries().get("slots")
        if own is None or entry.node.flow_style:
            continue
        items = [item for item in map(_as_written, own.node.items()) if "name" in item]
        if len(items) == len(own.node.items()):
            cut.append(own)
            slots |= {str(item["name"]): {key: item[key] for key in item if key != "name"} for item in items}
    there = tree.entries().get("slots")
    if not slots or (there is not None and there.node.flow_style):
        return text
    known = there.node.entries() if there is not None else {}
    column = min((entry.column for entry in known.values()), default=2)
    new = {name: slot for name, slot in slots.items() if name not in known}
    written = yaml.safe_dump(new, sort_keys=False, allow_unicode=True, width=1000) if new else ""
    block = [" " * column + line for line in written.splitlines()]
    if there is not None:
        return _cut(lines, cut, {there.node.end + 1: block})
    at = tree.entries()["flows"].line or 1
    return _cut(lines, cut, {at: ["slots:", *block, ""]})


def _as_written(item: Written) -> dict[str, object]:
    plain = item.plain()
    return plain if isinstance(plain, dict) else {}


def _cut(lines: list[str], entries: list[Entry], blocks: dict[int, list[str]]) -> str:
    """The lines without those of the entries, and with blocks before the lines of these numbers."""
    gone = {number for entry in entries for number in range(entry.line or 1, entry.node.end + 1)}
    left: list[str] = []
    for number, line in enumerate([*lines, None], start=1):
        left += blocks.get(number, [])
        if line is not None and number not in gone:
            left.append(line)
    return "\n".join(left)
