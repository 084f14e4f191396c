"""When people cancel, change the subject, ask back, refuse, repeat and begin anew: every repair pattern, and its override."""

from soni import NLUError, RuntimeLoop
from soni.dialogue.commands import Command
from soni.events import CommandDropped, FlowStarted, PatternRan
from soni.understanding.base import Briefing

from .bank import BANK, heard
from .chat import Chat, assistant, talking

# --- cancel ---


async def test_a_cancelled_flow_is_gone() -> None:
    """The flow is left with a word about it, and nothing of it is known any more."""
    async with talking(BANK) as chat:
        reply = (await chat.say("/start_flow send_money to=Ana"), await chat.say("/cancel_flow"))[1]

        assert (reply.text, reply.state, reply.active_flow) == ("Okay, I've stopped: send money.", "idle", None)
        assert await chat.slots() == {}
        assert chat.happened(PatternRan)[-2:] == [PatternRan("pattern_cancel"), PatternRan("pattern_completed")]


async def test_a_cancel_with_nothing_active_is_harmless() -> None:
    """Also as the very first message."""
    assert await heard("/cancel_flow", "/start_flow balance") == ["There is nothing to cancel.", "You have 7."]


async def test_a_named_flow_below_is_cancelled_and_the_one_on_top_goes_on() -> None:
    """Cancelling what was interrupted leaves the pending question pending."""
    answers = await heard(
        "/start_flow send_money", "/start_flow block_card", "/cancel_flow send_money", "/set_slot card=1"
    )

    assert answers[2:] == ["Okay, I've stopped: send money.\nWhich card?", "Blocked."]


async def test_a_flow_that_is_not_active_cannot_be_cancelled() -> None:
    """A button that is pressed twice is answered; a name that no flow has is dropped with an event."""
    async with talking(BANK) as chat:
        answer = await chat.tell("/start_flow send_money", "/cancel_flow balance")
        unknown = await chat.hear("/cancel_flow nothing_of_the_kind")

        assert answer == "There is nothing to cancel.\nTo whom?"
        assert unknown == "I'm sorry, I didn't understand that.\nTo whom?"
        assert CommandDropped("cancel_flow", "unknown_flow", "nothing_of_the_kind") in chat.events


async def test_cancelling_returns_to_the_flow_below() -> None:
    """The flow that was interrupted resumes, and its question is asked again."""
    answers = await heard("/start_flow send_money", "/start_flow block_card", "/cancel_flow")

    assert answers[2] == "Okay, I've stopped: block card.\nBack to: send money.\nTo whom?"


async def test_a_cancel_pattern_that_asks_may_be_refused() -> None:
    """Going to cancel_flow forgoes the cancel; saying it twice asks once more."""
    more = """
      pattern_cancel: {steps: [{step: sure, type: confirm, message: "Leave {context.flow}?"}]}
    """
    texts = ("/start_flow send_money", "/cancel_flow", "/cancel_flow", "/deny", "/cancel_flow", "/affirm")
    answers = await heard(*texts, more=more)

    assert answers[1:] == ["Leave send_money?", "Leave send_money?", "To whom?", "Leave send_money?", "Okay."]


async def test_a_flow_can_be_left_and_another_entered_in_one_breath() -> None:
    """Cancel comes before start, whichever was said first; the flow that is left neither resumes nor counts as interrupted."""
    more = """
      pattern_interrupted: {steps: [{step: s, type: say, message: "{context.flow} waits."}]}
    """
    answers = await heard(
        "/start_flow send_money", "/start_flow block_card\n/cancel_flow", "/set_slot card=1", more=more
    )

    assert answers[1:] == ["Okay, I've stopped: send money.\nWhich card?", "Blocked."]


async def test_a_flow_can_be_left_and_entered_anew() -> None:
    """Cancel and start of the same flow forget its answers."""
    answers = await heard("/start_flow send_money to=Ana", "/cancel_flow\n/start_flow send_money")

    assert answers[1] == "Okay, I've stopped: send money.\nLet us send money.\nTo whom?"


