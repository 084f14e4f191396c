"""Asking for slots: what is asked, what is accepted, and when the asking ends."""

import pytest

from soni import ActionContext, normalizer, validator
from soni.events import ValueRefused
from soni.value import Value

from .chat import talking

ORDER = """
    slots:
      size: {type: choice, choices: [small, {value: large, synonyms: [big]}], prompt: Which size?}
      number: {type: integer, prompt: How many?, min: 0, max: 12}
      gift: {type: boolean, prompt: Is it a gift?}
      note: {type: string, prompt: Any wishes?, required: false}
    flows:
      order:
        steps:
          - {step: size, type: collect, slot: size}
          - {step: number, type: collect, slot: number}
          - {step: gift, type: collect, slot: gift}
          - {step: note, type: collect, slot: note}
          - {step: done, type: say, message: "{number} {size}, gift {gift}, {note|no wishes}."}
"""


async def test_questions_come_in_order_and_the_answers_are_kept() -> None:
    """A flow asks for one slot after the other and reads them all in the end."""
    async with talking(ORDER) as chat:
        asked = [
            await chat.hear(text)
            for text in (
                "/start_flow order",
                "/set_slot size=big",
                "/set_slot number=3",
                "/affirm",
                "/set_slot note=ribbon",
            )
        ]

    assert asked == [
        "Which size?", "How many?", "Is it a gift?", "Any wishes?", "3 large, gift yes, ribbon.",
    ]  # fmt: skip


async def test_values_given_early_are_not_asked_again() -> None:
    """What is said with the start, or before its question, is kept for it."""
    async with talking(ORDER) as chat:
        await chat.say("/start_flow order number=2")
        await chat.say("/set_slot gift=no")
        answer = await chat.hear("/set_slot size=small")

    assert answer == "Any wishes?"


async def test_zero_false_and_the_empty_text_are_values() -> None:
    """0, false and "" are answers; only null is none."""
    async with talking(ORDER) as chat:
        answer = await chat.tell('/start_flow order size=small number=0 gift=no note=""')

    assert answer == "0 small, gift no, ."


async def test_a_no_to_a_boolean_question_is_the_value_false() -> None:
    """Yes and no answer a boolean collect."""
    async with talking(ORDER) as chat:
        await chat.tell("/start_flow order size=small number=1", "/deny")

        assert (await chat.slots())["gift"] is False


async def test_an_invalid_value_is_said_and_asked_again() -> None:
    """A value that does not fit its slot is refused with a reason, and the question follows once."""
    async with talking(ORDER) as chat:
        await chat.say("/start_flow order size=small")
        reply = await chat.say("/set_slot number=99")

        assert [message.text for message in reply.messages] == ["Please give 12 or less.", "How many?"]
        assert chat.happened(ValueRefused) == [ValueRefused("number", "max")]


async def test_a_valid_value_beside_an_invalid_one_is_kept() -> None:
    """Of several values in one message the good ones count."""
    async with talking(ORDER) as chat:
        await chat.say("/start_flow order")
        answer = await chat.hear("/set_slot size=huge number=2")

        assert answer.endswith("Which size?")
        assert (await chat.slots())["number"] == 2


async def test_too_many_invalid_values_leave_the_flow() -> None:
    """After three values in a row that will not do, the flow is left, with a word about it."""
    async with talking(ORDER) as chat:
        await chat.say("/start_flow order size=small")
        answer = await chat.tell(*["/set_slot number=x"] * 3)

        assert answer == "I'm sorry, this doesn't seem to work. Let us leave order."
        assert chat.stack == []


async def test_attempts_are_counted_per_question_and_forgotten_by_an_answer() -> None:
    """Two mistakes at one question leave three for the next."""
    async with talking(ORDER) as chat:
        await chat.tell("/start_flow order", "/set_slot size=x", "/set_slot size=x", "/set_slot size=small")
        answer = await chat.tell("/set_slot number=x", "/set_slot number=x")

        assert answer.endswith("How many?")
        assert chat.stack == ["order"]


