"""The commands of the command line, with their arguments and options, as Typer knows them."""

import inspect
from collections.abc import Iterator, Mapping
from enum import Enum

import typer
from tests.docs.reference.tables import code, table
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from soni.cli import app
from soni.cli.fake_model import app as fake_model


def commands_of_soni() -> Mapping[str, TyperCommand]:
    """Every command of ``soni``, by name; of a group, each with the group's name before its own."""
    return dict(_commands("", typer.main.get_command(app)))


def _commands(name: str, command: object) -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(command, TyperGroup):
        for inner, each in command.commands.items():
            yield from _commands(f"{name} {inner}".strip(), each)
    elif isinstance(command, TyperCommand):
        yield name, command


def cli() -> str:
    """Every command, with all that can be said to it."""
    model = typer.main.get_command(fake_model)
    assert isinstance(model, TyperCommand)
    written = [_command(f"soni {name}", command) for name, command in commands_of_soni().items()]
    return "\n".join([*written, _command("soni-fake-model", model)])


def _command(name: str, command: TyperCommand) -> str:
    arguments = [param for param in command.params if isinstance(param, TyperArgument)]
    options = [param for param in command.params if isinstance(param, TyperOption) and param.name != "help"]
    usage = " ".join([name, *map(_place, arguments), *(["[OPTIONS]"] if options else [])])
    rows = [(code(_place(param)), _meaning(param)) for param in arguments]
    rows += [(" ".join(map(code, [*param.opts, *param.secondary_opts])), _meaning(param)) for param in options]
    words = inspect.cleandoc(command.help or "")
    return f"### {name}\n\n`{usage}`\n\n{words}\n" + (f"\n{table(('', ''), rows)}" if rows else "")


def _place(param: TyperArgument) -> str:
    name = (param.metavar or param.name or "").upper().strip("[]")
    name += "…" if param.nargs == -1 and not name.endswith("…") else ""
    return name if param.required else f"[{name}]"


def _meaning(param: TyperArgument | TyperOption) -> str:
    more = []
    kind = param.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        more.append(", ".join(code(each.value) for each in kind))
    default = param.default.value if isinstance(param.default, Enum) else param.default
    if default not in (None, False, (), []) and not callable(default):
        more.append(f"default {code(default)}")
    if param.envvar:
        more.append(f"or {code(param.envvar)}")
    return f"{param.help} ({'; '.join(more)})" if more else str(param.help or "")