async def test_a_yes_beside_a_cancel_runs_nothing() -> None:
    """The flow is left before its answer is heard."""
    answers = await heard("/start_flow send_money to=Ana amount=5", "/affirm\n/cancel_flow")

    assert answers[1] == "Okay, I've stopped: send money."


# --- digression and return ---


async def test_a_digression_answers_and_asks_the_pending_question_again() -> None:
    """Its reply holds the answer and the question, once and last, and nothing of what was said earlier."""
    async with talking(BANK) as chat:
        reply = (await chat.say("/start_flow send_money"), await chat.say("/start_flow balance"))[1]

        assert [message.text for message in reply.messages] == ["You have 7.", "Back to: send money.", "To whom?"]
        assert (reply.active_flow, reply.expected_slot) == ("send_money", "to")


async def test_flows_resume_in_the_order_they_were_left() -> None:
    """A → B → C come back as C, B, A."""
    more = """
      last: {steps: [{step: amount, type: collect, slot: amount}]}
    """
    texts = (
        "/start_flow send_money",
        "/start_flow block_card",
        "/start_flow last",
        "/set_slot amount=1",
        "/set_slot card=1",
    )
    answers = await heard(*texts, more=more)

    assert answers[3:] == ["Back to: block card.\nWhich card?", "Blocked.\nBack to: send money.\nTo whom?"]


async def test_a_flow_that_is_started_twice_is_brought_up_and_not_doubled() -> None:
    """A-B-A-B does not grow; what is said with the start is applied."""
    async with talking(BANK) as chat:
        for _ in range(5):
            await chat.tell("/start_flow send_money", "/start_flow block_card")
        answer = await chat.hear("/start_flow send_money to=Ana")

        assert answer == "How much?"
        assert chat.stack == ["block_card", "send_money"]
        assert chat.happened(FlowStarted) == [FlowStarted("send_money"), FlowStarted("block_card")]


async def test_interrupted_and_completed_patterns_run_when_they_should() -> None:
    """Interrupted when another flow is put on top, completed when the stack has become empty."""
    more = """
      pattern_interrupted: {steps: [{step: s, type: say, message: "{context.flow} waits for {context.new}."}]}
      pattern_resumed: {steps: [{step: s, type: say, message: "{context.flow} after {context.old}, {context.reason}."}]}
      pattern_completed: {steps: [{step: s, type: say, message: "All done with {context.flow}, {context.reason}."}]}
    """
    answers = await heard(
        "/start_flow block_card", "/start_flow balance", "/set_slot card=1", "/cancel_flow", more=more
    )

    assert answers[1:] == [
        "block_card waits for balance.\nYou have 7.\nblock_card after balance, ended.\nWhich card?",
        "Blocked.\nAll done with block_card, ended.",
        "There is nothing to cancel.",
    ]


# --- asking back ---


async def test_ask_info_explains_and_asks_again() -> None:
    """What the slot is for, where its description says so; what can be done, where nothing is asked."""
    answers = await heard("/ask_info", "/start_flow send_money", "/ask_info", "/ask_info amount", "/ask_info nonsense")

    assert answers == [
        "I can help you with: send money, balance, block card.",
        "Let us send money.\nTo whom?",
        "I need to: who gets the money.\nTo whom?",
        "I need to know amount.\nTo whom?",
        "I need to: who gets the money.\nTo whom?",
    ]


async def test_chitchat_and_out_of_scope_are_answered_and_the_question_asked_again() -> None:
    """A detour in words changes nothing."""
    answers = await heard("/start_flow send_money", "/chitchat", "/out_of_scope")

    assert answers[1:] == ["I'm here to help.\nTo whom?", "I'm afraid I can't help with that.\nTo whom?"]


async def test_skip_with_nothing_asked() -> None:
    """There must be a question to skip."""
    assert await heard("/skip_question") == ["There is no question to skip."]


