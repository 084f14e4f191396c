"""What a model has answered outlives the process."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from soni.errors import ConfigurationError, SoniError
from soni.optimizing.kept import Kept, work_file

NOW = datetime(2050, 1, 3, 10, tzinfo=UTC)


def test_answers_are_there_again(tmp_path: Path) -> None:
    """With the failures, and the time at which it began."""
    kept = Kept.open(tmp_path / "w", NOW)
    kept.add("a", "one\ntwo")
    kept.add_failure("timeout")
    again = Kept.open(tmp_path / "w", NOW + timedelta(days=1))

    assert (again.answers, again.failures, again.began) == ({"a": "one\ntwo"}, 1, NOW)
    kept.close()
    again.close()


def test_a_line_that_broke_off_is_no_answer(tmp_path: Path) -> None:
    """And the next one is whole."""
    kept = Kept.open(tmp_path / "w", NOW)
    kept.add("a", "one")
    kept.close()
    with (tmp_path / "w").open("a") as file:
        file.write('{"key": "b", "ans')
    kept = Kept.open(tmp_path / "w", NOW)
    kept.add("c", "three")
    kept.close()
    again = Kept.open(tmp_path / "w", NOW)
    again.close()

    assert again.answers == {"a": "one", "c": "three"}


def test_another_file_is_left_alone(tmp_path: Path) -> None:
    """It is refused in words."""
    (tmp_path / "w").write_text("a diary\n")

    with pytest.raises(ConfigurationError, match="is no work file"):
        Kept.open(tmp_path / "w", NOW)

    assert (tmp_path / "w").read_text() == "a diary\n"


def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    """It is told in words."""
    with pytest.raises(SoniError, match="cannot be used: No such file or directory"):
        Kept.open(work_file(tmp_path / "no" / "optimized.json"), NOW)


def test_done_work_is_gone(tmp_path: Path) -> None:
    """Nothing is left."""
    Kept.open(tmp_path / "w", NOW).remove()

    assert list(tmp_path.iterdir()) == []
