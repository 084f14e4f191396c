"""A whole assistant, compiled: every flow a subgraph, the shipped patterns among them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from soni.compiler.blocks import FlowGraph, lay_out
from soni.compiler.verify import refusals, verify
from soni.config.loader import load_config_text
from soni.config.models import Flow, SoniConfig
from soni.config.written import Written
from soni.dialogue.flows import Flows, survey
from soni.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from soni.compiler.subgraph import Subgraph


@dataclass(frozen=True)
class Assistant:
    """What a configuration compiles to. The configuration itself is not changed by it."""

    config: SoniConfig
    flows: Flows
    graphs: Mapping[str, FlowGraph]
    subgraphs: "Mapping[str, Subgraph]"


def compile_assistant(config: SoniConfig) -> Assistant:
    """Compile every flow of a configuration that was loaded without problems.

    Raises ConfigurationError where a flow can only end in a failed turn: it goes round for ever, or calls itself.
    """
    from soni.compiler.subgraph import Subgraph  # LangGraph, which verifying an assistant does without

    flows, graphs = _laid_out(config)
    if problems := refusals(config, flows, graphs):
        raise ConfigurationError(problems=problems)
    subgraphs = {name: Subgraph(graph) for name, graph in graphs.items()}
    return Assistant(config, flows, graphs, subgraphs)


def verify_assistant(config: SoniConfig, written: Written | None = None) -> tuple[Problem, ...]:
    """All that is to be said about the ways through a configuration that was loaded without problems.

    ``written`` is what it was read from: with it, problems have file and line.
    """
    flows, graphs = _laid_out(config)
    return verify(config, flows, graphs, written)


@lru_cache(maxsize=1)
def shipped_patterns() -> Mapping[str, Flow]:
    """The repair patterns that come with Soni."""
    text = files("soni.compiler").joinpath("patterns.yaml").read_text(encoding="utf-8")
    return load_config_text(text, name="patterns.yaml").flows


def _laid_out(config: SoniConfig) -> tuple[Flows, dict[str, FlowGraph]]:
    flows: dict[str, Flow] = {**shipped_patterns(), **config.flows}
    return survey(config, flows), {name: lay_out(name, flow) for name, flow in flows.items()}
