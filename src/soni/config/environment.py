"""What the environment says: ``${NAME}`` within values, and settings by variables such as ``SONI_LOGGING__LEVEL``."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from soni.config.values import FromEnvironment

_REFERENCE: Final = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
PREFIX: Final = "SONI_"
"""Of variables that are settings."""
_WITHOUT_GROUP: Final = frozenset({"SONI_MODULES"})
"""Settings that stand in no group, so that their variables have no double underscore."""


def expand(text: str, environ: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The text with its variables filled in (a FromEnvironment, if it had any), and those that nobody set.

    ``${NAME:-default}`` takes the default where the variable is unset or empty; ``$${`` stands for ``${`` itself.
    """
    unknown: list[str] = []
    variables = 0

    def value(reference: re.Match[str]) -> str:
        nonlocal variables
        name, default = reference.groups()
        if name is None:
            return "${"
        variables += 1
        if default is not None:
            return environ.get(name) or str(default)
        if name not in environ:
            unknown.append(name)
        return environ.get(name, "")

    expanded = _REFERENCE.sub(value, text)
    return FromEnvironment(expanded) if variables else expanded, tuple(unknown)


def referenced(text: str) -> Iterator[str]:
    """The variables that a text names."""
    return (name for reference in _REFERENCE.finditer(text) if (name := reference[1]))


def overrides(environ: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Variables that set a setting, outer ones first: the variable, the way to the setting, the value.

    ``SONI_`` and a double underscore make a variable a setting; others, such as ``SONI_CONFIG_PATH``, mean
    something else. An empty variable counts as unset.
    """
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or not environ[variable].strip():
            continue
        if "__" in variable or variable in _WITHOUT_GROUP:
            way = tuple(part.lower() for part in variable.removeprefix(PREFIX).split("__"))
            yield variable, way, environ[variable]
