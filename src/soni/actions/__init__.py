"""Actions: how the assistant acts on the world, and checks and tidies what users say."""

from soni.actions.ledger import Ledger, MemoryLedger
from soni.actions.marks import ActionContext, action, normalizer, validator
from soni.actions.runner import Actions

__all__ = ["ActionContext", "Actions", "Ledger", "MemoryLedger", "action", "normalizer", "validator"]
