"""What each kind of step does: say, set, branch, while, confirm, link, noop, handoff; jumps and ways."""

from textwrap import indent

import pytest

from soni.config.models import SoniConfig
from soni.errors import ConfigurationError, FlowError

from .chat import assistant, talking


async def said(flow: str, *texts: str, slots: str = "{}", more: str = "") -> list[str]:
    """The answers to these messages in an assistant whose flow ``f`` has these steps; it is started first."""
    written = f"slots: {slots}\n{more}\nflows:\n  f:\n    steps:\n{indent(flow, '      ')}\n"
    async with talking(written) as chat:
        return [await chat.hear(text) for text in ("/start_flow f", *texts)]


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


# --- branch ---

CASES = """
    [{step: ask, type: collect, slot: x},
     {step: b, type: branch, slot: x, cases: {CASES}},
     {step: none, type: say, message: none, jump_to: end},
     {step: low, type: say, message: low, jump_to: end},
     {step: high, type: say, message: high, jump_to: end}]
"""


@pytest.mark.parametrize(
    ("kind", "cases", "value", "expected"),
    [
        ("integer", "10: low, 20: high, default: none", "10", "low"),
        ("integer", "10: low, 20: high, default: none", "20", "high"),
        ("integer", "10: low, default: none", "11", "none"),
        ("integer", "'10': low, default: none", "10", "low"),
        ("integer", "'>100': high, '>10': low, default: none", "101", "high"),
        ("integer", "'>100': high, '>10': low, default: none", "100", "low"),
        ("integer", "'<=10': low, default: none", "10", "low"),
        ("integer", "'!=5': high, default: low", "5", "low"),
        ("integer", "'==5': low, default: none", "5", "low"),
        ("float", "2: low, default: none", "2.0", "low"),
        ("float", "'2.5': low, default: none", "2.5", "low"),
        ("boolean", "true: low, false: high", "yes", "low"),
        ("boolean", "true: low, false: high", "no", "high"),
        ("boolean", "'true': low, 'false': high", "no", "high"),
        ("boolean", "True: low, default: high", "no", "high"),
        ("string", "a: low, b: high, default: none", "b", "high"),
        ("string", "1: low, default: none", "1", "none"),
        ("date", "'>\"2030-06-01\"': high, default: low", "2030-07-01", "high"),
    ],
)
async def test_a_branch_chooses_by_value(kind: str, cases: str, value: str, expected: str) -> None:
    """Cases are values, texts, booleans and comparisons, tried in order; the default is for all others."""
    steps = CASES.replace("{CASES}", "{" + cases + "}")
    answers = await said(steps, f"/set_slot x={value}", slots=f"{{x: {{type: {kind}, prompt: X?}}}}")

    assert answers[-1] == expected


async def test_a_branch_on_an_expression_and_an_unset_value() -> None:
    """``evaluate`` computes the value; unset fits the default alone."""
    steps = (
        "[{step: b, type: branch, evaluate: 'x + 1', cases: {'>0': high, default: low}},"
        " {step: low, type: say, message: low, jump_to: end}, {step: high, type: say, message: high}]"
    )

    assert await said(steps, slots="{x: {type: integer}}") == ["low"]
    assert await said(steps, slots="{x: {type: integer, default: 3}}") == ["high"]


async def test_a_value_without_a_case_is_a_flow_error_that_changes_nothing() -> None:
    """The turn fails, the question stays pending, and another answer works."""
    steps = CASES.replace("{CASES}", "{a: low, b: high}")
    written = f"slots: {{x: {{prompt: X?}}}}\nflows: {{f: {{steps: {steps}}}}}"
    async with talking(written) as chat:
        await chat.say("/start_flow f")
        with pytest.raises(FlowError, match="'b' has no case for what x is"):
            await chat.say("/set_slot x=c")

        assert await chat.hear("/set_slot x=b") == "high"


async def test_a_branch_with_conditions_takes_the_first_that_holds() -> None:
    """Arms are tried in order, else stands for the rest, and inline steps go on behind the branch."""
    steps = """
        [{step: ask, type: collect, slot: x},
         {step: b, type: branch, when: [
            {condition: x > 10, then: [{step: high, type: say, message: high}]},
            {condition: x > 5, then: middle},
            {else: [{step: low, type: say, message: low}]}]},
         {step: after, type: say, message: after, jump_to: end},
         {step: middle, type: say, message: middle}]
    """
    slots = "{x: {type: integer, prompt: X?}}"

    assert [(await said(steps, f"/set_slot x={x}", slots=slots))[-1] for x in (11, 6, 1)] == [
        "high\nafter", "middle", "low\nafter",
    ]  # fmt: skip


