"""The ``soni`` command. What is heavy is imported by the command that needs it, so that every other one is quick."""

import sys

import typer

from soni.cli.chat import chat
from soni.cli.deploy_check import deploy_check
from soni.cli.eval import evaluate
from soni.cli.graph import graph
from soni.cli.init import init
from soni.cli.keys import keys
from soni.cli.migrate import migrate
from soni.cli.optimize import optimize
from soni.cli.retention import retention
from soni.cli.serve import serve
from soni.cli.test import run_tests
from soni.cli.validate import schema, validate
from soni.cli.version import version
from soni.errors import ConfigurationError, SoniError

EX_CONFIG = 78
"""From sysexits.h: something is wrong with the configuration."""

app = typer.Typer(
    help="Task-oriented assistants written as YAML flows, served over HTTP.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for each in (init, chat, serve, validate, graph, deploy_check, retention, migrate, schema, version):
    app.command()(each)
app.command("test")(run_tests)
app.command("eval")(evaluate)
app.command()(optimize)
app.add_typer(keys, name="keys")


def main() -> None:
    """Run the command."""
    run(app)


def run(command: typer.Typer) -> None:
    """Run a command; what goes wrong on purpose is told in words. Exits with 78 where what an author wrote is at fault."""
    try:
        command()
    except ConfigurationError as error:
        sys.stderr.write(f"{error.message}\n")
        sys.exit(EX_CONFIG)
    except SoniError as error:
        sys.stderr.write(f"{error.message}\n")
        sys.exit(1)
