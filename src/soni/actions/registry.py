"""Finding an assistant's Python functions, and checking them against its YAML before anyone arrives."""

import difflib
import importlib
import inspect
import sys
import threading
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType, SimpleNamespace

from soni.actions.marks import MARK, ActionContext, Kind, Mark
from soni.actions.reach import Reach
from soni.config.models import ActionSpec, SoniConfig
from soni.errors import ConfigurationError, Problem

Function = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Registered:
    """A function, and how to call it."""

    function: Function
    is_async: bool
    context: str | None
    """The parameter that takes the ActionContext."""
    parameters: frozenset[str] = frozenset()
    """Parameters that can be given by name, the context left out."""
    required: frozenset[str] = frozenset()
    anything: bool = False
    """True where it takes ``**inputs``."""


@dataclass(frozen=True, slots=True)
class Registry:
    """An assistant's functions by kind and name."""

    actions: Mapping[str, Registered] = field(default_factory=dict)
    validators: Mapping[str, Registered] = field(default_factory=dict)
    normalizers: Mapping[str, Registered] = field(default_factory=dict)


_LOADING = threading.Lock()
"""Modules are found through what the whole process shares: one assistant after the other."""


def load_registry(config: SoniConfig) -> Registry:
    """Import the modules the settings name, and check their functions against the YAML.

    Raises ConfigurationError with every problem: a module that cannot be imported, two functions of one name, a
    function that is missing, parameters and outputs that differ.
    """
    with _LOADING:
        return _load(config)


def _load(config: SoniConfig) -> Registry:
    problems: list[Problem] = []
    modules = [module for name in config.settings.modules if (module := _import(name, config.origin, problems))]
    found: dict[Kind, dict[str, Registered]] = {"action": {}, "validator": {}, "normalizer": {}}
    for function, mark in _marked(modules):
        known = found[mark.kind].get(mark.name)
        if known is not None and known.function is not function:
            problems.append(_problem("settings.modules", f"There are two functions for the {mark.kind} {mark.name!r}."))
        found[mark.kind][mark.name] = _inspect(function, mark.kind)
    registry = Registry(found["action"], found["validator"], found["normalizer"])
    if len(modules) == len(config.settings.modules):  # else what is missing may be in the module that is missing
        problems += _check(config, registry)
    if problems:
        raise ConfigurationError(problems=problems)
    return registry


def _import(name: str, origin: str | None, problems: list[Problem]) -> ModuleType | None:
    """Import a module that lies beside the YAML or is importable; the folder of the YAML comes first."""
    folder = str(Path(origin or ".").resolve())
    sys.path[:] = [folder, *(each for each in sys.path if each != folder)]
    importlib.invalidate_caches()
    _forget_namesake(name.partition(".")[0], folder)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or name
        words = f"There is no module {missing!r}, neither beside the YAML in {folder} nor installed."
        problems.append(
            _problem(
                "settings.modules", words if missing == name else f"{name} imports {missing!r}, which is not installed."
            )
        )
    except Exception as error:  # noqa: BLE001 - an author's module may raise anything while it is imported
        problems.append(
            _problem("settings.modules", f"The module {name!r} cannot be imported: {type(error).__name__}: {error}")
        )
    return None


def _forget_namesake(package: str, folder: str) -> None:
    """Another assistant of this process may have brought a module of this name: it is not the one beside this YAML."""
    loaded, beside = sys.modules.get(package), PathFinder.find_spec(package, [folder])
    if loaded is None or loaded.__spec__ is None or beside is None or _places(loaded.__spec__) == _places(beside):
        return
    for name in [each for each in sys.modules if each == package or each.startswith(f"{package}.")]:
        del sys.modules[name]


def _places(spec: ModuleSpec) -> list[str]:
    """Where a module or package lies."""
    return [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())


