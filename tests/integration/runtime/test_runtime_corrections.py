"""Changing an answer afterwards: what is told, what is asked again, what is dropped, and when it is too late."""

import pytest

from .chat import talking

TRIP = """
    slots:
      by: {type: choice, choices: [train, plane], prompt: Train or plane?}
      seat: {prompt: Window or aisle?}
      bags: {type: integer, prompt: How many bags?}
      name: {prompt: Your name?}
    flows:
      book:
        steps:
          - {step: ask_name, type: collect, slot: name}
          - {step: ask_by, type: collect, slot: by}
          - step: kind
            type: branch
            slot: by
            cases:
              train: [{step: ask_seat, type: collect, slot: seat}]
              plane: [{step: ask_bags, type: collect, slot: bags}]
          - {step: sure, type: confirm, message: "{name} by {by}, {seat|no seat}, {bags|no} bags?"}
          - {step: done, type: say, message: Booked.}
"""
BY_TRAIN = "/start_flow book name=Ana by=train seat=window"


async def test_a_correction_is_told_and_what_was_pending_is_asked_again() -> None:
    """The value changes, the confirm is put with the new one, and no other question is repeated."""
    async with talking(TRIP) as chat:
        answer = await chat.tell(BY_TRAIN, "/set_slot name=Eva")

    assert answer == "Okay, I've changed name to Eva.\nEva by train, window, no bags?"


async def test_a_correction_in_the_middle_comes_back_to_the_pending_question() -> None:
    """Questions that were not reached yet are not asked earlier than before."""
    async with talking(TRIP) as chat:
        answer = await chat.tell("/start_flow book name=Ana", "/correct_slot name=Eva")

    assert answer == "Okay, I've changed name to Eva.\nTrain or plane?"


async def test_several_corrections_at_once_are_one() -> None:
    """The pattern speaks once, tells all of them, and every value changes."""
    async with talking(TRIP) as chat:
        answer = await chat.tell(BY_TRAIN, "/set_slot name=Eva seat=aisle")

    assert answer == "Okay, I've made these changes: name: Eva, seat: aisle.\nEva by train, aisle, no bags?"


async def test_a_corrected_decision_is_taken_anew_and_drops_what_no_longer_applies() -> None:
    """The other way is taken, its question asked, and the answer of the first way forgotten."""
    async with talking(TRIP) as chat:
        texts = (BY_TRAIN, "/set_slot by=plane", "/set_slot bags=2")
        answers = [await chat.hear(text) for text in texts]

        assert answers[1:] == ["Okay, I've changed by to plane.\nHow many bags?", "Ana by plane, no seat, 2 bags?"]
        assert "seat" not in await chat.slots()


async def test_a_decision_corrected_back_asks_again() -> None:
    """An answer that was dropped is not remembered."""
    async with talking(TRIP) as chat:
        answer = await chat.tell(BY_TRAIN, "/set_slot by=plane", "/set_slot by=train")

    assert answer == "Okay, I've changed by to train.\nWindow or aisle?"


async def test_the_same_value_again_is_no_correction() -> None:
    """Whoever repeats what was said is not told that something changed."""
    async with talking(TRIP) as chat:
        answer = await chat.tell(BY_TRAIN, "/set_slot name=Ana")

    assert answer == "Ana by train, window, no bags?"


async def test_clearing_an_answer_asks_it_again() -> None:
    """``clear_slot`` unsets what was asked, goes back there, and keeps the other answers."""
    async with talking(TRIP) as chat:
        answers = [await chat.hear(text) for text in (BY_TRAIN, "/clear_slot seat", "/set_slot seat=aisle")]

    assert answers[1:] == ["Window or aisle?", "Ana by train, aisle, no bags?"]


async def test_a_value_beside_a_cleared_one_is_kept() -> None:
    """Clear and set in one message are one correction."""
    async with talking(TRIP) as chat:
        answer = await chat.tell(BY_TRAIN, "/clear_slot seat\n/set_slot name=Eva")

        assert answer == "Okay, I've changed name to Eva.\nWindow or aisle?"
        assert (await chat.slots())["name"] == "Eva"


async def test_the_pattern_speaks_before_the_value_changes() -> None:
    """An overridden pattern reads both values, and the old one is still in the slot."""
    written = (
        TRIP
        + """
      pattern_correction:
        steps:
          - {step: say, type: say, message: "{context.slot} from {context.old} to {context.new}, still {name}"}
    """
    )
    async with talking(written) as chat:
        answer = await chat.tell(BY_TRAIN, "/set_slot name=Eva")

    assert answer == "name from Ana to Eva, still Ana\nEva by train, window, no bags?"


ASKS_FIRST = (
    TRIP
    + """
      pattern_correction:
        steps:
          - {step: sure, type: confirm, message: "Really {context.new}?"}
"""
)


