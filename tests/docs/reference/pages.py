"""Writes the generated parts into the pages that have a place for them: ``scripts/reference``.

A page has a place for a part between ``<!-- generated: NAME -->`` and ``<!-- end -->``; around it, it is written by hand.
``scripts/reference --check`` writes nothing, and its exit code is 1 where a page is out of date.
"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.docs.reference.parts import PARTS

DOCS: Final = Path(__file__).parents[3] / "docs"
PLACE: Final = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- end -->\n)", re.DOTALL)


def up_to_date() -> Mapping[Path, str]:
    """Every page with generated parts, as it should be. Raises KeyError for a part that nobody makes."""
    made: dict[str, str] = {}

    def filled(place: re.Match[str]) -> str:
        name = place["name"]
        if name not in made:
            made[name] = PARTS[name]()
        return f"{place[1]}\n{made[name].strip()}\n\n{place[3]}"

    texts = {path: path.read_text("utf-8") for path in sorted(DOCS.rglob("*.md"))}
    return {path: PLACE.sub(filled, text) for path, text in texts.items() if PLACE.search(text)}


def placed() -> list[str]:
    """The names of the parts that have a place, as often as they have one."""
    return [place["name"] for path in sorted(DOCS.rglob("*.md")) for place in PLACE.finditer(path.read_text("utf-8"))]


def main() -> int:
    """Write what is out of date; the exit code."""
    old = {path: text for path, text in up_to_date().items() if path.read_text("utf-8") != text}
    check = sys.argv[1:] == ["--check"]
    for path, text in old.items():
        if not check:
            path.write_text(text, "utf-8")
        sys.stdout.write(f"{'out of date' if check else 'written'}: {path.relative_to(DOCS.parent)}\n")
    return 1 if check and old else 0


if __name__ == "__main__":
    sys.exit(main())
