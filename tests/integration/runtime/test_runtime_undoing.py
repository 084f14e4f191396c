"""What a flow has computed is taken back when a correction leads past it again, and only then."""

import pytest

from soni import action

from .chat import talking

TOTAL = """
    slots:
      price: {type: float, prompt: Price?}
      note: {prompt: Note?}
      total: {type: float, default: 0}
    flows:
      f:
        steps:
          - {step: price, type: collect, slot: price}
          - {step: add, type: set, slots: {total: "{{ total + price }}"}}
          - {step: note, type: collect, slot: note}
          - {step: done, type: say, message: "total {total:.0f}"}
"""


async def test_a_sum_is_not_added_to_twice_by_a_correction() -> None:
    """The step that adds runs again with the new value, from what the total was before it."""
    async with talking(TOTAL) as chat:
        await chat.tell("/start_flow f price=5", "/set_slot price=7", "/set_slot price=8")

        assert await chat.hear("/set_slot note=x") == "total 8"


async def test_what_was_computed_on_a_way_not_taken_any_more_is_gone() -> None:
    """The discount of a member goes with the membership; the answer behind it stays."""
    written = """
        slots:
          member: {type: boolean, prompt: Member?}
          name: {prompt: Name?}
          discount: {type: integer}
        flows:
          f:
            steps:
              - {step: member, type: collect, slot: member}
              - step: which
                type: branch
                slot: member
                cases:
                  true: [{step: rebate, type: set, slots: {discount: 10}}]
                  false: [{step: none, type: noop}]
              - {step: name, type: collect, slot: name}
              - {step: sure, type: confirm, message: "{name} {discount|nothing}?"}
              - {step: done, type: say, message: Done.}
    """
    async with talking(written) as chat:
        assert await chat.tell("/start_flow f member=yes name=Ana") == "Ana 10?"
        assert (await chat.hear("/set_slot member=no")).endswith("Ana nothing?")
        assert (await chat.hear("/set_slot member=yes")).endswith("Ana 10?")


async def test_an_answer_is_not_taken_back_with_what_was_set_before_it() -> None:
    """A slot that is set, and then answered, keeps the answer."""
    written = """
        slots: {a: {prompt: A?}, b: {prompt: B?}, c: {prompt: C?}}
        flows:
          f:
            steps:
              - {step: a, type: collect, slot: a}
              - {step: clear, type: set, slots: {b: null}, condition: b is not set}
              - {step: guess, type: set, slots: {b: guess}, condition: b is not set}
              - {step: b, type: collect, slot: b, force: true}
              - {step: c, type: collect, slot: c}
              - {step: done, type: say, message: "{a} {b} {c}"}
    """
    async with talking(written) as chat:
        await chat.tell("/start_flow f a=1", "/set_slot b=mine", "/set_slot a=2", "/set_slot b=mine")

        assert await chat.hear("/set_slot c=3") == "2 mine 3"


async def test_each_round_of_a_loop_adds_once_whatever_is_corrected() -> None:
    """A correction within a round takes back this round's sum; the earlier rounds' stay, also after the loop."""
    written = """
        slots:
          name: {prompt: Name?}
          price: {type: float, prompt: Price?}
          more: {type: boolean, prompt: More?, default: true}
          total: {type: float, default: 0}
        flows:
          f:
            steps:
              - {step: name, type: collect, slot: name}
              - step: loop
                type: while
                condition: more
                do:
                  - {step: price, type: collect, slot: price}
                  - {step: add, type: set, slots: {total: "{{ total + price }}"}}
                  - {step: more, type: collect, slot: more}
              - {step: sure, type: confirm, message: "{name}: {total:.0f}?"}
              - {step: done, type: say, message: Done.}
    """
    async with talking(written) as chat:
        await chat.tell("/start_flow f name=Ana", "/set_slot price=10", "/set_slot more=yes", "/set_slot price=20")
        corrected = await chat.hear("/set_slot price=21")
        renamed = await chat.hear("/set_slot name=Bob")
        asked = await chat.hear("/set_slot more=no")
        afterwards = await chat.hear("/set_slot name=Eva")

    assert corrected.endswith("More?")
    assert renamed.endswith("More?")
    assert asked == "Bob: 31?"
    assert afterwards.endswith("Eva: 31?")