async def test_a_pattern_that_goes_to_cancel_flow_leaves_the_old_value() -> None:
    """An author may ask before a change: yes changes, no leaves it."""
    async with talking(ASKS_FIRST) as chat, talking(ASKS_FIRST) as other:
        yes = [await chat.hear(text) for text in (BY_TRAIN, "/set_slot name=Eva", "/affirm")]
        no = [await other.hear(text) for text in (BY_TRAIN, "/set_slot name=Eva", "/deny")]

    assert yes[1:] == ["Really Eva?", "Eva by train, window, no bags?"]
    assert no[1:] == ["Really Eva?", "Ana by train, window, no bags?"]


async def test_a_newer_correction_replaces_one_that_is_pending() -> None:
    """While the pattern asks, another value takes the place of the first."""
    async with talking(ASKS_FIRST) as chat:
        answer = await chat.tell(BY_TRAIN, "/set_slot name=Eva", "/set_slot name=Ida")
        stack = chat.stack
        changed = await chat.hear("/affirm")

    assert (answer, stack) == ("Really Ida?", ["book", "pattern_correction"])
    assert changed == "Ida by train, window, no bags?"


async def test_a_correction_pattern_that_called_a_flow_is_replaced_whole() -> None:
    """Nothing of the first correction stays on the stack."""
    written = (
        TRIP
        + """
      ask_twice: {startable: false, steps: [{step: sure, type: confirm}]}
      pattern_correction: {steps: [{step: go, type: call, flow: ask_twice}]}
    """
    )
    async with talking(written) as chat:
        await chat.tell(BY_TRAIN, "/set_slot name=Eva", "/set_slot name=Ida")

        assert chat.stack == ["book", "pattern_correction", "ask_twice"]
        assert await chat.hear("/affirm") == "Ida by train, window, no bags?"


CALLS = """
    slots: {x: {prompt: X?}, y: {prompt: Y?}, z: {prompt: Z?}, w: {prompt: W?}}
    flows:
      outer:
        steps:
          - {step: x, type: collect, slot: x}
          - {step: go, type: call, flow: inner INPUTS}
          - {step: w, type: collect, slot: w}
          - {step: sure, type: confirm, message: "{x} {y} {z} {w}?"}
      inner:
        startable: false
        inputs: [x]
        outputs: [y, z]
        steps:
          - {step: y, type: collect, slot: y}
          - {step: z, type: collect, slot: z}
"""
SHARED = CALLS.replace("INPUTS", "")
SEPARATE = CALLS.replace("INPUTS", ', inputs: {x: "{{ x }}"}, outputs: {y: y, z: z}')


@pytest.mark.parametrize("written", [SHARED, SEPARATE], ids=["shared", "separate"])
async def test_an_answer_of_a_called_flow_is_corrected_while_it_runs(written: str) -> None:
    """The question of the called flow that is pending is asked again."""
    async with talking(written) as chat:
        answer = await chat.tell("/start_flow outer x=1", "/set_slot y=2", "/set_slot y=5")

        assert answer == "Okay, I've changed y to 5.\nZ?"
        assert (await chat.slots())["y"] == "5"


@pytest.mark.parametrize("written", [SHARED, SEPARATE], ids=["shared", "separate"])
async def test_an_answer_of_a_called_flow_is_corrected_after_it_has_finished(written: str) -> None:
    """The flow goes back into the call, asks nothing that is answered, and comes back with the new value."""
    async with talking(written) as chat:
        answer = await chat.tell(
            "/start_flow outer x=1", "/set_slot y=2", "/set_slot z=3", "/set_slot w=4", "/set_slot y=5"
        )

    assert answer == "Okay, I've changed y to 5.\n1 5 3 4?"


@pytest.mark.parametrize("written", [SHARED, SEPARATE], ids=["shared", "separate"])
async def test_an_answer_of_the_caller_is_corrected_while_a_called_flow_asks(written: str) -> None:
    """The call is broken off and made anew, and keeps its answers."""
    async with talking(written) as chat:
        answers = [
            await chat.hear(text)
            for text in ("/start_flow outer x=1", "/set_slot y=2", "/set_slot x=9", "/set_slot z=3", "/set_slot w=4")
        ]

    assert answers[2:] == ["Okay, I've changed x to 9.\nZ?", "W?", "9 2 3 4?"]


@pytest.mark.parametrize("written", [SHARED, SEPARATE], ids=["shared", "separate"])
async def test_an_answer_of_a_called_flow_can_be_cleared_after_it_has_finished(written: str) -> None:
    """The called flow asks again, and the caller goes on afterwards."""
    async with talking(written) as chat:
        texts = ("/start_flow outer x=1", "/set_slot y=2 z=3 w=4", "/clear_slot z", "/set_slot z=8")
        answers = [await chat.hear(text) for text in texts]

    assert answers[2:] == ["Z?", "1 2 8 4?"]


