"""A cassette gives back what was understood: in the same situation, from the same words, and hides what is sensitive."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.config.loader import load_config_text
from soni.dialogue.commands import (
    COMMANDS,
    Affirm,
    AskInfo,
    CancelFlow,
    ChitChat,
    Clarify,
    ClearSlot,
    Command,
    CorrectSlot,
    Deny,
    HumanHandoff,
    OutOfScope,
    Repeat,
    Restart,
    SetSlot,
    SkipQuestion,
    StartFlow,
)
from soni.errors import ConfigurationError, NLUError, SoniError
from soni.testing import Cassette, NotRecorded, Recording, Replaying, ScriptedUnderstander
from soni.testing.cassette import CannotRecord, cassette_path, fingerprint, key_of
from soni.testing.notation import note, read_note
from soni.understanding.base import Briefing, Expectation, Said
from soni.value import Value

NOW = datetime(2050, 1, 3, 10, 0, tzinfo=UTC)
IDLE = Briefing(now=NOW, flows=frozenset({"pay", "prove"}))
ASKED = replace(IDLE, active_flow="pay", expected=Expectation("pay", "amount", "How much?"), slots={"recipient": "Ana"})
SECRET = replace(IDLE, active_flow="prove", expected=Expectation("prove", "pin", "PIN?"), slots={"pin": None})

names = st.text(min_size=1, max_size=12)
values: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
slots = st.dictionaries(names, values, max_size=3)
several = st.lists(names, max_size=3).map(tuple)
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(StartFlow, names, slots),
    st.builds(CancelFlow, st.none() | names),
    st.builds(SetSlot, slots),
    st.builds(CorrectSlot, slots),
    st.builds(ClearSlot, several),
    st.builds(Deny, st.none() | names),
    st.builds(Clarify, several, slots),
    st.builds(AskInfo, st.none() | names),
    st.sampled_from([Affirm(), ChitChat(), OutOfScope(), HumanHandoff(), SkipQuestion(), Repeat(), Restart()]),
)
briefings = st.builds(
    Briefing,
    now=st.just(NOW),
    language=names,
    active_flow=st.none() | names,
    expected=st.none() | st.builds(Expectation, names, st.none() | names),
    flows=st.frozensets(names, max_size=3),
    slots=slots,
    asked=several,
    offered=st.dictionaries(names, names, max_size=3),
    choosing=st.booleans(),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the cassette is."""
    return tmp_path / "bank.cassette.json"


def recorded(path: Path, *entries: tuple[str, Briefing, list[Command]], assistant: str = "one") -> Cassette:
    cassette = Cassette.read(path, assistant, ["pin"])
    for said, briefing, understood in entries:
        cassette.add(said, briefing, understood)
    cassette.save()
    return Cassette.read(path, assistant, ["pin"])


# --- what comes back -----------------------------------------------------------------------------------------------


@given(commands)
def test_a_command_is_noted_and_read(command: Command) -> None:
    """Every kind, with every kind of value, through the text of a file."""
    assert read_note(json.loads(json.dumps(note(command)))) == command


def test_every_command_can_be_noted() -> None:
    """A command that comes is noticed here."""
    examples: list[Command] = [
        StartFlow("pay"), StartFlow("pay", {"amount": 50}), SetSlot({"amount": 50}), CorrectSlot({"amount": None}),
        ClearSlot(("amount",)), Clarify(("pay", "prove")), Clarify(("pay",), {"amount": 5}), CancelFlow(),
        CancelFlow("pay"), Deny(), Deny("amount"), AskInfo(), AskInfo("amount"), Affirm(), ChitChat(), OutOfScope(),
        HumanHandoff(), SkipQuestion(), Repeat(), Restart(),
    ]  # fmt: skip

    assert {type(command) for command in examples} == set(COMMANDS.values())
    assert [note(command) for command in examples[:8]] == [
        {"start_flow": "pay"}, {"start_flow": {"flow": "pay", "slots": {"amount": 50}}}, {"set_slot": {"amount": 50}},
        {"correct_slot": {"amount": None}}, {"clear_slot": ["amount"]}, {"clarify": ["pay", "prove"]},
        {"clarify": {"flows": ["pay"], "slots": {"amount": 5}}}, "cancel_flow",
    ]  # fmt: skip
    assert [read_note(note(command)) for command in examples] == examples


