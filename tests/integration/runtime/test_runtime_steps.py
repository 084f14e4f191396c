"""What each kind of step does: say, set, branch, while, confirm, link, noop, handoff; jumps and ways."""

import pytest

from soni.errors import ConfigurationError, FlowError

from .chat import assistant, talking
from .saying import said

# --- say ---


async def test_say_fills_in_what_is_known_and_nothing_that_was_typed() -> None:
    """A message reads slots and the user's id; braces that a user typed stay text."""
    answers = await said(
        '[{step: ask, type: collect, slot: who}, {step: s, type: say, message: "{user_id} and {who|nobody}"}]',
        "/set_slot who={otp}",
        slots="{who: {prompt: Who?}, otp: {filled_by: user, default: secret}}",
    )

    assert answers == ["Who?", "ana and {otp}"]


async def test_say_carries_buttons_pictures_and_what_the_channel_understands() -> None:
    """Everything beside the words reaches the reply, with slots filled in."""
    written = """
        slots: {n: {type: integer, default: 7}}
        responses:
          offer: {text: "Or {n}?", buttons: [{title: "{n}", payload: "/set_slot n={n}"}], image: "https://x.test/{n}", custom: {a: 1}}
        flows:
          f:
            steps:
              - {step: a, type: say, message: Look., image: "https://x.test/{n}.png", custom: {card: {size: 2}}}
              - {step: b, type: say, response: offer}
              - {step: c, type: say, response: offer, buttons: [{title: No, payload: "/deny"}]}
              - {step: d, type: say, image: "https://x.test/only"}
              - {step: e, type: say, message: "", buttons: "{{ [] }}"}
    """
    async with talking(written) as chat:
        a, b, c, d = (await chat.say("/start_flow f")).messages

    assert (a.text, a.image, a.custom) == ("Look.", "https://x.test/7.png", {"card": {"size": 2}})
    assert (b.text, b.response, b.buttons[0].title, b.buttons[0].payload) == ("Or 7?", "offer", "7", "/set_slot n=7")
    assert (b.image, b.custom) == ("https://x.test/7", {"a": 1})
    assert [button.payload for button in c.buttons] == ["/deny"]
    assert (d.text, d.image) == ("", "https://x.test/only")


async def test_a_response_is_chosen_by_condition_and_language() -> None:
    """The first variant that applies is said, in the user's language where there is one."""
    written = """
        settings: {i18n: {supported_languages: [en, es, fr]}}
        slots: {n: {type: integer, prompt: N?}}
        responses:
          result:
            - {text: "Small: {n}", when: "n < 10"}
            - {text: Big}
            - {text: Grande, language: es, when: "n >= 10"}
        flows:
          f: {steps: [{step: ask, type: collect, slot: n}, {step: s, type: say, response: result}]}
    """
    async with talking(written) as chat:
        answers = [
            (await chat.say(f"/start_flow f n={n}", language=language)).text
            for n, language in ((1, None), (50, None), (50, "es"), (50, "fr"), (50, "de"))
        ]

    assert answers == ["Small: 1", "Big", "Grande", "Big", "Big"]


async def test_a_response_without_a_variant_that_applies_is_a_flow_error() -> None:
    """What cannot be said stops the turn, and nothing is saved."""
    with pytest.raises(FlowError, match="No variant of the response 'r'"):
        await said("[{step: s, type: say, response: r}]", more='responses: {r: [{text: A, when: "false"}]}')


async def test_variations_repeat_for_the_same_conversation() -> None:
    """The same conversation told again gives the same words; different turns give different ones."""
    written = """
        responses: {hi: [{text: a, variations: [b, c, d, e, f, g, h]}]}
        flows: {f: {steps: [{step: s, type: say, response: hi}]}}
    """
    runs = []
    for _ in range(2):
        async with talking(written) as chat:
            runs.append([await chat.hear("/start_flow f") for _ in range(12)])

    assert runs[0] == runs[1]
    assert len(set(runs[0])) > 1


# --- set ---


async def test_set_assigns_values_and_expressions_all_at_once_and_clears_with_null() -> None:
    """Expressions of one set read what was so before it."""
    answers = await said(
        '[{step: a, type: set, slots: {x: 2, y: "{{ 5 }}", z: gone}},'
        ' {step: b, type: set, slots: {x: "{{ y }}", y: "{{ x }}", z: null}},'
        ' {step: s, type: say, message: "{x} {y} {z|-}"}]',
        slots="{x: {type: integer}, y: {type: integer}, z: {}}",
    )

    assert answers == ["5 2 -"]


