"""``soni graph``: flows as a drawing, in Mermaid, DOT or SVG."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from soni.cli.options import DEFAULT_CONFIG, ConfigOption
from soni.errors import SoniError

if TYPE_CHECKING:
    from soni.compiler.diagram import Diagram
    from soni.config.models import Flow, SoniConfig

DOT_TIMEOUT: Final = 60.0
"""Seconds that ``dot`` may take: a thousand times what it takes for an assistant of 192 steps, 0.06 s measured."""


class Format(StrEnum):
    """How flows are drawn."""

    MERMAID = "mermaid"
    DOT = "dot"
    SVG = "svg"


class Patterns(StrEnum):
    """Which repair patterns are drawn beside other flows."""

    NONE = "none"
    OWN = "own"
    ALL = "all"


_FORMAT_OF: Final[Mapping[str, Format]] = {".svg": Format.SVG, ".dot": Format.DOT, ".gv": Format.DOT}


def graph(
    flows: Annotated[
        list[str] | None, typer.Argument(metavar="FLOW", help="Flows to draw; the whole assistant when left out.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    format_: Annotated[
        Format | None,
        typer.Option("--format", "-f", help="When left out, as the output file is called; otherwise mermaid."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there.")] = None,
    patterns: Annotated[
        Patterns, typer.Option(help="Draw repair patterns too: those written here, or all.")
    ] = Patterns.NONE,
) -> None:
    """Draw flows: every step, every way out of it, and which flows call which.

    SVG needs Graphviz; mermaid and dot need nothing. The exit code is 1 where nothing could be drawn.
    """
    from soni.compiler.diagram import draw
    from soni.config.loader import load_config

    assistant = load_config(config)
    chosen = format_ or _FORMAT_OF.get(output.suffix.lower() if output is not None else "", Format.MERMAID)
    drawing = _as_text(draw(assistant, _chosen(assistant, flows or [], patterns)), chosen)
    if output is None:
        # Not echo: what a drawing says is UTF-8, whatever the terminal is set to.
        sys.stdout.buffer.write(drawing.encode())
        sys.stdout.buffer.flush()
        return
    try:
        output.write_text(drawing, encoding="utf-8")
    except OSError as error:
        raise SoniError(f"{output} cannot be written: {error.strerror or error}") from error


def _chosen(config: "SoniConfig", names: list[str], patterns: Patterns) -> "Mapping[str, Flow]":
    """The flows to draw, by name, in reading order. Raises SoniError where one is unknown, or where there are none."""
    known: dict[str, Flow] = dict(config.flows)
    if patterns is Patterns.ALL or any(name.startswith("pattern_") for name in names):
        from soni.compiler.assistant import shipped_patterns

        known = {**config.flows, **{n: flow for n, flow in shipped_patterns().items() if n not in config.flows}}
    for name in names:
        if name not in known:
            raise SoniError(_unknown(name, known))
    wanted = set(names or dict(config.user_flows()))
    if patterns is not Patterns.NONE:
        wanted |= {name for name in known if name.startswith("pattern_")}
    if not wanted:
        raise SoniError("There is no flow to draw.")
    return {name: flow for name, flow in known.items() if name in wanted}


def _unknown(name: str, known: "Mapping[str, Flow]") -> str:
    from soni.config.problems import nearest

    near = nearest(name, known)
    return f"There is no flow {name!r}" + (f"; did you mean {near!r}?" if near else ".")


def _as_text(diagram: "Diagram", format_: Format) -> str:
    from soni.compiler.graphviz import to_dot
    from soni.compiler.mermaid import to_mermaid

    match format_:
        case Format.SVG:
            return _svg(to_dot(diagram))
        case Format.DOT:
            return to_dot(diagram)
        case Format.MERMAID:
            text = to_mermaid(diagram)
            _warn_of_size(diagram, text)
            return text


def _warn_of_size(diagram: "Diagram", text: str) -> None:
    from soni.compiler.mermaid import MOST_CHARACTERS, MOST_EDGES

    if len(diagram.edges) > MOST_EDGES or len(text) > MOST_CHARACTERS:
        typer.echo(
            f"This drawing has {len(diagram.edges)} arrows and {len(text)} characters. Most pages show Mermaid only up"
            f" to {MOST_EDGES} arrows and {MOST_CHARACTERS} characters: name single flows, or use --format svg.",
            err=True,
        )


def _svg(text: str) -> str:
    """What Graphviz makes of a DOT text. Raises SoniError where it is not installed, or gives up."""
    dot = shutil.which("dot")
    if dot is None:
        raise SoniError(
            "SVG is drawn by Graphviz's 'dot', and there is none on the PATH. Install Graphviz (apt install graphviz,"
            " brew install graphviz, or graphviz.org/download), or use --format mermaid, which needs nothing."
        )
    try:
        done = subprocess.run(  # noqa: S603 - a program of a fixed name, without arguments of anybody else
            [dot, "-Tsvg"], input=text.encode(), capture_output=True, timeout=DOT_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SoniError(f"'dot' did not end within {DOT_TIMEOUT:.0f} s; name single flows instead.") from error
    except OSError as error:
        raise SoniError(f"{dot} cannot be run: {error.strerror or error}") from error
    if done.returncode != 0:
        raise SoniError(f"'dot' failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode()