@given(said=st.text(), briefing=briefings, understood=st.lists(commands, max_size=3))
def test_what_was_recorded_is_found(
    tmp_path_factory: pytest.TempPathFactory, said: str, briefing: Briefing, understood: list[Command]
) -> None:
    """Whatever was said, wherever: the file gives it back, and is the same when it is written again."""
    path = tmp_path_factory.mktemp("cassette") / "x.cassette.json"
    cassette = Cassette(path, "one")
    cassette.add(said, briefing, understood)

    assert cassette.save()
    again = Cassette.read(path, "one")

    assert again.find(said, briefing) == understood
    assert not again.save()


def test_nobody_shares_what_was_found(path: Path) -> None:
    """Who changes a value that was found changes nothing of the cassette, nor does who changes what was recorded."""
    amounts: list[Value] = [50]
    cassette = Cassette(path, "one")
    for understood in (cassette.add("50", ASKED, [SetSlot({"amounts": amounts})]), cassette.find("50", ASKED)):
        assert understood is not None
        (first,) = understood
        assert isinstance(first, SetSlot)
        assert isinstance(first.slots["amounts"], list)
        first.slots["amounts"].append(60)
    amounts.append(70)

    assert cassette.find("50", ASKED) == [SetSlot({"amounts": [50]})]


# --- the key -------------------------------------------------------------------------------------------------------


@given(briefing=briefings, seed=st.integers())
def test_what_does_not_matter_does_not_change_the_key(briefing: Briefing, seed: int) -> None:
    """Neither the time nor what was said before, nor how a question was put, nor the order in which slots were filled."""
    shuffled = list(briefing.slots.items())
    random.Random(seed).shuffle(shuffled)
    asked = briefing.expected
    other = replace(
        briefing,
        now=NOW + timedelta(days=1),
        history=(Said("user", "hello"),),
        slots=dict(shuffled),
        expected=asked and replace(asked, prompt="Well?"),
    )

    assert key_of("one", "hi", other) == key_of("one", "hi", briefing)


@given(first=briefings, second=briefings)
def test_another_situation_is_another_key(first: Briefing, second: Briefing) -> None:
    """Two situations have one key only where they are the same one."""

    def told(briefing: Briefing) -> str:
        asked = briefing.expected
        expected = asked and (asked.flow, asked.slot, list(asked.buttons.values()))
        offered, held = list(briefing.offered.items()), json.dumps(briefing.slots, sort_keys=True)
        parts = (briefing.language, briefing.active_flow, expected, sorted(briefing.flows), held, briefing.asked)
        return repr((*parts, offered, briefing.choosing))

    assert (key_of("one", "hi", first) == key_of("one", "hi", second)) == (told(first) == told(second))


@pytest.mark.parametrize(
    "change",
    [
        {"language": "es"},
        {"active_flow": "prove"},
        {"expected": Expectation("pay", "recipient", "How much?")},
        {"expected": Expectation("pay", None, "How much?")},
        {"expected": None},
        {"flows": frozenset({"pay"})},
        {"slots": {"recipient": "Eva"}},
        {"slots": {"recipient": None}},
        {"asked": ("recipient",)},
        {"offered": {"Pay": "/start_flow pay"}},
        {"choosing": True},
    ],
)
def test_what_matters_changes_the_key(change: dict[str, Any]) -> None:
    """Each part of the situation, the words, the assistant; and the order of what is offered."""
    assert key_of("one", "50", replace(ASKED, **change)) != key_of("one", "50", ASKED)
    assert len({key_of("one", "50", ASKED), key_of("two", "50", ASKED), key_of("one", "50 ", ASKED)}) == 3
    offers = {"A": "/affirm", "B": "/deny"}
    reverse = dict(reversed(offers.items()))
    assert key_of("one", "1st", replace(IDLE, offered=offers)) != key_of("one", "1st", replace(IDLE, offered=reverse))


def test_the_key_is_always_this_one() -> None:
    """A recording is of use as long as its keys are: who changes how they are made makes every cassette worthless."""
    assert key_of("one", "send 50 to Ána", ASKED) == "ed9e99019e7485190741d4ed413632e77d7e633169d137d0b988e3721a1fed35"


