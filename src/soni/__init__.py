"""Soni: task-oriented assistants written as YAML flows, compiled to LangGraph and served over HTTP."""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

from soni.actions.marks import ActionContext, action, normalizer, validator
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

if TYPE_CHECKING:
    from soni.config.loader import load_config
    from soni.runtime.loop import RuntimeLoop
    from soni.runtime.messages import Message, Reply

__version__ = version("soni")

__all__ = [
    "ActionContext", "ActionError", "ConfigurationError", "ConversationBusy", "FlowError", "Message", "NLUError",
    "Reply", "RuntimeLoop", "SoniError", "StateError", "StoreUnavailable", "TurnError",
    "action", "load_config", "normalizer", "validator",
]  # fmt: skip

# These bring in the engine; a module of actions that imports only the decorators should not pay for it.
_LATER = {
    "load_config": "soni.config.loader",
    "RuntimeLoop": "soni.runtime.loop",
    "Message": "soni.runtime.messages",
    "Reply": "soni.runtime.messages",
}


def __getattr__(name: str) -> object:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'soni' has no attribute {name!r}")
