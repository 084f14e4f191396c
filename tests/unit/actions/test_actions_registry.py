"""Finding an assistant's functions: what is wrong with them is said at once, before anyone talks."""

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from soni.actions.registry import Registry, load_registry
from soni.config.loader import load_config
from soni.errors import ConfigurationError

YAML = """
version: "1.0"
settings: {modules: [MODULES]}
slots:
  amount: {type: integer, validator: positive, normalizer: tidy}
actions:
  pay: {inputs: [amount, note?], outputs: [receipt]}
flows:
  f: {steps: [{step: pay, type: action, call: pay}]}
"""
GOOD = """
from soni import ActionContext, action, normalizer, validator

@action("pay")
def pay(amount: int, ctx: ActionContext, note: str = "") -> dict[str, str]:
    return {"receipt": "r"}

@validator("positive")
def positive(value, anything):
    return value > 0

@normalizer("tidy")
async def tidy(value):
    return value
"""


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Modules and paths of one test are gone in the next."""
    path, known = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - known:
        del sys.modules[name]


def load(folder: Path, modules: str = "my_actions", yaml: str = YAML, **files: str) -> Registry:
    """The registry of an assistant in this folder, with these modules beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(dedent(text))
    (folder / "soni.yaml").write_text(yaml.replace("MODULES", modules))
    return load_registry(load_config(folder / "soni.yaml", {}))


def problems(folder: Path, modules: str = "my_actions", yaml: str = YAML, **files: str) -> list[tuple[str, str]]:
    """Keys and words of everything that is wrong."""
    with pytest.raises(ConfigurationError) as caught:
        load(folder, modules, yaml, **files)
    return [(problem.key, str(problem)) for problem in caught.value.problems]


def test_functions_are_found_by_their_marks(tmp_path: Path) -> None:
    """Actions, validators and normalizers, sync and async; the context is known by its type, or by its place."""
    registry = load(tmp_path, my_actions=GOOD)

    pay = registry.actions["pay"]
    assert (pay.is_async, pay.context, pay.parameters, pay.required) == (
        False,
        "ctx",
        frozenset({"amount", "note"}),
        frozenset({"amount"}),
    )
    assert registry.validators["positive"].context == "anything"
    assert (registry.normalizers["tidy"].is_async, registry.normalizers["tidy"].context) == (True, None)


def test_a_function_may_have_several_names_and_come_by_two_ways(tmp_path: Path) -> None:
    """Marks add up, and importing the same function twice is no conflict."""
    registry = load(
        tmp_path,
        "my_actions, again",
        my_actions=GOOD.replace('@action("pay")', '@action("pay")\n@action("spend")'),
        again="from my_actions import *",
    )

    assert registry.actions["pay"].function is registry.actions["spend"].function


def test_inputs_may_be_taken_whole(tmp_path: Path) -> None:
    """A function with ``**inputs`` takes whatever is declared."""
    registry = load(tmp_path, my_actions=GOOD.replace('note: str = ""', "**inputs: object"))

    assert registry.actions["pay"].anything


def test_every_module_that_cannot_be_imported_is_said_at_once(tmp_path: Path) -> None:
    """One that is missing, one that raises, one that needs more, one that is no Python; what they hold is not missed yet."""
    found = problems(
        tmp_path,
        "no_such_module, raises, needs_more, does_not_parse",
        raises="raise SystemError('not today')",
        needs_more="import no_such_library",
        does_not_parse="def f(:",
    )

    assert {key for key, _ in found} == {"settings.modules"}
    missing, raises, needs_more, broken = [text.removeprefix("settings.modules: ") for _, text in found]
    assert missing == f"There is no module 'no_such_module', neither beside the YAML in {tmp_path} nor installed."
    assert raises == "The module 'raises' cannot be imported: SystemError: not today"
    assert needs_more == "needs_more imports 'no_such_library', which is not installed."
    assert broken.startswith("The module 'does_not_parse' cannot be imported: SyntaxError")


def test_every_function_that_does_not_fit_is_said_at_once(tmp_path: Path) -> None:
    """Parameters that are too many and too few, and functions that are missing, with the nearest name."""
    found = problems(
        tmp_path,
        my_actions="""
            from soni import action, validator

            @action("pay")
            def pay(amont, currency): ...

            @validator("positiv")
            def positive(value): ...
        """,
    )

    none = "in the modules named in settings.modules."
    assert [text for _, text in found] == [
        "actions.pay.inputs: The function needs 'amont', which is not among the inputs. Did you mean 'amount'?",
        "actions.pay.inputs: The function needs 'currency', which is not among the inputs.",
        "actions.pay.inputs: The function takes no parameter 'amount'. Did you mean 'amont'?",
        "actions.pay.inputs: The function takes no parameter 'note'.",
        f"slots.amount.validator: No function is marked @validator(\"positive\") {none} Did you mean 'positiv'?",
        f'slots.amount.normalizer: No function is marked @normalizer("tidy") {none}',
    ]


