"""The dialogue as a value: frozen, changed by making a new one, and the same after a walk through JSON."""

import json
from dataclasses import FrozenInstanceError, fields, replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.dialogue.state import (
    Answer,
    Answered,
    Button,
    Change,
    Clarifying,
    Dialogue,
    Effect,
    Frame,
    FrameKind,
    Line,
    Utterance,
)
from soni.errors import StateError
from soni.value import Value

NAME = st.text(max_size=6)
VALUE = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAME, inner | st.none(), max_size=3),
    max_leaves=5,
)
SLOTS = st.dictionaries(NAME, VALUE, max_size=3)
NAMES = st.lists(NAME, max_size=3).map(tuple)
COUNTS = st.dictionaries(NAME, st.integers(0, 9), max_size=2)
UTTERANCE = st.builds(
    Utterance,
    text=st.text(max_size=8),
    buttons=st.lists(st.builds(Button, NAME, NAME), max_size=2).map(tuple),
    image=st.none() | NAME,
    custom=st.none() | SLOTS,
    response=st.none() | NAME,
    question=st.booleans(),
)


def frames(calls: st.SearchStrategy[dict[str, Frame]]) -> st.SearchStrategy[Frame]:
    return st.builds(
        Frame,
        id=st.integers(1, 99),
        flow=NAME,
        step=NAME,
        kind=st.sampled_from(get_args(FrameKind)),
        fingerprint=NAME,
        entered=st.booleans(),
        waiting=st.booleans(),
        answer=st.none() | st.sampled_from(get_args(Answer)),
        slots=SLOTS,
        shares=st.booleans(),
        early=SLOTS,
        asked=st.dictionaries(NAME, NAME, max_size=2),
        skipped=NAMES,
        review=NAMES,
        written=NAMES,
        settled=NAMES,
        used=NAMES,
        attempts=COUNTS,
        rounds=COUNTS,
        filled=st.dictionaries(
            NAME, st.dictionaries(NAME, st.builds(Change, st.none() | VALUE, st.none() | VALUE), max_size=2), max_size=2
        ),
        calls=calls,
        context=SLOTS,
        effect=st.none()
        | st.builds(
            Effect, st.sampled_from(["correct", "cancel"]), st.integers(1, 99), st.dictionaries(NAME, VALUE | st.none())
        ),
    )


FRAME = frames(st.dictionaries(NAME, frames(st.just({})), max_size=1))
DIALOGUE = st.builds(
    Dialogue,
    id=NAME,
    turn=st.integers(0, 99),
    language=NAME,
    stack=st.lists(FRAME, max_size=2).map(tuple),
    due=st.lists(FRAME, max_size=1).map(tuple),
    slots=SLOTS,
    said=st.lists(UTTERANCE, max_size=2).map(tuple),
    history=st.lists(st.builds(Line, st.sampled_from(["user", "assistant"]), NAME), max_size=2).map(tuple),
    last_turns=st.lists(
        st.builds(
            Answered,
            message_id=NAME,
            digest=NAME,
            turn=st.integers(0, 9),
            messages=st.lists(UTTERANCE, max_size=1).map(tuple),
            state=st.sampled_from(["idle", "waiting_for_input", "handed_off", "error"]),
            active_flow=st.none() | NAME,
            expected_slot=st.none() | NAME,
        ),
        max_size=1,
    ).map(tuple),
    frames=st.integers(0, 99),
    acted=st.integers(0, 99),
    completed=NAMES,
    clarifying=st.none() | st.builds(Clarifying, NAMES, SLOTS, st.integers(1, 9), st.integers(0, 99)),
    handed_off=st.booleans(),
    idle_turns=st.integers(0, 9),
    updated=st.floats(0, 1e10),
)


@given(DIALOGUE)
def test_a_dialogue_survives_json(dialogue: Dialogue) -> None:
    """Whatever it holds, it is the same after it was written and read."""
    text = json.dumps(dialogue.to_json(), allow_nan=False)

    assert Dialogue.from_json(json.loads(text)) == dialogue


def test_every_field_is_part_of_the_property() -> None:
    """A field that is added to the state is added to the strategies above."""
    told = {"id", "flow", "step", "kind", "fingerprint", "entered", "waiting", "answer", "slots", "shares", "early", "asked",
            "skipped", "review", "written", "settled", "used", "attempts", "rounds", "filled", "calls", "context", "effect"}  # fmt: skip
    of_dialogue = {"version", "id", "turn", "language", "stack", "due", "slots", "said", "history", "last_turns",
                   "frames", "acted", "completed", "clarifying", "handed_off", "idle_turns", "updated"}  # fmt: skip

    assert {field.name for field in fields(Frame)} == told
    assert {field.name for field in fields(Dialogue)} == of_dialogue


