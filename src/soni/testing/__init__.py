"""Tools for testing assistants: conversation tests, doubles, a pytest plugin."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soni.actions.ledger import MemoryLedger
    from soni.testing.cassette import Cassette, NotRecorded, Recording, Replaying
    from soni.testing.conversations import ConversationFile, ConversationTest
    from soni.testing.doubles import FakeClock, ScriptedUnderstander
    from soni.testing.fake_answers import as_answer, said_in
    from soni.testing.fake_faults import Fault, Rate
    from soni.testing.fake_model import FakeModel
    from soni.testing.playing import Result
    from soni.testing.reading import read_conversations
    from soni.testing.stage import Stage

__all__ = [
    "Cassette",
    "ConversationFile",
    "ConversationTest",
    "FakeClock",
    "FakeModel",
    "Fault",
    "MemoryLedger",
    "NotRecorded",
    "Rate",
    "Recording",
    "Replaying",
    "Result",
    "ScriptedUnderstander",
    "Stage",
    "as_answer",
    "read_conversations",
    "said_in",
]  # fmt: skip

# Named here and imported when they are used: the pytest plugin is in this package, and every run of pytest imports it.
_LATER = {
    "Cassette": "soni.testing.cassette",
    "ConversationFile": "soni.testing.conversations",
    "ConversationTest": "soni.testing.conversations",
    "FakeClock": "soni.testing.doubles",
    "FakeModel": "soni.testing.fake_model",
    "Fault": "soni.testing.fake_faults",
    "MemoryLedger": "soni.actions.ledger",
    "Rate": "soni.testing.fake_faults",
    "NotRecorded": "soni.testing.cassette",
    "Recording": "soni.testing.cassette",
    "Replaying": "soni.testing.cassette",
    "Result": "soni.testing.playing",
    "ScriptedUnderstander": "soni.testing.doubles",
    "Stage": "soni.testing.stage",
    "as_answer": "soni.testing.fake_answers",
    "read_conversations": "soni.testing.reading",
    "said_in": "soni.testing.fake_answers",
}


def __getattr__(name: str) -> object:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'soni.testing' has no attribute {name!r}")
