"""What deployments are written in, read; and what Soni says about itself, to hold against it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel

from soni.config.environment import overrides
from soni.config.settings import Runtime, Settings
from soni.server.api import create_app
from soni.server.draining import MARGIN

ROOT: Final = Path(__file__).parents[2]
DEPLOY: Final = ROOT / "deploy"

LONGEST_END: Final = Runtime().turn_timeout.total_seconds() + 3 * MARGIN
"""Seconds from SIGTERM to the end at most: the turn, its commit and answer, connections that never finish, locks given back."""
OTHER_VARIABLES: Final = frozenset({"SONI_CONFIG_PATH", "SONI_FLIGHTS_DB", "SONI_API_KEYS", "SONI_API_KEYS_FILE"})
"""Variables of Soni's that are no settings: of the command line, of the flight booking example, of those who may call."""


def read(path: Path) -> Any:
    """A YAML file with one document."""
    return yaml.safe_load(path.read_text("utf-8"))


def paths() -> frozenset[str]:
    """The paths under which the service answers."""
    return frozenset(str(route.path) for route in create_app().routes if hasattr(route, "path"))


def unknown_variables(environ: Mapping[str, object]) -> Sequence[str]:
    """Variables that begin with SONI_ and mean nothing to it."""
    names = {name: "x" for name in environ if name.startswith("SONI_")}
    settings = {variable: way for variable, way, _ in overrides(names)}
    known = (name for name in names if name in OTHER_VARIABLES or (name in settings and _is_setting(settings[name])))
    return sorted(set(names) - set(known))


def _is_setting(way: Sequence[str]) -> bool:
    model: object = Settings
    for part in way:
        fields = model.model_fields if isinstance(model, type) and issubclass(model, BaseModel) else {}
        if part not in fields:
            return False
        model = _model_in(fields[part].annotation)
    return True


def _model_in(annotation: object) -> object:
    """``RateLimit | None`` holds RateLimit."""
    return next((each for each in getattr(annotation, "__args__", ()) if isinstance(each, type)), annotation)


def every(value: Any, key: str) -> Iterator[Any]:
    """Whatever stands under this key, however deep."""
    match value:
        case dict():
            for name, inner in value.items():
                if name == key:
                    yield inner
                yield from every(inner, key)
        case list():
            for inner in value:
                yield from every(inner, key)


def is_pinned(image: str) -> bool:
    """Whether an image is named by a version, which a registry does not move at will."""
    tag = image.rpartition("/")[2].partition(":")[2]
    return re.match(r"v?\d+\.\d+", tag) is not None


def seconds(written: str | int) -> float:
    """``60s``, ``1m30s``, ``60``."""
    units = {"h": 3600, "m": 60, "s": 1, "": 1}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"(\d+)([hms]?)", str(written)))
