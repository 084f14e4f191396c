"""``soni optimize``: what a model is told, learned from the assistant's own conversations and triggers."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from soni.cli.options import DEFAULT_CONFIG, ConfigOption
from soni.errors import ConfigurationError, SoniError

if TYPE_CHECKING:
    from rich.console import Console

    from soni.config.models import SoniConfig
    from soni.config.settings import NLU
    from soni.optimizing.kept import Kept
    from soni.optimizing.learning import Outcome
    from soni.optimizing.splitting import Split

_LEAST_CALLS: Final = 20
_PATIENCE: Final = 120.0
"""Seconds for an answer, at least: nobody waits for it in a conversation."""
_INTERRUPTED: Final = 130
"""As shells tell it."""


def optimize(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Conversation tests, or folders to look in; the assistant's folder when left out."),
    ] = None,
    optimizer: Annotated[
        Literal["bootstrap", "miprov2", "gepa"],
        typer.Option(
            help="bootstrap finds examples for the prompt; miprov2 instructions, too; gepa instructions, by its mistakes."
        ),
    ] = "bootstrap",
    max_calls: Annotated[
        int, typer.Option(metavar="N", min=_LEAST_CALLS, help="Calls of the model, at most, all together.")
    ] = 400,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to write it; optimized.json beside the assistant."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed divides the examples in the same way.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Write it even where it is worse than before.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Improve what the assistant's language model is told, and show by how much, on examples that were held back.

    The result is JSON: instructions and examples; settings.models.nlu.optimized names it. It is written only where it is
    not worse than before. Answers are kept in a file beside it while this runs: interrupted, the same command goes on
    where it stopped, and pays for nothing twice.
    """
    from rich.console import Console

    from soni.cli.learning import gather_shown
    from soni.config.loader import load_config
    from soni.optimizing.kept import Kept, work_file
    from soni.optimizing.splitting import split

    assistant = load_config(config)
    nlu = assistant.settings.models.nlu
    if nlu.provider == "embedded":
        raise ConfigurationError(
            "There is no language model to optimize: models.nlu.provider is 'embedded', and the embedded understanding"
            " learns the examples by itself whenever it starts."
        )
    _check(optimizer, nlu)
    output = output or (config if config.is_dir() else config.parent) / "optimized.json"
    console = Console(highlight=False, soft_wrap=True)
    kept = Kept.open(work_file(output), datetime.now().astimezone())
    try:
        if kept.answers:
            console.print(f"Going on: {len(kept.answers)} answers are kept in {kept.path}", markup=False)
        gathered = gather_shown(assistant, config, paths, kept.began)
        console.print("\n".join(gathered.words()), markup=False)
        parts = split(gathered.examples, seed)
        outcome = _learn(console, assistant, parts, kept, optimizer, max_calls, seed)
    except KeyboardInterrupt:
        console.print(f"Interrupted. {_goes_on(kept)}", style="bold", markup=False)
        sys.exit(_INTERRUPTED)
    finally:
        kept.close()
        if not kept.answers and not kept.failures:
            kept.remove()
    written = _write(console, outcome, output, _seen_from(assistant, output), force=force)
    if outcome.ended_by == "error":
        console.print(f"The optimizer gave up; what was best so far counts. {outcome.error}", markup=False)
    if outcome.ended_by != "budget":
        kept.remove()
    else:
        console.print(
            f"The budget of {max_calls} calls ended the search; what was best so far counts. With a higher --max-calls"
            f" the same command goes on from here: the answers are in {kept.path}.",
            markup=False,
        )
    sys.exit(0 if written else 1)


def _check(optimizer: Literal["bootstrap", "miprov2", "gepa"], nlu: "NLU") -> None:
    """Raises ConfigurationError for what is missing, before anything takes time."""
    from soni.optimizing.optimizers import check
    from soni.understanding.model.connection import missing_key

    check(optimizer)
    if (words := missing_key(nlu)) is not None:
        raise ConfigurationError(words)


def _learn(
    console: "Console",
    assistant: "SoniConfig",
    parts: "Split",
    kept: "Kept",
    optimizer: Literal["bootstrap", "miprov2", "gepa"],
    max_calls: int,
    seed: int,
) -> "Outcome":
    from datetime import timedelta

    from soni.cli.learning import progress
    from soni.optimizing.asking import Asking, Unanswered
    from soni.optimizing.learning import learn
    from soni.understanding.embedded.understander import build
    from soni.understanding.model.connection import open_model
    from soni.understanding.model.understander import ModelUnderstander

    nlu = assistant.settings.models.nlu
    model = open_model(nlu.model_copy(update={"timeout": max(nlu.timeout, timedelta(seconds=_PATIENCE))}))
    prompts = ModelUnderstander(assistant, model, build(assistant))
    console.print(
        f"{len(parts.train)} to learn from, {len(parts.val)} to choose by, {len(parts.held_back)} held back",
        markup=False,
    )
    with progress() as shown:
        task = shown.add_task("calls", total=max_calls)
        asking = Asking(
            model, kept, max_calls, nlu.retries, lambda calls: shown.update(task, completed=calls, refresh=True)
        )
        try:
            outcome = learn(
                assistant, model, prompts, parts, asking,
                optimizer=optimizer, seed=seed, phase=lambda words: shown.update(task, description=words),
            )  # fmt: skip
        except Unanswered as error:
            raise SoniError(f"{error.message} {_goes_on(kept)}") from error
        finally:
            asking.close()
    console.print(f"{asking.calls} of at most {max_calls} calls, {asking.asked} of them now", markup=False)
    return outcome


def _write(console: "Console", outcome: "Outcome", output: Path, named: str, *, force: bool) -> bool:
    """Show the scores, and write what was learned where it is not worse; ``named`` is how the settings name the file."""
    from soni.optimizing.tables import score_lines, score_table
    from soni.understanding.model.tuning import write_tuning

    console.print()
    console.print(f"On {outcome.held_back} examples that were held back", style="bold")
    console.print(score_table({"before": outcome.before, "after": outcome.after}))
    console.print()
    for line in [*score_lines(outcome.before, "before"), *score_lines(outcome.after, "after")]:
        console.print(line, markup=False)
    if outcome.tuning is None:
        done = outcome.ended_by == "itself"
        words = "The optimizer left the program as it was" if done else "Nothing better was found"
        console.print(f"{words}: nothing is written.", style="bold")
        return False
    worse = outcome.after.is_worse_than(outcome.before)
    if worse and not force:
        console.print("It is worse than before: nothing is written. --force writes it.", style="bold red")
        return False
    try:
        write_tuning(outcome.tuning, output)
    except OSError as error:
        raise SoniError(f"{output} cannot be written: {error.strerror}.") from None
    how = "It is worse than before, and written all the same" if worse else "Written"
    demos = len(outcome.tuning.demos)
    console.print(f"{how}: {output}, instructions and {demos} example{'s' * (demos != 1)}.", style="bold", markup=False)
    console.print(f"settings.models.nlu.optimized: {named} takes it into use.", markup=False)
    return True


def _seen_from(assistant: "SoniConfig", output: Path) -> str:
    """How the settings name a file: seen from the assistant's folder, or else as it is."""
    folder, whole = Path(assistant.origin or ".").resolve(), output.resolve()
    return str(whole.relative_to(folder) if whole.is_relative_to(folder) else whole)


def _goes_on(kept: "Kept") -> str:
    return f"{len(kept.answers)} answers are kept in {kept.path}: the same command goes on where it stopped."
