"""When it is not clear which flow is meant: the choice, what is kept for it, how it is answered, and when it is over."""

import json
from dataclasses import replace

import pytest

from soni import NLUError, RuntimeLoop
from soni.dialogue.commands import Clarify, Command, SetSlot
from soni.dialogue.state import Dialogue
from soni.events import CommandDropped, PatternRan, ValueRefused
from soni.understanding.base import Briefing

from .bank import BANK, heard
from .chat import Chat, assistant, talking

CHOICE = "Do you mean one of these?\n1. Send money\n2. Block a card"
AGAIN = "I'm sorry, I still don't know which of these you mean:\n1. Send money\n2. Block a card"
UNCLEAR = "/clarify send_money block_card"
HANDED_OVER = "I'm handing you over to a person."
ASKING = """
      pattern_clarification:
        steps:
          - {step: which, type: collect, slot: word, message: Money or card?}
          - step: go
            type: branch
            slot: word
            cases:
              money: [{step: to_money, type: link, flow: send_money}]
              card: [{step: to_card, type: link, flow: block_card}]
              default: end
"""
WORD = BANK.replace("card: {", "word: {prompt: What?}\n      card: {", 1)

# --- the offer ---


async def test_the_candidates_are_offered_as_buttons_and_as_numbered_lines() -> None:
    """Pressing one starts it; what is no flow is dropped with an event."""
    async with talking(BANK) as chat:
        reply = await chat.say("/clarify send_money balance pattern_cancel nonsense")
        answer = await chat.hear(reply.messages[0].buttons[1].payload)

        assert reply.text == "Do you mean one of these?\n1. Send money\n2. The balance"
        assert reply.state == "waiting_for_input"
        assert [button.title for button in reply.messages[0].buttons] == ["Send money", "The balance"]
        assert answer == "You have 7."
        assert CommandDropped("clarify", "unknown_flow", "nonsense") in chat.events
        assert chat.dialogue.clarifying is None


async def test_a_choice_of_nothing_known_is_not_understood() -> None:
    """Without a candidate there is nothing to offer."""
    assert await heard("/clarify nonsense") == ["I'm sorry, I didn't understand that."]


async def test_one_flow_is_no_choice() -> None:
    """It is that flow, and it starts with the values."""
    assert await heard("/clarify send_money nonsense to=Ana") == ["Let us send money.\nHow much?"]


async def test_where_others_cannot_be_started_now_the_one_that_is_left_is_offered() -> None:
    """One of the others may have been meant, so it is not started unasked; yes is an answer, and no."""
    more = """
      vip: {description: The vault., trigger: {condition: "false"}, steps: [{step: a, type: say, message: Gold.}]}
    """
    async with talking(BANK + more) as chat:
        offer = await chat.hear("/clarify vip balance")
        yes = await chat.hear("/affirm")
        no = await chat.tell("/clarify vip balance", "/deny")

        assert (offer, yes, no) == ("Do you mean one of these?\n1. The balance", "You have 7.", "Okay.")
        assert CommandDropped("clarify", "not_now", "vip") in chat.events


async def test_where_none_can_be_started_now_that_is_said() -> None:
    """The reason is the one a start would give."""
    more = """
      a: {trigger: {condition: "false"}, steps: [{step: a, type: say, message: A.}]}
      b: {trigger: {condition: "false"}, steps: [{step: b, type: say, message: B.}]}
    """
    assert await heard("/clarify a b", more=more) == ["That is not possible right now."]


async def test_no_more_than_five_are_offered() -> None:
    """The likeliest come first; the rest is dropped."""
    more = "".join(f"      f{n}: {{steps: [{{step: s, type: say, message: F.}}]}}\n" for n in range(6))
    async with talking(BANK + "\n" + more) as chat:
        reply = await chat.say("/clarify f0 f1 f2 f3 f4 f5 f0")

        assert len(reply.messages[0].buttons) == 5
        assert CommandDropped("clarify", "too_many", "f5") in chat.events


