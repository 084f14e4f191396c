"""A small bank, and its conversation tests, in a folder."""

from pathlib import Path

ASSISTANT = """\
version: "1.0"
settings:
  modules: [bank_actions]
  i18n: {supported_languages: [en, es]}
slots:
  recipient: {type: string, prompt: To whom?}
  amount: {type: float, prompt: How much?, min: 0.01}
  receipt: {type: string, filled_by: system}
  pin: {type: string, prompt: PIN?, sensitive: true}
responses:
  sent:
    - {text: "Sent {amount}.", variations: ["{amount} sent.", "It is on its way: {amount}."]}
    - {text: "Enviado: {amount}.", language: es}
actions:
  transfer: {inputs: [recipient, amount], outputs: [receipt]}
  look_up: {inputs: [recipient], effect: read}
flows:
  pay:
    description: Send money.
    trigger: {intents: [send money, pay somebody, transfer some money]}
    steps:
      - {step: who, type: collect, slot: recipient}
      - {step: how_much, type: collect, slot: amount}
      - {step: check, type: action, call: look_up}
      - step: sure
        type: confirm
        message: "Send {amount} to {recipient}?"
        buttons: [{title: Yes, payload: /affirm}, {title: No, payload: /deny}]
      - {step: send, type: action, call: transfer}
      - {step: done, type: say, response: sent}
      - {step: more, type: say, message: "Receipt: {receipt|none}."}
  prove:
    description: Ask who it is.
    trigger: {intents: [prove who I am, identify me, check my pin]}
    steps:
      - {step: ask_pin, type: collect, slot: pin}
      - {step: hold, type: collect, slot: recipient}
  quit:
    description: Talk to a person.
    trigger: {intents: [a person please, somebody real, let me talk to somebody]}
    steps:
      - {step: over, type: handoff, message: One moment.}
"""

ACTIONS = '''\
"""What the bank does."""

import os
from pathlib import Path

from soni import action

WHERE = Path(__file__).parent


@action("transfer")
def transfer(recipient: str, amount: float) -> dict[str, str]:
    with open("ledger.txt", "a") as ledger:
        ledger.write(f"{recipient} {amount}\\n")
    lines = len(Path("ledger.txt").read_text().splitlines())
    return {"receipt": f"{os.environ.get('BANK', WHERE.name)}-{lines}"}


@action("look_up")
async def look_up(recipient: str) -> None:
    if recipient == "Nobody":
        raise LookupError("no such account")
'''


def build(folder: Path, tests: str, assistant: str = ASSISTANT, actions: str = ACTIONS) -> Path:
    """The bank in this folder, and the file of its tests; ``tests`` is what stands in it."""
    folder.mkdir(exist_ok=True)
    (folder / "soni.yaml").write_text(assistant)
    (folder / "bank_actions.py").write_text(actions)
    file = folder / "bank.conversation.yaml"
    file.write_text(tests)
    return file


def told(steps: str, head: str = "") -> str:
    """A file of one test with these steps, one a line; ``head`` stands beside its name."""
    lines = "".join(f"      {line}\n" for line in steps.strip().splitlines())
    extra = "".join(f"    {line}\n" for line in head.strip().splitlines())
    return f"tests:\n  - name: it is told\n{extra}    steps:\n{lines}"