@pytest.mark.parametrize("key", ["when", "condition"])
async def test_set_can_be_conditional(key: str) -> None:
    """``when`` and ``condition`` mean the same on a set."""
    answers = await said(
        f"[{{step: a, type: set, slots: {{x: 1}}, {key}: 'x is set'}}, {{step: s, type: say, message: '{{x|unset}}'}}]",
        slots="{x: {type: integer}}",
    )

    assert answers == ["unset"]


async def test_a_condition_that_holds_sets() -> None:
    """The other way round too."""
    answers = await said(
        "[{step: a, type: set, slots: {x: 1}, condition: 'x is not set'}, {step: s, type: say, message: '{x|unset}'}]",
        slots="{x: {type: integer}}",
    )

    assert answers == ["1"]


# --- confirm ---

SURE = """
    [{step: ask, type: collect, slot: x},
     {step: sure, type: confirm, message: "{x}?" EXTRA},
     {step: done, type: say, message: "done {ok|-}", jump_to: end},
     {step: no, type: say, message: "no {ok|-}", jump_to: end},
     {step: other, type: say, message: other}]
"""
SURE_SLOTS = "{x: {prompt: X?}, ok: {type: boolean}}"


@pytest.mark.parametrize(
    ("extra", "answer", "expected"),
    [
        ("", "/affirm", "done -"),
        ("", "/deny", "Okay, I've stopped: f."),
        (", slot: ok", "/affirm", "done yes"),
        (", slot: ok, on_deny: no", "/deny", "no no"),
        (", on_confirm: other", "/affirm", "other"),
        (", on_deny: [{step: sorry, type: say, message: sorry}]", "/deny", "sorry\ndone -"),
        (", on_deny: restart", "/deny", "X?"),
        (", on_deny: end", "/deny", "Okay."),
    ],
)
async def test_a_confirm_goes_where_the_answer_leads(extra: str, answer: str, expected: str) -> None:
    """Yes goes on, no cancels where nothing else is said, and a slot keeps the answer."""
    answers = await said(SURE.replace("EXTRA", extra), "/set_slot x=1", answer, slots=SURE_SLOTS)

    assert answers[1:] == ["1?", expected]


async def test_a_change_at_a_confirm_rewrites_and_asks_again() -> None:
    """A correction is told, and the confirm asked with the new value."""
    answers = await said(SURE.replace("EXTRA", ""), "/set_slot x=1", "/set_slot x=2", "/affirm", slots=SURE_SLOTS)

    assert answers[2:] == ["Okay, I've changed x to 2.\n2?", "done -"]


async def test_a_yes_beside_a_change_is_not_a_yes_to_the_new_value() -> None:
    """Whoever says yes and changes something is asked again."""
    answers = await said(SURE.replace("EXTRA", ""), "/set_slot x=1", "/affirm\n/set_slot x=2", slots=SURE_SLOTS)

    assert answers[2] == "Okay, I've changed x to 2.\n2?"


async def test_on_change_is_taken_with_the_new_value() -> None:
    """A change at a confirm may lead somewhere else."""
    steps = SURE.replace("EXTRA", ", on_change: [{step: again, type: say, message: 'now {x}', jump_to: sure}]")
    answers = await said(steps, "/set_slot x=1", "/set_slot x=2", slots=SURE_SLOTS)

    assert answers[2] == "Okay, I've changed x to 2.\nnow 2\n2?"


async def test_deny_may_name_what_to_change() -> None:
    """A no that names a slot unsets it and asks for it again."""
    answers = await said(SURE.replace("EXTRA", ""), "/set_slot x=1", "/deny x", "/set_slot x=3", slots=SURE_SLOTS)

    assert answers[2:] == ["X?", "3?"]


async def test_a_confirm_without_words_has_some() -> None:
    """A confirm may say nothing of its own, or a response."""
    plain = await said("[{step: sure, type: confirm}]")
    response = await said(
        '[{step: sure, type: confirm, response: r, buttons: [{title: Y, payload: "/affirm"}]}]',
        more="responses: {r: Really?}",
    )

    assert (plain, response) == (["Is that right?"], ["Really?"])


async def test_words_that_are_no_answer_ask_the_confirm_again() -> None:
    """What is not understood, and a skip, leave the confirm pending."""
    answers = await said("[{step: sure, type: confirm}]", "hm", "/skip_question", "/ask_info")

    assert answers[1:] == [
        "I'm sorry, I didn't understand that.\nIs that right?",
        "I can't go on without a yes or a no.\nIs that right?",
        "We are at: f. Please say yes or no.\nIs that right?",
    ]


# --- jumps, link, noop, handoff ---


