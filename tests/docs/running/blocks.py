"""A page of the documentation as its fenced blocks, each with what the HTML comments before it say is to be done with it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Final

ROOT: Final = Path(__file__).parents[3]

MARKERS: Final[Mapping[str, str]] = {
    "not run": "why this block is not run: what it needs that a test has not",
    "run by": "the test that runs this block instead, such as tests/integration/words/test_how_to.py",
    "file": "the file that this block is, where its first line does not say so",
    "base": "the assistant whose slots and actions this YAML uses: a file of this repository",
    "within": "the key under which this YAML stands, such as flows.transfer_money",
    "schema": "the schema of the OpenAPI description that this JSON fits, such as ChatReply",
    "exit code": "the exit code of this shell block, where it is not 0",
    "before": "a line of shell that is run before this block; 'stop' ends the services of the page",
}
"""What may stand in an HTML comment before a block, and what it means."""

PAGE_MARKERS: Final[Mapping[str, str]] = {
    "folder": "a folder or file of this repository that is copied to where the page begins; '.' for a clone",
    "after": "the page before this one: the files that it makes are there, and those of the page before it",
    "needs": "postgres or redis: a real one is started, and SONI_DATABASE_URL or SONI_REDIS_URL names it",
}
"""What may stand in an HTML comment anywhere on a page, about the whole of it."""

_COMMENT: Final = re.compile(r"<!--\s*([a-z ]+?):\s*(.*?)\s*-->")
_FENCE: Final = re.compile(r"^(?P<indent>[ ]*)(?P<fence>`{3,})(?P<language>[\w-]*).*$")
_NAME: Final = re.compile(r"^(?:#|//)\s*(?P<name>[\w./-]+\.(?:ya?ml|py|json|txt|toml|sh))(?::.*)?$")


@dataclass(frozen=True)
class Block:
    """A fenced block; ``line`` is that of its first line, counted from one."""

    page: Path
    line: int
    language: str
    text: str
    markers: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where it is, as editors know it."""
        page = self.page.relative_to(ROOT) if self.page.is_relative_to(ROOT) else self.page
        return f"{page}:{self.line}"

    @property
    def file(self) -> str | None:
        """The name of the file that this block is: by its marker, or by its first line (``# soni.yaml``)."""
        if "file" in self.markers:
            return self.markers["file"]
        if self.language in ("sh", "bash", ""):
            return None
        named = _NAME.match(self.text.partition("\n")[0])
        return named["name"] if named else None

    @property
    def skipped(self) -> bool:
        """Whether the page says that nothing is to be done with it here."""
        return "not run" in self.markers or "run by" in self.markers


@dataclass(frozen=True)
class Page:
    """A page, read."""

    path: Path
    markers: Mapping[str, str]
    blocks: tuple[Block, ...]


def read_page(path: Path) -> Page:
    """The page. Raises AssertionError for a comment with a marker that nobody knows, or that stands before nothing."""
    lines = path.read_text("utf-8").splitlines()
    blocks: list[Block] = []
    of_page: dict[str, str] = {}
    pending: dict[str, str] = {}
    rows = iter(enumerate(lines, 1))
    for number, line in rows:
        if fence := _FENCE.match(line):
            text = dedent("".join(f"{inner}\n" for inner in _until(fence["fence"], rows)))
            blocks.append(Block(path, number + 1, fence["language"], text, pending))
            pending = {}
        elif (comment := _COMMENT.fullmatch(line.strip())) is not None:
            key, value = comment[1], comment[2]
            if key in PAGE_MARKERS:
                of_page[key] = value
            elif key in MARKERS:
                pending = {**pending, key: value}
            elif "generated" not in key:
                known = ", ".join((*MARKERS, *PAGE_MARKERS))
                raise AssertionError(f"{path}:{number}: there is no marker {key!r}. Those that there are: {known}.")
        elif line.strip() and pending:
            raise AssertionError(f"{path}:{number}: a marker stands directly before its block; this line is between.")
    return Page(path, of_page, tuple(blocks))


def _until(fence: str, rows: Iterator[tuple[int, str]]) -> Iterator[str]:
    for _, line in rows:
        if line.strip() == fence:
            return
        yield line