async def test_repeat_says_the_last_messages_again() -> None:
    """The question is not doubled; with nothing said yet, that is what is said."""
    answers = await heard("/repeat", "/start_flow send_money", "/repeat", "/repeat", "/set_slot to=Ana", "/repeat")

    assert answers == [
        "I have not said anything yet.",
        "Let us send money.\nTo whom?",
        "Let us send money.\nTo whom?",
        "Let us send money.\nTo whom?",
        "How much?",
        "How much?",
    ]


async def test_restart_forgets_everything_but_who_is_talking() -> None:
    """Flows and slots are gone, the next message starts anew, and the turns are counted on."""
    async with talking(BANK.replace("card: {", "card: {scope: conversation, ")) as chat:
        await chat.tell("/start_flow block_card card=1", "/start_flow send_money")
        reply = await chat.say("/restart")

        assert reply.text == "Okay, let us begin anew."
        assert (chat.stack, await chat.slots(), reply.turn) == ([], {}, 3)


async def test_a_restart_may_go_on_at_once() -> None:
    """What is said beside it belongs to the new beginning."""
    answers = await heard("/start_flow send_money to=Ana", "/restart\n/start_flow send_money amount=5")

    assert answers[1] == "Okay, let us begin anew.\nLet us send money.\nTo whom?"


async def test_a_request_for_a_person_hands_over() -> None:
    """The service is silent from then on, in the middle of a flow too."""
    async with talking(BANK) as chat:
        reply = (await chat.say("/start_flow send_money"), await chat.say("/human_handoff"))[1]
        silence = await chat.hear("/start_flow balance")
        await chat.loop.resume("ana")
        back = await chat.hear("/set_slot to=Ana")

    assert (reply.text, reply.state) == ("I'm handing you over to a person.", "handed_off")
    assert (silence, back) == ("", "How much?")


async def test_nothing_understood_is_said_once() -> None:
    """Ordinary text that means nothing to the understanding gets an apology."""
    answers = await heard("mumble", "/start_flow send_money", "mumble")

    assert answers == [
        "I'm sorry, I didn't understand that.",
        "Let us send money.\nTo whom?",
        "I'm sorry, I didn't understand that.\nTo whom?",
    ]


async def test_the_fallback_flow_answers_where_nothing_is_going_on() -> None:
    """In a flow, words about it are enough."""
    config = assistant("    settings: {conversation: {fallback_flow: balance}}" + BANK)
    async with talking(config) as chat:
        answers = [await chat.hear(text) for text in ("mumble", "/start_flow block_card", "mumble")]

    assert answers == ["You have 7.", "Which card?", "I'm sorry, I didn't understand that.\nWhich card?"]


async def test_an_understanding_that_fails_is_apologised_for() -> None:
    """It costs the turn, not the conversation; and the user is not told to speak clearer."""

    class Broken:
        async def understand(self, said: str, briefing: Briefing) -> list[Command]:
            raise NLUError

    async with RuntimeLoop(assistant(BANK), understander=Broken()) as loop:
        chat = Chat(loop)
        answers = [await chat.hear(text) for text in ("/start_flow send_money", "Ana", "/set_slot to=Ana")]

    sorry = "I'm sorry, I have trouble understanding you right now. Please try again."
    assert answers[1:] == [f"{sorry}\nTo whom?", "How much?"]


async def test_words_said_in_one_turn_come_in_the_order_of_the_commands() -> None:
    """What is filled is filled first; what only asks for words comes afterwards; the question is last."""
    answers = await heard("/start_flow send_money", "/chitchat\n/set_slot to=Ana\n/out_of_scope")

    assert answers[1] == "I'm here to help.\nI'm afraid I can't help with that.\nHow much?"


async def test_a_refused_value_speaks_before_the_handover() -> None:
    """What is due before a handoff is said before it."""
    answers = await heard("/start_flow send_money to=Ana", "/set_slot amount=x\n/human_handoff")

    assert answers[1] == "Please give a whole number.\nI'm handing you over to a person."
