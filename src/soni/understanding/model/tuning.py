"""A tuned program on disk: the instructions and examples an optimizer has found for one assistant, as plain JSON."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from soni.config.models import SoniConfig
from soni.errors import ConfigurationError
from soni.understanding.model.wishes import Wish

FORMAT: Final = 1
"""Of the file."""


class Demo(BaseModel):
    """An example for the model: what it is told, and what it is to answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    situation: str
    message: str
    commands: tuple[Wish, ...]


class Tuning(BaseModel):
    """What takes the place of the program's own instructions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = FORMAT
    assistant: str
    """The fingerprint of the assistant it was made for."""
    flows: tuple[str, ...]
    """The flows it was made for."""
    slots: tuple[str, ...]
    """The slots it was made for."""
    made_by: str
    """The optimizer and the model."""
    scores: dict[str, dict[str, float]] = {}
    """On the held-back part: ``before`` and ``after``, each by measure."""
    instructions: str
    demos: tuple[Demo, ...] = ()


def read_tuning(path: Path, config: SoniConfig) -> Tuning:
    """The tuned program in a file. Raises ConfigurationError where it cannot be read, or is for another assistant.

    An assistant that has changed since, but still has all flows and slots the program was made for, may use it.
    """
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"The optimized program {path} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise ConfigurationError(f"The optimized program {path} is not JSON; 'soni optimize' writes one.") from None
    if isinstance(written, dict) and isinstance(written.get("format"), int) and written["format"] > FORMAT:
        raise ConfigurationError(f"The optimized program {path} was written by a later version of Soni.")
    try:
        tuning = Tuning.model_validate(written)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the file"
        raise ConfigurationError(
            f"The optimized program {path} is not one that 'soni optimize' wrote: {place} is not as it should be."
        ) from None
    flows = {name for name, _ in config.user_flows()}
    missing = [*_missing("flow", tuning.flows, flows), *_missing("slot", tuning.slots, config.slots)]
    if missing and tuning.assistant != config.fingerprint:
        raise ConfigurationError(
            f"The optimized program {path} was made for another assistant: this one has no {', '.join(missing[:3])}."
            " Run 'soni optimize' for this one, or leave the program out."
        )
    return tuning


def write_tuning(tuning: Tuning, path: Path) -> None:
    """Write it, whole or not at all. Raises OSError."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(tuning.model_dump_json(indent=2) + "\n", encoding="utf-8")
    beside.replace(path)


def _missing(kind: str, named: Collection[str], known: Collection[str]) -> list[str]:
    return [f"{kind} {name!r}" for name in named if name not in known]