async def test_a_branch_without_an_arm_that_holds_goes_on_behind_it() -> None:
    """Conditions need no else; a branch with cases may be skipped as a whole."""
    steps = """
        [{step: b, type: branch, when: [{condition: "false", then: end}]},
         {step: c, type: branch, slot: x, when: x is set, cases: {1: end}},
         {step: s, type: say, message: here}]
    """

    assert await said(steps, slots="{x: {type: integer}}") == ["here"]


# --- while ---

COUNT = """
    [{step: set_up, type: set, slots: {n: START}},
     {step: again, type: while, condition: n < 3, EXTRA do: [
        {step: ask, type: collect, slot: item},
        {step: count, type: set, slots: {n: "{{ n + 1 }}"}},
        {step: got, type: say, message: "{n}: {item}"}]},
     {step: done, type: say, message: "{n} in all, the last {item|none}.", jump_to: end},
     {step: elsewhere, type: say, message: elsewhere}]
"""
ITEM = "{n: {type: integer}, item: {prompt: Which?}}"


async def test_a_loop_asks_its_question_anew_each_round() -> None:
    """Three rounds are three questions, also where the answer is the same."""
    steps = COUNT.replace("START", "0").replace("EXTRA", "")
    answers = await said(steps, *["/set_slot item=egg"] * 3, slots=ITEM)

    assert answers == ["Which?", "1: egg\nWhich?", "2: egg\nWhich?", "3: egg\n3 in all, the last egg."]


async def test_a_loop_whose_condition_is_false_is_not_entered() -> None:
    """No round at all, and the flow goes on behind it, or where ``exit_to`` says."""
    nothing = await said(COUNT.replace("START", "3").replace("EXTRA", ""), slots=ITEM)
    elsewhere = await said(COUNT.replace("START", "3").replace("EXTRA", "exit_to: elsewhere,"), slots=ITEM)
    skipped = await said(COUNT.replace("START", "0").replace("EXTRA", "when: n > 5,"), slots=ITEM)

    assert (nothing, elsewhere, skipped) == (["3 in all, the last none."], ["elsewhere"], ["0 in all, the last none."])


async def test_a_loop_within_a_loop_starts_over_each_time() -> None:
    """The inner loop runs its rounds in every round of the outer one."""
    steps = """
        [{step: outer, type: while, condition: more != "no", do: [
            {step: inner, type: while, condition: item != "stop", do: [{step: ask, type: collect, slot: item}]},
            {step: more, type: collect, slot: more},
            {step: clear, type: set, slots: {item: null}}]},
         {step: done, type: say, message: done}]
    """
    slots = "{item: {prompt: Which?, default: none}, more: {prompt: More?, default: yes}}"
    answers = await said(
        steps, "/set_slot item=a", "/set_slot item=stop", "/set_slot more=yes", "/set_slot item=stop",
        "/set_slot more=no", slots=slots,
    )  # fmt: skip

    assert answers == ["Which?", "Which?", "More?", "Which?", "More?", "done"]


async def test_a_called_flow_in_a_loop_asks_anew_each_round() -> None:
    """What a call asked belongs to its round, whether it shares the slots or has its own."""
    written = """
        slots: {n: {type: integer}, item: {prompt: Which?}, size: {prompt: Size?}}
        flows:
          f:
            steps:
              - {step: zero, type: set, slots: {n: 0}}
              - step: loop
                type: while
                condition: n < 2
                do:
                  - {step: one, type: call, flow: pick}
                  - {step: two, type: call, flow: fit, inputs: {}, outputs: {size: size}}
                  - {step: count, type: set, slots: {n: "{{ n + 1 }}"}}
                  - {step: got, type: say, message: "{item} {size}"}
          pick: {startable: false, steps: [{step: ask, type: collect, slot: item}]}
          fit: {startable: false, outputs: [size], steps: [{step: ask, type: collect, slot: size}]}
    """
    async with talking(written) as chat:
        texts = ("/start_flow f", "/set_slot item=a", "/set_slot size=1", "/set_slot item=b", "/set_slot size=2")
        answers = [await chat.hear(text) for text in texts]

    assert answers == ["Which?", "Size?", "a 1\nWhich?", "Size?", "b 2"]


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
        (", on_deny: end", "/deny", ""),
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


async def test_generate_fails_the_turn_where_the_model_is_not_served() -> None:
    """With a model configured but the embedded understanding at work, the step says so."""
    config: SoniConfig = assistant("""
        settings: {models: {nlu: {provider: openai}}}
        flows: {f: {steps: [{step: g, type: generate, instruction: Write.}]}}
    """)
    async with talking(config) as chat:
        with pytest.raises(FlowError, match="needs a language model"):
            await chat.say("/start_flow f")
