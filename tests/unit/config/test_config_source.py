"""YAML is read as YAML 1.2, within limits, and every value knows its line."""

import time
from pathlib import Path

import pytest

from soni.config.loader import load_config_text
from soni.config.models import SoniConfig
from soni.config.source import MAX_BYTES, compose, read_text
from soni.config.written import locate
from soni.errors import ConfigurationError, Problem

from .conftest import Find


def plain(text: str, problems: list[Problem] | None = None) -> object:
    return compose(text, None, {}, problems if problems is not None else []).plain()


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True), ("False", False), ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("y", "y"),
        ("null", None), ("~", None), ("", None), ("12", 12), ("-3", -3), ("+3", 3), ("0123", 123), ("0o17", 15),
        ("0x1F", 31), ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("1_000", "1_000"), ("1:30", "1:30"),
        ("2030-01-31", "2030-01-31"), ("2030-01-31T10:00:00", "2030-01-31T10:00:00"), ('"5"', "5"), ("'true'", "true"),
        ("!!str 5", "5"), ("! 5", "5"), ('!!int "5"', 5), ("!!float 1", 1), ("<<", "<<"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(written: str, value: object) -> None:
    """Only true and false are truth values; dates and times stay texts; quotes make a text of anything."""
    assert plain(f"a: {written}") == {"a": value}


@pytest.mark.parametrize(
    "written",
    ["1" * 30, "1e999", ".inf", "-.INF", ".nan", "9223372036854775808", "0x" + "f" * 40],
)
def test_a_number_that_nothing_can_hold_is_said(written: str) -> None:
    """Infinity and integers beyond 64 bits would be lost on the way to a database."""
    problems: list[Problem] = []

    plain(f"a: {written}", problems)

    assert [(problem.code, problem.key, problem.line) for problem in problems] == [("bad-number", "a", 1)]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("a: !!timestamp 2030-01-01", "bad-tag"),
        ("a: !mine b", "bad-tag"),
        ("a: !!int b", "bad-tag"),
        ("a: !!python/object:os.system [x]", "bad-tag"),
        ("a: !!set {x}", "bad-tag"),
        ("? [a, b]\n: c", "bad-key"),
        ("? {a: b}\n: c", "bad-key"),
        ("~: c", "bad-key"),
        ("<<: 5", "bad-key"),
    ],
)
def test_what_yaml_allows_beyond_plain_data_is_said(written: str, code: str) -> None:
    """Tags and keys that are no names have no meaning in an assistant; the rest is read all the same."""
    problems: list[Problem] = []

    plain(f"{written}\nz: 1", problems)

    assert [problem.code for problem in problems] == [code]


def test_a_key_that_stands_twice_is_said_with_both_lines() -> None:
    """A second key would silently hide the first."""
    problems: list[Problem] = []

    value = plain("a: 1\nb:\n  c: 2\n  d: 3\n  c: 4\n", problems)

    assert value == {"a": 1, "b": {"c": 2, "d": 3}}
    assert [(p.code, p.key, p.line, p.message) for p in problems] == [
        ("duplicate-key", "b.c", 5, "the key 'c' stands twice: on lines 3 and 5")
    ]


def test_true_and_1_count_as_one_key() -> None:
    """Python could not tell them apart."""
    problems: list[Problem] = []

    plain("a: {true: x, 1: y}", problems)

    assert [problem.key for problem in problems] == ["a.1"]


def test_aliases_and_merges_bring_in_what_they_name() -> None:
    """What stands in the mapping itself wins over what << brings in; of several, the first wins."""
    value = plain("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: {<<: [*a, *b], x: 0}\nd: {<<: *b}\ne: *a\n&k f: *k")

    assert value == {
        "a": {"x": 1, "y": 2},
        "b": {"y": 3, "z": 4},
        "c": {"x": 0, "y": 2, "z": 4},
        "d": {"y": 3, "z": 4},
        "e": {"x": 1, "y": 2},
        "f": "f",
    }


def test_places_are_those_of_the_keys() -> None:
    """A value is found on the line of its key, an item of a list on its own line."""
    tree = compose("a:\n  - b: |\n      text\n    c:\n      5\n", Path("x.yaml"), {}, [])

    assert [locate(tree, route)[0].line for route in [("a",), ("a", 0), ("a", 0, "b"), ("a", 0, "c")]] == [1, 2, 2, 4]


def test_a_route_is_spelled_as_far_as_it_was_written() -> None:
    """Where the author used a short form, the route stops there; a key that is missing is named."""
    tree = compose("a: text\nb: {true: 1}\nc: {text: x}\nd: [1]", None, {}, [])

    spelled = [locate(tree, route)[1] for route in [("a", 0, "text"), ("b", 1), ("c", 0, "text"), ("d", 7), ("e",)]]

    assert spelled == ["a", "b.true", "c.text", "d", "e"]


LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)
)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "empty", "is empty"),
        ("# nothing\n", "empty", "is empty"),
        ("- a\n- b", "wrong-type", "an assistant is a mapping"),
        ("hello", "wrong-type", "not the text 'hello'"),
        ("a: 1\n---\nb: 2", "syntax", "a second document begins here"),
        ("a:\n\tb: 1", "syntax", "tab"),
        ("a: b: c", "syntax", "needs quotes"),
        ("a: {b} c", "syntax", 'as one, it needs quotes: a: "{b} c"'),
        ("- a: {b}, c", "syntax", 'what begins with { is no text; as one, it needs quotes: a: "{b}, c"'),
        ("a: [b] c", "syntax", 'what begins with [ is no text; as one, it needs quotes: a: "[b] c"'),
        ("x: {a: hi {b}}\ny: 1", "syntax", "within { }, a text with a comma or one of { } [ ] in it needs quotes"),
        ("x: 1\na: {b\nc: d\ne: f", "syntax", "here the { of line 2 needs a comma or its }"),
        ("a: [b\nc: d", "syntax", "here the [ of line 1 needs a comma or its ]"),
        ("a: 'b", "syntax", "this is not YAML"),
        ("a: *b", "syntax", "no anchor &b"),
        ("a: \x07", "syntax", "U+0007"),
        ("a: &a [*a]", "too-deep", "stands within what it means"),
        ("[" * 5000, "too-deep", "nested more than 100 levels"),
        ("{a: " * 5000, "too-deep", "nested more than 100 levels"),
        ("- " * 5000, "too-deep", "nested more than 100 levels"),
        ("? " * 5000, "too-deep", "nested more than 100 levels"),
        ("a: &a " + "[" * 60 + "]" * 60 + "\nb: " + "[" * 60 + "*a" + "]" * 60, "too-deep", "nested more than 100"),
        (LAUGHS, "too-large", "aliases counted as often as they are used"),
        ("a: [" + "1," * 100_001 + "]", "too-large", "holds more than 100,000 values"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words_and_soon(text: str, code: str, words: str) -> None:
    """No text brings the loader down, or keeps it busy."""
    began = time.process_time()

    with pytest.raises(ConfigurationError) as refused:
        read_text(text, Path("a.yaml"), {}, [])

    (problem,) = refused.value.problems
    assert (problem.code, problem.file) == (code, Path("a.yaml"))
    assert words in problem.message
    assert time.process_time() - began < 5  # a second at full speed; coverage makes it several


@pytest.mark.parametrize(
    ("raw", "code", "line"),
    [
        (b"a: b\nc: \xff\xfe", "not-utf-8", 2),
        ("a: b".encode("utf-16"), "not-utf-8", 1),
        (b"# " + b"x" * MAX_BYTES, "too-large", None),
    ],
)
def test_a_file_is_utf_8_and_at_most_1_mib(
    find_in: Find, tmp_path: Path, raw: bytes, code: str, line: int | None
) -> None:
    """Another encoding and a huge file are refused before they are read."""
    path = tmp_path / "soni.yaml"
    path.write_bytes(raw)

    (problem,) = find_in(path)

    assert (problem.code, problem.line, problem.file) == (code, line, path)


def test_a_flow_as_deep_as_allowed_can_be_read() -> None:
    """The limit is what the readers behind this one can bear."""
    steps = "{step: s, type: noop}"
    for number in range(31):
        steps = f"{{step: s{number}, type: while, condition: a, do: [{steps}]}}"

    config = load_config_text(f'version: "1.0"\nslots: {{a: {{}}}}\nflows: {{f: {{steps: [{steps}]}}}}')

    assert len(list(config.flows["f"].walk())) == 32
    assert SoniConfig.model_validate(config.model_dump(by_alias=True)) == config


def test_a_byte_order_mark_is_no_mistake(find_in: Find, tmp_path: Path) -> None:
    """Some editors put one in front."""
    path = tmp_path / "soni.yaml"
    path.write_bytes('version: "1.0"'.encode("utf-8-sig"))

    assert find_in(path) == ()


def test_a_file_or_folder_that_cannot_be_read_is_said(find_in: Find, tmp_path: Path) -> None:
    """A wrong path is the commonest mistake of all."""
    (tmp_path / "only.conversation.yaml").write_text("tests: []")

    missing, empty = find_in(tmp_path / "none.yaml"), find_in(tmp_path)
    strange = find_in(Path("a\0b"))

    assert [problem.message for problem in strange] == ["cannot be read: embedded null byte"]
    assert [problem.message for problem in missing] == ["cannot be read: no such file or directory"]
    assert [problem.message for problem in empty] == ["there is no *.yaml file in this folder"]