async def test_a_correction_reaches_through_two_finished_calls() -> None:
    """However deep the question was asked, the flow goes on behind it."""
    written = """
        slots: {x: {prompt: X?}, y: {prompt: Y?}}
        flows:
          a:
            steps:
              - {step: go, type: call, flow: b, inputs: {}, outputs: {x: x}}
              - {step: sure, type: confirm, message: "{x} {y|-}?"}
          b:
            startable: false
            outputs: [x]
            steps: [{step: go, type: call, flow: c, inputs: {}, outputs: {x: x}}, {step: y, type: collect, slot: y}]
          c: {startable: false, outputs: [x], steps: [{step: x, type: collect, slot: x}]}
    """
    async with talking(written) as chat:
        answer = await chat.tell("/start_flow a", "/set_slot x=1", "/set_slot y=2", "/set_slot x=3")

    assert answer == "Okay, I've changed x to 3.\n3 -?"


async def test_answers_that_a_call_no_longer_asks_are_dropped() -> None:
    """A way that leads past a call forgets what the call asked of the shared slots."""
    written = """
        slots: {kind: {type: choice, choices: [a, b], prompt: Kind?}, y: {prompt: Y?}}
        flows:
          f:
            steps:
              - {step: kind, type: collect, slot: kind}
              - {step: way, type: branch, slot: kind, cases: {a: [{step: go, type: call, flow: sub}], b: sure}}
              - {step: sure, type: confirm, message: "{kind} {y|-}?"}
          sub: {startable: false, steps: [{step: y, type: collect, slot: y}]}
    """
    async with talking(written) as chat:
        answer = await chat.tell("/start_flow f kind=a", "/set_slot y=1", "/set_slot kind=b")

    assert answer == "Okay, I've changed kind to b.\nb -?"


async def test_answers_are_dropped_also_where_the_new_way_ends_a_called_flow() -> None:
    """A called flow that ends early after a correction leaves nothing of its other way behind."""
    written = """
        slots: {kind: {type: choice, choices: [a, b], prompt: Kind?}, y: {prompt: Y?}}
        flows:
          f: {steps: [{step: go, type: call, flow: sub}, {step: sure, type: confirm, message: "{kind} {y|-}?"}]}
          sub:
            startable: false
            steps:
              - {step: kind, type: collect, slot: kind}
              - {step: way, type: branch, slot: kind, cases: {a: y, b: end}}
              - {step: y, type: collect, slot: y}
    """
    async with talking(written) as chat:
        answer = await chat.tell("/start_flow f kind=a", "/set_slot y=1", "/set_slot kind=b")

    assert answer == "Okay, I've changed kind to b.\nb -?"


async def test_a_forced_question_behind_a_correction_is_asked_again() -> None:
    """Filled collects are passed, forced ones are not."""
    written = """
        slots: {x: {prompt: X?}, y: {prompt: Y?}}
        flows:
          f:
            steps:
              - {step: x, type: collect, slot: x}
              - {step: y, type: collect, slot: y, force: true}
              - {step: sure, type: confirm, message: "{x} {y}?"}
    """
    async with talking(written) as chat:
        answers = [
            await chat.hear(text) for text in ("/start_flow f x=1", "/set_slot y=2", "/set_slot x=3", "/set_slot y=2")
        ]

    assert answers[2:] == ["Okay, I've changed x to 3.\nY?", "3 2?"]


async def test_a_question_that_was_skipped_stays_skipped_after_a_correction() -> None:
    """Leaving a question unanswered is an answer too."""
    written = """
        slots: {x: {prompt: X?}, y: {prompt: Y?, required: false}}
        flows:
          f:
            steps:
              - {step: x, type: collect, slot: x}
              - {step: y, type: collect, slot: y}
              - {step: sure, type: confirm, message: "{x} {y|-}?"}
    """
    async with talking(written) as chat:
        answer = await chat.tell("/start_flow f x=1", "/skip_question", "/set_slot x=2")

    assert answer == "Okay, I've changed x to 2.\n2 -?"


async def test_a_corrected_value_may_be_rejected() -> None:
    """What the collect would not have taken, a correction does not slip past it."""
    written = """
        slots: {x: {type: integer, prompt: X?}}
        flows:
          f:
            steps:
              - {step: x, type: collect, slot: x, rejections: [{when: x > 5, message: Too much.}]}
              - {step: sure, type: confirm, message: "{x}?"}
    """
    async with talking(written) as chat:
        answer = await chat.tell("/start_flow f x=1", "/set_slot x=7")

    assert answer == "Okay, I've changed x to 7.\nToo much.\nX?"
