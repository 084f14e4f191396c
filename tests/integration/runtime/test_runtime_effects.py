"""What an action has done to the world is done: it is not repeated, and what it used can no longer be corrected."""

from collections.abc import Callable

import pytest

from soni import action

from .chat import talking

PAYING = """
    slots:
      amount: {type: integer, prompt: How much?}
      to: {prompt: To whom?}
      total: {type: integer}
      note: {prompt: Note?}
      receipt: {}
    actions:
      pay: {inputs: [total], outputs: [receipt]}
      look: {inputs: [note], outputs: [], effect: read}
    flows:
"""
TELL = '{step: sure, type: confirm, message: "{amount} to {to}, {receipt|no receipt}, {note|no note}?"}'
DIRECT = (
    PAYING
    + f"""
      send:
        steps:
          - {{step: amount, type: collect, slot: amount}}
          - {{step: to, type: collect, slot: to}}
          - {{step: sum_up, type: set, slots: {{total: "{{{{ amount + 1 }}}}"}}}}
          - {{step: pay, type: action, call: pay}}
          - {{step: note, type: collect, slot: note}}
          - {{step: look, type: action, call: look}}
          - {TELL}
"""
)
IN_CALL = (
    PAYING
    + f"""
      send:
        steps:
          - {{step: amount, type: collect, slot: amount}}
          - {{step: to, type: collect, slot: to}}
          - {{step: go, type: call, flow: paying}}
          - {TELL}
      paying:
        startable: false
        steps:
          - {{step: sum_up, type: set, slots: {{total: "{{{{ amount + 1 }}}}"}}}}
          - {{step: pay, type: action, call: pay}}
          - {{step: note, type: collect, slot: note}}
          - {{step: look, type: action, call: look}}
"""
)
IN_OWN_CALL = (
    PAYING
    + f"""
      send:
        steps:
          - {{step: amount, type: collect, slot: amount}}
          - {{step: to, type: collect, slot: to}}
          - step: go
            type: call
            flow: paying
            inputs: {{total: "{{{{ amount + 1 }}}}"}}
            outputs: {{receipt: receipt, note: note}}
          - {TELL}
      paying:
        startable: false
        inputs: [total]
        outputs: [receipt, note]
        steps:
          - {{step: go, type: call, flow: deeper}}
          - {{step: note, type: collect, slot: note}}
          - {{step: look, type: action, call: look}}
      deeper:
        startable: false
        steps:
          - {{step: pay, type: action, call: pay}}
"""
)
AFTER_A_CALL = (
    PAYING
    + f"""
      send:
        steps:
          - {{step: go, type: call, flow: asking, inputs: {{}}, outputs: {{amount: amount}}}}
          - {{step: to, type: collect, slot: to}}
          - {{step: sum_up, type: set, slots: {{total: "{{{{ amount + 1 }}}}"}}}}
          - {{step: pay, type: action, call: pay}}
          - {{step: note, type: collect, slot: note}}
          - {TELL}
      asking:
        startable: false
        outputs: [amount]
        steps:
          - {{step: amount, type: collect, slot: amount}}
"""
)
ALL_WAYS = {
    "direct": DIRECT,
    "in a call": IN_CALL,
    "in a call with its own slots": IN_OWN_CALL,
    "after a call": AFTER_A_CALL,
}


