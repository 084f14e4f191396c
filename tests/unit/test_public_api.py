"""What the package offers, and what importing it costs."""

import subprocess
import sys

import pytest

import soni

HEAVY = ("numpy", "dspy", "sklearn", "langgraph", "langchain_core", "fastapi", "httpx", "dateparser")


def loaded_by(statement: str) -> set[str]:
    """Top-level modules that a statement brings into a fresh process."""
    code = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_public_names_are_these() -> None:
    """The door is small; a name that comes or goes is noticed here."""
    assert sorted(soni.__all__) == [
        "ActionContext", "ActionError", "ConfigurationError", "ConversationBusy", "FlowError", "Message", "NLUError",
        "Reply", "RuntimeLoop", "SoniError", "StateError", "StoreUnavailable", "TurnError",
        "action", "load_config", "normalizer", "validator",
    ]  # fmt: skip


@pytest.mark.parametrize("name", soni.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    """Each can be imported, and says what it is."""
    assert getattr(soni, name).__doc__


def test_other_names_are_not() -> None:
    """A misspelled name is an AttributeError that says so."""
    with pytest.raises(AttributeError, match="has no attribute 'RuntimeLop'"):
        soni.RuntimeLop  # noqa: B018 - reading it is the test


def test_the_version_is_that_of_the_distribution() -> None:
    """One place says which version this is."""
    assert soni.__version__.count(".") == 2


@pytest.mark.parametrize("statement", ["import soni", "from soni import action, validator, normalizer, ActionContext"])
def test_a_module_of_actions_pays_for_nothing_but_the_decorators(statement: str) -> None:
    """Importing the package brings none of the engine's libraries."""
    assert loaded_by(statement).isdisjoint(HEAVY)


@pytest.mark.parametrize("module", ["soni.server.api", "soni.actions", "soni.runtime.loop", "soni.config.loader"])
def test_nobody_imports_what_is_only_needed_where_it_is_used(module: str) -> None:
    """The libraries of understanding come with the understander that needs them."""
    assert loaded_by(f"import {module}").isdisjoint({"numpy", "dspy", "sklearn", "litellm", "scipy"})


@pytest.mark.parametrize(
    "module", ["soni.actions.runner", "soni.actions.registry", "soni.dialogue.transitions", "soni.config.loader"]
)
def test_the_lower_floors_know_neither_langgraph_nor_http(module: str) -> None:
    """What decides and what runs actions can be used without the engine."""
    assert loaded_by(f"import {module}").isdisjoint({"langgraph", "langchain_core", "fastapi", "httpx", "numpy"})
