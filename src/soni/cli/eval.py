"""``soni eval``: how well messages are understood, on the assistant's own conversations and triggers."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from soni.cli.options import DEFAULT_CONFIG, ConfigOption
from soni.errors import ConfigurationError, SoniError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from soni.config.models import SoniConfig
    from soni.optimizing.examples import Example
    from soni.optimizing.gathering import Gathered
    from soni.optimizing.scoring import Answered, Scores
    from soni.understanding.base import Understander


def evaluate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Conversation tests, or folders to look in; the assistant's folder when left out."),
    ] = None,
    understander: Annotated[
        Literal["embedded", "model"] | None,
        typer.Option(help="Who is scored; when left out, the one that the assistant's settings name."),
    ] = None,
    triggers: Annotated[
        bool | None,
        typer.Option(
            "--triggers/--no-triggers",
            help="Whether the flows' trigger examples count. When left out, for a model they do; not for the embedded"
            " understanding, which has learned them.",
        ),
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the scores as JSON.")] = None,
    fail_under: Annotated[
        float | None,
        typer.Option(metavar="PERCENT", min=0, max=100, help="Exit with 1 where fewer of the turns are exact."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Score how messages are understood: precision, recall and F1 by command, exact turns, and what is taken for what.

    The examples are the lines of the assistant's conversation tests that pass, each in its real situation, and the trigger
    examples of its flows. A model is asked about each of them; nobody stands in for it, and nothing is remembered.
    """
    from rich.console import Console

    from soni.cli.learning import gather_shown, progress
    from soni.config.loader import load_config

    assistant = load_config(config)
    wanted = understander or ("embedded" if assistant.settings.models.nlu.provider == "embedded" else "model")
    if wanted == "model" and assistant.settings.models.nlu.provider == "embedded":
        raise ConfigurationError("The settings name no language model: models.nlu.provider is 'embedded'.")
    console = Console(highlight=False, soft_wrap=True)
    gathered = gather_shown(assistant, config, paths, datetime.now().astimezone())
    with_triggers = wanted == "model" if triggers is None else triggers
    examples = gathered.examples if with_triggers else gathered.conversation
    if not examples:
        raise SoniError("There is nothing to score: no conversation test of this assistant passes, or there is none.")
    with progress() as shown:
        answered = _ask(assistant, wanted, examples, shown)
    console.print("\n".join([*gathered.words(), ""]), markup=False)
    scores = _show(console, answered, assistant, _title(assistant, wanted))
    for words in _remarks(assistant, wanted, gathered, with_triggers=with_triggers):
        console.print(words, style="dim", markup=False)
    if json_file is not None:
        from soni.optimizing.tables import as_json, write_json

        write_json(json_file, {"understander": _title(assistant, wanted), **as_json(scores)})
    if scores.failed:
        console.print("These are no scores of a model that did not answer.", style="bold red")
        sys.exit(1)
    if fail_under is not None and scores.exactness * 100 < fail_under:
        console.print(f"Fewer than {fail_under:g} % of the turns are exact.", style="bold red")
        sys.exit(1)


def _ask(assistant: "SoniConfig", wanted: str, examples: "Sequence[Example]", shown: "Progress") -> "list[Answered]":
    from soni.optimizing.scoring import examine
    from soni.understanding.base import Dependent

    opened = _open(assistant, wanted)
    task = shown.add_task("understanding", total=len(examples))

    async def ask() -> "list[Answered]":
        try:
            return await examine(opened, examples, lambda: shown.advance(task))
        finally:
            if isinstance(opened, Dependent):
                await opened.aclose()

    return asyncio.run(ask())


def _open(assistant: "SoniConfig", wanted: str) -> "Understander":
    if wanted == "model":
        from soni.testing.asking import model_alone
        from soni.understanding.providers import open_understander

        return open_understander(model_alone(assistant))
    from soni.understanding.embedded.understander import build

    return build(assistant)


def _show(console: "Console", answered: "Sequence[Answered]", assistant: "SoniConfig", title: str) -> "Scores":
    from soni.optimizing.scoring import score
    from soni.optimizing.tables import confusion_table, score_lines, score_table

    scores = score(answered, assistant.slots)
    console.print(f"Understanding by {title}", style="bold", markup=False)
    console.print(score_table({"": scores}))
    console.print()
    if (confused := confusion_table(scores)) is not None:
        console.print(confused)
        console.print()
    failure = next((each.failure for each in answered if each.failure is not None), None)
    for line in [*score_lines(scores), *([failure] if failure is not None else [])]:
        console.print(line, markup=False)
    return scores


def _title(assistant: "SoniConfig", wanted: str) -> str:
    nlu = assistant.settings.models.nlu
    return f"the model {nlu.provider}/{nlu.model}" if wanted == "model" else "the embedded understanding"


def _remarks(assistant: "SoniConfig", wanted: str, gathered: "Gathered", *, with_triggers: bool) -> list[str]:
    """What the numbers do not say."""
    if wanted == "model":
        return _learned(assistant)
    circular = sum(each.truth == "embedded" for each in gathered.conversation)
    told = []
    if circular:
        told.append(
            f"Of {circular} lines the meaning is what the embedded understanding itself found in tests that pass: they"
            " are right by construction. Say in a test what a line means, with 'commands', to score it."
        )
    told.append(
        "The trigger examples are what the embedded understanding has learned: they say little about other words."
        if with_triggers
        else "Trigger examples are not scored: the embedded understanding has learned them."
    )
    return told


def _learned(assistant: "SoniConfig") -> list[str]:
    """That an optimized program is examined on what it has learned."""
    from soni.understanding.model.tuning import read_tuning
    from soni.understanding.providers import optimized_path

    if (path := optimized_path(assistant)) is None:
        return []
    scores = read_tuning(path, assistant).scores
    words = f"The optimized program {path} has learned from many of these examples."
    exact = scores.get("after", {}).get("exact")
    return [words if exact is None else f"{words} On those that were held back, {exact:.0%} of the turns were exact."]
