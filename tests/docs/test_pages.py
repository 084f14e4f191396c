"""Every page keeps its word: each block on it is run, in order, in a folder of its own, or says why not."""

from pathlib import Path

import pytest
from tests.docs.running.blocks import ROOT, read_page
from tests.docs.running.pages import run_page

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_page_does_what_it_says(path: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Shell, YAML, Python and JSON; and what is shown as their answer is their answer."""
    page = read_page(path)
    environ = {}
    match page.markers.get("needs"):
        case "postgres":
            environ["SONI_DATABASE_URL"] = request.getfixturevalue("database")
        case "redis":
            environ["SONI_REDIS_URL"] = request.getfixturevalue("redis_database")
        case None:
            pass
        case other:
            raise AssertionError(f"{path}: a page may need postgres or redis, not {other}.")

    broken = ""
    try:
        run_page(page, tmp_path, environ)
    except AssertionError as error:
        broken = str(error)

    if broken:
        pytest.fail(broken, pytrace=False)
