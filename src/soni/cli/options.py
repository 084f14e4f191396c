"""Options that several commands have."""

from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

DEFAULT_CONFIG: Final = Path("soni.yaml")

ConfigOption: TypeAlias = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="SONI_CONFIG_PATH", help="The assistant: a YAML file, or a folder of them."),
]
