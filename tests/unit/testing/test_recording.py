"""A stored conversation becomes a test that says the same, and says itself what of it was not kept."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.config.loader import load_config_text
from soni.config.source import compose
from soni.dialogue.state import Dialogue, Line
from soni.errors import ConfigurationError, SoniError
from soni.testing import read_conversations
from soni.testing.conversations import BotSays, UserSays
from soni.testing.recording import Recording, assistant_for, record, scalar, stored_dialogue, write_recording

PLAIN = load_config_text(
    'version: "1.0"\nsettings: {persistence: {backend: memory}, i18n: {supported_languages: [en, es]}}\n'
)
SECRET = load_config_text(
    'version: "1.0"\nslots: {pin: {type: string, sensitive: true}}\nactions: {open: {outputs: [door]}}\n'
)
TEXTS = st.one_of(
    st.text(),
    st.from_regex(r"[A-Za-z0-9 :#\-{}\[\],&*!|>'\"%@`$\\\n~?=.…]{0,30}", fullmatch=True),
    st.sampled_from(
        ["true", "null", "NO", "1", "1.5", "-", "${HOME}", "$${X}", "a: b", "x #y", "{otp}", "\u2028", "\x7f\x00"]
    ),
)


def dialogue(*lines: str, turns: int | None = None) -> Dialogue:
    """Lines that begin with ``>`` are the user's."""
    history = tuple(Line("user", each[1:]) if each.startswith(">") else Line("assistant", each) for each in lines)
    said = sum(line.role == "user" for line in history)
    return Dialogue(turn=said if turns is None else turns, history=history)


def read_back(recording: Recording, folder: Path, assistant: str = 'version: "1.0"\n') -> list[UserSays | BotSays]:
    (folder / "soni.yaml").write_text(assistant)
    path = folder / "x.conversation.yaml"
    path.write_text(recording.text, encoding="utf-8")
    (test,) = read_conversations(path, {}).tests
    return [step for step in test.steps if isinstance(step, UserSays | BotSays)]


def test_a_conversation_is_written_as_it_was(tmp_path: Path) -> None:
    """What was said on both sides, for the same user, in the language and at the time it was said."""
    spoken = replace(
        dialogue(">hi", "Hello: you?", 'How "are" you?\nFine?', ">/affirm", ">yes"), language="es", updated=2524608000.0
    )

    recording = record(spoken, "ana@example.com", PLAIN, "../soni.yaml")

    assert (recording.messages, recording.masked, recording.missing) == (3, 0, 0)
    lines = recording.text.splitlines()
    assert lines[:4] == [
        'assistant: "../soni.yaml"',
        "tests:",
        '  - name: "the conversation with ana@example.com"',
        '    user: "ana@example.com"',
    ]
    assert lines[4].startswith('    now: "2050-01-01T') or lines[4].startswith('    now: "2049-12-31T')
    assert lines[5:] == [
        "    language: es",
        "    steps:",
        "      - user: hi",
        '      - bot: "Hello: you?"',
        '      - bot: "How \\"are\\" you?\\nFine?"',
        '      - user: "/affirm"',
        "      - user: yes",
    ]


@given(st.lists(st.tuples(st.booleans(), TEXTS), max_size=6))
def test_any_texts_are_read_back(tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[bool, str]]) -> None:
    """Whatever was said is what the test says, whatever YAML makes of such signs."""
    known = [(user, text) for user, text in lines if text.strip()]
    spoken = dialogue(
        ">hi", *(f">{text}" if user else text for user, text in known if user or not text.startswith(">"))
    )

    steps = read_back(record(spoken, "ana", PLAIN), tmp_path_factory.mktemp("read"))

    expected = [(line.role == "user", line.text.strip()) for line in spoken.history]
    assert [(isinstance(step, UserSays), (step.text or "").strip()) for step in steps] == expected


@given(TEXTS)
def test_a_scalar_is_read_back(text: str) -> None:
    """As the text it was, in one line, and nothing of the environment comes into it."""
    written = scalar(text)

    assert "\n" not in written
    assert compose(f"- a: {written}", None, {}, []).plain() == [{"a": text}]


