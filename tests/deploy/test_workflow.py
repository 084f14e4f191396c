"""Continuous integration: pinned, with the least rights, and running what is run here."""

import re
from typing import Any

import pytest
from tests.deploy.files import ROOT, every, read

PATHS = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.fixture(params=PATHS, ids=lambda path: path.name)
def workflow(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A workflow, as written."""
    return dict(read(request.param))


def test_actions_are_pinned_by_commit() -> None:
    """A tag can be moved to something else; a commit cannot. The comment behind it says which release it is."""
    used = [line for path in PATHS for line in path.read_text().splitlines() if re.match(r"\s*(- )?uses:", line)]

    assert used
    for line in used:
        assert re.search(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_the_token_may_read_and_nothing_else(workflow: dict[str, Any]) -> None:
    """Least rights, for every job; and no step keeps them."""
    assert workflow["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in workflow["jobs"].values())
    for steps in every(workflow, "steps"):
        for step in steps:
            if str(step.get("uses", "")).startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_every_job_ends(workflow: dict[str, Any]) -> None:
    """None hangs for the six hours that are the default, on a machine that is named."""
    for job in workflow["jobs"].values():
        assert 0 < job["timeout-minutes"] <= 60
        assert not job["runs-on"].endswith("latest")


def test_nothing_from_outside_is_run(workflow: dict[str, Any]) -> None:
    """No expression stands in a command: a title of a pull request could hold one of its own."""
    assert not [command for command in every(workflow, "run") if "${{" in command]


def test_the_checks_are_the_ones_of_this_folder() -> None:
    """What is run there is run here: scripts/check, scripts/image, deploy/setup."""
    text = (ROOT / ".github/workflows/ci.yml").read_text()

    for script in ("scripts/check", "scripts/image", "deploy/setup"):
        assert script in text
        assert (ROOT / script).is_file()
