"""A whole assistant, compiled: every flow a subgraph, the shipped patterns among them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from soni.compiler.blocks import FlowGraph, lay_out
from soni.compiler.subgraph import Subgraph, compile_flow
from soni.config.loader import load_config_text
from soni.config.models import Flow, SoniConfig
from soni.dialogue.flows import Flows, survey


@dataclass(frozen=True)
class Assistant:
    """What a configuration compiles to. The configuration itself is not changed by it."""

    config: SoniConfig
    flows: Flows
    graphs: Mapping[str, FlowGraph]
    subgraphs: Mapping[str, Subgraph]


def compile_assistant(config: SoniConfig) -> Assistant:
    """Compile every flow of a configuration that was loaded without problems."""
    flows: dict[str, Flow] = {**shipped_patterns(), **config.flows}
    graphs = {name: lay_out(name, flow) for name, flow in flows.items()}
    subgraphs = {name: compile_flow(graph) for name, graph in graphs.items()}
    return Assistant(config, survey(config, flows), graphs, subgraphs)


@lru_cache(maxsize=1)
def shipped_patterns() -> Mapping[str, Flow]:
    """The repair patterns that come with Soni."""
    text = files("soni.compiler").joinpath("patterns.yaml").read_text(encoding="utf-8")
    return load_config_text(text, name="patterns.yaml").flows