def _marked(modules: Iterable[ModuleType]) -> Iterator[tuple[Function, Mark]]:
    for module in modules:
        for thing in vars(module).values():
            marks = getattr(thing, MARK, ()) if callable(thing) else ()
            # Some objects have whatever attribute one asks them for.
            for mark in marks if isinstance(marks, tuple) else ():
                if isinstance(mark, Mark):
                    yield thing, mark


def _inspect(function: Function, kind: Kind) -> Registered:
    signature = inspect.signature(function)
    hints = _hints(function)
    context = next((name for name in signature.parameters if hints.get(name) is ActionContext), None)
    named = {
        name: parameter
        for name, parameter in signature.parameters.items()
        if name != context and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }
    if kind != "action" and context is None and len(named) > 1:
        context = list(named)[1]
        del named[context]
    return Registered(
        function=function,
        is_async=inspect.iscoroutinefunction(function),
        context=context,
        parameters=frozenset(named),
        required=frozenset(name for name, parameter in named.items() if parameter.default is parameter.empty),
        anything=any(parameter.kind is parameter.VAR_KEYWORD for parameter in signature.parameters.values()),
    )


def _hints(function: Function) -> dict[str, object]:
    """What the annotations of a function mean; those that mean something only to a type checker are left out."""
    function = inspect.unwrap(function)
    hints: dict[str, object] = {}
    for name, written in getattr(function, "__annotations__", {}).items():
        try:
            alone = SimpleNamespace(__annotations__={name: written})
            hints |= typing.get_type_hints(alone, globalns=getattr(function, "__globals__", {}))
        except (NameError, AttributeError, TypeError, SyntaxError):
            continue
    return hints


def _check(config: SoniConfig, registry: Registry) -> Iterator[Problem]:
    reach = Reach(config.settings.security.webhook_hosts)
    for name, spec in config.actions.items():
        key = f"actions.{name}"
        if spec.http is not None:
            if (problem := reach.problem(spec.http.url)) is not None:
                yield _problem(f"{key}.http.url", f"{problem[0].upper()}{problem[1:]}.")
            continue
        if (registered := registry.actions.get(name)) is None:
            yield _missing(key, "action", name, registry.actions)
            continue
        yield from _check_action(key, spec, registered)
    for name, slot in config.slots.items():
        if slot.validator is not None and slot.validator not in registry.validators:
            yield _missing(f"slots.{name}.validator", "validator", slot.validator, registry.validators)
        if slot.normalizer is not None and slot.normalizer not in registry.normalizers:
            yield _missing(f"slots.{name}.normalizer", "normalizer", slot.normalizer, registry.normalizers)


def _check_action(key: str, spec: ActionSpec, registered: Registered) -> Iterator[Problem]:
    inputs = set(spec.input_names)
    for parameter in sorted(registered.required - inputs):
        yield _problem(
            f"{key}.inputs", f"The function needs {parameter!r}, which is not among the inputs.", parameter, inputs
        )
    if not registered.anything:
        for name in sorted(inputs - registered.parameters):
            yield _problem(f"{key}.inputs", f"The function takes no parameter {name!r}.", name, registered.parameters)
    returned = _hints(registered.function).get("return")
    if typing.is_typeddict(returned):
        given = set(typing.get_type_hints(returned))
        for name in sorted(given - set(spec.outputs)):
            yield _problem(
                f"{key}.outputs", f"The function returns {name!r}, which is not among the outputs.", name, spec.outputs
            )
        for name in sorted(set(spec.outputs) - given):
            yield _problem(f"{key}.outputs", f"The function does not return {name!r}.", name, given)


def _missing(key: str, kind: Kind, name: str, known: Iterable[str]) -> Problem:
    where = f'No function is marked @{kind}("{name}") in the modules named in settings.modules.'
    return _problem(key, where, name, known)


def _problem(key: str, message: str, name: str = "", known: Iterable[str] = ()) -> Problem:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return Problem(message, key=key, suggestion=near[0] if near else None, code="function")