async def test_a_called_flow_computes_anew_what_it_computed() -> None:
    """Where it shares the caller's slots, and where it has its own."""
    written = """
        slots:
          price: {type: float, prompt: Price?}
          total: {type: float, default: 1}
          sum: {type: float, default: 1}
        flows:
          shared:
            steps:
              - {step: price, type: collect, slot: price}
              - {step: go, type: call, flow: adding}
              - {step: sure, type: confirm, message: "{total:.0f}?"}
          own:
            steps:
              - {step: price, type: collect, slot: price}
              - {step: go, type: call, flow: adding, inputs: {price: "{{ price }}"}, outputs: {total: sum}}
              - {step: sure, type: confirm, message: "{sum:.0f}?"}
          adding:
            startable: false
            inputs: [price?]
            outputs: [total]
            steps: [{step: add, type: set, slots: {total: "{{ total + price }}"}}]
    """
    for flow in ("shared", "own"):
        async with talking(written) as chat:
            assert await chat.hear(f"/start_flow {flow} price=5") == "6?"
            assert (await chat.hear("/set_slot price=7")).endswith("8?")


async def test_on_change_computes_anew_only_from_where_it_leads_to() -> None:
    """A way back to the confirm itself keeps what was computed before it."""
    written = """
        slots: {{price: {{type: float, prompt: Price?}}, total: {{type: float, default: 0}}}}
        flows:
          f:
            steps:
              - {{step: price, type: collect, slot: price}}
              - {{step: add, type: set, slots: {{total: "{{{{ total + price }}}}"}}}}
              - {{step: sure, type: confirm, message: "{{price:.0f}} {{total:.0f}}?", on_change: {target}}}
    """
    async with talking(written.format(target="add")) as chat:
        await chat.hear("/start_flow f price=5")
        assert (await chat.hear("/set_slot price=7")).endswith("7 7?")
    async with talking(written.format(target="sure")) as chat:
        await chat.hear("/start_flow f price=5")
        assert (await chat.hear("/set_slot price=7")).endswith("7 5?")


async def test_what_was_read_is_read_anew_and_what_was_written_stays() -> None:
    """The output of a read that is no longer on the way is gone; that of an effect is not."""
    written = """
        slots:
          kind: {type: choice, choices: [card, cash], prompt: Kind?}
          note: {prompt: Note?}
          fee: {type: float}
          receipt: {}
        actions:
          look_up: {outputs: [fee], effect: read}
          pay: {inputs: [], outputs: [receipt]}
        flows:
          f:
            steps:
              - {step: kind, type: collect, slot: kind}
              - {step: pay, type: action, call: pay}
              - step: which
                type: branch
                slot: kind
                cases:
                  card: [{step: look, type: action, call: look_up}]
                  cash: [{step: none, type: noop}]
              - {step: note, type: collect, slot: note}
              - {step: done, type: say, message: "{kind} {fee|free} {receipt}"}
    """

    @action("look_up")
    def look_up() -> dict[str, float]:
        return {"fee": 2.5}

    @action("pay")
    def pay() -> dict[str, str]:
        return {"receipt": "r1"}

    async with talking(written, look_up, pay) as chat:
        await chat.tell("/start_flow f kind=card", "/set_slot kind=cash")

        assert await chat.hear("/set_slot note=x") == "cash free r1"


async def test_a_loop_that_had_effects_is_not_gone_through_again() -> None:
    """Its counter is set behind the corrected question: it stays, with what the rounds have done and gathered."""
    written = """
        slots:
          name: {prompt: Name?}
          item: {prompt: Item?}
          count: {type: integer}
        actions: {add: {inputs: [item]}}
        flows:
          f:
            steps:
              - {step: name, type: collect, slot: name}
              - {step: none, type: set, slots: {count: 0}}
              - step: loop
                type: while
                condition: count < 2
                do:
                  - {step: item, type: collect, slot: item}
                  - {step: add, type: action, call: add}
                  - {step: one_more, type: set, slots: {count: "{{ count + 1 }}"}}
              - {step: sure, type: confirm, message: "{name}: {count}, {item}?"}
              - {step: done, type: say, message: Done.}
    """
    added: list[str] = []

    @action("add")
    def add(item: str) -> None:
        added.append(item)

    async with talking(written, add) as chat:
        await chat.tell("/start_flow f name=Ana", "/set_slot item=apple", "/set_slot item=pear")
        corrected = await chat.hear("/set_slot name=Bob")
        done = await chat.hear("/affirm")

    assert corrected.endswith("Bob: 2, pear?")
    assert done == "Done."
    assert added == ["apple", "pear"]


async def test_a_correction_within_the_last_round_of_a_loop_counts_it_once() -> None:
    """Also when the loop is over already."""
    written = """
        slots: {price: {type: float, prompt: Price?}, rounds: {type: integer, default: 0}, total: {type: float, default: 0}}
        flows:
          f:
            steps:
              - step: loop
                type: while
                condition: rounds < 2
                do:
                  - {step: price, type: collect, slot: price}
                  - {step: add, type: set, slots: {total: "{{ total + price }}", rounds: "{{ rounds + 1 }}"}}
              - {step: sure, type: confirm, message: "{rounds}: {total}?"}
    """
    async with talking(written) as chat:
        assert await chat.tell("/start_flow f", "/set_slot price=1", "/set_slot price=2") == "2: 3?"
        assert (await chat.hear("/set_slot price=5")).endswith("2: 6?")