def test_what_is_as_always_is_not_written() -> None:
    """A fresh dialogue is its version alone."""
    assert Dialogue().to_json() == {"version": 1}


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {},
        {"version": 2},
        {"version": "1"},
        {"version": 1, "turn": "many"},
        {"version": 1, "stack": [{"flow": "f"}]},
        {"version": 1, "stack": [{"id": 1, "flow": "f", "step": "s", "answer": "perhaps"}]},
        {"version": 1, "last_turns": [{}]},
    ],
)
def test_anything_else_is_a_state_error(stored: object) -> None:
    """What another version or another program wrote is refused, in words that show nothing of it."""
    with pytest.raises(StateError, match="The saved conversation"):
        Dialogue.from_json(stored)


@pytest.mark.parametrize("thing", [Dialogue(), Frame(1, "f", "s"), Utterance("hi"), Effect("cancel", 1)])
def test_the_state_is_frozen(thing: Dialogue | Frame | Utterance | Effect) -> None:
    """Every change makes a new one."""
    with pytest.raises(FrozenInstanceError):
        setattr(thing, fields(thing)[0].name, 5)


def stack_of(*frames: str) -> Dialogue:
    """A dialogue with these frames: ``s`` started, ``c`` called, ``p`` pattern."""
    kinds: dict[str, FrameKind] = {"s": "started", "c": "called", "p": "pattern"}
    return Dialogue(stack=tuple(Frame(at, f"flow{at}", "step", kinds[kind]) for at, kind in enumerate(frames)))


def test_pushing_gives_an_id_and_stops_the_waiting_below() -> None:
    """Only the top frame ever waits, and ids are never used twice."""
    dialogue = Dialogue(frames=7).push(Frame(0, "a", "s", waiting=True)).push(Frame(0, "b", "s"))

    assert [(frame.id, frame.waiting) for frame in dialogue.stack] == [(8, False), (9, False)]
    assert dialogue.pop().push(Frame(0, "c", "s")).frames == 10


def test_top_and_base() -> None:
    """The top runs; the base is the started flow the user is in, below calls and patterns."""
    dialogue = stack_of("s", "s", "c", "p")

    assert (dialogue.top, dialogue.base) == (dialogue.stack[3], dialogue.stack[1])
    assert (Dialogue().top, Dialogue().base, stack_of("p").base) == (None, None, None)


@pytest.mark.parametrize(
    ("kinds", "at", "group"),
    [
        ("scpsc", 0, (0, 3)),
        ("scpsc", 2, (0, 3)),
        ("scpsc", 4, (3, 5)),
        ("pps", 1, (0, 2)),
        ("s", 0, (0, 1)),
    ],
)
def test_a_group_is_a_started_flow_with_all_that_stands_on_it(kinds: str, at: int, group: tuple[int, int]) -> None:
    """From the started frame to the next one."""
    assert stack_of(*kinds).group(at) == group


@pytest.mark.parametrize(
    ("kinds", "interruptible"), [("", True), ("s", True), ("sc", True), ("p", False), ("spc", False)]
)
def test_patterns_that_are_due_wait_for_an_unfinished_one(kinds: str, interruptible: bool) -> None:
    """A pattern, or a flow it called, finishes first; unless it waits for the user."""
    dialogue = stack_of(*kinds)

    assert dialogue.interruptible is interruptible
    if dialogue.top is not None:
        assert dialogue.with_top(replace(dialogue.top, waiting=True)).interruptible


def test_frames_are_found_and_replaced() -> None:
    """By their id, and by their place."""
    dialogue = stack_of("s", "c")
    changed = dialogue.with_frame(0, dialogue.stack[0].with_slot("x", 1))

    assert (dialogue.index_of(1), dialogue.index_of(9)) == (1, None)
    assert changed.stack[0].slots == {"x": 1}
    assert changed.stack[0].with_slot("x", None).slots == {}
    assert dialogue.stack[0].slots == {}


@given(st.lists(st.tuples(NAME, VALUE | st.none())))
def test_a_slot_holds_the_last_value_and_none_unsets_it(fills: list[tuple[str, Value]]) -> None:
    """Slots behave like a mapping that holds no ``None``."""
    frame, expected = Frame(1, "f", "s"), dict[str, Value]()
    for slot, value in fills:
        frame = frame.with_slot(slot, value)
        expected[slot] = value

    assert frame.slots == {slot: value for slot, value in expected.items() if value is not None}
