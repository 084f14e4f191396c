"""Soni: task-oriented assistants written as YAML flows, compiled to LangGraph and served over HTTP."""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soni.actions.marks import ActionContext, action, normalizer, validator
    from soni.config.loader import load_config
    from soni.errors import (
        ActionError,
        ConfigurationError,
        ConversationBusy,
        FlowError,
        NLUError,
        SoniError,
        StateError,
        StoreUnavailable,
        TurnError,
    )
    from soni.runtime.loop import RuntimeLoop
    from soni.runtime.messages import Message, Reply

__version__ = version("soni")

__all__ = [
    "ActionContext", "ActionError", "ConfigurationError", "ConversationBusy", "FlowError", "Message", "NLUError",
    "Reply", "RuntimeLoop", "SoniError", "StateError", "StoreUnavailable", "TurnError",
    "action", "load_config", "normalizer", "validator",
]  # fmt: skip

# Named here and imported when they are used: a module of actions should not pay for the engine, and the pytest plugin,
# which lives in this package and which every run of pytest imports, for nothing at all.
_LATER = {
    **dict.fromkeys(("ActionContext", "action", "normalizer", "validator"), "soni.actions.marks"),
    **dict.fromkeys(
        (
            "ActionError", "ConfigurationError", "ConversationBusy", "FlowError", "NLUError", "SoniError", "StateError",
            "StoreUnavailable", "TurnError",
        ),
        "soni.errors",
    ),
    "load_config": "soni.config.loader",
    "RuntimeLoop": "soni.runtime.loop",
    "Message": "soni.runtime.messages",
    "Reply": "soni.runtime.messages",
}  # fmt: skip


def __getattr__(name: str) -> object:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'soni' has no attribute {name!r}")