@pytest.mark.parametrize("written", ALL_WAYS.values(), ids=ALL_WAYS.keys())
class TestAWritingAction:
    """However the flow is cut into calls, an effect happens once and what it used stays."""

    async def test_what_it_has_used_is_too_late_to_correct(self, written: str) -> None:
        """The amount went into the payment: it stays, and the user is told."""
        paid: list[int] = []
        async with talking(written, _pay(paid), _look()) as chat:
            before = await chat.tell("/start_flow send", "/set_slot amount=5", "/set_slot to=Ana", "/set_slot amount=9")
            after = await chat.tell("/set_slot note=hi", "/set_slot amount=9")

            assert before == "It is too late to change that: it has been used already.\nNote?"
            assert after.splitlines() == [
                "It is too late to change that: it has been used already.", "5 to Ana, r1, hi?",
            ]  # fmt: skip
            assert paid == [6]

    async def test_it_is_not_run_again_when_something_else_is_corrected(self, written: str) -> None:
        """The recipient was not used: it changes, and the payment is passed over, with its outputs kept."""
        paid: list[int] = []
        async with talking(written, _pay(paid), _look()) as chat:
            first = await chat.tell("/start_flow send", "/set_slot amount=5", "/set_slot to=Ana", "/set_slot to=Eva")
            then = await chat.tell("/set_slot note=hi", "/set_slot to=Ida")

            assert first == "Okay, I've changed to to Eva.\nNote?"
            assert then == "Okay, I've changed to to Ida.\n5 to Ida, r1, hi?"
            assert paid == [6]

    async def test_what_was_asked_behind_it_can_be_corrected(self, written: str) -> None:
        """Reading actions run again with the new value; the writing one does not."""
        paid: list[int] = []
        async with talking(written, _pay(paid), _look()) as chat:
            answer = await chat.tell(
                "/start_flow send", "/set_slot amount=5", "/set_slot to=Ana", "/set_slot note=hi", "/set_slot note=ho"
            )

            assert answer == "Okay, I've changed note to ho.\n5 to Ana, r1, ho?"
            assert paid == [6]


async def test_a_loop_runs_its_action_each_round_and_lets_the_round_be_corrected() -> None:
    """What an earlier round has used does not make the answers of this round too late."""
    paid: list[int] = []
    written = (
        PAYING
        + """
      send:
        steps:
          - {step: zero, type: set, slots: {total: 0}}
          - step: loop
            type: while
            condition: total < 10
            do: [{step: go, type: call, flow: round}]
          - {step: done, type: say, message: "{total}"}
      round:
        startable: false
        steps:
          - {step: amount, type: collect, slot: amount}
          - {step: to, type: collect, slot: to}
          - {step: sum_up, type: set, slots: {total: "{{ total + amount }}"}}
          - {step: pay, type: action, call: pay}
    """
    )
    async with talking(written, _pay(paid), _look()) as chat:
        await chat.tell("/start_flow send", "/set_slot amount=4", "/set_slot to=Ana", "/set_slot amount=1")
        answer = await chat.hear("/set_slot amount=6")
        end = await chat.hear("/set_slot to=Eva")

        assert answer == "Okay, I've changed amount to 6.\nTo whom?"
        assert end == "10"
        assert paid == [4, 10]


async def test_a_correction_before_a_loop_does_not_repeat_its_last_round() -> None:
    """Coming to the loop again, what the last round did is not done once more."""
    paid: list[int] = []
    written = (
        PAYING
        + """
      send:
        steps:
          - {step: zero, type: set, when: total is not set, slots: {total: 0}}
          - {step: to, type: collect, slot: to}
          - step: loop
            type: while
            condition: total < 1
            do:
              - {step: amount, type: collect, slot: amount}
              - {step: sum_up, type: set, slots: {total: "{{ total + amount }}"}}
              - {step: pay, type: action, call: pay}
          - {step: sure, type: confirm, message: "{to} {total}?"}
    """
    )
    async with talking(written, _pay(paid), _look()) as chat:
        answer = await chat.tell("/start_flow send", "/set_slot to=Ana", "/set_slot amount=4", "/set_slot to=Eva")

        assert answer == "Okay, I've changed to to Eva.\nEva 4?"
        assert paid == [4]


def _pay(paid: list[int]) -> Callable[..., object]:
    @action("pay")
    async def pay(total: int) -> dict[str, str]:
        paid.append(total)
        return {"receipt": f"r{len(paid)}"}

    return pay


def _look() -> Callable[..., object]:
    @action("look")
    def look(note: str) -> None:
        assert note

    return look
