"""The documentation as a site: it is built without a warning, has every page, and asks nobody for anything."""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.docs.running.blocks import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; a warning, such as a page that is not in the nav, fails it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environ = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def test_every_page_is_on_the_site_and_in_its_navigation(site: Path) -> None:
    """A page that nobody can find is no page."""
    home = (site / "index.html").read_text("utf-8")
    pages = [path.relative_to(ROOT / "docs").with_suffix("") for path in sorted((ROOT / "docs").rglob("*.md"))]
    missing = [str(page) for page in pages if page.name not in ("index", "README") and f'href="{page}/"' not in home]

    assert missing == []


def test_the_site_needs_no_other_address(site: Path) -> None:
    """No font, script, style or picture comes from elsewhere."""
    asked = re.compile(r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=\"?(https?://[^\"\s>]+)")
    fetched = {
        urlsplit(address).netloc for page in site.rglob("*.html") for address in asked.findall(page.read_text("utf-8"))
    }

    assert fetched == set()
