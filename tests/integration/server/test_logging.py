"""Log lines for people and for machines."""

import json
import logging
import sys
from pathlib import Path

import pytest

from soni.config.settings import Logging
from soni.observability.logging import IN_WORDS, SharedFileHandler, formatter, logging_as, request_id


def test_json_lines_are_objects(capsys: pytest.CaptureFixture[str]) -> None:
    """A line is one JSON object with time, level, logger, event and fields; a request's lines have its id."""
    with logging_as(Logging(format="json")):
        token = request_id.set("abc")
        logging.getLogger("soni.x").info("turn.ended", extra={"commands": 2, "ms": 4.5})
        request_id.reset(token)
        logging.getLogger("soni.x").debug("not.told")

    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert told.pop("time").endswith("+00:00")
    assert told == {
        "level": "INFO", "logger": "soni.x", "event": "turn.ended", "commands": 2, "ms": 4.5, "request_id": "abc",
    }  # fmt: skip


def test_console_lines_are_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """A line has time, level, logger, event and fields; a value cannot pass for a field or a line of its own."""
    with logging_as(Logging()):
        logging.getLogger("soni.x").warning(
            "odd.value", extra={"plain": 1, "none": None, "text": "a b=2\nERROR x", "no": ""}
        )

    (line,) = capsys.readouterr().err.splitlines()
    assert line[:12].count(":") == 2
    assert line[13:] == "WARNING soni.x odd.value plain=1 text='a b=2\\nERROR x' no=''"


@pytest.mark.parametrize("style", ["console", "json"])
def test_a_traceback_is_told(style: str) -> None:
    """An error is logged with where it came from."""
    try:
        raise RuntimeError("boom")
    except RuntimeError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "request.failed", None, sys.exc_info())

    assert "RuntimeError: boom" in formatter(style).format(record)


def test_an_error_may_be_told_in_words_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the same error comes with each request, its traceback says nothing more."""
    with logging_as(Logging(format="json")):
        try:
            raise RuntimeError("boom")
        except RuntimeError as error:
            logging.getLogger("soni.x").error("it.failed", exc_info=error, extra={"cause": "boom", IN_WORDS: True})

    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["cause"], IN_WORDS in line) == ("it.failed", "boom", False)
    assert "Traceback" not in json.dumps(line)


def test_the_level_decides_what_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """What is below the level is not written."""
    with logging_as(Logging(level="ERROR")):
        logging.getLogger("soni.x").warning("not.told")
        logging.getLogger("soni.x").error("told")

    assert [line.split()[-1] for line in capsys.readouterr().err.splitlines()] == ["told"]


def test_a_file_gets_the_same_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a file is named, every line is in it when the context ends."""
    file = tmp_path / "soni.log"
    with logging_as(Logging(format="json", file=file)):
        for number in range(100):
            logging.getLogger("soni.x").info("line", extra={"number": number})

    assert file.read_text() == capsys.readouterr().err
    assert [json.loads(line)["number"] for line in file.read_text().splitlines()] == list(range(100))


def test_a_file_that_was_moved_away_is_not_written_to(tmp_path: Path) -> None:
    """Another worker, or logrotate, has rotated it: what comes then is in the new one."""
    file, other = tmp_path / "soni.log", tmp_path / "soni.log.1"
    handler = shared_file(file)
    log_line(handler, "before")
    file.rename(other)
    log_line(handler, "after")
    file.write_text("by another worker\n")
    log_line(handler, "still after")
    handler.close()

    assert other.read_text() == "before\n"
    assert file.read_text() == "by another worker\nstill after\n"


def test_workers_that_share_a_file_rotate_it_once(tmp_path: Path) -> None:
    """None loses lines, and each full file is one file."""
    file = tmp_path / "soni.log"
    handlers = [shared_file(file, max_bytes=1000) for _ in range(3)]
    for number in range(300):
        log_line(handlers[number % 3], f"{number:09}")
    for handler in handlers:
        handler.close()

    files = [file, *(tmp_path / f"soni.log.{number}" for number in range(1, 4))]
    lines = [line for each in reversed(files) for line in each.read_text().splitlines()]
    assert lines == [f"{number:09}" for number in range(300)]


def shared_file(file: Path, max_bytes: int = 0) -> logging.Handler:
    return SharedFileHandler(file, maxBytes=max_bytes, backupCount=5, encoding="utf-8")


def log_line(handler: logging.Handler, text: str) -> None:
    handler.handle(logging.LogRecord("soni.x", logging.INFO, __file__, 1, text, None, None))


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A log that cannot be kept is not lost silently, and nothing is left changed."""
    before = logging.getLogger().handlers[:]
    with pytest.raises(OSError, match="No such file"), logging_as(Logging(file=tmp_path / "missing" / "soni.log")):
        raise AssertionError

    assert logging.getLogger().handlers == before


def test_the_servers_own_lines_come_in_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    """uvicorn's lines look like all others, and its access log, which has users in its paths, is silent."""
    with logging_as(Logging(format="json")):
        logging.getLogger("uvicorn.error").info("Uvicorn running", extra={"color_message": "\x1b[1m"})
        logging.getLogger("uvicorn.access").info("GET /chat/ana")
        assert not logging.getLogger("uvicorn.access").hasHandlers()

    (line,) = capsys.readouterr().err.splitlines()
    assert {key: value for key, value in json.loads(line).items() if key != "time"} == {
        "level": "INFO", "logger": "uvicorn.error", "event": "Uvicorn running",
    }  # fmt: skip


def test_afterwards_logging_is_as_it_was() -> None:
    """Setting up logging for a service is undone when the service ends."""
    loggers = [logging.getLogger(name) for name in (None, "uvicorn", "uvicorn.error", "uvicorn.access", "httpx")]
    loggers[1].addHandler(handler := logging.NullHandler())
    before = [(logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    try:
        with logging_as(Logging(level="DEBUG")):
            assert loggers[1].handlers == []

        assert [(logger.handlers[:], logger.level, logger.propagate) for logger in loggers] == before
    finally:
        loggers[1].removeHandler(handler)
