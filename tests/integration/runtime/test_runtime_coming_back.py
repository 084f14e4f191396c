"""Flows that come to a question, a call or an effect a second time: by a jump, by a correction, by a change at a confirm."""

import pytest

from soni import action

from .chat import talking


async def test_an_answer_given_anew_can_be_corrected_until_it_is_used() -> None:
    """The effect of the first pass has used the first answer, not the second."""
    written = """
        slots: {item: {prompt: Item?}, note: {prompt: Note?}, more: {type: boolean, prompt: More?}}
        actions: {add: {inputs: [item]}}
        flows:
          f:
            steps:
              - {step: item, type: collect, slot: item, force: true}
              - {step: note, type: collect, slot: note, force: true}
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
        await chat.tell("/start_flow f", "/set_slot item=apple", "/set_slot note=1")
        too_late = await chat.hear("/correct_slot item=melon")
        await chat.tell("/set_slot more=yes", "/set_slot item=pear")
        in_time = await chat.hear("/correct_slot item=plum")
        await chat.tell("/set_slot note=2", "/set_slot more=no")

    assert "too late" in too_late
    assert "changed" in in_time
    assert added == ["apple", "plum"]


async def test_an_effect_of_a_call_left_by_a_correction_is_not_repeated_by_another() -> None:
    """To another way and back: the called flow is made anew, and has paid already."""
    written = """
        slots:
          kind: {type: choice, choices: [now, later], prompt: Kind?}
          code: {prompt: Code?}
          note: {prompt: Note?}
        actions: {pay: {}}
        flows:
          f:
            steps:
              - {step: kind, type: collect, slot: kind}
              - step: which
                type: branch
                slot: kind
                cases: {now: [{step: paying, type: call, flow: paying}], later: [{step: none, type: noop}]}
              - {step: note, type: collect, slot: note}
              - {step: done, type: say, message: "{kind} {note}"}
          paying:
            startable: false
            steps: [{step: code, type: collect, slot: code}, {step: pay, type: action, call: pay}]
    """
    paid: list[str] = []

    @action("pay")
    def pay() -> None:
        paid.append("paid")

    async with talking(written, pay) as chat:
        await chat.tell("/start_flow f kind=now code=7")
        left = await chat.hear("/set_slot kind=later")
        back = await chat.hear("/set_slot kind=now")
        again = await chat.hear("/set_slot code=8")
        done = await chat.hear("/set_slot note=x")

    assert left.endswith("Note?")
    assert back.endswith("Code?")
    assert again == "Note?"
    assert done == "now x"
    assert paid == ["paid"]


async def test_a_correction_of_what_is_still_to_come_leaves_the_flow_where_it_is() -> None:
    """A flow that went back to an earlier question is corrected about a later one: it asks on, and reads the new value."""
    written = """
        slots: {a: {prompt: A?}, b: {type: integer, prompt: B?}}
        flows:
          f:
            steps:
              - {step: a, type: collect, slot: a, force: true}
              - {step: b, type: collect, slot: b}
              - {step: again, type: branch, when: [{condition: b < 5, then: a}]}
              - {step: done, type: say, message: "{a} {b}"}
    """
    async with talking(written) as chat:
        assert await chat.tell("/start_flow f", "/set_slot a=x", "/set_slot b=1") == "A?"
        assert (await chat.hear("/set_slot b=7")).endswith("A?")
        assert await chat.hear("/set_slot a=y") == "y 7"


async def test_a_forced_question_whose_answer_is_used_is_not_asked_again() -> None:
    """A correction of something else leads past it: another answer would come too late."""
    written = """
        slots: {name: {prompt: Name?}, code: {prompt: Code?}, note: {prompt: Note?}}
        actions: {pay: {inputs: [code]}}
        flows:
          f:
            steps:
              - {step: name, type: collect, slot: name}
              - {step: code, type: collect, slot: code, force: true}
              - {step: pay, type: action, call: pay}
              - {step: note, type: collect, slot: note}
              - {step: done, type: say, message: "{name} {code} {note}"}
    """
    paid: list[str] = []

    @action("pay")
    def pay(code: str) -> None:
        paid.append(code)

    async with talking(written, pay) as chat:
        await chat.tell("/start_flow f name=Ana", "/set_slot code=7")
        corrected = await chat.hear("/set_slot name=Bob")
        done = await chat.hear("/set_slot note=x")

    assert corrected.endswith("Note?")
    assert done == "Bob 7 x"
    assert paid == ["7"]


async def test_a_change_at_a_confirm_that_another_answer_does_not_bear_asks_for_that_answer() -> None:
    """The way of on_change does not lead round the rejections of the questions before it."""
    written = """
        slots: {start: {type: integer, prompt: Start?}, stop: {type: integer, prompt: Stop?}}
        flows:
          f:
            steps:
              - {step: start, type: collect, slot: start}
              - step: stop
                type: collect
                slot: stop
                rejections: [{when: stop < start, message: It stops before it starts.}]
              - {step: sure, type: confirm, message: "{start} to {stop}?", on_change: sure}
              - {step: done, type: say, message: Done.}
    """
    async with talking(written) as chat:
        await chat.hear("/start_flow f start=1 stop=5")
        rejected = await chat.hear("/set_slot start=9")
        asked = await chat.hear("/set_slot stop=12")

    assert "It stops before it starts." in rejected
    assert rejected.endswith("Stop?")
    assert asked == "9 to 12?"


async def test_the_way_of_on_change_does_not_repeat_an_effect() -> None:
    """It leads to before the payment; the payment is passed, and the confirm asks again."""
    written = """
        slots: {to: {prompt: To?}, note: {prompt: Note?}, receipt: {}}
        actions: {pay: {inputs: [to], outputs: [receipt]}}
        flows:
          f:
            steps:
              - {step: to, type: collect, slot: to}
              - {step: note, type: collect, slot: note}
              - {step: pay, type: action, call: pay}
              - {step: sure, type: confirm, message: "Note {note} on {receipt}?", on_change: to}
              - {step: done, type: say, message: Noted.}
    """
    paid: list[str] = []

    @action("pay")
    def pay(to: str) -> dict[str, str]:
        paid.append(to)
        return {"receipt": f"r{len(paid)}"}

    async with talking(written, pay) as chat:
        await chat.tell("/start_flow f to=Ana", "/set_slot note=x")
        changed = await chat.hear("/set_slot note=y")
        done = await chat.hear("/affirm")

    assert changed.endswith("Note y on r1?")
    assert done == "Noted."
    assert paid == ["Ana"]


PAYING_AGAIN = """
    slots:
      amount: {type: float, prompt: How much?}
      note: {prompt: Note?}
      more: {type: boolean, prompt: More?}
    actions: {send: {inputs: [amount], effect: write}}
    flows:
"""
PASSES = {
    "asked by a shared call": """
      ask: {startable: false, steps: [{step: a, type: collect, slot: amount}]}
      pay:
        steps:
          - {step: clear, type: set, slots: {amount: null, more: null}}
          - {step: asks, type: call, flow: ask}
          - {step: sure, type: confirm, message: "Pay {amount:.0f}?"}
          - {step: sends, type: action, call: send}
          - {step: more, type: collect, slot: more, force: true}
          - {step: again, type: branch, slot: more, cases: {true: clear, false: end}}
    """,
    "asked by a shared call of a shared call": """
      inner: {startable: false, steps: [{step: a, type: collect, slot: amount}]}
      ask: {startable: false, steps: [{step: i, type: call, flow: inner}]}
      pay:
        steps:
          - {step: clear, type: set, slots: {amount: null, more: null}}
          - {step: asks, type: call, flow: ask}
          - {step: sure, type: confirm, message: "Pay {amount:.0f}?"}
          - {step: sends, type: action, call: send}
          - {step: more, type: collect, slot: more, force: true}
          - {step: again, type: branch, slot: more, cases: {true: clear, false: end}}
    """,
    "the whole pass within a shared call": """
      round:
        startable: false
        steps:
          - {step: clear, type: set, slots: {amount: null, more: null}}
          - {step: a, type: collect, slot: amount}
          - {step: sure, type: confirm, message: "Pay {amount:.0f}?"}
          - {step: sends, type: action, call: send}
          - {step: more, type: collect, slot: more, force: true}
          - {step: again, type: branch, slot: more, cases: {true: clear, false: end}}
      pay: {steps: [{step: rounds, type: call, flow: round}]}
    """,
    "begun again within a shared call": """
      round:
        startable: false
        steps:
          - {step: a, type: collect, slot: amount}
          - {step: sure, type: confirm, message: "Pay {amount:.0f}?"}
          - {step: sends, type: action, call: send}
          - {step: more, type: collect, slot: more}
          - {step: again, type: branch, slot: more, cases: {true: restart, false: end}}
      pay: {steps: [{step: rounds, type: call, flow: round}]}
    """,
    "the effect in a shared call, without anything computed": """
      sending: {startable: false, steps: [{step: sends, type: action, call: send}]}
      pay:
        steps:
          - {step: a, type: collect, slot: amount, force: true}
          - {step: sure, type: confirm, message: "Pay {amount:.0f}?"}
          - {step: do, type: call, flow: sending}
          - {step: more, type: collect, slot: more, force: true}
          - {step: again, type: branch, slot: more, cases: {true: a, false: end}}
    """,
}


@pytest.mark.parametrize("written", PASSES.values(), ids=PASSES)
async def test_what_is_asked_anew_after_a_jump_back_can_be_corrected(written: str) -> None:
    """Each pass has an answer of its own; that the last one was used makes nothing of this one too late."""
    sent: list[float] = []

    @action("send")
    def send(amount: float) -> None:
        sent.append(amount)

    async with talking(PAYING_AGAIN + written, send) as chat:
        await chat.tell("/start_flow pay", "/set_slot amount=5", "/affirm", "/affirm")
        await chat.tell("/set_slot amount=6", "/set_slot amount=7", "/affirm")
        late = await chat.hear("/correct_slot amount=8")

    assert sent == [5, 7]
    assert late.startswith("It is too late")


async def test_what_was_asked_before_the_jumping_flow_was_called_stays_used() -> None:
    """The caller's own question is not asked anew by a jump in the flow that it calls."""
    written = (
        PAYING_AGAIN
        + """
      round:
        startable: false
        steps:
          - {step: a, type: collect, slot: amount}
          - {step: sends, type: action, call: send}
          - {step: more, type: collect, slot: more, force: true}
          - {step: again, type: branch, slot: more, cases: {true: a, false: end}}
      pay: {steps: [{step: first, type: collect, slot: amount}, {step: rounds, type: call, flow: round}]}
    """
    )
    sent: list[float] = []

    @action("send")
    def send(amount: float) -> None:
        sent.append(amount)

    async with talking(written, send) as chat:
        await chat.tell("/start_flow pay amount=5", "/affirm")

        assert (await chat.hear("/correct_slot amount=8")).startswith("It is too late")
        assert sent == [5, 5]


async def test_a_call_that_is_open_again_is_corrected_where_it_stands() -> None:
    """What a flow with slots of its own was told when it was called before is not what is corrected."""
    written = (
        PAYING_AGAIN
        + """
      ask:
        startable: false
        outputs: [amount]
        steps:
          - {step: a, type: collect, slot: amount}
          - {step: n, type: collect, slot: note}
      pay:
        steps:
          - {step: clear, type: set, slots: {amount: null, more: null}}
          - {step: asks, type: call, flow: ask, inputs: {}, outputs: {amount: amount}}
          - {step: sends, type: action, call: send}
          - {step: more, type: collect, slot: more, force: true}
          - {step: again, type: branch, slot: more, cases: {true: clear, false: end}}
    """
    )
    sent: list[float] = []

    @action("send")
    def send(amount: float) -> None:
        sent.append(amount)

    async with talking(written, send) as chat:
        await chat.tell("/start_flow pay", "/set_slot amount=5", "/set_slot note=a", "/affirm")
        await chat.tell("/set_slot amount=6", "/set_slot amount=7", "/set_slot note=b")

    assert sent == [5, 7]
