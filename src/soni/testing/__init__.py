"""Tools for testing assistants: conversation tests, doubles, a pytest plugin."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soni.actions.ledger import MemoryLedger
    from soni.testing.conversations import ConversationFile, ConversationTest
    from soni.testing.doubles import FakeClock, ScriptedUnderstander
    from soni.testing.playing import Result
    from soni.testing.reading import read_conversations
    from soni.testing.stage import Stage

__all__ = [
    "ConversationFile", "ConversationTest", "FakeClock", "MemoryLedger", "Result", "ScriptedUnderstander", "Stage",
    "read_conversations",
]  # fmt: skip

# Named here and imported when they are used: the pytest plugin is in this package, and every run of pytest imports it.
_LATER = {
    "ConversationFile": "soni.testing.conversations",
    "ConversationTest": "soni.testing.conversations",
    "FakeClock": "soni.testing.doubles",
    "MemoryLedger": "soni.actions.ledger",
    "Result": "soni.testing.playing",
    "ScriptedUnderstander": "soni.testing.doubles",
    "Stage": "soni.testing.stage",
    "read_conversations": "soni.testing.reading",
}


def __getattr__(name: str) -> object:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'soni.testing' has no attribute {name!r}")
