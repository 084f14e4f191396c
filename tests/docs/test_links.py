"""Links lead somewhere: to files that are there, and to headings that they have; addresses elsewhere look like addresses."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from tests.docs.running.blocks import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]
LINK = re.compile(r"(?<!\\)\[[^\]\n]*\]\(<?([^)\s>]+)>?\)|<(https?://[^>\s]+)>")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """Within the repository to what is there, and from the site to what is on the site."""
    assert [told for link in links(page) if (told := wrong(page, link))] == []


def links(page: Path) -> Iterator[str]:
    """The links of a page, those in code left out."""
    for found in LINK.finditer(prose(page)):
        yield found[1] or found[2]


def wrong(page: Path, link: str) -> str:
    """What is wrong with a link; nothing where nothing is."""
    parts = urlsplit(link)
    if parts.scheme:
        return "" if parts.scheme in ("http", "https") and parts.netloc else f"{link} is no address"
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.exists():
        return f"{link}: there is no {target}"
    if ROOT / "docs" in page.parents and ROOT / "docs" not in target.parents:
        return f"{link} leads out of docs/, where the site ends"
    if parts.fragment and (target.suffix != ".md" or parts.fragment not in anchors(target)):
        return f"{link}: {target.name} has no heading with that name"
    return ""


@cache
def prose(page: Path) -> str:
    """The page without its blocks and code."""
    text = re.sub(r"^( *)(`{3,}).*?^\1\2\s*$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", lambda code: "x" * len(code[0]), text)


@cache
def anchors(page: Path) -> frozenset[str]:
    """The names of the headings of a page, as GitHub and MkDocs give them."""
    text = re.sub(r"^( *)(`{3,}).*?^\1\2\s*$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return frozenset(anchor(heading[1]) for heading in HEADING.finditer(text))


def anchor(heading: str) -> str:
    """The name of a heading in an address."""
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
    return re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", words).strip())
