"""Corrections that lead back through loops, calls and confirms; conversations that a deploy finds half way."""

from soni import action

from .chat import talking


async def test_a_change_at_a_confirm_with_on_change_keeps_the_other_answers() -> None:
    """What was answered behind the changed question is still there when the confirm asks again."""
    written = """
        slots: {a: {prompt: A?}, b: {prompt: B?}}
        flows:
          f:
            steps:
              - {step: a, type: collect, slot: a}
              - {step: b, type: collect, slot: b}
              - {step: again, type: noop}
              - {step: sure, type: confirm, message: "{a} {b}?", on_change: again}
              - {step: done, type: say, message: "done {a} {b}"}
    """
    async with talking(written) as chat:
        changed = await chat.tell("/start_flow f a=1 b=2", "/set_slot a=9")
        done = await chat.hear("/affirm")

    assert changed.endswith("9 2?")
    assert done == "done 9 2"


async def test_a_value_cleared_at_a_confirm_with_on_change_is_asked() -> None:
    """A confirm is not put with a hole in it."""
    written = """
        slots: {a: {prompt: A?}}
        flows:
          f:
            steps:
              - {step: a, type: collect, slot: a}
              - {step: sure, type: confirm, message: "{a}?", on_change: sure}
    """
    async with talking(written) as chat:
        assert await chat.tell("/start_flow f a=1", "/clear_slot a") == "A?"


LOOP = """
    slots:
      name: {prompt: Name?}
      item: {prompt: Which item?}
      more: {type: boolean, prompt: More?, default: true}
    actions: {add: {inputs: [item]}}
    flows:
      f:
        steps:
          - {step: name, type: collect, slot: name}
          - step: loop
            type: while
            condition: more
            do:
              - {step: item, type: collect, slot: item}
              - {step: add, type: action, call: add}
              - {step: more, type: collect, slot: more}
          - {step: done, type: say, message: Done.}
"""


async def test_a_correction_from_inside_a_loop_stays_in_its_round() -> None:
    """The round's answers are passed and its effect is not repeated."""
    added: list[str] = []

    @action("add")
    def add(item: str) -> None:
        added.append(item)

    async with talking(LOOP, add) as chat:
        await chat.tell("/start_flow f", "/set_slot name=Ana", "/set_slot item=apple")
        corrected = await chat.hear("/set_slot name=Bob")
        await chat.tell("/set_slot more=yes", "/set_slot item=pear")
        done = await chat.hear("/set_slot more=no")

    assert corrected.endswith("More?")
    assert done == "Done."
    assert added == ["apple", "pear"]


async def test_a_loop_of_jumps_acts_in_every_pass_after_a_correction_too() -> None:
    """What an earlier pass has done does not stand for the next one."""
    written = """
        slots: {name: {prompt: Name?}, item: {prompt: Item?}, more: {type: boolean, prompt: More?}}
        actions: {add: {inputs: [item]}}
        flows:
          f:
            steps:
              - {step: name, type: collect, slot: name}
              - {step: item, type: collect, slot: item, force: true}
              - {step: add, type: action, call: add}
              - {step: more, type: collect, slot: more, force: true}
              - {step: back, type: branch, when: [{condition: more, then: item}]}
              - {step: done, type: say, message: Done.}
    """
    added: list[str] = []

    @action("add")
    def add(item: str) -> None:
        added.append(item)

    async with talking(written, add) as chat:
        await chat.tell("/start_flow f", "/set_slot name=Ana", "/set_slot item=apple", "/set_slot more=yes")
        await chat.tell("/set_slot name=Bob", "/set_slot item=pear")
        done = await chat.hear("/set_slot more=no")

    assert done == "Done."
    assert added == ["apple", "pear"]


async def test_values_for_conversation_slots_reach_the_flow_that_is_called() -> None:
    """An input, and a value said early, count for a slot that lives as long as the conversation."""
    written = """
        slots: {email: {prompt: E-mail?, scope: conversation}, other: {prompt: Other?}}
        flows:
          main:
            steps:
              - {step: other, type: collect, slot: other}
              - {step: go, type: call, flow: sub, inputs: {email: "{{ other }}"}}
          early:
            steps: [{step: go, type: call, flow: sub, inputs: {}}]
          sub:
            startable: false
            inputs: [email?]
            steps: [{step: email, type: collect, slot: email}, {step: tell, type: say, message: "To {email}."}]
    """
    async with talking(written) as chat:
        assert await chat.tell("/start_flow main", "/set_slot other=o@x") == "To o@x."
    async with talking(written) as chat:
        assert await chat.hear("/start_flow early email=e@x") == "To e@x."


