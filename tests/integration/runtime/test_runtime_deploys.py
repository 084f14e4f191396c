"""A conversation that began under another version of its assistant goes on where it can, and is told where it cannot."""

from pathlib import Path

import pytest

from soni import action

from .chat import Chat, assistant, talking

BEFORE = """
    settings: {conversation: {on_flow_changed: POLICY}}
    slots: {x: {prompt: X?}, y: {prompt: Y?}, z: {prompt: Z?}}
    actions: {act: {inputs: [x]}}
    flows:
      other: {steps: [{step: z, type: collect, slot: z}]}
      f:
        steps:
          - {step: x, type: collect, slot: x}
          - {step: act, type: action, call: act}
          - {step: go, type: call, flow: sub}
          - {step: sure, type: confirm, message: "{x} {y}?"}
      sub:
        startable: false
        steps: [{step: y, type: collect, slot: y}]
"""


async def across(
    folder: Path, after: str, *texts: str, then: tuple[str, ...], policy: str = "resume"
) -> tuple[list[str], list[str], list[str]]:
    """The answers after a deploy to a conversation that began before it, the stack then, and what was done."""
    done: list[str] = []

    @action("act")
    def act(x: str) -> None:
        done.append(x)

    before = BEFORE.replace("POLICY", policy)
    async with talking(assistant(before, act, path=folder / "soni.db")) as chat:
        await chat.tell(*texts)
    async with talking(assistant(after.replace("POLICY", policy), act, path=folder / "soni.db")) as chat:
        answers = [await chat.hear(text) for text in then]
        return answers, chat.stack, done


async def test_a_step_that_still_exists_goes_on(tmp_path: Path) -> None:
    """Other words, other steps around it: the pending question is answered all the same."""
    after = BEFORE.replace("{x} {y}?", "Really {x} {y}?").replace(
        "- {step: sure", "- {step: new, type: say, message: new}\n          - {step: sure"
    )
    answers, _, done = await across(tmp_path, after, "/start_flow f x=1", then=("/set_slot y=2",))

    assert answers == ["new\nReally 1 2?"]
    assert done == ["1"]


async def test_a_step_that_is_gone_begins_the_flow_again_with_what_it_knows(tmp_path: Path) -> None:
    """The user is told, answers are kept, and what was done is not done again."""
    after = BEFORE.replace("{step: sure,", "{step: certain,")
    answers, stack, done = await across(
        tmp_path, after, "/start_flow f x=1", "/set_slot y=2", then=("hello", "/affirm")
    )

    assert answers[0].startswith('I\'m sorry, "f" has changed in the meantime, and we have to begin again.')
    assert answers[0].endswith("1 2?")
    assert (stack, done) == ([], ["1"])


async def test_a_flow_that_is_gone_is_cancelled(tmp_path: Path) -> None:
    """The flow below it goes on, and the user is told."""
    after = BEFORE.replace("      f:", "      g:")
    answers, stack, _ = await across(
        tmp_path, after, "/start_flow other", "/start_flow f x=1", then=("hello", "/set_slot z=3")
    )

    assert answers[0].startswith('I\'m sorry, "f" has changed in the meantime, and I had to stop it.')
    assert answers[0].endswith("Z?")
    assert stack == []


@pytest.mark.parametrize(
    ("policy", "words", "stack"),
    [("restart", "we have to begin again", ["f", "sub"]), ("cancel", "I had to stop it", [])],
)
async def test_a_changed_flow_follows_the_policy(policy: str, words: str, stack: list[str], tmp_path: Path) -> None:
    """With restart or cancel any change counts, also one that would not matter."""
    after = BEFORE.replace("{x} {y}?", "Really {x} {y}?")
    answers, now, done = await across(tmp_path, after, "/start_flow f x=1", then=("hello",), policy=policy)

    assert words in answers[0]
    assert (now, done) == (stack, ["1"])


@pytest.mark.parametrize("policy", ["resume", "restart", "cancel"])
async def test_a_flow_that_did_not_change_goes_on_under_any_policy(policy: str, tmp_path: Path) -> None:
    """A deploy of something else is not noticed."""
    after = BEFORE.replace("{step: z, type: collect, slot: z}", "{step: z, type: collect, slot: z, message: Zed?}")
    answers, _, _ = await across(tmp_path, after, "/start_flow f x=1", then=("/set_slot y=2",), policy=policy)

    assert answers == ["1 2?"]


@pytest.mark.parametrize(
    "change",
    [
        ("{step: x, type: collect, slot: x}", "{step: x0, type: collect, slot: x}"),
        ("{step: x, type: collect, slot: x}", "{step: x, type: noop}"),
        ("steps: [{step: y, type: collect, slot: y}]", "steps: [{step: y0, type: collect, slot: y}]"),
        ("{step: go, type: call, flow: sub}", "{step: go, type: noop}"),
        ("{step: go, type: call, flow: sub}", "{step: go, type: call, flow: other}"),
    ],
)
async def test_what_was_asked_at_a_step_that_is_gone_can_still_be_changed(
    change: tuple[str, str], tmp_path: Path
) -> None:
    """Whatever the new version makes of it: an answer, and never a crash."""
    after = BEFORE.replace(*change)
    texts = ("/set_slot x=7", "/set_slot y=8", "/clear_slot y", "/set_slot y=9 z=1", "/affirm")
    answers, _, done = await across(tmp_path, after, "/start_flow f x=1", "/set_slot y=2", then=texts)

    assert all(answers)
    assert done == ["1"]


async def test_a_slot_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    """A value nobody reads any more does no harm."""
    after = BEFORE.replace("{x} {y}?", "{x}?").replace("y: {prompt: Y?}, ", "")
    after = after.replace("steps: [{step: y, type: collect, slot: y}]", "steps: [{step: y, type: noop}]")
    answers, _, _ = await across(tmp_path, after, "/start_flow f x=1", "/set_slot y=2", then=("hello", "/affirm"))

    assert answers == ["I'm sorry, I didn't understand that.\n1?", "Okay."]


async def test_patterns_that_are_gone_or_changed_are_no_obstacle(tmp_path: Path) -> None:
    """A pattern that waited under the old version makes way under the new one."""
    waits = (
        BEFORE.replace("POLICY", "resume")
        + """
      pattern_chitchat: {steps: [{step: z, type: collect, slot: z, message: Who are you?}]}
    """
    )
    act = action("act")(lambda x: None)
    async with talking(assistant(waits, act, path=tmp_path / "soni.db")) as chat:
        await chat.tell("/start_flow f x=1", "/chitchat")
        stack = chat.stack
    async with talking(assistant(BEFORE.replace("POLICY", "resume"), act, path=tmp_path / "soni.db")) as chat:
        answer = await chat.hear("/set_slot y=2")

    assert stack == ["f", "sub", "pattern_chitchat"]
    assert answer.endswith("1 2?")


async def test_what_waits_behind_a_handover_survives_a_deploy(tmp_path: Path) -> None:
    """A conversation with a person is taken back under another version."""
    act = action("act")(lambda x: None)
    async with talking(assistant(BEFORE.replace("POLICY", "resume"), act, path=tmp_path / "soni.db")) as chat:
        await chat.tell("/start_flow f x=1", "/human_handoff")
    after = BEFORE.replace("POLICY", "resume").replace("{step: y,", "{step: y0,")
    async with talking(assistant(after, act, path=tmp_path / "soni.db")) as chat:
        silent = await chat.hear("hello")
        await chat.loop.resume("ana")
        answer = await Chat(chat.loop).hear("hello")

    assert silent == ""
    assert answer.endswith("Y?")
