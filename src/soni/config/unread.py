"""Variables of the environment that look as if they set something, and set nothing: a slip in a name is told."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from pydantic import BaseModel

from soni.config.environment import PREFIX, referenced
from soni.config.problems import nearest
from soni.config.settings import Settings
from soni.config.source import files_of
from soni.errors import Problem

READ: Final = ("SONI_CONFIG_PATH", "SONI_LOG_KEY", "SONI_OPTIMIZED_DU_PATH")
"""Those that are no settings; the names of two more are settings themselves."""
_ELSEWHERE: Final = {
    "SONI_HOST": "soni serve --host",
    "SONI_SERVER_HOST": "soni serve --host",
    "SONI_PORT": "soni serve --port",
    "SONI_SERVER_PORT": "soni serve --port",
    "SONI_CONFIG": "SONI_CONFIG_PATH",
    "SONI_WORKERS": "WEB_CONCURRENCY",
}
"""What has such a variable elsewhere, and is said in another way here."""
_OF_A_CLUSTER: Final = re.compile(r"_SERVICE_(HOST|PORT)|_PORT_\d+_")
"""Kubernetes names each service beside a pod so, and this one is probably called soni."""
_ANY: Final = "__…"
_ALIKE: Final = 75.0
"""Percent. Authors' own variables, for their actions, may begin with SONI_ too; they are not asked what they mean."""
_ALIKE_AS_A_WORD: Final = 85.0
"""The same for a single word, such as SONI_MODE, which is more easily like another."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A variable that nobody reads, and the one that was probably meant."""

    variable: str
    meant: str

    @property
    def problem(self) -> Problem:
        """For an author."""
        message = f"nothing reads the environment variable {self.variable}"
        return Problem(message, suggestion=self.meant, severity="warning", code="unread-variable")


def unread_variables(path: Path | str, settings: Settings, environ: Mapping[str, str]) -> tuple[Unread, ...]:
    """Those that are not meant to be settings, nor read by anybody, and nearly have the name of one that is.

    ``path`` is the assistant's, which could be loaded: variables that it refers to are read.
    """
    read = {*READ, *_named_by(settings)}
    found = [each for each in _like_others(environ, read) if each.variable not in read]
    if not found:
        return ()
    ignored: list[Problem] = []
    try:
        used = {name for file in files_of(Path(path), ignored) for name in referenced(file.read_text("utf-8-sig"))}
    except (OSError, UnicodeError):  # it was loaded, and has changed since: a hint is no reason not to start
        return ()
    return tuple(each for each in found if each.variable not in used)


def _named_by(settings: Settings) -> Iterator[str]:
    """Variables whose names are settings."""
    yield settings.server.api_keys_env
    yield f"{settings.server.api_keys_env}_FILE"
    if settings.models.nlu.api_key_env is not None:
        yield settings.models.nlu.api_key_env


def _like_others(environ: Mapping[str, str], read: set[str]) -> Iterator[Unread]:
    known = {_flat(name.removesuffix(_ANY)): name for name in (*_variables(Settings), *read)}
    for variable in sorted(environ):
        value = environ[variable].strip()
        if not variable.startswith(PREFIX) or "__" in variable or not value:
            continue  # with two underscores it is a setting, and refused where there is no such setting
        if value.startswith("tcp://") or _OF_A_CLUSTER.search(variable):
            continue
        if (meant := _ELSEWHERE.get(variable) or _meant(_flat(variable), known)) is not None and meant != variable:
            yield Unread(variable, meant)


def _meant(name: str, known: Mapping[str, str]) -> str | None:
    """The variable that was written with too few underscores, or without its groups; or else the nearest."""
    if name in known:
        return known[name]
    several = "_" in name  # a single word, such as SONI_TIMEOUT, is as likely an author's own
    within = [each for each in known.values() if several and each.removesuffix(_ANY).lower().endswith(f"__{name}")]
    if within:
        return min(within)
    alike = nearest(name, known, _ALIKE if several else _ALIKE_AS_A_WORD)
    return known[alike] if alike is not None else None


def _flat(variable: str) -> str:
    """Without the prefix, and with one underscore where there may be two."""
    return variable.removeprefix(PREFIX).lower().replace("__", "_")


def _variables(group: type[BaseModel], above: str = PREFIX) -> Iterator[str]:
    """``SONI_LOGGING__LEVEL`` and all the others, with ``SONI_LOGGING__…`` for the group."""
    for name, field in group.model_fields.items():
        variable = above + name.upper()
        within = [each for each in (field.annotation, *get_args(field.annotation)) if _is_group(each)]
        yield variable + (_ANY if within else "")
        for each in within:
            yield from _variables(each, f"{variable}__")


def _is_group(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