async def test_restart_in_a_shared_call_asks_again() -> None:
    """The flow that begins again has forgotten what it asked."""
    written = """
        slots: {a: {prompt: A?}}
        flows:
          main: {steps: [{step: go, type: call, flow: part}, {step: done, type: say, message: "{a}"}]}
          part:
            startable: false
            steps:
              - {step: a, type: collect, slot: a}
              - {step: check, type: branch, slot: a, cases: {bad: restart, default: end}}
    """
    async with talking(written) as chat:
        assert await chat.tell("/start_flow main", "/set_slot a=bad") == "A?"
        assert await chat.hear("/set_slot a=good") == "good"


async def test_a_yes_and_a_no_at_once_run_nothing() -> None:
    """Nobody knows what was meant: the question is asked again. So it is beside a wish for a person."""
    written = """
        flows: {f: {steps: [{step: sure, type: confirm, message: Sure?}, {step: done, type: say, message: Paid.}]}}
    """
    async with talking(written) as chat:
        assert "Paid" not in await chat.tell("/start_flow f", "/affirm\n/deny")
        await chat.hear("/affirm\n/human_handoff")
        await chat.loop.resume("ana")
        assert "Paid" not in await chat.hear("/chitchat")


async def test_a_yes_beside_the_value_as_it_is_counts() -> None:
    """Saying again what is confirmed changes nothing."""
    written = """
        slots: {a: {type: integer, prompt: A?}}
        flows:
          f:
            steps:
              - {step: a, type: collect, slot: a}
              - {step: sure, type: confirm, message: "{a}?"}
              - {step: done, type: say, message: Paid.}
    """
    async with talking(written) as chat:
        await chat.tell("/start_flow f a=5")

        assert await chat.hear("/set_slot a=5\n/affirm") == "Paid."


async def test_a_guard_that_cannot_be_computed_keeps_only_its_flow_from_starting() -> None:
    """Everything else works."""
    written = """
        slots: {limit: {type: integer, scope: conversation, default: 0}}
        flows:
          rich: {trigger: {condition: 100 / limit > 2}, steps: [{step: a, type: say, message: rich}]}
          poor: {steps: [{step: b, type: say, message: poor}]}
    """
    async with talking(written) as chat:
        assert await chat.hear("/start_flow rich") == "That is not possible right now."
        assert await chat.hear("/start_flow poor") == "poor"


async def test_cancelling_all_flows_does_not_go_back_to_one_of_them() -> None:
    """What would resume has been left as well."""
    written = """
        slots: {x: {prompt: X?}}
        flows:
          a: {steps: [{step: x, type: collect, slot: x}]}
          b: {steps: [{step: x, type: collect, slot: x}]}
    """
    async with talking(written) as chat:
        await chat.tell("/start_flow a", "/start_flow b")

        assert await chat.hear("/cancel_flow b\n/cancel_flow a") == "Okay, I've stopped: b.\nOkay, I've stopped: a."


async def test_a_frequent_user_is_making_progress() -> None:
    """The same short flow twenty times in a row is no reason to call a person."""
    async with talking("flows: {balance: {steps: [{step: tell, type: say, message: Five.}]}}") as chat:
        answers = {await chat.hear("/start_flow balance") for _ in range(20)}

    assert answers == {"Five."}


async def test_sensitive_values_stay_out_of_the_history() -> None:
    """Neither what the user said nor what the assistant repeats of it."""
    written = """
        slots: {pin: {prompt: PIN?, sensitive: true}, name: {prompt: Name?}}
        flows: {f: {steps: [{step: pin, type: collect, slot: pin}, {step: name, type: collect, slot: name}]}}
    """
    async with talking(written) as chat:
        await chat.tell("/start_flow f", "/set_slot pin=1234", "/set_slot pin=9876")

        assert "1234" not in str(chat.dialogue.history)
        assert "9876" not in str(chat.dialogue.history)
