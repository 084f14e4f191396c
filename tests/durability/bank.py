"""An assistant that pays, and what its bank has seen: the witness of every effect."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Final

ASSISTANT: Final = """
version: "1.0"
settings:
  modules: [bank_actions]
  persistence:
    backend: %s
    path: ./soni.db
    connection_string: %s
  logging: {level: ERROR}
slots:
  amount: {type: integer, prompt: How much?, filled_by: user}
  receipt: {type: integer, filled_by: system}
  total: {type: integer, scope: conversation, filled_by: system, default: 0}
  payments: {type: integer, scope: conversation, filled_by: system, default: 0}
actions:
  pay: {description: Pay., inputs: [amount], outputs: [receipt]}
flows:
  pay:
    description: Pay an amount.
    steps:
      - {step: ask, type: collect, slot: amount}
      - {step: send, type: action, call: pay}
      - {step: count, type: set, slots: {total: "{{ total + amount }}", payments: "{{ payments + 1 }}"}}
      - {step: tell, type: say, message: "{payments} paid, {total} in all, receipt {receipt}"}
  pattern_completed:
    steps:
      - {step: silent, type: noop}
"""

ACTIONS: Final = '''
"""A bank that writes every call down, and answers with the place of its line."""

import asyncio
import fcntl
import json
import os

from soni import ActionContext, action


@action("pay")
async def pay(amount: int, ctx: ActionContext) -> dict[str, int]:
    receipt = await asyncio.to_thread(write, {"key": ctx.idempotency_key, "user": ctx.user_id, "amount": amount})
    await asyncio.sleep(float(os.environ.get("BANK_TAKES", "0")))
    if gate := os.environ.get("BANK_GATE"):
        await asyncio.to_thread(lambda: open(gate).read())  # until whoever holds the other end closes it
    return {"receipt": receipt}


def write(call: dict[str, str | int]) -> int:
    """One line, on disk when this returns; where in the file it begins."""
    with open(os.environ["BANK_FILE"], "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        place = os.fstat(file.fileno()).st_size
        file.write(json.dumps(call) + "\\n")
        file.flush()
        os.fsync(file.fileno())
    return place
'''


@dataclass(frozen=True, slots=True)
class Call:
    """One call the bank has seen."""

    receipt: int
    """What it answered."""
    key: str
    """The idempotency key."""
    user: str
    amount: int


@dataclass(frozen=True, slots=True)
class Bank:
    """The folder of an assistant that pays, for as many replicas as are started in it."""

    folder: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """What its replicas have to know."""
        return {"BANK_FILE": str(self._file)}

    @property
    def _file(self) -> Path:
        return self.folder / "bank.jsonl"

    def calls(self) -> list[Call]:
        """Every call so far, in order."""
        lines = self._file.read_text().splitlines(keepends=True) if self._file.exists() else []
        places = accumulate((len(line) for line in lines), initial=0)
        return [Call(place, **json.loads(line)) for place, line in zip(places, lines, strict=False)]


def new_bank(folder: Path, dsn: str | None = None) -> Bank:
    """Write the assistant into a folder: on SQLite in that folder, or on the PostgreSQL named."""
    folder.mkdir(parents=True, exist_ok=True)
    store = ("sqlite", "null") if dsn is None else ("postgresql", json.dumps(dsn))
    (folder / "soni.yaml").write_text(ASSISTANT % store)
    (folder / "bank_actions.py").write_text(ACTIONS)
    return Bank(folder)
