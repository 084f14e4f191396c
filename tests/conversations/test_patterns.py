"""What the examples' conversation files cannot tell by themselves: that every pattern runs, and what a deploy does."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from soni import Message, RuntimeLoop, load_config
from soni.config.models import PATTERNS
from soni.events import Event, PatternRan
from soni.testing import Stage, read_conversations

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
BANKING: Final = EXAMPLES / "banking"

ABOUT_PATTERNS: Final = [
    *(BANKING / f"{theme}.conversation.yaml" for theme in ("second_thoughts", "clarification", "failures")),
    *(EXAMPLES / "flight_booking" / f"{theme}.conversation.yaml" for theme in ("second_thoughts", "failures")),
]
"""The files whose theme is what people do besides answering, and what goes wrong."""

AFTER_A_DEPLOY: Final = "pattern_flow_changed"
"""It runs after a deploy, which is no step of a conversation file."""

Deploy = Callable[[str, str], RuntimeLoop]
"""A bank whose YAML has the second text in place of the first, on the same store."""


@pytest.fixture
def deploy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deploy:
    """Banks in a folder of their own, one after the other."""
    folder = tmp_path / "banking"
    shutil.copytree(BANKING, folder, ignore=shutil.ignore_patterns("__pycache__", "*.db"))
    monkeypatch.chdir(tmp_path)
    written = (folder / "soni.yaml").read_text()

    def deploy(before: str, after: str) -> RuntimeLoop:
        assert before in written
        (folder / "soni.yaml").write_text(written.replace(before, after))
        return RuntimeLoop(load_config(folder))

    return deploy


def test_every_repair_pattern_runs_in_the_conversations_about_them() -> None:
    """Of the shipped and overridden patterns none is left untold, but for the one that a deploy brings."""
    ran: set[str] = set()

    def hear(event: Event) -> None:
        if isinstance(event, PatternRan):
            ran.add(event.pattern)

    for path in ABOUT_PATTERNS:
        file = read_conversations(path)
        with Stage(file, listeners=[hear]) as stage:
            assert all(stage.play(test).passed for test in file.tests)

    assert set(PATTERNS) - ran == {AFTER_A_DEPLOY}


def test_a_flow_that_changed_goes_on_where_its_step_still_exists(deploy: Deploy) -> None:
    """Other words are no reason to begin again: the pending question is answered as if nothing had happened."""
    before = deploy("", "")
    after = deploy(
        '"Send {amount:,.2f} euros to {contact_name} from', '"Really send {amount:,.2f} euros to {contact_name} from'
    )

    answers = across(before, ["send 50 euros to Ana"], after, ["checking"])

    assert answers == ["Really send 50.00 euros to Ana Ruiz from your checking account?"]


def test_a_flow_whose_step_is_gone_begins_again_with_what_it_knows(deploy: Deploy) -> None:
    """The user is told, and is not asked again for what was said before."""
    before = deploy("", "")
    after = deploy("shall_i_send", "shall_we_send")

    answers = across(before, ["send 50 euros to Ana", "checking"], after, ["yes please"])

    assert answers[0] == 'I\'m sorry, "transfer money" has changed in the meantime, and we have to begin again.'
    assert answers[-1] == "Send 50.00 euros to Ana Ruiz from your checking account?"


def test_a_flow_that_is_gone_is_stopped_and_the_one_below_goes_on(deploy: Deploy) -> None:
    """The user is told which one had to be stopped, and is asked what the flow below it wants to know."""
    before = deploy("", "")
    after = deploy("\n  pay_bills:\n", "\n  settle_bills:\n")

    answers = across(before, ["send 50 euros to Ana", "pay my bills"], after, ["water", "checking"])

    assert answers[0] == 'I\'m sorry, "pay bills" has changed in the meantime, and I had to stop it.'
    assert "From checking" in answers[1] or "From checking" in answers[2]
    assert answers[-1] == "Send 50.00 euros to Ana Ruiz from your checking account?"


def across(before: RuntimeLoop, said: list[str], after: RuntimeLoop, then: list[str]) -> list[str]:
    """What is answered after the deploy."""

    async def talk() -> list[str]:
        async with before:
            for text in said:
                await before.process_message(Message("ana", text))
        async with after:
            replies = [await after.process_message(Message("ana", text)) for text in then]
        return [message.text for reply in replies for message in reply.messages]

    return asyncio.run(talk())