async def test_a_refused_value_for_a_later_question_is_no_attempt_at_the_pending_one() -> None:
    """Only an answer to the question that was asked counts against it."""
    async with talking(ORDER) as chat:
        await chat.say("/start_flow order number=x")
        answer = await chat.tell("/set_slot number=x", "/set_slot number=x")

        assert answer.endswith("Which size?")
        assert chat.stack == ["order"]


async def test_skipping_takes_the_default_where_the_slot_is_optional() -> None:
    """A slot that is not required may be skipped; its default is read from then on."""
    written = ORDER.replace("required: false", "required: false, default: none at all")
    async with talking(written) as chat:
        answer = await chat.tell("/start_flow order size=small number=1 gift=yes", "/skip_question")

    assert answer == "1 small, gift yes, none at all."


async def test_a_required_question_cannot_be_skipped() -> None:
    """A refused skip says so, and the question is asked again."""
    async with talking(ORDER) as chat:
        answer = await chat.tell("/start_flow order", "/skip_question")

    assert answer == "I can't go on without size.\nWhich size?"


async def test_force_asks_although_the_slot_is_filled() -> None:
    """A forced collect asks once, takes the answer although it looks like a correction, and goes on."""
    written = """
        slots: {city: {prompt: Which city?}}
        flows:
          move:
            steps:
              - {step: ask, type: collect, slot: city, force: true}
              - {step: done, type: say, message: "To {city}."}
    """
    async with talking(written) as chat:
        asked = await chat.hear("/start_flow move city=Rome")
        answer = await chat.hear("/set_slot city=Oslo")

    assert (asked, answer) == ("Which city?", "To Oslo.")


DATES = """
    slots:
      start: {type: date, prompt: From when?}
      until: {type: date, prompt: Until when?}
    responses: {too_soon: "It cannot end before {start}."}
    flows:
      book:
        steps:
          - {step: ask_start, type: collect, slot: start}
          - step: ask_until
            type: collect
            slot: until
            max_attempts: 2
            rejections:
              - {when: "until < start", response: too_soon}
              - {when: "until == start", message: "One night at least, please."}
              - {when: "start is not set"}
          - {step: done, type: say, message: "Until {until}."}
"""


@pytest.mark.parametrize(
    ("until", "words"),
    [("2030-02-01", "It cannot end before 2030-03-01."), ("2030-03-01", "One night at least, please.")],
)
async def test_a_rejection_looks_at_other_slots(until: str, words: str) -> None:
    """A value that is valid by itself is refused where it does not go with the others."""
    async with talking(DATES) as chat:
        answer = await chat.tell("/start_flow book start=2030-03-01", f"/set_slot until={until}")

        assert answer == f"{words}\nUntil when?"
        assert "until" not in await chat.slots()


async def test_rejections_count_as_attempts() -> None:
    """A collect gives up after its own number of answers, whether refused or rejected."""
    async with talking(DATES) as chat:
        answer = await chat.tell("/start_flow book start=2030-03-01", "/set_slot until=x", "/set_slot until=2030-02-01")

    assert answer == "I'm sorry, this doesn't seem to work. Let us leave book."


async def test_an_early_value_is_rejected_when_its_question_comes() -> None:
    """A rejection sees every value, whoever set it and whenever."""
    async with talking(DATES) as chat:
        answer = await chat.hear("/start_flow book start=2030-03-01 until=2030-02-01")

    assert answer == "It cannot end before 2030-03-01.\nUntil when?"


async def test_a_rejection_without_words_of_its_own_still_says_something() -> None:
    """A rejection that has neither message nor response says that it is not possible."""
    written = """
        slots: {n: {type: integer, prompt: A number?}}
        flows:
          guess:
            steps:
              - {step: ask, type: collect, slot: n, rejections: [{when: "n > 5"}]}
    """
    async with talking(written) as chat:
        answer = await chat.tell("/start_flow guess", "/set_slot n=7")

    assert answer == "That is not possible.\nA number?"