def test_two_functions_of_one_name_are_a_problem(tmp_path: Path) -> None:
    """Nobody could tell which one runs."""
    found = problems(tmp_path, "my_actions, others", my_actions=GOOD, others=GOOD)

    assert ("settings.modules", "settings.modules: There are two functions for the action 'pay'.") in found


def test_outputs_are_checked_where_the_function_says_what_it_returns(tmp_path: Path) -> None:
    """A TypedDict names the outputs: one too many and one too few are both found."""
    found = problems(
        tmp_path,
        my_actions=GOOD.replace("from soni", "from typing import TypedDict\nfrom soni").replace(
            '@action("pay")', 'class Paid(TypedDict):\n    reciept: str\n\n@action("pay")'
        ).replace("dict[str, str]", "Paid"),
    )  # fmt: skip

    assert [text for _, text in found] == [
        "actions.pay.outputs: The function returns 'reciept', which is not among the outputs. Did you mean 'receipt'?",
        "actions.pay.outputs: The function does not return 'receipt'. Did you mean 'reciept'?",
    ]


def test_annotations_for_type_checkers_only_do_not_hide_the_context(tmp_path: Path) -> None:
    """What cannot be evaluated is left out; the rest still counts."""
    registry = load(
        tmp_path,
        my_actions="""
            from __future__ import annotations
            from typing import TYPE_CHECKING
            from soni import ActionContext, action, normalizer, validator
            if TYPE_CHECKING:
                from decimal import Decimal

            @action("pay")
            def pay(amount: Decimal, context: ActionContext, note: Decimal.missing | None = None) -> Decimal: ...

            @validator("positive")
            def positive(value: Decimal, /, ctx: ActionContext) -> bool: ...

            @normalizer("tidy")
            def tidy(value: Decimal) -> Decimal: ...
        """,
    )

    assert registry.actions["pay"].context == "context"
    assert registry.validators["positive"].context == "ctx"


def test_things_that_have_every_attribute_are_not_mistaken_for_functions(tmp_path: Path) -> None:
    """A module may hold whatever it likes beside its functions."""
    everything = """
class Whatever:
    def __call__(self): ...
    def __getattr__(self, name): return object()

whatever = Whatever()
"""
    assert load(tmp_path, my_actions=GOOD + everything).actions.keys() == {"pay"}


def test_each_assistant_has_the_modules_beside_it(tmp_path: Path) -> None:
    """Two assistants of one process may both have a module ``actions`` (or a package), and each gets its own."""
    here = GOOD.replace('"r"', '"here"').replace("return {", "from my_helpers import mark\n    return {'mark': mark, ")
    first = load(tmp_path / "a", my_actions=here, my_helpers="mark = 'a'")
    second = load(tmp_path / "b", my_actions=GOOD.replace('"r"', '"there"'))
    third = load(tmp_path / "a", my_actions=here)
    receipts = [each.actions["pay"].function(amount=1, ctx=None) for each in (first, second, third)]

    assert receipts == [{"mark": "a", "receipt": "here"}, {"receipt": "there"}, {"mark": "a", "receipt": "here"}]


def test_a_package_beside_the_yaml_takes_the_place_of_a_namesake(tmp_path: Path) -> None:
    """A package and what it holds are one thing."""
    for name, receipt in (("a", "first"), ("b", "second")):
        package = tmp_path / name / "my_package"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("")
        (package / "deep.py").write_text(GOOD.replace('"r"', f'"{receipt}"'))
    registries = [load(tmp_path / name, "my_package.deep") for name in ("a", "b")]

    assert [each.actions["pay"].function(amount=1, ctx=None) for each in registries] == [
        {"receipt": "first"}, {"receipt": "second"},
    ]  # fmt: skip


def test_a_webhook_needs_no_function_and_a_safe_address(tmp_path: Path) -> None:
    """An action over HTTP is complete in the YAML; plain http leaves this machine nowhere."""
    yaml = YAML.replace("outputs: [receipt]", 'outputs: [receipt], http: {url: "URL"}')
    good = GOOD.replace('@action("pay")', "")

    assert load(tmp_path / "a", yaml=yaml.replace("URL", "https://bank.test/pay"), my_actions=good).actions == {}
    assert problems(tmp_path / "b", yaml=yaml.replace("URL", "http://bank.test/pay"), my_actions=good) == [
        (
            "actions.pay.http.url",
            "actions.pay.http.url: Only https is called, or http on this machine; settings.security.webhook_hosts names exceptions.",
        )
    ]