GATHERING = """
    slots:
      wanted: {type: integer, prompt: How many?}
      item: {prompt: Item?}
      count: {type: integer}
      list: {}
    flows:
      f:
        steps:
          - {step: wanted, type: collect, slot: wanted}
          - {step: none, type: set, slots: {count: 0, list: "Items:"}}
          - step: loop
            type: while
            condition: count < wanted
            do:
              - {step: item, type: collect, slot: item}
              - {step: add, type: set, slots: {count: "{{ count + 1 }}", list: "{{ list + ' ' + item }}"}}
          - {step: sure, type: confirm, message: "{list}?"}
"""


async def test_the_rounds_of_a_loop_stand_when_their_number_is_corrected() -> None:
    """From within the loop as from behind it: fewer end it, more are asked for, and nothing is asked twice."""
    async with talking(GATHERING) as chat:
        await chat.tell("/start_flow f wanted=3", "/set_slot item=pen")
        fewer = await chat.hear("/set_slot wanted=2")
        asked = await chat.hear("/set_slot item=ink")
        more = await chat.hear("/set_slot wanted=3")
        again = await chat.hear("/set_slot item=cup")
        less = await chat.hear("/set_slot wanted=1")

    assert fewer.endswith("Item?")
    assert asked == "Items: pen ink?"
    assert more.endswith("Item?")
    assert again == "Items: pen ink cup?"
    assert less.endswith("Items: pen ink cup?")


async def test_a_correction_before_a_loop_that_was_not_come_to_changes_nothing_of_it() -> None:
    """What is set before it is set again."""
    written = GATHERING.replace(
        "- {step: none,", "- {step: note, type: collect, slot: note}\n          - {step: none,"
    ).replace("item: {prompt", "note: {prompt: Note?}\n      item: {prompt")
    async with talking(written) as chat:
        await chat.tell("/start_flow f wanted=3", "/set_slot wanted=1", "/set_slot note=x")

        assert await chat.hear("/set_slot item=pen") == "Items: pen?"


PARCEL = """
    slots:
      speed: {type: choice, prompt: Speed?, choices: [standard, express]}
      insured: {type: boolean, prompt: Insured?}
    flows:
      send:
        steps:
          - {step: how_fast, type: collect, slot: speed}
          - {step: by_speed, type: branch, slot: speed, cases: {express: always, standard: ask_insured}}
          - {step: always, type: set, slots: {insured: true}, jump_to: sure}
          - {step: ask_insured, type: collect, slot: insured}
          - {step: sure, type: confirm, message: "{speed}, insured: {insured|nothing}?"}
"""


@pytest.mark.parametrize(
    "written",
    [
        PARCEL,
        PARCEL.replace(
            ", jump_to: sure}", "}\n          - {step: past, type: branch, when: [{condition: insured, then: sure}]}"
        ),
        PARCEL.replace(
            "- {step: by_speed, type: branch, slot: speed, cases: {express: always, standard: ask_insured}}\n", "\n"
        ).replace(
            "slots: {insured: true}, jump_to: sure}",
            'when: speed == "express", slots: {insured: true}}\n'
            '          - {step: past, type: branch, when: [{condition: speed == "express", then: sure}]}',
        ),
    ],
    ids=["jumping", "falling through", "beside the branch"],
)
async def test_what_the_new_way_computes_is_not_dropped_with_the_old_answer(written: str) -> None:
    """The question is no longer asked, and its slot is filled by a step now; back on the old way it is asked anew."""
    async with talking(written) as chat:
        await chat.tell("/start_flow send", "/set_slot speed=standard", "/set_slot insured=no")
        corrected = await chat.hear("/correct_slot speed=express")
        back = await chat.hear("/correct_slot speed=standard")
        answered = await chat.hear("/set_slot insured=no")

    assert corrected.splitlines()[-1] == "express, insured: yes?"
    assert back.splitlines()[-1] == "Insured?"
    assert answered.splitlines()[-1] == "standard, insured: no?"