INVALID = """
    slots: {n: {type: integer, prompt: A number?}, why: {prompt: Why not?}}
    flows:
      guess:
        steps:
          - step: ask
            type: collect
            slot: n
            max_attempts: 3
            on_invalid:
              - {step: again, type: say, message: Digits please., jump_to: ask}
            on_max_attempts: give_up
          - {step: got, type: say, message: "Got {n}.", jump_to: end}
          - {step: give_up, type: collect, slot: why}
          - {step: bye, type: say, message: "Because {why}."}
"""


async def test_on_invalid_and_on_max_attempts_take_the_ways_they_name() -> None:
    """A wrong value goes the author's way; so does the last one that is allowed."""
    async with talking(INVALID) as chat:
        texts = [await chat.hear(text) for text in ("/start_flow guess", *["/set_slot n=x"] * 3, "/set_slot why=so")]

    assert texts == [
        "A number?", "Digits please.\nA number?", "Digits please.\nA number?", "Why not?", "Because so.",
    ]  # fmt: skip


async def test_on_invalid_leads_behind_the_collect_where_nothing_else_is_said() -> None:
    """An inline way goes on behind the step it belongs to, with the slot unset."""
    written = """
        slots: {n: {type: integer, prompt: A number?}}
        flows:
          guess:
            steps:
              - {step: ask, type: collect, slot: n, on_invalid: [{step: well, type: say, message: Well.}]}
              - {step: done, type: say, message: "n is {n|unset}."}
    """
    async with talking(written) as chat:
        answer = await chat.tell("/start_flow guess", "/set_slot n=x")

    assert answer == "Well.\nn is unset."


async def test_the_pattern_of_a_question_that_nobody_can_answer_is_left() -> None:
    """A collect in a pattern, with no flow below it, gives up as well."""
    written = """
        slots: {n: {type: integer, prompt: A number?}}
        flows:
          pattern_session_start:
            steps:
              - {step: ask, type: collect, slot: n}
    """
    async with talking(written) as chat:
        answer = await chat.tell("hello", *["/set_slot n=x"] * 3)

        assert answer == "I'm sorry, this doesn't seem to work. Let us leave it."
        assert chat.stack == []


async def test_a_question_in_words_of_the_step_and_with_buttons() -> None:
    """A collect's own message or response goes before the slot's prompt; its buttons before the response's."""
    written = """
        slots: {n: {type: integer, prompt: A number?}, m: {type: integer, prompt: Another?}}
        responses:
          ask_m:
            - text: "After {n}?"
              buttons: [{title: Same, payload: "/set_slot m={n}"}]
        flows:
          guess:
            steps:
              - {step: n, type: collect, slot: n, message: Say one., buttons: [{title: One, payload: /set_slot n=1}]}
              - {step: m, type: collect, slot: m, response: ask_m}
              - {step: again, type: collect, slot: m, force: true, response: ask_m, buttons: "{{ [1, 2] }}"}
    """
    async with talking(written) as chat:
        first = (await chat.say("/start_flow guess")).messages[0]
        second = (await chat.say(first.buttons[0].payload)).messages[0]
        third = (await chat.say(second.buttons[0].payload)).messages[0]

    assert (first.text, first.question) == ("Say one.", True)
    assert (second.text, second.response, second.question) == ("After 1?", "ask_m", True)
    assert [button.payload for button in second.buttons] == ["/set_slot m=1"]
    assert [(button.title, button.payload) for button in third.buttons] == [("1", "1"), ("2", "2")]


async def test_a_when_skips_the_question() -> None:
    """A collect whose condition is false is not asked."""
    written = ORDER.replace("{step: gift, type: collect,", "{step: gift, type: collect, when: number > 2,")
    async with talking(written) as chat:
        answer = await chat.tell("/start_flow order size=small", "/set_slot number=1")

    assert answer == "Any wishes?"


