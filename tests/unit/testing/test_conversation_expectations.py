"""What a test expects is compared with what is so, and the difference is put into words."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.dialogue.state import Button, Utterance
from soni.runtime.messages import ConversationView
from soni.testing.conversations import (
    ActionWasCalled,
    BotIsSilent,
    BotSays,
    ButtonIs,
    Check,
    FlowIs,
    SlotIsAwaited,
    SlotsAre,
    StackIs,
    StateIs,
)
from soni.testing.expectations import Called, Heard, Mismatch, compare, count, differences, same
from soni.value import Value

HELLO = Utterance("Hello.\n")
SURE = Utterance("Sure? Say so.", (Button("Yes", "/affirm"), Button("No", "/deny")), response="sure")
BYE = Utterance("Bye.")
VIEW = ConversationView(
    user_id="ana",
    turn=1,
    language="en",
    state="waiting_for_input",
    active_flow="pay",
    expected_slot="amount",
    stack=({"flow": "pay"}, {"flow": "pattern_correction"}),
    slots={"amount": 50.0, "vip": True, "note": ""},
)
EARLIER = "It stands earlier in this answer, and a step before this one has read it or passed over it."
LATER = "It comes later in this answer; the message before it has no step of its own."
CALLS = [Called("pay", {"amount": 50, "to": "Ana"}), Called("pay", {"amount": 60, "to": "Ana"}), Called("look", {})]

JSON: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def read(heard: Heard, *steps: BotSays | BotIsSilent) -> Heard:
    for step in steps:
        after = heard.hear(step)
        assert isinstance(after, Heard)
        heard = after
    return heard


@pytest.mark.parametrize(
    "steps",
    [
        (BotSays(1, "Hello."), BotSays(2, "Sure? Say so."), BotSays(3, "Bye.")),
        (BotSays(1, contains=("Sure?", "so")), BotSays(2, "Bye."), BotIsSilent(3)),
        (BotSays(1, contains=("Sure?",)), BotSays(2, contains=("so",)), BotSays(3, contains=("Bye",))),
        (BotSays(1, matches="^S.*so"),),
        (BotSays(1, response="sure"), BotSays(2, buttons=(ButtonIs("Yes"), ButtonIs("No", "/deny")))),
        (
            BotSays(1, "Hello."),
            BotSays(2, "Sure? Say so.", buttons=(ButtonIs("Yes"), ButtonIs("No"))),
            BotSays(3, "Bye."),
        ),
    ],
)
def test_messages_are_read_in_order(steps: tuple[BotSays, ...]) -> None:
    """A text is the next message; what is looser passes over others, and may look at the same one again."""
    heard = read(Heard((HELLO, SURE, BYE)), *steps)

    assert heard.left_over() is None


@pytest.mark.parametrize(
    ("first", "then", "mismatch"),
    [
        ((), BotSays(1, "Bye."), Mismatch('"Bye."', '"Hello.\\n"', hint=LATER)),
        ((BotSays(1, contains=("Bye",)),), BotSays(2, "Bye."), Mismatch('"Bye."', "no further message", hint=EARLIER)),
        ((BotSays(1, "Hello."),), BotSays(2, contains=("Hell",)), None),
        ((), BotSays(1, contains=("Hello", "Sure")), None),
        ((), BotSays(1, response="sure", buttons=(ButtonIs("Yes"),)), None),
        ((), BotSays(1, buttons=(ButtonIs("Yes", "/no"), ButtonIs("No"))), None),
        ((BotSays(1, "Hello."),), BotIsSilent(2), None),
    ],
)
def test_messages_that_do_not_fit_are_told(
    first: tuple[BotSays, ...], then: BotSays | BotIsSilent, mismatch: Mismatch | None
) -> None:
    """Neither skipped nor read twice where the whole text is told; all that is named must hold of one message."""
    after = read(Heard((HELLO, SURE, BYE)), *first).hear(then)

    assert isinstance(after, Mismatch)
    assert mismatch in (None, after)


def test_the_words_of_a_mismatch() -> None:
    """Everything that was expected of the message is named, and what there is with its buttons and response."""
    step = BotSays(1, contains=("a",), matches="b", response="c", buttons=(ButtonIs("D", "/d"), ButtonIs("E")))
    mismatch = Heard((SURE,)).hear(step)

    assert mismatch == Mismatch(
        'contains "a"\nmatches "b"\nresponse c\nbuttons [D (/d), E]',
        '"Sure? Say so." (response sure) [Yes (/affirm), No (/deny)]',
    )


def test_nothing_may_come_after_a_whole_text() -> None:
    """Where the last step told a whole text, more messages are too many."""
    heard = read(Heard((HELLO, BYE)), BotSays(1, "Hello."))

    assert heard.left_over() == Mismatch('nothing after "Hello."', '"Bye."')


@pytest.mark.parametrize(
    ("step", "mismatch"),
    [
        (SlotsAre(1, {"amount": 50, "note": "", "other": None}), None),
        (SlotsAre(1, {"amount": 51, "vip": 1, "note": ""}), Mismatch("amount: 51, vip: 1", "amount: 50, vip: true")),
        (SlotsAre(1, {"other": "x"}), Mismatch('other: "x"', "other: unset")),
        (FlowIs(1, "pay"), None),
        (FlowIs(1, None), Mismatch("none", "pay")),
        (StackIs(1, ("pay", "pattern_correction")), None),
        (StackIs(1, ()), Mismatch("[]", "[pay, pattern_correction]")),
        (StateIs(1, "waiting_for_input"), None),
        (StateIs(1, "idle"), Mismatch("idle", "waiting_for_input")),
        (SlotIsAwaited(1, "amount"), None),
        (SlotIsAwaited(1, None), Mismatch("no slot", "amount")),
    ],
)
def test_how_the_conversation_stands(step: Check, mismatch: Mismatch | None) -> None:
    """Only what differs is told."""
    assert compare(step, VIEW) == mismatch


def test_the_slots_of_a_flow_that_is_over() -> None:
    """Where nothing is active, it is said why a slot is unset."""
    view = replace(VIEW, active_flow=None, expected_slot=None, stack=(), slots={"vip": True})
    forgotten = "No flow is active: what a flow knew is forgotten when it ends."

    assert compare(SlotsAre(1, {"amount": 5}), view) == Mismatch("amount: 5", "amount: unset", hint=forgotten)
    assert compare(SlotsAre(1, {"vip": False}), view) == Mismatch("vip: false", "vip: true")
    assert compare(SlotIsAwaited(1, "amount"), view) == Mismatch("amount", "no slot")


def test_no_answer_at_all() -> None:
    """Where nothing was said, that is what there is."""
    assert Heard().hear(BotSays(1, "Bye.")) == Mismatch('"Bye."', "no message")


def test_the_words_that_differ_are_marked() -> None:
    """Beneath both texts, where most of their words are the same."""
    mismatch = Heard((Utterance("Send 50 now to Ana?"),)).hear(BotSays(1, "Send 60 to Ana?"))

    assert mismatch == Mismatch(
        '"Send 60 to Ana?"',
        '"Send 50 now to Ana?"',
        marks=("      ^^", "      ^^^^^^"),
    )


@given(st.text(), st.text())
def test_marks_fit_beneath_the_texts(one: str, other: str) -> None:
    """They are never longer than what they stand beneath, and nothing differs of the same text."""
    above, below = differences(one, other)

    assert len(above) <= len(one)
    assert len(below) <= len(other)
    assert differences(one, one) == ("", "")


@pytest.mark.parametrize(
    ("step", "mismatch"),
    [
        (ActionWasCalled(1, "pay"), None),
        (ActionWasCalled(1, "pay", 2, {"to": "Ana"}), None),
        (ActionWasCalled(1, "pay", 1, {"amount": 60.0}), None),
        (ActionWasCalled(1, "send", 0), None),
        (ActionWasCalled(1, "send"), Mismatch("send called at least once", "called never")),
        (ActionWasCalled(1, "look", 0), Mismatch("look called never", "called once:\nwithout inputs")),
        (
            ActionWasCalled(1, "pay", 3, {"amount": 60}),
            Mismatch(
                "pay called 3 times with amount: 60",
                'called twice:\namount: 50, to: "Ana"\namount: 60, to: "Ana"',
            ),
        ),
    ],
)
def test_calls_are_counted(step: ActionWasCalled, mismatch: Mismatch | None) -> None:
    """Those with the inputs that are named; without a number, one is enough."""
    assert count(step, CALLS) == mismatch


@given(JSON)
def test_everything_is_the_same_as_itself(value: Value) -> None:
    """Whatever a slot can hold equals itself, alone and inside of others."""
    assert same(value, value)
    assert same([value, {"a": value}], [value, {"a": value}])
    assert not same([value], [value, value])


@pytest.mark.parametrize(
    ("one", "other"),
    [(True, 1), (0, False), ([True], [1]), ({"a": 1}, {"a": True}), ({"a": 1}, {}), ("1", 1), (None, 0), (None, False)],
)
def test_what_only_python_takes_for_equal(one: Value, other: Value) -> None:
    """True is not one, unset is neither false nor zero."""
    assert not same(one, other)
    assert not same(other, one)