def test_the_assistant_is_what_understanding_reads_of_it() -> None:
    """Slots and flows; where a webhook is, what is said and the settings differ without another recording."""
    text = """
        version: "1.0"
        slots: {amount: {type: float}}
        responses: {hi: Hello}
        actions: {send: {inputs: [amount], http: {method: POST, url: "http://here/x"}}}
        flows: {pay: {description: Send money., steps: [{step: a, type: collect, slot: amount, message: How much?}]}}
    """
    before = fingerprint(load_config_text(text))

    for old, new in (
        ("Hello", "Good day"),
        ("http://here", "http://there"),
        ('"1.0"\n', '"1.0"\n        settings: {modules: []}\n'),
    ):
        assert fingerprint(load_config_text(text.replace(old, new))) == before
    for old, new in (("Send money", "Give money"), ("float", "integer")):
        assert fingerprint(load_config_text(text.replace(old, new))) != before


# --- recording and playing -----------------------------------------------------------------------------------------


async def test_only_what_is_missing_is_asked_for(path: Path) -> None:
    """The understander is asked once, and what it said is what is played."""
    understander = ScriptedUnderstander({"send 50": [StartFlow("pay", {"amount": 50})]})
    cassette = Cassette.read(path, "one")
    recording = Recording(understander, cassette)

    first = await recording.understand("send 50", IDLE)
    second = await recording.understand("send 50", replace(IDLE, now=NOW + timedelta(days=1)))
    cassette.save()
    played = await Replaying(Cassette.read(path, "one")).understand("send 50", IDLE)

    assert first == second == played == [StartFlow("pay", {"amount": 50})]
    assert (understander.heard, cassette.added) == (["send 50"], 1)


async def test_nothing_understood_is_recorded_too(path: Path) -> None:
    """That a message means nothing is an answer."""
    cassette = Cassette.read(path, "one")

    await Recording(ScriptedUnderstander(), cassette).understand("blah", IDLE)

    assert await Replaying(cassette).understand("blah", IDLE) == []


async def test_a_failure_is_not_recorded(path: Path) -> None:
    """Nor taken for an understanding that failed, which a conversation gets over."""
    cassette = Cassette.read(path, "one")
    recording = Recording(ScriptedUnderstander([NLUError("no connection")]), cassette)

    with pytest.raises(CannotRecord, match="understanding failed: no connection") as caught:
        await recording.understand("send 50", IDLE)

    assert not isinstance(caught.value, NLUError)
    assert len(cassette) == 0


async def test_a_miss_says_what_to_do(path: Path) -> None:
    """The file, what was said, where, and the command; it is nothing that a conversation recovers from."""
    with pytest.raises(NotRecorded) as caught:
        await Replaying(Cassette.read(path, "one"), "soni test bank.conversation.yaml --record").understand("50", ASKED)

    assert not isinstance(caught.value, NLUError)
    assert caught.value.message == (
        "bank.cassette.json does not know what is meant by \"50\" as an answer to 'amount' in 'pay'."
        " Record it with: soni test bank.conversation.yaml --record"
    )


async def test_a_miss_says_why(path: Path) -> None:
    """That the assistant has changed since, or that only the situation is another one."""
    entry = ("50", ASKED, list[Command]([SetSlot({"amount": 50})]))
    changed = recorded(path, entry)
    changed = Cassette.read(path, "two")
    same = Cassette.read(path, "one")

    with pytest.raises(NotRecorded, match="the assistant has been changed since"):
        await Replaying(changed).understand("50", ASKED)
    with pytest.raises(NotRecorded, match="recorded in another situation"):
        await Replaying(same).understand("50", replace(ASKED, slots={}))


# --- what is sensitive ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "briefing", "understood"),
    [
        ("4321", SECRET, [SetSlot({"pin": "4321"})]),
        ("it is 4321, I think", SECRET, [SetSlot({"pin": "4321"})]),
        ("4321", SECRET, [SetSlot({"pin": 4321})]),
        ("it is 43.21", SECRET, [CorrectSlot({"pin": 43.21})]),
        ("4321 for Ana", SECRET, [SetSlot({"pin": "4321", "recipient": "Ana"}), Affirm()]),
        ("4321", SECRET, [SetSlot({"note": "4321"})]),
        ("4321", SECRET, []),
        ("4321", SECRET, [SetSlot({"pin": None}), Deny()]),
        ("my pin is 4321", IDLE, [StartFlow("prove", {"pin": "4321"})]),
        ("as I said: 4321", replace(ASKED, secrets=frozenset({"4321"})), [SetSlot({"note": "4321"})]),
        ("4321 yes", IDLE, [Clarify(("prove", "pay"), {"pin": "4321", "sure": True})]),
    ],
)
def test_what_is_sensitive_is_not_in_the_file(
    path: Path, said: str, briefing: Briefing, understood: list[Command]
) -> None:
    """Neither as what was said nor as a value, and yet it is found, and known again in the next run."""
    again = recorded(path, (said, briefing, understood))

    text = path.read_text()
    (entry,) = json.loads(text)["entries"]
    assert entry["said"] is None
    assert not {"4321", "43.21", "Ana"} & set(re.findall(r"[\w.]+", text))
    assert json.dumps(said) not in text
    assert again.find(said, briefing) == understood
    assert again.find(said.replace("4", "5"), briefing) is None