async def test_jumps_and_skips() -> None:
    """``jump_to`` leads elsewhere, but not from a step that is skipped."""
    steps = """
        [{step: a, type: say, message: a, when: "false", jump_to: end},
         {step: b, type: noop, jump_to: d},
         {step: c, type: say, message: c},
         {step: d, type: say, message: d, jump_to: end},
         {step: e, type: say, message: e}]
    """

    assert await said(steps) == ["d"]


async def test_restart_forgets_the_answers_of_the_flow() -> None:
    """The reserved target ``restart`` begins the flow anew, without its slots."""
    steps = """
        [{step: ask, type: collect, slot: x},
         {step: again, type: confirm, message: "Again after {x}?", on_confirm: restart, on_deny: end}]
    """
    answers = await said(steps, "/set_slot x=1", "/affirm", "/set_slot x=2", slots="{x: {prompt: X?}}")

    assert answers == ["X?", "Again after 1?", "X?", "Again after 2?"]


async def test_a_link_does_not_come_back_and_does_not_repeat() -> None:
    """The other flow takes this one's place; nothing of this one is said again."""
    written = """
        slots: {x: {prompt: X?}}
        flows:
          a: {steps: [{step: say, type: say, message: from a}, {step: go, type: link, flow: b}, {step: no, type: say, message: never}]}
          b: {steps: [{step: ask, type: collect, slot: x}, {step: say, type: say, message: from b}]}
    """
    async with talking(written) as chat:
        first = await chat.hear("/start_flow a")
        stack = chat.stack
        second = await chat.hear("/set_slot x=1")

    assert (first, stack, second) == ("from a\nX?", ["b"], "from b")


async def test_a_link_to_an_open_flow_goes_back_into_it() -> None:
    """A flow is on the stack once, however it is reached."""
    written = """
        slots: {x: {prompt: X?}, y: {prompt: Y?}}
        flows:
          a: {steps: [{step: ask, type: collect, slot: x}, {step: say, type: say, message: "a {x}"}]}
          b: {steps: [{step: ask, type: collect, slot: y}, {step: go, type: link, flow: a}]}
    """
    async with talking(written) as chat:
        await chat.tell("/start_flow a", "/start_flow b")
        answer = await chat.hear("/set_slot y=1")

        assert answer == "X?"
        assert chat.stack == ["a"]


async def test_a_link_from_a_called_flow_takes_the_caller_along() -> None:
    """What was called with its caller makes way; a pattern that called makes way alone."""
    written = """
        slots: {x: {prompt: X?}, y: {prompt: Y?}}
        flows:
          a: {steps: [{step: in, type: call, flow: c}, {step: no, type: say, message: never}]}
          b: {steps: [{step: ask, type: collect, slot: y}]}
          c: {startable: false, steps: [{step: go, type: link, flow: b}]}
          d: {steps: [{step: ask, type: collect, slot: x}]}
          pattern_chitchat: {steps: [{step: in, type: call, flow: c}]}
    """
    async with talking(written) as chat:
        await chat.say("/start_flow a")
        called_by_flow = chat.stack
        await chat.tell("/set_slot y=1", "/start_flow d", "/chitchat")

        assert (called_by_flow, chat.stack) == (["b"], ["d", "b"])


async def test_a_link_to_a_pattern_says_what_it_is_about() -> None:
    """A flow that hands over to a pattern is what the pattern talks about."""
    written = "flows: {pay_bill: {steps: [{step: go, type: link, flow: pattern_cancel}]}}"
    async with talking(written) as chat:
        assert await chat.hear("/start_flow pay_bill") == "Okay, I've stopped: pay bill."


async def test_a_handoff_silences_the_service_until_it_is_handed_back() -> None:
    """A person answers from then on; back from the person, the flow goes on behind the handoff."""
    written = """
        slots: {x: {prompt: X?}}
        flows:
          f:
            steps:
              - {step: over, type: handoff, message: "One moment, {user_id}.", queue: desk}
              - {step: ask, type: collect, slot: x}
    """
    async with talking(written) as chat:
        first = await chat.say("/start_flow f")
        silent = await chat.say("/set_slot x=1")
        await chat.loop.resume("ana")
        back = await chat.say("hello")

    assert (first.text, first.state) == ("One moment, ana.", "handed_off")
    assert (silent.messages, silent.state, silent.turn) == ((), "handed_off", 2)
    assert (back.text, back.state) == ("I'm sorry, I didn't understand that.\nX?", "waiting_for_input")


async def test_a_handoff_may_be_wordless() -> None:
    """A handoff needs no message."""
    assert await said("[{step: over, type: handoff}]") == [""]


async def test_generate_without_a_model_does_not_load() -> None:
    """A step that needs a language model is a problem where there is none."""
    with pytest.raises(ConfigurationError, match="a language model is needed"):
        assistant("flows: {f: {steps: [{step: g, type: generate, instruction: Write.}]}}")
