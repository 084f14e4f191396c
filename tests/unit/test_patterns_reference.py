"""The reference of the repair patterns is complete: every pattern, what it reads, and its words."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

import soni.compiler
from soni import Message, RuntimeLoop
from soni.actions.registry import Registered, Registry
from soni.config.loader import load_config_text
from soni.config.models import PATTERNS, SoniConfig
from soni.errors import NLUError
from soni.testing import FakeClock, ScriptedUnderstander

REFERENCE: Final = (Path(__file__).parents[2] / "docs" / "reference" / "patterns.md").read_text()
SHIPPED: Final = yaml.safe_load((Path(soni.compiler.__path__[0]) / "patterns.yaml").read_text())["flows"]

ASSISTANT: Final[dict[str, Any]] = {
    "version": "1.0",
    "settings": {
        "persistence": {"backend": "memory"},
        "conversation": {"max_turns_without_progress": 3, "on_no_progress": "retry"},
    },
    "slots": {
        "name": {"prompt": "Name?", "description": "a name"},
        "amount": {"type": "integer", "prompt": "Amount?"},
        "more": {"prompt": "More?"},
    },
    "actions": {"pay": {"inputs": ["amount"]}, "fail": {}, "note": {"inputs": ["of", "known?"], "effect": "read"}},
    "flows": {
        "send": {
            "steps": [
                {"step": "name", "type": "collect", "slot": "name"},
                {"step": "amount", "type": "collect", "slot": "amount"},
                {"step": "sure", "type": "confirm", "message": "Sure?"},
                {"step": "pay", "type": "action", "call": "pay"},
                {"step": "more", "type": "collect", "slot": "more"},
            ]
        },
        "other": {"steps": [{"step": "more", "type": "collect", "slot": "more"}]},
        "never": {
            "trigger": {"condition": "name is set"},
            "steps": [{"step": "more", "type": "collect", "slot": "more"}],
        },
        "alone": {"interruptible": False, "steps": [{"step": "more", "type": "collect", "slot": "more"}]},
        "leave": {"steps": [{"step": "away", "type": "noop", "jump_to": "cancel_flow"}]},
        "broken": {"steps": [{"step": "fail", "type": "action", "call": "fail"}]},
        "half": {
            "steps": [
                {"step": "amount", "type": "collect", "slot": "amount"},
                {"step": "pay", "type": "action", "call": "pay"},
                {"step": "fail", "type": "action", "call": "fail"},
            ]
        },
    },
}

TALKS: Final = (
    ["/repeat", "/ask_info", "/skip_question", "/cancel_flow"],
    ["/start_flow send", "/ask_info", "/chitchat", "/out_of_scope", "/skip_question", "/repeat", "/restart"],
    ["/start_flow send name=Ana", "/set_slot name=Bob", "/set_slot amount=x", "/ask_info name", "/clear_slot name"],
    ["/start_flow send name=Ana amount=1", "/ask_info", "/skip_question", "/affirm", "/set_slot amount=2"],
    ["/start_flow send", "/start_flow other", "/repeat", "/set_slot more=x", "/cancel_flow"],
    ["/start_flow other", "/set_slot more=x"],
    ["/start_flow send name=Ana", *["/set_slot amount=x"] * 3],
    ["/start_flow send", *["/out_of_scope"] * 3],
    ["/clarify send other", "/chitchat", "/deny"],
    ["/clarify send other", *["nothing"] * 3],
    ["/start_flow send", "/human_handoff"],
    ["/start_flow broken", "/start_flow half amount=1"],
    ["nothing", "/start_flow never", "/start_flow leave", "/start_flow alone", "/start_flow send"],
    ["/start_flow send", "deaf", "later", "/chitchat"],
    ["/start_flow send name=Ana", "deploy", "/chitchat"],
    ["/start_flow other", "deploy", "/chitchat"],
)
"""Payloads; of ``nothing`` nothing is understood, and at ``deaf`` understanding fails. Between the messages, ``later`` a day
goes by, and after ``deploy`` the assistant is another one."""


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_is_described_with_its_words(pattern: str) -> None:
    """Each has a section that tells when it runs, what it reads, what it says as shipped, and what its end does."""
    section = section_of(pattern)

    for part in ("**Runs**", "**Reads**", "**Says**", "**Its end**"):
        assert part in section
    for words in words_of(SHIPPED[pattern]["steps"]):
        assert words in section


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_the_shipped_patterns_read_is_described(pattern: str) -> None:
    """A key of ``context`` in patterns.yaml stands in the section of its pattern, as do the reasons it looks for."""
    written = json.dumps(SHIPPED[pattern])
    read = set(re.findall(r"context\.\w+", written))
    reasons = set(re.findall(r'context\.reason == \\"(\w+)\\"', written))

    assert {f"`{name}`" for name in read | reasons} <= code_in(section_of(pattern))


async def test_what_the_engine_gives_the_patterns_is_described() -> None:
    """A key of ``context`` that a pattern was given in a conversation stands in its section, as does the reason."""
    given = await contexts()

    assert set(given) == set(PATTERNS)
    for pattern, known in given.items():
        named = {f"`context.{key}`" for key in known}
        if pattern not in ("pattern_invalid_value", "pattern_too_many_attempts"):  # there it is a sentence
            named |= {f"`{reason}`" for reason in known.get("reason", ())}
        assert named <= code_in(section_of(pattern)), pattern


def test_nothing_else_is_described() -> None:
    """There is no section about a pattern that does not exist."""
    assert sorted(re.findall(r"^### (\w+)$", REFERENCE, re.MULTILINE)) == sorted(PATTERNS)


async def test_the_override_in_the_reference_works() -> None:
    """The bank that asks before it throws away what was said does as the text below it tells."""
    (override,) = re.findall(r"```yaml\n(.*?)```", REFERENCE, re.DOTALL)
    flows = {**ASSISTANT["flows"], **yaml.safe_load(override)["flows"]}
    config = load_config_text(json.dumps({**ASSISTANT, "flows": flows}))

    answers = await talk(
        config, ["/start_flow other", "/cancel_flow", "/deny", "/cancel_flow", "/affirm", "/cancel_flow"]
    )

    assert answers == [
        "More?",
        "Really stop: other?",
        "All right, we go on.\nMore?",
        "Really stop: other?",
        "Stopped.",
        "All right.",
    ]


def section_of(pattern: str) -> str:
    """The section about a pattern, its lines joined."""
    found = re.search(rf"^### {pattern}\n(.*?)(?=^##|\Z)", REFERENCE, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/reference/patterns.md has no section {pattern}"
    return re.sub(r"\s+", " ", found[1])


def code_in(section: str) -> set[str]:
    """What stands between backticks, with them."""
    return set(re.findall(r"`[^`]+`", section))


def words_of(steps: Sequence[Any]) -> Iterator[str]:
    """What these steps and those within them say, in parts where it has several lines."""
    for step in steps:
        yield from step.get("message", "").split("\n")
        for arm in step.get("when", ()) if isinstance(step.get("when"), list) else ():
            within = arm.get("then", arm.get("else"))
            yield from words_of(within if isinstance(within, list) else ())


async def contexts() -> dict[str, dict[str, set[object]]]:
    """Pattern → key → the values it had, of all that the patterns were given in the talks."""
    given: dict[str, dict[str, set[object]]] = defaultdict(lambda: defaultdict(set))

    async def note(of: str, known: dict[str, Any] | None = None) -> None:
        for key, value in (known or {}).items():
            given[of][key].add(value if isinstance(value, str) else json.dumps(value))

    patterns = {}
    for name, flow in SHIPPED.items():
        noting = {"step": "note", "type": "action", "call": "note", "inputs": {"of": name, "known": "{{ context }}"}}
        patterns[name] = {**flow, "steps": [noting, *flow["steps"]]}
    begun_again = {"steps": [{"step": "whose", "type": "collect", "slot": "name"}]}
    flows = {**ASSISTANT["flows"], **patterns}
    config = load_config_text(json.dumps({**ASSISTANT, "flows": flows}))
    gone = {name: flow for name, flow in flows.items() if name != "other"}
    deployed = load_config_text(json.dumps({**ASSISTANT, "flows": {**gone, "send": begun_again}}))
    for said in TALKS:
        await talk(config, said, deployed, note)
    return given


async def talk(
    config: SoniConfig,
    said: Sequence[str],
    deployed: SoniConfig | None = None,
    note: Callable[..., object] | None = None,
) -> list[str]:
    """The answers, each with its messages on lines of their own."""

    async def pay(amount: int) -> None:
        pass

    async def fail() -> None:
        raise ConnectionError

    functions: dict[str, Callable[..., object]] = {"pay": pay, "fail": fail, "note": note or fail}
    registry = Registry({name: Registered(each, True, None, anything=True) for name, each in functions.items()})
    clock, deaf = FakeClock(), ScriptedUnderstander({"deaf": NLUError()})
    answers = []
    async with (
        RuntimeLoop(config, understander=deaf, registry=registry, clock=clock) as before,
        RuntimeLoop(deployed or config, understander=deaf, registry=registry, clock=clock) as after,
    ):
        loop, dialogue = before, await before.new_dialogue(Message("ana", said[0]))
        for text in said:
            if text == "later":
                clock.advance(timedelta(days=1))
            elif text == "deploy":
                loop = after
            else:
                dialogue, reply = await loop.run_turn(Message("ana", text), dialogue, [])
                answers.append("\n".join(message.text for message in reply.messages))
    return answers