async def test_a_second_choice_in_one_message_is_dropped() -> None:
    """One thing at a time."""
    async with talking(BANK) as chat:
        answer = await chat.hear(f"{UNCLEAR}\n/clarify balance block_card")

        assert answer == CHOICE
        assert CommandDropped("clarify", "too_many", None) in chat.events


# --- what was said at first ---


@pytest.mark.parametrize(
    "first", [f"{UNCLEAR} amount=50 to=Ana", f"{UNCLEAR} amount=50\n/set_slot to=Ana", f"/set_slot amount=50 to=Ana\n{UNCLEAR}"]
)  # fmt: skip
async def test_what_was_said_at_first_is_merged_with_the_answer(first: str) -> None:
    """Nothing is asked that was said, wherever in the message it was."""
    assert await heard(first, "/start_flow send_money") == [CHOICE, "Let us send money.\n50 to Ana?"]


async def test_what_is_said_with_the_answer_wins() -> None:
    """The newer value counts."""
    answers = await heard(f"{UNCLEAR} amount=50 to=Ana", "/start_flow send_money amount=60")

    assert answers[1] == "Let us send money.\n60 to Ana?"


async def test_only_what_fits_the_chosen_flow_is_taken() -> None:
    """The other values are forgotten with the choice."""
    async with talking(BANK) as chat:
        answers = [await chat.hear(text) for text in (f"{UNCLEAR} amount=50 card=red", "/start_flow block_card")]
        later = await chat.hear("/start_flow send_money")

        assert answers == [CHOICE, "Blocked."]
        assert later == "Let us send money.\nTo whom?"


async def test_a_value_that_comes_while_the_choice_is_open_is_kept_too() -> None:
    """It does not say which flow is meant, so the choice is offered again."""
    answers = await heard(UNCLEAR, "/set_slot amount=50", "/start_flow send_money to=Ana")

    assert answers == [CHOICE, AGAIN, "Let us send money.\n50 to Ana?"]


async def test_values_for_the_choice_pass_their_slots() -> None:
    """One that does not fit is refused in its slot's words, before the choice."""
    async with talking(BANK) as chat:
        answer = await chat.hear(f"{UNCLEAR} amount=much to=Ana")

        assert answer.endswith(f"\n{CHOICE}")
        assert any(isinstance(event, ValueRefused) and event.slot == "amount" for event in chat.events)
        assert chat.dialogue.clarifying is not None
        assert chat.dialogue.clarifying.slots == {"to": "Ana"}


async def test_what_only_the_system_fills_or_nobody_wants_is_dropped() -> None:
    """With an event, as for a start."""
    written = BANK.replace(
        "card: {", "limit: {type: integer, filled_by: system}\n      other: {prompt: Other?}\n      card: {", 1
    )
    written += "      more: {steps: [{step: o, type: collect, slot: other}]}\n"
    async with talking(written) as chat:
        await chat.hear(f"{UNCLEAR} limit=9 other=1 nonsense=2 amount=5")

        assert chat.dialogue.clarifying is not None
        assert chat.dialogue.clarifying.slots == {"amount": 5}
        dropped = {(event.reason, event.name) for event in chat.events if isinstance(event, CommandDropped)}
        assert dropped == {("system_slot", "limit"), ("unwanted_slot", "other"), ("unknown_slot", "nonsense")}


async def test_a_value_of_the_active_flow_goes_there() -> None:
    """Also where a candidate could use it; the rest waits for the choice."""
    more = "      pay: {steps: [{step: a, type: collect, slot: amount}, {step: c, type: collect, slot: card}]}\n"
    async with talking(BANK + more) as chat:
        await chat.tell("/start_flow send_money", "/clarify pay block_card\n/set_slot amount=5 card=red")

        assert chat.dialogue.clarifying is not None
        assert chat.dialogue.clarifying.slots == {"card": "red"}
        assert (await chat.slots())["amount"] == 5


