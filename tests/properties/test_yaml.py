"""Whatever is written, the loader answers in words, and soon; what it accepts compiles, is verified, and answers a message."""

import asyncio
import copy
import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

from hypothesis import strategies as st
from tests.proving import Proof, in_words

from soni import Message, RuntimeLoop, SoniError
from soni.actions.registry import Registry
from soni.compiler.assistant import verify_assistant
from soni.config.loader import find_problems_in_text
from soni.config.models import SoniConfig
from soni.config.settings import Persistence
from soni.config.source import compose

from .generating import drafts
from .rich import Draft
from .world import Scripted, World

ANY = Proof("any text as YAML", "texts", short=100, long=50_000)
SOUPS = Proof("marks of YAML", "texts", short=60, long=20_000)
LINES = Proof("YAML files with mutated lines", "files", short=40, long=50_000)
VALUES = Proof("YAML files with mutated values", "files", short=60, long=50_000)

ROOT: Final = Path(__file__).parents[2]
SEEDS: Final = ("soni.yaml", "examples/banking/soni.yaml", "src/soni/compiler/patterns.yaml")
SCRAPS: Final = (
    "${X}", "*a ", "&a ", "[", "]", "{", "}", ": ", "- ", "\n", "  ", "\t", "'", '"', "|", "> ", "null", "true", "1e999",
    "!!int ", "<<: ", "? ", "---\n", "%", "#", "0x", "{{ a }}", "\x07", "é", "\u2028", "\r", "type: ", "steps:", ".inf",
    "- {step: x, type: noop}", "default: ", "~", "12345678901234567890123", "/set_slot x=1", "amount > 3 and nope",
)  # fmt: skip
WORDS: Final = st.sampled_from(
    ("amount", "flow", "steps", "type", "say", "end", "{amount}", "{", "{{ a > }}", "{{ 1 + 2 }}", "/nope", "a b", "",
     "pattern_x", ">100", "> >", "context.x", "5m", "user.foo", "not", "/start_flow {amount}", "/deny 'x", "x" * 200,
     "f", "g", "restart", "cancel_flow", "done", "collect", "call", "link", "while", "n1", "t1", "n1 > 1")
)  # fmt: skip
ANYTHING: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)


@cache
def text_of(seed: str) -> str:
    return (ROOT / seed).read_text()


def _plain(seed: str) -> object:
    """One of the assistants that come with Soni, as plain data."""
    plain: object = json.loads(json.dumps(compose(text_of(seed), None, {}, []).plain()))
    return plain


# Most are small, for those are quick to load, and so are mutated more often.
PLAIN: Final = st.one_of(drafts(), drafts(), drafts(), st.sampled_from(SEEDS).map(_plain))


def judge(text: str) -> None:
    """The loader says something about the text, or accepts it; then it is an assistant that can be talked to."""
    try:
        config, problems = find_problems_in_text(text)
    except SoniError:  # pragma: no cover - allowed, though it does not happen
        return
    assert (config is None) == any(problem.severity == "error" for problem in problems)
    assert all(problem.message and problem.line for problem in problems if problem.code != "more")
    assert not any("Input should" in problem.message for problem in problems)
    if config is not None:
        assert all(problem.message for problem in verify_assistant(config))
        asyncio.run(_talk(config))


async def _talk(config: SoniConfig) -> None:
    """Start the first flow, and say something: there is an answer, or a SoniError."""
    settings = config.settings.model_copy(update={"persistence": Persistence(backend="memory")})
    config = config.model_copy(update={"settings": settings})
    functions = World().registry(config)
    if any(spec.http is not None for spec in config.actions.values()) or any(
        slot.validator or slot.normalizer for slot in config.slots.values()
    ):
        functions = Registry()  # only to be compiled: the author's functions are not here
    try:
        async with RuntimeLoop(config, understander=Scripted(), registry=functions) as loop:
            for text in (
                ()
                if not functions.actions and config.actions
                else (f"/start_flow {next(iter(config.flows), '')}", "hello")
            ):
                reply = await loop.process_message(Message("ana", text))
                assert reply.messages or reply.state == "handed_off" or reply.turn > 1, "everybody is answered"
    except SoniError as error:
        in_words(error.message)


def test_any_text() -> None:
    """Most texts are no YAML."""
    ANY.hold(st.text(), judge)


def test_any_marks_of_yaml() -> None:
    """Marks of YAML in any order."""

    def write(random: Random) -> str:
        text = "".join(random.choices(SCRAPS, k=random.randrange(40)))
        return text if random.random() < 0.5 else f'version: "1.0"\nflows:\n  f:\n    steps:\n      - {text}'

    SOUPS.hold_texts(write, judge)


def test_mutated_lines() -> None:
    """An assistant with lines that went missing, came twice, were moved, or got something between."""

    def examine(data: st.DataObject) -> None:
        seed = data.draw(st.sampled_from(SEEDS) | drafts())
        text = text_of(seed) if isinstance(seed, str) else _as_yaml(seed)
        judge(_with_other_lines(data, text))

    LINES.hold(st.data(), examine)


def test_mutated_values() -> None:
    """An assistant with keys that are missing or misspelled, and values of another kind."""

    def examine(data: st.DataObject) -> None:
        assistant = copy.deepcopy(data.draw(PLAIN))
        for _ in range(data.draw(st.integers(1, 4))):
            _mutate(data, assistant)
        judge(json.dumps(assistant))

    VALUES.hold(st.data(), examine)


def _as_yaml(draft: Draft) -> str:
    """The assistant, a line for every key, as JSON, which is YAML."""
    return json.dumps(draft, indent=1)


def _with_other_lines(data: st.DataObject, text: str) -> str:
    lines = text.split("\n")
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.integers(0, 3)):
            case 0:
                lines.insert(at, lines[data.draw(st.integers(0, len(lines) - 1))])
            case 1:
                lines[at] = lines[at][2:] if data.draw(st.booleans()) else f"  {lines[at]}"
            case 2:
                column = data.draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:column] + data.draw(st.sampled_from(SCRAPS)) + lines[at][column:]
            case _:
                lines[at] = ""
    return "\n".join(lines)


def _mutate(data: st.DataObject, node: object) -> None:
    """Walk down some way, and change what is there."""
    for _ in range(data.draw(st.integers(1, 9))):
        if isinstance(node, dict) and node:
            key = data.draw(st.sampled_from(sorted(node)))
            if isinstance(node[key], dict | list) and data.draw(st.integers(0, 7)):
                node = node[key]
                continue
            match data.draw(st.integers(0, 3)):
                case 0:
                    del node[key]
                case 1:
                    node[data.draw(WORDS)] = node.pop(key)
                case _:
                    node[key] = data.draw(ANYTHING)
            return
        if isinstance(node, list) and node:
            at = data.draw(st.integers(0, len(node) - 1))
            if isinstance(node[at], dict | list):
                node = node[at]
                continue
            node[at] = data.draw(ANYTHING)
            return
