"""What a model has answered, kept in a work file: a run that was interrupted goes on without paying for it twice."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self, TextIO

from soni.errors import ConfigurationError, SoniError

SUFFIX: Final = ".work.jsonl"
FORMAT: Final = 1


@dataclass
class Kept:
    """The answers in a work file, by the key of their question. Use ``open``, and ``close`` or ``remove`` afterwards."""

    path: Path
    began: datetime
    """When the work began: what is played without a time of its own is played then, so that the same questions are asked."""
    answers: dict[str, str] = field(default_factory=dict)
    failures: int = 0
    """Calls that brought no answer."""
    _file: TextIO | None = None

    @classmethod
    def open(cls, path: Path, now: datetime) -> Self:
        """The answers in this file, which is begun where there is none. Raises ConfigurationError, SoniError."""
        try:
            written = path.read_text(encoding="utf-8") if path.exists() else ""
            kept = cls._read(path, written, now)
            kept._file = path.open("a", encoding="utf-8")
        except OSError as error:
            raise SoniError(f"{path} cannot be used: {error.strerror}.") from None
        if not written:
            kept._write({"soni_optimize": FORMAT, "began": now.isoformat()})
        elif not written.endswith("\n"):
            kept._file.write("\n")  # a line that broke off when the work was interrupted
        return kept

    def add(self, key: str, answer: str) -> None:
        """Keep an answer: it is in the file when this returns."""
        self.answers[key] = answer
        self._write({"key": key, "answer": answer})

    def add_failure(self, reason: str) -> None:
        """A call was made, and nothing came of it."""
        self.failures += 1
        self._write({"failed": reason})

    def close(self) -> None:
        """Leave the file for another time."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def remove(self) -> None:
        """The work is done."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _write(self, line: Mapping[str, object]) -> None:
        assert self._file is not None
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    @classmethod
    def _read(cls, path: Path, written: str, now: datetime) -> Self:
        lines = [_line(each) for each in written.split("\n") if each]
        if not lines:
            return cls(path, now)
        match lines[0]:
            case {"soni_optimize": int(form), "began": str(began)} if form <= FORMAT:
                kept = cls(path, datetime.fromisoformat(began))
            case _:
                raise ConfigurationError(
                    f"{path} is no work file of this version of 'soni optimize': look what it is, and move or delete it."
                )
        for line in lines[1:]:
            match line:
                case {"key": str(key), "answer": str(answer)}:
                    kept.answers[key] = answer
                case {"failed": str()}:
                    kept.failures += 1
        return kept


def work_file(output: Path) -> Path:
    """Where the work for this output is kept: ``optimized.json`` → ``optimized.json.work.jsonl``."""
    return output.with_name(output.name + SUFFIX)


def _line(written: str) -> Any:
    """A line, ``None`` where it broke off."""
    try:
        return json.loads(written)
    except ValueError:
        return None