async def test_every_value_is_validated_then_normalized_whoever_gives_it() -> None:
    """A value said with the start, at the question and in a correction goes through the same door."""
    seen: list[object] = []

    @validator("iban")
    def iban(value: str, ctx: ActionContext) -> bool | str:
        seen.append((value, ctx.user_id))
        return True if value.upper().startswith("DE") else f"{value} is not German."

    @normalizer("tidy")
    async def tidy(value: str) -> str:
        return value.upper()

    written = """
        slots: {account: {prompt: Which account?, validator: iban, normalizer: tidy}}
        flows:
          open:
            steps:
              - {step: ask, type: collect, slot: account}
              - {step: sure, type: confirm, message: "{account}?"}
    """
    async with talking(written, iban, tidy) as chat:
        texts = [
            await chat.hear(text)
            for text in (
                "/start_flow open account=fr1",
                "/set_slot account=es2",
                "/set_slot account=de3",
                "/set_slot account=de4",
            )
        ]

    assert texts == [
        "fr1 is not German.\nWhich account?", "es2 is not German.\nWhich account?", "DE3?",
        "Okay, I've changed account to DE4.\nDE4?",
    ]  # fmt: skip
    assert seen == [("fr1", "ana"), ("es2", "ana"), ("de3", "ana"), ("de4", "ana")]


async def test_an_invalid_message_speaks_for_parser_and_validator() -> None:
    """The slot's own words are said where the validator has none, and no other."""

    @validator("even")
    def even(value: int) -> bool:
        return value % 2 == 0

    @validator("wordless")
    def wordless(value: int) -> bool:
        return False

    written = """
        slots:
          n: {type: integer, prompt: Even?, validator: even, invalid_message: "An even number, please."}
          m: {type: integer, prompt: Any?, validator: wordless}
        flows:
          f: {steps: [{step: n, type: collect, slot: n}, {step: m, type: collect, slot: m}]}
    """
    async with talking(written, even, wordless) as chat:
        texts = [
            await chat.hear(text) for text in ("/start_flow f n=x", "/set_slot n=3", "/set_slot n=2", "/set_slot m=1")
        ]

    assert texts == [
        "An even number, please.\nEven?", "An even number, please.\nEven?", "Any?", "That is not a valid value.\nAny?",
    ]  # fmt: skip


async def test_correcting_what_is_being_asked_answers_it() -> None:
    """A correction of the pending question is its answer."""
    async with talking(ORDER) as chat:
        assert await chat.tell("/start_flow order", "/correct_slot size=big") == "How many?"


@pytest.mark.parametrize(
    ("kind", "value", "answer"),
    [
        ("list", '[1, [2, {"three": 3.5}]]', 'It is 1, 2, {"three":3.5}.'),
        ("list", "[" * 40 + "]" * 40, "What?"),
        ("list", f"[{10**30}]", "What?"),
        ("object", '{"a": [1.5, null, true]}', 'It is {"a":[1.5,null,true]}.'),
        ("object", f'{{"a": [{10**30}]}}', "What?"),
        ("object", '{"a": [1e999]}', "What?"),
    ],
)
async def test_what_no_store_could_keep_is_no_value(kind: str, value: str, answer: str) -> None:
    """Numbers of more than 64 bits, endless ones, and lists without a bottom are refused in words."""
    written = f"""
        slots: {{thing: {{type: {kind}, prompt: What?}}}}
        flows:
          f: {{steps: [{{step: ask, type: collect, slot: thing}}, {{step: s, type: say, message: "It is {{thing}}."}}]}}
    """
    async with talking(written) as chat:
        assert (await chat.tell("/start_flow f", f"/set_slot thing='{value}'")).endswith(answer)


async def test_a_validator_that_fails_is_an_internal_error() -> None:
    """An exception in a validator leaves the dialogue as it was, with an apology."""

    @validator("broken")
    def broken(value: Value) -> bool:
        raise RuntimeError

    written = """
        slots: {n: {prompt: What?, validator: broken}}
        flows: {f: {steps: [{step: n, type: collect, slot: n}]}}
    """
    async with talking(written, broken) as chat:
        await chat.say("/start_flow f")
        answer = await chat.hear("/set_slot n=1")

    assert answer == ("I'm sorry, something went wrong on my side, and nothing was changed. Please try again.\nWhat?")