async def test_sensitive_values_of_a_choice_are_not_remembered_in_the_history() -> None:
    """A secret that waits for its flow stays one."""
    written = BANK.replace("card: {", "card: {sensitive: true, ", 1)
    async with talking(written) as chat:
        await chat.tell(f"{UNCLEAR} card=1234")

        assert "1234" not in str(chat.dialogue.history)


async def test_the_choice_survives_a_restart_and_old_checkpoints_have_none() -> None:
    """It is part of the saved dialogue; one that was saved without it loads."""
    async with talking(BANK) as chat:
        await chat.tell(f"{UNCLEAR} amount=50")
        stored = chat.dialogue.to_json()
        old = {name: value for name, value in stored.items() if name != "clarifying"}

        assert Dialogue.from_json(json.loads(json.dumps(stored))) == chat.dialogue
        assert Dialogue.from_json(old) == replace(chat.dialogue, clarifying=None)


# --- how it ends ---


@pytest.mark.parametrize("neither", ["/cancel_flow", "/deny"])
async def test_neither_ends_the_choice(neither: str) -> None:
    """With fitting words, and nothing is kept."""
    answers = await heard(f"{UNCLEAR} amount=50", neither, "/start_flow send_money to=Ana", "/cancel_flow")

    assert answers[1:] == ["Okay.", "Let us send money.\nHow much?", "Okay, I've stopped: send money."]


async def test_another_flow_ends_the_choice() -> None:
    """What was said for the offered ones is forgotten."""
    answers = await heard(f"{UNCLEAR} amount=50", "/start_flow balance", "/start_flow send_money to=Ana")

    assert answers[1:] == ["You have 7.", "Let us send money.\nHow much?"]


@pytest.mark.parametrize("end", ["/restart", "/human_handoff"])
async def test_a_restart_and_a_person_end_the_choice(end: str) -> None:
    """Nothing of it is left."""
    async with talking(BANK) as chat:
        await chat.tell(f"{UNCLEAR} amount=50", end)

        assert chat.dialogue.clarifying is None


async def test_a_session_that_is_over_has_no_choice() -> None:
    """After the session timeout a message is the first one again."""
    async with talking("    settings: {conversation: {session_timeout: 1m}}" + BANK) as chat:
        await chat.hear(UNCLEAR)
        chat.watch.pass_by(chat.watch.now - chat.watch.now.replace(hour=1))
        answer = await chat.hear("mumble")

        assert (answer, chat.dialogue.clarifying) == ("I'm sorry, I didn't understand that.", None)


async def test_flows_that_can_no_longer_be_started_leave_the_choice() -> None:
    """What is left is offered; a choice of nothing is over."""
    written = """
      slots: {on: {type: boolean, scope: conversation, default: true, filled_by: user}}
      flows:
        a: {trigger: {condition: "on"}, steps: [{step: a, type: say, message: A.}]}
        b: {trigger: {condition: "on"}, steps: [{step: b, type: say, message: B.}]}
        c: {steps: [{step: c, type: say, message: C.}]}
    """
    async with talking(written) as chat:
        mixed = await chat.tell("/clarify a c", "/set_slot on=false", "/start_flow a")
        await chat.tell("/start_flow c", "/set_slot on=true", "/clarify a b", "/set_slot on=false")
        gone = await chat.hear("mumble")

        assert mixed == "That is not possible right now.\nI'm sorry, I still don't know which of these you mean:\n1. c"
        assert (gone, chat.dialogue.clarifying) == ("I'm sorry, I didn't understand that.", None)


# --- what resolves nothing, and what is said beside it ---


