"""``soni-fake-model``: a language model for tests and for trying things out, without a key."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from soni.cli import run
from soni.errors import SoniError
from soni.testing.fake_faults import ALL_FAULTS, Fault, Faults, Rate
from soni.testing.fake_model import FakeModel

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")] = 8900,
    script: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What it answers, as YAML; no commands when left out.")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A name it goes by; any when left out.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="The API key it asks for; none when left out.")] = None,
    fault: Annotated[
        list[Fault] | None, typer.Option(help="What goes wrong with the next request; again for the one behind it.")
    ] = None,
    fault_rate: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="The share of requests with one of the faults, instead of in order."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same faults.")] = 0,
    delay: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="Before every answer.")] = 0.0,
    drip: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="Between the bytes of 'drip'.")] = 0.05,
) -> None:
    """Answer OpenAI's chat completions on this machine, by a script, and fail when told to.

    POST /control changes the faults while it runs; GET /control tells how it goes.
    """
    faults: Faults = fault or ()
    if fault_rate is not None:
        faults = Rate(fault_rate, fault or ALL_FAULTS, seed)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    fake = FakeModel(
        () if script is None else script, models=model or (), key=key, faults=faults, delay=delay, drip=drip, port=port
    )
    try:
        with fake:
            typer.echo(f"Listening on {fake.api_base}")
            stopped.wait()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SoniError(f"Port {port} of 127.0.0.1 cannot be listened on: {reason}.") from error


def main() -> None:
    """Run the command."""
    run(app)