def test_what_cannot_be_hidden_is_not_recorded(path: Path) -> None:
    """A value that is no part of what was said would have to be written in the clear."""
    cassette = Cassette.read(path, "one", ["pin"])

    unlike: list[Value] = ["4321", True, ["four"], {"digits": "four"}, ""]
    for value in unlike:
        with pytest.raises(CannotRecord, match="'commands'") as caught:
            cassette.add("four three two one", SECRET, [SetSlot({"pin": value})])
        assert "4321" not in caught.value.message
    assert len(cassette) == 0


async def test_a_miss_does_not_tell_what_is_sensitive(path: Path) -> None:
    """An answer to a sensitive question stays out of the words of a failure."""
    with pytest.raises(NotRecorded) as caught:
        await Replaying(Cassette.read(path, "one", ["pin"])).understand("4321", SECRET)

    assert "4321" not in caught.value.message
    assert "what was said as an answer to 'pin' in 'prove'" in caught.value.message


# --- the file ------------------------------------------------------------------------------------------------------


def test_the_file_reads_well(path: Path) -> None:
    """Sorted by what a reader looks for, a few lines an entry, and nothing that a diff would not show."""
    recorded(
        path,
        ("fifty", ASKED, [SetSlot({"amount": 50})]),
        ("¿enviar \u202e\ud800?", IDLE, [StartFlow("pay"), Affirm()]),
        ("4321", SECRET, [SetSlot({"pin": "4321"})]),
    )

    lines = path.read_text(encoding="utf-8").splitlines()
    shown = [line for line in lines if '"key"' not in line]
    assert shown == [
        "{",
        '  "cassette": 1,',
        '  "entries": [',
        "    {",
        '      "flow": null,',
        '      "slot": null,',
        '      "said": "¿enviar \\u202e\\ud800?",',
        '      "commands": [{"start_flow": "pay"}, "affirm"],',
        '      "assistant": "one",',
        "    },",
        "    {",
        '      "flow": "pay",',
        '      "slot": "amount",',
        '      "said": "fifty",',
        '      "commands": [{"set_slot": {"amount": 50}}],',
        '      "assistant": "one",',
        "    },",
        "    {",
        '      "flow": "prove",',
        '      "slot": "pin",',
        '      "said": null,',
        '      "hidden": ["pin"],',
        '      "commands": [{"set_slot": {"pin": {"said": [0, 4]}}}],',
        '      "assistant": "one",',
        "    }",
        "  ]",
        "}",
    ]


@given(order=st.permutations(range(6)))
def test_the_order_of_recording_does_not_matter(tmp_path_factory: pytest.TempPathFactory, order: list[int]) -> None:
    """The file is the same, whichever test ran first."""
    texts = set()
    for numbers in (range(6), order):
        cassette = Cassette(tmp_path_factory.mktemp("order") / "x.cassette.json", "one")
        for number in numbers:
            cassette.add(str(number), ASKED if number % 2 else IDLE, [])
        cassette.save()
        texts.add(cassette.path.read_text())

    assert len(texts) == 1


def test_what_is_unchanged_is_not_written(path: Path) -> None:
    """Neither a file that is as it should be, also with other line ends, nor one that would be empty."""
    assert not Cassette.read(path, "one").save()
    assert not path.exists()
    recorded(path, ("hi", IDLE, []))
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = path.stat().st_mtime_ns

    assert not Cassette.read(path, "one").save()
    assert path.stat().st_mtime_ns == before