@pytest.mark.parametrize("again", ["mumble", UNCLEAR, "/affirm"])
async def test_a_message_that_resolves_nothing_counts_until_a_person_takes_over(again: str) -> None:
    """Three offers, as shipped."""
    async with talking(BANK) as chat:
        answers = [await chat.hear(text) for text in (UNCLEAR, again, again, again)]

        assert answers == [CHOICE, AGAIN, AGAIN, HANDED_OVER]
        assert (chat.dialogue.handed_off, chat.dialogue.clarifying) == (True, None)


async def test_how_often_it_is_offered_is_a_setting_and_the_person_is_told_why() -> None:
    """``context.reason`` says that it was never clear."""
    more = """
      pattern_human_handoff: {steps: [{step: h, type: handoff, message: "Over: {context.reason}."}]}
    """
    async with talking("    settings: {conversation: {clarification: {max_depth: 1}}}" + BANK + more) as chat:
        assert await chat.tell(UNCLEAR, "mumble") == "Over: clarification."


async def test_out_of_scope_is_answered_and_counts() -> None:
    """Nothing came of the choice."""
    answers = await heard(UNCLEAR, *["/out_of_scope"] * 3)

    assert answers[1:] == [f"I'm afraid I can't help with that.\n{AGAIN}"] * 2 + [
        f"I'm afraid I can't help with that.\n{HANDED_OVER}"
    ]


@pytest.mark.parametrize(
    ("beside", "words"),
    [
        ("/chitchat", "I'm here to help.\n"),
        ("/repeat", ""),
        ("/skip_question", "There is no question to skip.\n"),
        ("/ask_info", "I can help you with: send money, balance, block card.\n"),
    ],
)
async def test_what_is_said_beside_a_choice_is_answered_and_does_not_count(beside: str, words: str) -> None:
    """The choice is offered again, as often as it takes."""
    async with talking("    settings: {conversation: {max_turns_without_progress: 99}}" + BANK) as chat:
        answers = [await chat.hear(text) for text in (UNCLEAR, *[beside] * 4)]

    assert answers == [CHOICE, *[words + CHOICE] * 4]


async def test_a_failure_of_understanding_does_not_count() -> None:
    """It is not the user's fault, and the choice is still there."""

    class Failing:
        async def understand(self, said: str, briefing: Briefing) -> list[Command]:
            raise NLUError("no answer")

    async with RuntimeLoop(assistant(BANK), understander=Failing()) as loop:
        chat = Chat(loop)
        answer = await chat.tell(UNCLEAR, "a", "b", "c")

    assert answer.endswith(f"\n{CHOICE}")


# --- over a pending question ---


async def test_a_choice_over_a_question_shows_both_the_question_last() -> None:
    """As after anything that is said beside a question."""
    async with talking(BANK) as chat:
        await chat.hear("/start_flow send_money")
        reply = await chat.say("/clarify balance block_card")

        assert reply.text == "Do you mean one of these?\n1. The balance\n2. Block a card\nTo whom?"
        assert [len(message.buttons) for message in reply.messages] == [2, 0]
        assert reply.expected_slot == "to"


async def test_neither_and_an_answer_to_the_question_go_on_with_the_flow() -> None:
    """The choice is over in both cases; the flow below is not left."""
    choice = "/clarify balance block_card"
    neither = await heard("/start_flow send_money", choice, "/cancel_flow")
    answered = await heard("/start_flow send_money", choice, "/set_slot to=Ana", "mumble")
    refused = await heard("/start_flow send_money to=Ana", choice, "/set_slot amount=x", "mumble")
    confirmed = await heard("/start_flow send_money to=Ana amount=5", choice, "/deny")

    assert neither[2] == "Okay.\nTo whom?"
    assert answered[2:] == ["How much?", "I'm sorry, I didn't understand that.\nHow much?"]
    assert refused[3] == "I'm sorry, I didn't understand that.\nHow much?"
    assert confirmed[2] == "Okay, I've stopped: send money."


async def test_a_chosen_flow_interrupts_the_one_below_as_any_other() -> None:
    """Which resumes afterwards, with its question."""
    answers = await heard("/start_flow send_money", "/clarify balance block_card card=red", "/start_flow block_card")

    assert answers[2] == "Blocked.\nBack to: send money.\nTo whom?"


