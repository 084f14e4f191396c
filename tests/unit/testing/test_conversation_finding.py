"""Conversation files and their assistants are found."""

from pathlib import Path

import pytest

from soni.errors import ConfigurationError
from soni.testing.finding import find_assistant, find_files


def write(folder: Path, *names: str, text: str = "flows: {}") -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_files_are_found_in_folders(tmp_path: Path) -> None:
    """Each once, in name order; not in hidden folders, nor in those of others' packages."""
    write(tmp_path, "b.conversation.yaml", "a.conversation.yaml", "soni.yaml", "sub/c.conversation.yaml")
    write(tmp_path, ".hidden/d.conversation.yaml", "node_modules/e.conversation.yaml")
    write(tmp_path, "env/pyvenv.cfg", "env/lib/f.conversation.yaml")

    found = find_files([tmp_path, tmp_path / "a.conversation.yaml"])

    assert [str(path.relative_to(tmp_path)) for path in found] == [
        "a.conversation.yaml",
        "b.conversation.yaml",
        "sub/c.conversation.yaml",
    ]


@pytest.mark.parametrize(("name", "words"), [("nowhere", "is not there"), ("soni.yaml", "is no *.conversation.yaml")])
def test_other_files_are_refused(tmp_path: Path, name: str, words: str) -> None:
    """A path that is no conversation file is a mistake, and not an empty run."""
    write(tmp_path, "soni.yaml")

    with pytest.raises(ConfigurationError, match="is ") as caught:
        find_files([tmp_path / name])

    assert words in caught.value.message


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["a/soni.yaml", "soni.yaml"], "a/soni.yaml"),
        (["a/flows.yaml", "soni.yaml"], "a"),
        (["soni.yaml"], "soni.yaml"),
        (["flows.yaml", "a/.hidden.yaml", "a/x.conversation.yaml"], "."),
        (["soni.yaml", "a/pyproject.toml"], None),
    ],
)
def test_the_nearest_assistant_is_found(tmp_path: Path, files: list[str], expected: str | None) -> None:
    """From the folder of the test upwards, to the top of the project; soni.yaml, or a folder with flows."""
    write(tmp_path, ".git/config", *files)
    write(tmp_path / "a", "x.conversation.yaml", "compose.yaml", text="services: {}")

    found = find_assistant(tmp_path / "a" / "x.conversation.yaml")

    assert found == (None if expected is None else (tmp_path / expected).resolve())


def test_the_root_ends_the_search() -> None:
    """Outside of any project the search ends at the root of the file system."""
    assert find_assistant(Path("/no-such-folder/x.conversation.yaml")) is None
