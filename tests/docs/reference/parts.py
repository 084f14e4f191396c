"""The generated parts of the reference: each is Markdown, made of the code that it is about."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields as fields_of
from typing import Final

from tests.docs.reference.command_line import cli
from tests.docs.reference.tables import (
    SCHEMA,
    code,
    described,
    fields,
    group_of,
    key_rows,
    table,
)

from soni import errors as all_errors
from soni.config import settings as all_settings
from soni.config.settings import OF_A_MODEL
from soni.config.steps import STEP_KINDS
from soni.dialogue.commands import COMMANDS
from soni.dialogue.payloads import parse_payload
from soni.observability.metrics import reference
from soni.server.api import create_app
from soni.server.errors import VERDICTS, ClientGone, code_of

KEYS: Final = ("key", "type", "default", "")
EVERY_STEP: Final = ("step", "type", "jump_to", "description", "when")

PAYLOADS: Final[Mapping[str, tuple[str, ...]]] = {
    "start_flow": ("/start_flow transfer_money", '/start_flow transfer_money amount=50 recipient="Ana Ruiz"'),
    "cancel_flow": ("/cancel_flow", "/cancel_flow transfer_money"),
    "set_slot": ("/set_slot amount=60", "/set_slot amount=60 recipient=Ana"),
    "correct_slot": ("/correct_slot amount=60",),
    "clear_slot": ("/clear_slot amount",),
    "affirm": ("/affirm",),
    "deny": ("/deny", "/deny amount"),
    "clarify": ("/clarify transfer_money check_balance",),
    "ask_info": ("/ask_info", "/ask_info amount"),
    "chitchat": ("/chitchat",),
    "out_of_scope": ("/out_of_scope",),
    "human_handoff": ("/human_handoff",),
    "skip_question": ("/skip_question",),
    "repeat": ("/repeat",),
    "restart": ("/restart",),
}
"""How each command is written as a payload."""


def settings() -> str:
    """Every setting, by group."""
    return "\n".join(
        _group("settings", "Settings", "Everything that can be set. A group has a section of its own below.")
    )


def _group(path: str, model: str, words: str) -> Iterator[str]:
    rows, groups = [], []
    for key, kind, default, meaning in key_rows(model):
        name = key.strip("`")
        if (inner := group_of(fields(model)[name])) is not None:
            groups.append((f"{path}.{name}", inner, meaning))
            linked = f"[{name}](#{anchor(f'{path}.{name}')})"
            rows.append((linked, "group", default, meaning))
        else:
            rows.append((key, kind, default, f"{meaning}{_remark(f'{path}.{name}')}"))
    yield f"### {path}\n\n{words}{_remark(path)}\n\n{table(KEYS, rows)}"
    for name, inner, meaning in groups:
        yield from _group(name, inner, meaning)


def _remark(path: str) -> str:
    """Where a setting does not act always: when it does not."""
    name = path.removeprefix("settings.")
    for remarks in ("INACTIVE", "REFUSED"):
        if (why := getattr(all_settings, remarks, {}).get(name)) is not None:
            return f" *Not acted on in this version: {why}.*"
    return " *Only with a language model.*" if name in OF_A_MODEL else ""


def sections() -> str:
    """What stands at the top of an assistant."""
    needed = SCHEMA["required"]
    keys = SCHEMA["properties"].items()
    rows = [(code(key), "needed" if key in needed else "", field["description"]) for key, field in keys]
    return table(("key", "", ""), rows)


def things() -> str:
    """Slots, actions, responses, flows, and what stands within them."""
    names = {
        "Slot": "A slot", "Choice": "", "ActionSpec": "An action", "Webhook": "", "Retry": "", "ResponseVariant": "A response",
        "Button": "", "Flow": "A flow", "Trigger": "",
    }  # fmt: skip
    headings = {"ActionSpec": "Action", "ResponseVariant": "Response"}
    return "\n".join(
        f"### {headings.get(name, name)}\n\n{described(name)}\n\n{table(KEYS, key_rows(name))}" for name in names
    )


def every_step() -> str:
    """What all kinds of step have."""
    return table(KEYS, [row for row in key_rows("Collect") if row[0].strip("`") in EVERY_STEP and row[0] != "`type`"])


def steps() -> str:
    """Every kind of step, and every key of it."""
    written = []
    for kind, model in STEP_KINDS.items():
        own = EVERY_STEP if kind != "branch" else tuple(key for key in EVERY_STEP if key != "when")
        rows = list(key_rows(model.__name__, own))
        written.append(f"### {kind}\n\n{described(model.__name__)}\n\n{table(KEYS, rows) if rows else ''}")
    parts = (f"### {name}\n\n{described(name)}\n\n{table(KEYS, key_rows(name))}" for name in ("Rejection", "Arm"))
    return "\n".join([*written, *parts])


def commands() -> str:
    """Every command."""
    rows = []
    for name, command in COMMANDS.items():
        for payload in PAYLOADS[name]:
            parsed = parse_payload(payload)
            assert parsed is not None, payload
            assert isinstance(parsed[0], command), payload
        takes = ", ".join(code(field.name) for field in fields_of(command))
        rows.append((code(name), "<br>".join(map(code, PAYLOADS[name])), takes, first_line(command)))
    return table(("command", "as a payload", "takes", "meaning"), rows)


def endpoints() -> str:
    """Every endpoint, with its statuses."""
    rows = []
    for path, methods in sorted(create_app().openapi()["paths"].items()):
        for method, operation in methods.items():
            words = operation.get("summary") or operation.get("description", "")
            rows.append((code(f"{method.upper()} {path}"), words, ", ".join(sorted(operation["responses"]))))
    return table(("endpoint", "", "statuses"), rows)


def errors() -> str:
    """Every error that a caller can see."""
    told = [(kind, verdict) for kind, verdict in VERDICTS.items() if kind is not ClientGone]
    told.sort(key=lambda row: (row[1].status, code_of(row[0])))
    rows = [
        (
            str(verdict.status),
            code(code_of(kind)),
            code(kind.__name__),
            verdict.words or first_line(kind),
            f"{verdict.retry_after} s" if verdict.retry_after is not None else "",
        )
        for kind, verdict in told
    ]
    return table(("status", "`code`", "`type`", "the words", "`Retry-After`"), rows)


def error_tree() -> str:
    """The errors of Soni, as they are drawn on top of their module."""
    tree = (inspect.getdoc(all_errors) or "").partition("\n\n")[2]
    return f"<!-- not run: a drawing -->\n```text\n{tree}\n```\n"


def anchor(heading: str) -> str:
    """The name under which a heading is linked."""
    return "".join(letter for letter in heading.lower().replace(" ", "-") if letter.isalnum() or letter in "-_")


def first_line(thing: object) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].replace("``", "`").split())


PARTS: Final[dict[str, Callable[[], str]]] = {
    "settings": settings,
    "sections": sections,
    "things": things,
    "every-step": every_step,
    "steps": steps,
    "commands": commands,
    "endpoints": endpoints,
    "errors": errors,
    "error-tree": error_tree,
    "cli": cli,
    "metrics": reference,
}
"""The parts by name: ``<!-- generated: settings -->`` … ``<!-- end -->`` on a page."""