BASKET = """
    slots:
      name: {prompt: Name?}
      item: {type: integer, prompt: Item?}
      note: {prompt: Note?, default: none}
      more: {type: boolean, prompt: More?}
      total: {type: integer}
    actions: {add: {inputs: [total, item], outputs: [total], effect: read}}
    flows:
"""
ADDING = """
      adding: {startable: false, steps: [{step: adds, type: action, call: add}]}
      adding_apart:
        startable: false
        inputs: [total, item]
        outputs: [total]
        steps: [{step: adds, type: set, slots: {total: "{{ total + item }}"}}]
"""
ROUND = """
          - step: loop
            type: while
            condition: total < 10
            do:
              - {step: item, type: collect, slot: item}
              - ADDS
"""
SHOP = """
      shop:
        steps:
          - {step: name, type: collect, slot: name}
          - {step: none, type: set, slots: {total: 0}}
ROUND
          - {step: sure, type: confirm, message: "{name} pays {total}?"}
"""
ADDS = {
    "a set": '{step: adds, type: set, slots: {total: "{{ total + item }}"}}',
    "a reading action": "{step: adds, type: action, call: add}",
    "a writing action": "{step: adds, type: action, call: add}",
    "a call": '{step: adds, type: call, flow: adding_apart, inputs: {total: "{{ total }}", item: "{{ item }}"}, outputs: {total: total}}',
    "a shared call": "{step: adds, type: call, flow: adding}",
}


def add(total: int, item: int) -> dict[str, int]:
    return {"total": total + item}


@pytest.mark.parametrize("where", ["in the flow", "in a shared call"])
@pytest.mark.parametrize("how", ADDS)
async def test_what_a_loop_has_gathered_stands_whoever_gathered_it(how: str, where: str) -> None:
    """A correction of something before the loop asks for nothing of it again, and sets nothing back."""
    looping = ROUND.replace("ADDS", ADDS[how])
    if where == "in the flow":
        flows = ADDING + SHOP.replace("ROUND\n", looping)
    else:
        rounds = "\n      rounds:\n        startable: false\n        steps:" + looping
        flows = ADDING + rounds + SHOP.replace("ROUND\n", "          - {step: gathers, type: call, flow: rounds}\n")
    written = BASKET + flows
    if how == "a writing action":
        written = written.replace("effect: read", "effect: write")
    async with talking(written, action("add")(add)) as chat:
        await chat.tell("/start_flow shop name=Bo", "/set_slot item=6")
        within = await chat.hear("/correct_slot name=Cy")
        asked = await chat.hear("/set_slot item=7")
        behind = await chat.hear("/correct_slot name=Al")

    assert within.endswith("Item?")
    assert asked == "Cy pays 13?"
    assert behind.endswith("Al pays 13?")


@pytest.mark.parametrize(
    "asks",
    [
        "{step: more, type: collect, slot: more, force: true}",
        "{step: more, type: confirm, message: More?, slot: more, on_deny: [{step: over, type: noop}]}",
    ],
)
async def test_a_loop_that_the_user_has_ended_is_over(asks: str) -> None:
    """What opened it, before it, does not open it again when something before that is corrected."""
    written = (
        BASKET
        + f"""
      shop:
        steps:
          - {{step: name, type: collect, slot: name}}
          - {{step: open, type: set, slots: {{more: true}}}}
          - {{step: none, type: set, slots: {{total: 0}}}}
          - step: loop
            type: while
            condition: more
            do:
              - {{step: item, type: collect, slot: item}}
              - {{step: adds, type: action, call: add}}
              - {asks}
          - {{step: sure, type: confirm, message: "{{name}} pays {{total}}?"}}
    """
    )
    yes, no = ("/affirm", "/deny") if "confirm" in asks else ("/set_slot more=yes", "/set_slot more=no")
    async with talking(written, action("add")(add)) as chat:
        await chat.tell("/start_flow shop name=Bo", "/set_slot item=1", yes, "/set_slot item=2")
        within = await chat.hear("/correct_slot name=Cy")
        assert await chat.hear(no) == "Cy pays 3?"
        assert (await chat.hear("/correct_slot name=Al")).endswith("Al pays 3?")

    assert within.endswith("More?")


async def test_a_stored_yes_is_taken_back_with_what_is_computed() -> None:
    """A round that a correction goes through again asks again what its confirm has stored."""
    written = (
        BASKET
        + """
      shop:
        steps:
          - {step: name, type: collect, slot: name}
          - {step: open, type: set, slots: {more: true}}
          - step: loop
            type: while
            condition: more
            do:
              - {step: item, type: collect, slot: item}
              - {step: more, type: confirm, message: More?, slot: more, on_deny: [{step: over, type: noop}]}
              - {step: note, type: collect, slot: note}
          - {step: done, type: say, message: "{name} {item} {note}"}
    """
    )
    async with talking(written, action("add")(add)) as chat:
        await chat.tell("/start_flow shop name=Bo", "/set_slot item=1", "/deny")
        assert (await chat.hear("/correct_slot name=Cy")).endswith("More?")
        assert await chat.tell("/deny", "/set_slot note=x") == "Cy 1 x"
