"""Turns that lead nowhere, and repair patterns that an author writes anew."""

import pytest

from soni import FlowError

from .bank import BANK, heard
from .chat import talking

# --- no progress ---


@pytest.mark.parametrize(
    ("way", "words", "state"),
    [
        ("handoff", "I'm handing you over to a person.", "handed_off"),
        (
            "retry",
            'We don\'t seem to get on. Say "cancel" to leave this, or ask for a person.\nTo whom?',
            "waiting_for_input",
        ),
        ("fallback", "You have 7.\nBack to: send money.\nTo whom?", "waiting_for_input"),
    ],
)
async def test_turns_that_lead_nowhere_come_to_an_end(way: str, words: str, state: str) -> None:
    """After three of them the conversation is handed over, told so, or sent to the fallback flow."""
    limits = f"max_turns_without_progress: 3, on_no_progress: {way}, fallback_flow: balance"
    async with talking(f"    settings: {{conversation: {{{limits}}}}}" + BANK) as chat:
        await chat.tell("/start_flow send_money", "/chitchat", "/chitchat")
        reply = await chat.say("/chitchat")

    assert reply.text == f"I'm here to help.\n{words}"
    assert reply.state == state


async def test_an_answer_is_progress_also_where_everything_looks_the_same() -> None:
    """A flow that comes round to the same question, with the same answer, is getting on."""
    written = """
        settings: {conversation: {max_turns_without_progress: 2}}
        slots: {item: {prompt: Which?}}
        flows:
          jokes: {steps: [{step: tell, type: say, message: Joke.}, {step: again, type: confirm, message: Another?, on_confirm: tell}]}
          list: {steps: [{step: loop, type: while, condition: "true", do: [{step: ask, type: collect, slot: item}]}]}
    """
    async with talking(written) as chat:
        jokes = await chat.tell("/start_flow jokes", *["/affirm"] * 4)
        items = await chat.tell("/start_flow list", *["/set_slot item=egg"] * 4)

    assert (jokes, items) == ("Joke.\nAnother?", "Which?")


async def test_progress_starts_the_count_anew() -> None:
    """Idle turns must come in a row."""
    async with talking("    settings: {conversation: {max_turns_without_progress: 2}}" + BANK) as chat:
        answer = await chat.tell("/start_flow send_money", "/chitchat", "/set_slot to=Ana", "/chitchat")

    assert answer == "I'm here to help.\nHow much?"


# --- overriding ---

PATTERNS = {
    "pattern_session_start": ("hello",),
    "pattern_correction": ("/start_flow send_money to=Ana amount=5", "/set_slot to=Eva"),
    "pattern_cancel": ("/start_flow send_money", "/cancel_flow"),
    "pattern_interrupted": ("/start_flow send_money", "/start_flow balance"),
    "pattern_resumed": ("/start_flow send_money", "/start_flow balance"),
    "pattern_completed": ("/start_flow balance",),
    "pattern_clarification": ("/clarify balance block_card",),
    "pattern_ask_info": ("/start_flow send_money", "/ask_info"),
    "pattern_chitchat": ("/chitchat",),
    "pattern_cannot_handle": ("mumble",),
    "pattern_skip_question": ("/start_flow send_money", "/skip_question"),
    "pattern_repeat": ("/start_flow balance", "/repeat"),
    "pattern_invalid_value": ("/start_flow send_money to=Ana", "/set_slot amount=x"),
    "pattern_too_many_attempts": ("/start_flow send_money to=Ana", *["/set_slot amount=x"] * 3),
    "pattern_no_progress": ("/start_flow send_money", *["/chitchat"] * 5),
    "pattern_human_handoff": ("/human_handoff",),
}


@pytest.mark.parametrize(("pattern", "texts"), PATTERNS.items(), ids=PATTERNS.keys())
async def test_a_flow_of_the_same_name_takes_a_patterns_place(pattern: str, texts: tuple[str, ...]) -> None:
    """An author's pattern is said instead of the shipped one, and reads its context."""
    answers = await heard(*texts, more=f"""
      {pattern}: {{steps: [{{step: mine, type: say, message: "Mine: {{context.reason|}}."}}]}}
    """)  # fmt: skip

    assert "Mine: " in answers[-1]


async def test_a_pattern_may_ask_and_call_and_does_not_lose_the_flow_below() -> None:
    """A pattern is a flow like any other: it collects, calls, and the question below is asked afterwards."""
    more = """
      pattern_chitchat:
        steps:
          - {step: ask, type: collect, slot: card, message: Which card do you like?}
          - {step: go, type: call, flow: agree}
          - {step: flow, type: say, message: "{to} and {card}"}
      agree: {startable: false, steps: [{step: nice, type: say, message: "{card}, nice."}]}
    """
    async with talking(BANK + more) as chat:
        texts = ("/start_flow send_money to=Ana", "/chitchat", "/set_slot card=red", "/set_slot amount=5")
        answers = [await chat.hear(text) for text in texts]

    assert answers[1:] == ["Which card do you like?", "red, nice.\nAna and red\nHow much?", "5 to Ana?"]


async def test_a_flow_called_by_a_pattern_may_be_left_alone() -> None:
    """A no in it leaves the pattern, and nothing else."""
    more = """
      pattern_chitchat: {steps: [{step: go, type: call, flow: agree}, {step: no, type: say, message: never}]}
      agree: {startable: false, steps: [{step: nice, type: confirm, message: Nice?}]}
    """
    in_flow = await heard("/start_flow send_money", "/chitchat", "/deny", more=more)
    alone = await heard("/chitchat", "/deny", more=more)

    assert in_flow[1:] == ["Nice?", "To whom?"]
    assert alone == ["Nice?", "Okay."]


async def test_a_pattern_that_loops_is_a_flow_error() -> None:
    """Patterns count their steps like any flow."""
    async with talking(
        BANK + "\n      pattern_chitchat: {steps: [{step: a, type: say, message: well, when: 1 == 1, jump_to: a}]}"
    ) as chat:
        with pytest.raises(FlowError, match="'pattern_chitchat' seems to loop at step 'a'"):
            await chat.say("/chitchat")