def test_what_was_masked_is_to_be_filled_in(tmp_path: Path) -> None:
    """The place is marked; what the assistant said with a secret in it is told without it, and the rest of it loosely."""
    spoken = dialogue(">open", "PIN?", ">…", "Is it …, or not … ?", "Say yes, please.", ">  ", "…", "Bye.")

    recording = record(spoken, "ana", SECRET)

    assert recording.masked == 2
    assert recording.text.splitlines() == [
        "# Not kept, because it is sensitive, is what the user said in places, 2 of them: look for FILL IN.",
        "# Actions run for real, unless the test says what they give. Beside its name, for example:",
        "#     actions: {open: {door: 1}}",
        "tests:",
        "  - name: the conversation with ana",
        "    user: ana",
        "    steps:",
        "      - user: open",
        "      - bot: PIN?",
        "      # FILL IN what was said here.",
        '      - user: "…"',
        '      - bot: {contains: ["Is it", ", or not", "?"]}',
        '      - bot: {contains: ["Say yes, please."]}',
        "      # FILL IN what was said here.",
        '      - user: "…"',
        '      - bot: {matches: "^"}  # its words were not kept',
        '      - bot: {contains: ["Bye."]}',
    ]
    assert len(read_back(recording, tmp_path)) == 8


def test_without_secrets_dots_are_dots() -> None:
    """Where nothing is sensitive nothing was masked."""
    recording = record(dialogue(">…", "Well…"), "ana", PLAIN)

    assert recording.masked == 0
    assert recording.text.endswith('      - user: "…"\n      - bot: "Well…"\n')


@pytest.mark.parametrize("lines", [(">b", "B", ">c"), ("A", "A2", ">b", "B", ">c")])
def test_what_is_not_kept_is_said(lines: tuple[str, ...]) -> None:
    """A conversation whose beginning is gone is called the end of one, and begins with what the user said."""
    recording = record(dialogue(*lines, turns=5), "ana", PLAIN)

    assert recording.missing == 3
    assert recording.text.startswith("# Not complete: missing here are messages of the user, 3 of them.")
    assert "name: the end of the conversation with ana\n" in recording.text
    assert "    steps:\n      - user: b\n" in recording.text


def test_nothing_was_kept() -> None:
    """Where there is no history there is no test."""
    with pytest.raises(SoniError, match="Nothing of what 'ana' said is kept"):
        record(dialogue("A", turns=3), "ana", PLAIN)


def test_a_recording_overwrites_nothing(tmp_path: Path) -> None:
    """It is written to a new file that will be found as a test."""
    recording = record(dialogue(">hi"), "ana", PLAIN)
    path = tmp_path / "ana.conversation.yaml"

    write_recording(recording, path)

    assert path.read_text() == recording.text
    for refused, words in [
        (path, "overwrites nothing"),
        (tmp_path / "ana.yaml", r"named \*.conversation.yaml"),
        (tmp_path / "no" / "x.conversation.yaml", "cannot be written"),
    ]:
        with pytest.raises(SoniError, match=words):
            write_recording(recording, refused)


@pytest.mark.parametrize(
    ("output", "config", "named"),
    [
        ("x.conversation.yaml", "soni.yaml", None),
        ("sub/x.conversation.yaml", "soni.yaml", None),
        ("sub/x.conversation.yaml", ".", None),
        ("x.conversation.yaml", "other/soni.yaml", "other/soni.yaml"),
        ("sub/x.conversation.yaml", "other", "../other"),
    ],
)
def test_the_assistant_is_named_where_it_must_be(tmp_path: Path, output: str, config: str, named: str | None) -> None:
    """Not where it is the nearest one."""
    for folder in (tmp_path, tmp_path / "other", tmp_path / "sub"):
        folder.mkdir(exist_ok=True)
    for folder in (tmp_path, tmp_path / "other"):
        (folder / "soni.yaml").write_text("flows: {}")

    assert assistant_for(tmp_path / output, tmp_path / config) == named


def test_a_store_without_conversations(tmp_path: Path) -> None:
    """Memory keeps nothing, and a file that is not there is not made."""
    persistence = PLAIN.settings.persistence
    file = persistence.model_copy(update={"backend": "sqlite", "path": tmp_path / "soni.db"})

    with pytest.raises(ConfigurationError, match="in memory"):
        stored_dialogue(persistence, "ana")
    with pytest.raises(ConfigurationError, match="There is no "):
        stored_dialogue(file, "ana")

    assert list(tmp_path.iterdir()) == []
