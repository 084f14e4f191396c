"""A flower shop that understands by a model, its conversations, and a model that can be taught."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from soni.dialogue.commands import Command
from soni.testing import said_in
from soni.testing.fake_answers import Answer, Body

ASSISTANT: Final = """
version: "1.0"
settings:
  models: {nlu: {provider: openai, model: gpt-4o-mini, timeout: 20s, api_base: "%s", retries: 1, fallback: null}}
  persistence: {backend: memory}
slots:
  flower: {type: choice, choices: [{value: roses, synonyms: [red roses]}, tulips, lilies], prompt: Which flowers?}
  count: {type: integer, min: 1, max: 99, examples: ["12", "five"], prompt: How many?}
  order: {type: string, examples: [A17, B2], prompt: Which order?}
  pin: {type: string, pattern: "[0-9]{4}", sensitive: true, prompt: Your PIN?}
flows:
  buy_flowers:
    description: Buy flowers.
    trigger:
      intents: ["I want flowers", "buy {flower}", "order {count} {flower}", "{flower} please", "send me {count} {flower}"]
    steps:
      - {step: which, type: collect, slot: flower}
      - {step: how_many, type: collect, slot: count}
      - {step: sure, type: confirm, message: "{count} {flower}?"}
      - {step: done, type: say, message: Ordered.}
  track_order:
    description: Where an order is.
    trigger: {intents: ["where is my order", "track order {order}", "has order {order} left", "track my flowers"]}
    steps:
      - {step: which, type: collect, slot: order}
      - {step: done, type: say, message: "Order {order} is on its way."}
  opening_hours:
    description: When the shop is open.
    trigger: {intents: ["when are you open", "opening hours", "are you open on Sunday", "what time do you close"]}
    steps:
      - {step: done, type: say, message: From nine to five.}
  identify:
    description: Say who you are.
    trigger: {intents: ["let me identify myself"]}
    steps:
      - {step: pin, type: collect, slot: pin}
      - {step: done, type: say, message: Thank you.}
"""

CONVERSATIONS: Final = """
now: 2050-01-03T10:00
tests:
  - name: flowers are bought
    steps:
      - user: I want flowers
      - bot: Which flowers?
      - user: red roses
      - user: five
      - bot: 5 roses?
      - user: "yes"
      - bot: Ordered.
  - name: another number
    steps:
      - user: buy tulips
      - user: "7"
      - bot: 7 tulips?
      - user: no, I meant 8
      - bot: {contains: 8 tulips?}
      - user: go ahead
        commands: [affirm]
      - bot: Ordered.
  - name: an order is tracked
    steps:
      - user: where is my order
      - user: A17
      - bot: Order A17 is on its way.
  - name: somebody leaves
    steps:
      - user: "lilies please"
      - user: never mind
      - user: opening hours
      - bot: {contains: From nine}
  - name: a secret
    steps:
      - user: let me identify myself
      - user: "1234"
      - bot: Thank you.
  - name: this fails
    steps:
      - user: I want flowers
      - bot: No.
"""


def open_shop(folder: Path, address: str) -> Path:
    """The assistant and its conversations in a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "soni.yaml").write_text(ASSISTANT % address)
    (folder / "shop.conversation.yaml").write_text(CONVERSATIONS)
    return folder / "soni.yaml"


@dataclass
class Teachable:
    """Knows what is meant, and says it only where it was taught: by an example in the prompt, or by a word in the instructions.

    Untaught it knows every third message, so that there is something to begin with.
    """

    meant: dict[str, Sequence[Command]] = field(default_factory=dict)
    spoilt: bool = False
    """True where it knows everything, and examples confuse it."""
    calls: int = 0
    kill_at: int | None = None
    """The call during which ``kill`` is called."""
    kill: Callable[[], None] = lambda: None

    def __call__(self, body: Body) -> Answer:
        self.calls += 1
        if self.calls == self.kill_at:
            self.kill()
        system, *others = body["messages"]
        if "task-oriented assistant wants" not in system["content"] and "BE EXACT" not in system["content"]:
            return _PROPOSAL
        said = said_in(body)
        taught = len(others) > 1 or "BE EXACT" in system["content"]
        knows = (taught or len(said) % 3 == 0) if not self.spoilt else (not taught or len(said) % 4 == 0)
        return list(self.meant.get(said, ())) if knows else []


_PROPOSAL: Final = "\n\n".join(
    f"[[ ## {name} ## ]]\n{text}"
    for name, text in (
        ("observations", "COMPLETE"),
        ("summary", "A flower shop."),
        ("proposed_instruction", "Say what the user wants. BE EXACT."),
        ("new_instruction", "Say what the user wants. BE EXACT."),
        ("completed", ""),
    )
)


def read_tuned(path: Path) -> dict[str, object]:
    """What was written."""
    read: dict[str, object] = json.loads(path.read_text())
    return read