async def test_cancelling_a_named_flow_ends_the_choice_too() -> None:
    """A flow that is named is the one that is left."""
    answers = await heard("/start_flow send_money", "/clarify balance block_card", "/cancel_flow send_money", "mumble")

    assert answers[2:] == ["Okay, I've stopped: send money.", "I'm sorry, I didn't understand that."]


# --- an author's own clarification ---


async def test_an_override_that_asks_hands_over_with_what_was_said() -> None:
    """The flow it links to gets the values, like one that is started."""
    async with talking(WORD + ASKING) as chat:
        first = await chat.hear(f"{UNCLEAR} amount=50 to=Ana")
        second = await chat.hear("/set_slot word=money")

        assert (first, second) == ("Money or card?", "Let us send money.\n50 to Ana?")
        assert chat.dialogue.clarifying is None


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("/start_flow send_money", "Let us send money.\n50 to Ana?"),
        ("/set_slot word=neither", "Okay."),
        ("/cancel_flow", "Okay."),
        ("mumble", "I'm sorry, I didn't understand that.\nMoney or card?"),
        ("/chitchat", "I'm here to help.\nMoney or card?"),
        ("/clarify balance block_card", "Money or card?"),
    ],
)
async def test_an_override_that_asks_makes_way(answer: str, words: str) -> None:
    """For a start, an end and a new choice; what says nothing leaves its question."""
    assert await heard_in(WORD + ASKING, f"{UNCLEAR} amount=50 to=Ana", answer) == words


async def test_an_override_that_asks_in_vain_hands_over_to_a_person_too() -> None:
    """Its question counts like the buttons."""
    assert await heard_in(WORD + ASKING, UNCLEAR, *["mumble"] * 3) == (
        f"I'm sorry, I didn't understand that.\n{HANDED_OVER}"
    )


async def test_an_override_over_a_question_makes_way_for_the_flow_that_was_meant() -> None:
    """The flow below resumes after it."""
    answer = await heard_in(
        WORD + ASKING, "/start_flow send_money", "/clarify balance block_card", "/start_flow balance"
    )

    assert answer == "You have 7.\nBack to: send money.\nTo whom?"


async def heard_in(written: str, *texts: str) -> str:
    """The last answer of an assistant to these messages."""
    async with talking(written) as chat:
        return await chat.tell(*texts)


# --- what understanding is told ---


async def test_understanding_is_told_what_is_offered() -> None:
    """The titles of an open choice, or of the buttons that were shown last; nothing while a question is last."""
    briefings: list[Briefing] = []

    class Unsure:
        async def understand(self, said: str, briefing: Briefing) -> list[Command]:
            briefings.append(briefing)
            return [Clarify(("send_money", "block_card")), SetSlot({"amount": 5})] if said == "hm" else []

    more = """
      menu: {steps: [{step: m, type: say, message: What next?, buttons: [{title: More, payload: /start_flow balance}]}]}
    """
    async with RuntimeLoop(assistant(BANK + more), understander=Unsure()) as loop:
        chat = Chat(loop)
        await chat.tell("hm", "well", "/start_flow menu", "then", "/start_flow send_money", "so")
    told = [(dict(briefing.offered), briefing.choosing) for briefing in briefings]

    assert told == [
        ({}, False),
        ({"Send money": "/start_flow send_money", "Block a card": "/start_flow block_card"}, True),
        ({"More": "/start_flow balance"}, False),
        ({}, False),
    ]


async def test_the_pattern_runs_once_a_turn() -> None:
    """However many commands there were."""
    async with talking(BANK) as chat:
        await chat.hear(f"/chitchat\n{UNCLEAR}\n/set_slot amount=5")

        assert chat.happened(PatternRan).count(PatternRan("pattern_clarification")) == 1
