"""Whatever is written, the loader answers in words, and soon.

``SONI_FUZZ=100000`` makes the long form of these tests: that many examples instead of a few.
"""

import copy
import json
import os
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from soni.config.loader import find_problems_in_text
from soni.config.source import compose
from soni.errors import SoniError

EXAMPLES = int(os.environ.get("SONI_FUZZ", "60"))
# A second is what anyone waits; the loader itself needs a few milliseconds.
FUZZ = settings(max_examples=EXAMPLES, deadline=1000)

ROOT = Path(__file__).parents[3]
SEEDS = ("soni.yaml", "examples/banking/soni.yaml", "src/soni/compiler/patterns.yaml")
SCRAPS = (
    "${X}", "*a ", "&a ", "[", "]", "{", "}", ": ", "- ", "\n", "  ", "\t", "'", '"', "|", "> ", "null", "true", "1e999",
    "!!int ", "<<: ", "? ", "---\n", "%", "#", "0x", "{{ a }}", "\x07", "é", "\u2028", "\r", "type: ", "steps:", ".inf",
    "- {step: x, type: noop}", "default: ", "~", "12345678901234567890123", "/set_slot x=1", "amount > 3 and nope",
)  # fmt: skip


@cache
def text_of(seed: str) -> str:
    return (ROOT / seed).read_text()


def judge(text: str) -> None:
    """The loader says something about the text, or accepts it."""
    try:
        config, problems = find_problems_in_text(text)
    except SoniError:  # pragma: no cover - allowed, though it does not happen
        return
    assert (config is None) == any(problem.severity == "error" for problem in problems)
    assert all(problem.message and problem.line for problem in problems if problem.code != "more")
    assert not any("Input should" in problem.message for problem in problems)


@FUZZ
@given(st.text())
def test_any_text(text: str) -> None:
    """Most texts are no YAML."""
    judge(text)


@FUZZ
@given(st.lists(st.sampled_from(SCRAPS), max_size=40).map("".join))
def test_any_scraps_of_yaml(text: str) -> None:
    """Marks of YAML in any order."""
    judge(text)
    judge(f'version: "1.0"\nflows:\n  f:\n    steps:\n      - {text}')


@FUZZ
@given(st.data())
def test_mutated_lines(data: st.DataObject) -> None:
    """An assistant with lines that went missing, came twice, were moved, or got something between."""
    lines = text_of(data.draw(st.sampled_from(SEEDS))).split("\n")
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

    judge("\n".join(lines))


WORDS = st.sampled_from(
    ("amount", "flow", "steps", "type", "say", "end", "{amount}", "{", "{{ a > }}", "{{ 1 + 2 }}", "/nope", "a b", "",
     "pattern_x", ">100", "> >", "context.x", "5m", "user.foo", "not", "/start_flow {amount}", "/deny 'x", "x" * 200)
)  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)


@FUZZ
@given(st.data())
def test_mutated_values(data: st.DataObject) -> None:
    """An assistant with keys that are missing or misspelled, and values of another kind."""
    assistant = copy.deepcopy(plain_of(data.draw(st.sampled_from(SEEDS))))
    for _ in range(data.draw(st.integers(1, 5))):
        mutate(data, assistant)

    judge(json.dumps(assistant))


@cache
def plain_of(seed: str) -> object:
    plain: object = json.loads(json.dumps(compose(text_of(seed), None, {}, []).plain()))
    return plain


def mutate(data: st.DataObject, node: object) -> None:
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
