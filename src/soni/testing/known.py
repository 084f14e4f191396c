"""The names an assistant has: a test that names another one would prove nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from soni.compiler.assistant import shipped_patterns
from soni.config.models import SoniConfig
from soni.testing.nodes import Node
from soni.value import Value

Names: TypeAlias = frozenset[str] | None
"""``None`` where the assistant could not be loaded: then any name will do."""


@dataclass(frozen=True, slots=True)
class Known:
    """What an assistant has, by kind."""

    slots: Names = None
    flows: Names = None
    """With the patterns that come with Soni."""
    actions: Names = None
    responses: Names = None
    languages: Names = None
    inputs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Of each action."""
    outputs: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, config: SoniConfig) -> "Known":
        """The names of an assistant."""
        i18n = config.settings.i18n
        return cls(
            slots=frozenset(config.slots),
            flows=frozenset({*shipped_patterns(), *config.flows}),
            actions=frozenset(config.actions),
            responses=frozenset(config.responses),
            languages=frozenset({i18n.default_language, *i18n.supported_languages}),
            inputs={name: frozenset(spec.input_names) for name, spec in config.actions.items()},
            outputs={name: frozenset(spec.outputs) for name, spec in config.actions.items()},
        )

    def slot_values(self, node: Node) -> Mapping[str, Value]:
        """Slots and values."""
        return _values(node, "slot", self.slots)

    def input_values(self, node: Node, action: str) -> Mapping[str, Value]:
        """Inputs of an action and values."""
        return _values(node, "input", self.inputs.get(action))

    def output_values(self, node: Node, action: str) -> Mapping[str, Value]:
        """Outputs of an action and values."""
        return _values(node, "output", self.outputs.get(action))


def _values(node: Node, what: str, known: Names) -> Mapping[str, Value]:
    values = {}
    for name, entry in node.named("a mapping of names and values").items():
        entry.check_name(name, what, known)
        values[name] = entry.value()
    return values