def test_a_file_is_written_whole_or_not_at_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks off leaves the old one, and nothing beside it."""
    cassette = recorded(path, ("hi", IDLE, []))
    before = path.read_text()
    cassette.add("ho", IDLE, [])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    with pytest.raises(SoniError, match="cannot be written: No space left"):
        cassette.save()
    assert path.read_text() == before
    assert list(path.parent.iterdir()) == [path]


def test_what_nobody_used_is_dropped(path: Path) -> None:
    """What was found or added stays; of another version of the assistant, nothing does."""
    recorded(path, ("old", IDLE, []), assistant="before")
    cassette = recorded(path, ("a", IDLE, []), ("b", IDLE, []))
    cassette.find("a", IDLE)
    cassette.add("c", IDLE, [])

    assert cassette.drop_unused() == 2
    cassette.save()

    assert [entry["said"] for entry in json.loads(path.read_text())["entries"]] == ["a", "c"]


def replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[:-20], ":10: this is no JSON"),
        (lambda text: "<<<<<<< HEAD\n" + text, ":1: this is no JSON"),
        (lambda _: "", "this is no JSON"),
        (lambda _: "[]", "this is no cassette"),
        (lambda _: "[" * 100_000, "nested too deeply"),
        (lambda _: '{"entries": []}', "this is no cassette"),
        (replaced('"cassette": 1', '"cassette": 0'), "this is no cassette"),
        (replaced('"cassette": 1', '"cassette": true'), "this is no cassette"),
        (replaced('"cassette": 1', '"cassette": 2'), "a later Soni has written this (form 2); this one reads form 1"),
        (replaced('"entries"', '"entry"'), "a list of 'entries'"),
        (replaced('"said"', '"sad"'), "entries[0]: unknown key 'sad'"),
        (replaced('"said": "50",', ""), "entries[0]: 'said' is missing"),
        (replaced('"said": "50"', '"said": 50'), "entries[0]: a key"),
        (replaced('"key": "', '"key": "x'), "entries[0]: a key"),
        (replaced('"said": "50",', '"said": "50", "said": "60",'), "a key stands twice"),
        (replaced('"set_slot"', '"set_slto"'), "entries[0]: commands[0]: there is no command 'set_slto'; did you mean 'set_slot'?"),
        (replaced('{"set_slot": {"amount": 50}}', '"set_slot"'), "commands[0]: 'set_slot' says what it is about"),
        (replaced('{"set_slot": {"amount": 50}}', '{"affirm": 1}'), "commands[0]: 'affirm' stands alone"),
        (replaced('{"set_slot": {"amount": 50}}', '{"start_flow": {"slots": {}}}'), "'flow' and perhaps 'slots'"),
        (replaced('{"set_slot": {"amount": 50}}', '{"clear_slot": [1]}'), "a name stands here"),
        (replaced('{"set_slot": {"amount": 50}}', "7"), "a command is a name, or"),
        (replaced('{"amount": 50}', "50"), "slots and their values"),
        (replaced('"said": "50",', '"said": null, "hidden": "amount",'), "entries[0]: a key"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_told_in_words(path: Path, damage: Callable[[str], str], words: str) -> None:
    """Which file, which entry, and what is wrong with it; nothing is guessed."""
    recorded(path, ("50", ASKED, [SetSlot({"amount": 50})]))
    path.write_text(damage(path.read_text()))

    with pytest.raises(ConfigurationError) as caught:
        Cassette.read(path, "one")

    assert caught.value.message.startswith(str(path))
    assert words in caught.value.message


def test_two_entries_of_one_key_are_damage(path: Path) -> None:
    """As a merge may leave them: which of the two holds, nobody knows."""
    recorded(path, ("50", ASKED, [SetSlot({"amount": 50})]))
    written = json.loads(path.read_text())
    path.write_text(json.dumps(written | {"entries": written["entries"] * 2}))

    with pytest.raises(ConfigurationError, match=r"entries\[1\]: there is another entry with this key"):
        Cassette.read(path, "one")


def test_bytes_that_are_no_text(path: Path) -> None:
    """Nor is a folder a cassette."""
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="not text in UTF-8"):
        Cassette.read(path, "one")

    with pytest.raises(ConfigurationError, match="cannot be read"):
        Cassette.read(path.parent, "one")


@pytest.mark.parametrize("place", ['"said": [0, 9]', '"said": [2, 1]', '"side": [0, 4]', '"said": ["a", "b"]'])
def test_a_hidden_place_that_is_not_there(path: Path, place: str) -> None:
    """Is damage, too."""
    recorded(path, ("4321", SECRET, [SetSlot({"pin": "4321"})]))
    path.write_text(path.read_text().replace('"said": [0, 4]', place))

    with pytest.raises(ConfigurationError, match="'pin' is no part of what was said"):
        Cassette.read(path, "one", ["pin"]).find("4321", SECRET)


def test_where_it_is() -> None:
    """Beside its conversation file."""
    assert cassette_path(Path("a/bank.conversation.yaml")) == Path("a/bank.cassette.json")
