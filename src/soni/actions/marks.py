"""What an author writes in Python: ``@action``, ``@validator``, ``@normalizer``, and the context they may ask for.

A decorator only marks its function; nothing is registered anywhere. The assistant that names the module finds the marks.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, ParamSpec, TypeAlias, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
Kind: TypeAlias = Literal["action", "validator", "normalizer"]

MARK: Final = "__soni__"


@dataclass(frozen=True, slots=True)
class ActionContext:
    """What an action, validator or normalizer may know about the turn it runs in."""

    user_id: str
    idempotency_key: str
    """The same for every attempt at the same effect, also after a crash: pass it on to the system behind."""
    turn: int
    language: str
    log: logging.Logger


@dataclass(frozen=True, slots=True)
class Mark:
    """What a decorator leaves on a function."""

    kind: Kind
    name: str


def action(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function, sync or async, as the action of this name; it returns a mapping of its outputs, or ``None``."""
    return _mark("action", name)


def validator(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function ``(value, ctx) -> bool | str`` as a validator; a text is the message to the user."""
    return _mark("validator", name)


def normalizer(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function ``(value, ctx) -> value`` as a normalizer; it runs after validation."""
    return _mark("normalizer", name)


def _mark(kind: Kind, name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        marks: tuple[Mark, ...] = getattr(function, MARK, ())
        setattr(function, MARK, (*marks, Mark(kind, name)))
        return function

    return decorate
