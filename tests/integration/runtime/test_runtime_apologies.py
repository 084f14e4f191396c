"""Words about a step that failed half way: the flow stays below them, and the step is not tried again in the same turn."""

import pytest

from .chat import talking
from .shop import PAY, Shop

HELPING = (
    PAY.replace("receipt: {}", "receipt: {}, note: {prompt: Note?}, name: {prompt: Name?}")
    + """
      helping: {steps: [{step: note, type: collect, slot: note}, {step: noted, type: say, message: "Noted {note}."}]}
      greeting: {steps: [{step: name, type: collect, slot: name}, {step: hi, type: say, message: "Hi {name}."}]}
"""
)


def with_apology(steps: str, written: str = HELPING) -> str:
    return f"{written}\n      pattern_internal_error: {{steps: [{steps}]}}\n"


async def test_an_apology_reads_the_slots_of_the_flow_that_failed() -> None:
    """As any repair pattern sees through to the flow below it."""
    shop = Shop()
    shop.failures = 2
    written = with_apology('{step: say, type: say, message: "{context.flow} failed with {amount}."}')
    async with talking(written, shop.pay, shop.post) as chat:
        assert await chat.hear("/start_flow send amount=5") == "send failed with 5."
        assert await chat.hear("go on") == "send failed with 5."
        assert await chat.hear("go on") == "Sent 5, r1."
        assert shop.paid == [5]


async def test_an_apology_may_hand_over_to_a_flow_that_is_open_already() -> None:
    """It comes up and is not doubled; when it has ended, the failed step is tried again."""
    shop = Shop()
    shop.failures = 1
    written = with_apology("{step: say, type: say, message: Sorry.}, {step: over, type: link, flow: helping}")
    async with talking(written, shop.pay, shop.post) as chat:
        await chat.tell("/start_flow helping", "/start_flow greeting")
        handed_over = await chat.hear("/start_flow send amount=5")

        assert handed_over == "Sorry.\nNote?"
        assert chat.stack == ["greeting", "send", "helping"]
        resumed = await chat.hear("/set_slot note=x")
        assert resumed.startswith("Noted x.")
        assert "Sent 5, r1." in resumed
        assert chat.stack == ["greeting"]
        assert shop.paid == [5]


@pytest.mark.parametrize("steps", ["{step: over, type: link, flow: send}", "{step: none, type: noop}"])
async def test_an_apology_that_says_nothing_does_not_try_the_step_again(steps: str) -> None:
    """Whether it is silent or hands over to the flow that failed: the next message tries again, and not this one."""
    shop = Shop()
    shop.failures = 1
    async with talking(with_apology(steps), shop.pay, shop.post) as chat:
        assert await chat.hear("/start_flow send amount=5") == "Okay."
        assert shop.failures == 0
        assert chat.stack == ["send"]
        assert await chat.hear("go on") == "Sent 5, r1."


async def test_a_flow_that_an_apology_hands_over_to_may_end_at_once() -> None:
    """The flow that failed is gone back to in words, and waits."""
    shop = Shop()
    shop.failures = 1
    async with talking(with_apology("{step: over, type: link, flow: hello}"), shop.pay, shop.post) as chat:
        answer = await chat.hear("/start_flow send amount=5")

        assert answer.startswith("Hello.")
        assert "Sent" not in answer
        assert chat.stack == ["send"]
        assert (await chat.hear("go on")).endswith("Sent 5, r1.")


async def test_the_failed_step_of_a_called_flow_is_not_tried_again_either() -> None:
    """What stands still is the flow that failed with all that called it."""
    shop = Shop()
    shop.failures = 1
    written = with_apology("{step: over, type: link, flow: outer}") + (
        "      outer: {steps: [{step: inner, type: call, flow: send}]}\n"
    )
    async with talking(written, shop.pay, shop.post) as chat:
        assert await chat.hear("/start_flow outer amount=5") == "Okay."
        assert chat.stack == ["outer", "send"]
        assert await chat.hear("go on") == "Sent 5, r1."


@pytest.mark.parametrize(
    ("limits", "stack"),
    [
        ("{max_stack_depth: 2, on_limit_reached: reject_new}", ["greeting", "send"]),
        ("{max_stack_depth: 2}", ["send", "helping"]),
    ],
)
async def test_an_apology_keeps_to_the_limit_of_the_stack(limits: str, stack: list[str]) -> None:
    """As any other link: the oldest flow makes way, or there is no room."""
    shop = Shop()
    shop.failures = 1
    written = f"    settings: {{flow_management: {limits}}}\n" + with_apology("{step: over, type: link, flow: helping}")
    async with talking(written, shop.pay, shop.post) as chat:
        await chat.tell("/start_flow greeting", "/start_flow send amount=5")

        assert chat.stack == stack
        assert shop.failures == 0


async def test_an_apology_that_hands_off_leaves_the_failed_step_waiting() -> None:
    """When the person is gone, the next message tries it again."""
    shop = Shop()
    shop.failures = 1
    async with talking(with_apology("{step: person, type: handoff, message: A person.}"), shop.pay, shop.post) as chat:
        assert await chat.hear("/start_flow send amount=5") == "A person."
        await chat.loop.resume(chat.user)
        assert await chat.hear("go on") == "Sent 5, r1."
        assert shop.paid == [5]
