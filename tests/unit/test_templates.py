"""Templates: what is filled in, how values read, and that a value is never read as a template."""

import copy
import pickle
from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from soni.errors import ConfigurationError, ExpressionError
from soni.templates import parse_template, plain
from soni.value import Value

SCOPE: Mapping[str, Value] = {
    "amount": 60.5,
    "whole": 100.0,
    "count": 1234567,
    "name": "Ana",
    "blank": "",
    "zero": 0,
    "vip": True,
    "tags": ["red", 2.0],
    "address": {"city": "Madrid", "0": "nil", "a b": "spaced", "geo": {"lat": 40.4}},
    "price": {"amount": 50.5, "currency": "EUR"},
    "user_id": "ana@example.org",
    "context": {"flow": "transfer", "new": 60.0, "slots": ["amount"]},
}


def rendered(text: str) -> str:
    return parse_template(text).render(SCOPE)


class TestFields:
    @pytest.mark.parametrize(
        ("text", "result"),
        [
            ("", ""),
            ("Hello.", "Hello."),
            ("Send {amount} to {name}?", "Send 60.5 to Ana?"),
            ("{name}{name}", "AnaAna"),
            ("{ name }", "Ana"),
            ("{address[city]}", "Madrid"),
            ("{address[geo][lat]}", "40.4"),
            ("{address['city']}{address[\"a b\"]}{address[ a b ]}", "Madridspacedspaced"),
            ("{address[0]}", "nil"),
            ("{tags[0]} {tags[-1]}", "red 2"),
            ("{context.flow}: {context.new}, {context.slots[0]}", "transfer: 60, amount"),
            ("{user_id}", "ana@example.org"),
            ("{año|this year}", "this year"),
            ("{{name}} {{{name}}} }}{{", "{name} {Ana} }{"),
        ],
    )
    def test_what_is_filled_in(self, text: str, result: str) -> None:
        """Slots, their keys and places, the context and the user's id stand where they were written."""
        assert rendered(text) == result

    @pytest.mark.parametrize(
        ("text", "result"),
        [
            ("[{unset}]", "[]"),
            ("{unset|there}", "there"),
            ("{unset|}", ""),
            ("{unset| a: b, [c]|d }", " a: b, [c]|d "),
            ("{unset:.2f|none}", "none"),
            ("{address[street]|nowhere}", "nowhere"),
            ("{address[geo][lat][deep]|nowhere}", "nowhere"),
            ("{tags[7]|nowhere}{tags[x]|nowhere}{name[0]|nowhere}", "nowherenowherenowhere"),
            ("{context.old|nothing}", "nothing"),
            ("{blank|there}{zero|there}", "0"),
        ],
    )
    def test_words_for_what_is_unset(self, text: str, result: str) -> None:
        """Only what is unset is replaced; zero and an empty text are values."""
        assert rendered(text) == result

    @pytest.mark.parametrize(
        ("text", "result"),
        [
            ("{amount:.2f}", "60.50"),
            ("{whole:.2f}", "100.00"),
            ("{whole:d} {whole:,}", "100 100"),
            ("{count:,}", "1,234,567"),
            ("{amount:>8}|{name:<5}|{name:*^7}", "    60.5|Ana  |**Ana**"),
            ("{amount:+.1f}", "+60.5"),
            ("{zero:.0%}", "0%"),
            ("{price:.1f}", "50.5 EUR"),
            ("{price:s}", "50.50 EUR"),
            ("{name:.2f}", "Ana"),
            ("{amount:d}", "60.5"),
            ("{vip:.2f} {vip:>4}", "yes  yes"),
            ("{tags:.1f}", "red, 2"),
            ("{address:.1f}", plain(SCOPE["address"])),
            ("{address[geo][lat]:.2f}", "40.40"),
        ],
    )
    def test_formats(self, text: str, result: str) -> None:
        """A format is used where it fits the value, and ignored where it does not."""
        assert rendered(text) == result

    def test_what_it_reads(self) -> None:
        """Checking knows the slots of a template, and which of them have no words for where they are unset."""
        template = parse_template(
            "{name|you} {amount} {name:>5|} {context.new} {context.slots[0]|} {address[city]|} {{x}}"
        )

        assert template.names == {"name", "amount", "context", "address"}
        assert template.paths == {"context.new", "context.slots"}
        assert template.unguarded == {"amount", "context"}


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "message", "column"),
        [
            ("Hi {name", "never closed", 4),
            ("Hi {name and more", "this { is never closed with }; where the brace itself is meant, write {{", 4),
            ("Hi name}", "never opened", 8),
            ('write {"a": 1}', "where the braces themselves are meant, write {{ and }}", 7),
            ("write {a, b}", "where the braces themselves are meant, write {{ and }}", 7),
            ("{amount * 2}", "calculations and calls go into a 'set' step", 1),
            ("{name|{other}}", "never closed", 1),
            ("{}", "names no slot", 1),
            ("a { }", "names no slot", 3),
            ("{user.language}", "a key is written {user[language]}", 1),
            ("{a.b.c}", "a key is written {a[b][c]}", 1),
            ("{name.__class__}", "only context has a dot", 1),
            ("{len(name)}", "is none of {slot}", 1),
            ("{amount + 1}", "is none of {slot}", 1),
            ("{name!r}", "is none of {slot}", 1),
            ("{0}", "is none of {slot}", 1),
            ("{tags[0}", "is none of {slot}", 1),
            ("{address[]}", "is not a key", 1),
            ("{address['city]}", "is not a key", 1),
            ("{amount:.2q}", "format '.2q' is not known", 1),
            ("{amount:999999999}", "is not known", 1),
            ("{amount:.999f}", "is not known", 1),
            ("{amount:,s}", "is not known", 1),
            ("{day:%d/%m}", "is not known", 1),
        ],
    )
    def test_what_cannot_be_read_is_said_with_its_place(self, text: str, message: str, column: int) -> None:
        """The author learns what is wrong, and where."""
        with pytest.raises(ExpressionError) as caught:
            parse_template(text)

        assert isinstance(caught.value, ConfigurationError)
        assert message in caught.value.message
        assert f"(column {column} of " in caught.value.message

    def test_a_long_hopeless_text_is_refused_at_once(self) -> None:
        """No text takes more than linear time."""
        for text in (
            "{" * 99_999,
            "{a" * 50_000,
            "{a[" + " " * 99_999 + '"]}',
            "{" + "a[b]" * 50_000,
            "{a" + " " * 99_999,
        ):
            with pytest.raises(ExpressionError):
                parse_template(text)


class TestPlain:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (None, ""),
            ("{otp}", "{otp}"),
            (True, "yes"),
            (False, "no"),
            (0, "0"),
            (-5, "-5"),
            (100.0, "100"),
            (60.5, "60.5"),
            (0.1 + 0.2, "0.3"),
            (-0.0, "0"),
            (1e-7, "0.0000001"),
            (1e16, "10000000000000000"),
            (1e22, "1e+22"),
            (float("inf"), "inf"),
            (float("nan"), "nan"),
            ([], ""),
            (["a", 1.0, None, True], "a, 1, yes"),
            ({"amount": 50.0, "currency": "EUR"}, "50 EUR"),
            ({"amount": 50.25, "currency": "EUR"}, "50.25 EUR"),
            ({"amount": 50.5, "currency": "EUR"}, "50.50 EUR"),
            ({"amount": 0.125, "currency": "EUR"}, "0.125 EUR"),
            ({"amount": 50, "currency": None}, "50"),
            ({"amount": 50.5}, '{"amount":50.5}'),
            ({"amount": True, "currency": None}, '{"amount":true,"currency":null}'),
            ({"amount": 1, "currency": "EUR", "id": 7}, '{"amount":1,"currency":"EUR","id":7}'),
            ({"city": "Málaga", "zip": [1]}, '{"city":"Málaga","zip":[1]}'),
            ([{"amount": 1.5, "currency": "EUR"}, {"a": 1}], '1.50 EUR, {"a":1}'),
        ],
    )
    def test_values_as_a_person_writes_them(self, value: Value, text: str) -> None:
        """No needless digits, no Python."""
        assert plain(value) == text

    @given(st.floats(allow_nan=False, allow_infinity=False))
    def test_a_number_stays_the_number(self, number: float) -> None:
        """Writing a number changes it by no more than nobody sees."""
        assert float(plain(number)) == pytest.approx(number, rel=1e-14, abs=0)


class TestTemplateAsAValue:
    def test_equal_where_the_text_is(self) -> None:
        """Two templates of the same text are the same."""
        assert parse_template("{name}") == parse_template("{name}") != parse_template("{name|}")
        assert hash(parse_template("{name}")) == hash(parse_template("{name}"))
        assert str(parse_template("{name}")) == "{name}"
        assert repr(parse_template("{name}")) == "Template(text='{name}')"

    def test_copies_and_pickles(self) -> None:
        """A template travels with its configuration."""
        template = parse_template("{name} {amount:.2f}")

        for twin in (copy.copy(template), copy.deepcopy(template), pickle.loads(pickle.dumps(template))):
            assert twin == template
            assert twin.render(SCOPE) == "Ana 60.50"


json_values: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
money: st.SearchStrategy[Value] = st.fixed_dictionaries(
    {"amount": st.floats() | st.integers(), "currency": st.none() | st.sampled_from(["EUR", ""])}
)


@given(
    st.lists(st.sampled_from("abc") | st.text().map(lambda text: (text,))),
    st.fixed_dictionaries(dict.fromkeys("abc", st.text())),
)
@example(["a", ("{b}",)], {"a": "{b}", "b": "{a}{{", "c": "{"})
def test_a_value_is_text(pieces: list[str | tuple[str]], scope: dict[str, str]) -> None:
    """What a user typed stands in the message as it was typed, whatever braces it has."""
    written = [f"{{{piece}}}" if isinstance(piece, str) else escaped(piece[0]) for piece in pieces]
    expected = [scope[piece] if isinstance(piece, str) else piece[0] for piece in pieces]

    assert parse_template("".join(written)).render(scope) == "".join(expected)


def escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


PIECES = [
    "{",
    "}",
    "[",
    "]",
    ":",
    "|",
    ".",
    "a",
    "context",
    ".2f",
    ",",
    ">9",
    "%",
    "d",
    "0",
    "-1",
    "'",
    '"',
    " ",
    "!r",
    "é",
]


@given(st.text(max_size=30) | st.lists(st.sampled_from(PIECES), max_size=15).map("".join), json_values)
def test_no_text_does_harm(text: str, value: Value) -> None:
    """Any text is a template or an ExpressionError, and any template can be rendered."""
    with suppress(ExpressionError):
        parse_template(text).render({"a": value, "context": {"a": value}})


@given(
    st.sampled_from(["{a}", "{a:.2f}", "{a:d}", "{a:,}", "{a:>20}", "{a:%}", "{a:e}", "{a[x]:G}", "{a[0]:s}"]),
    json_values | money,
)
def test_every_value_can_be_rendered(text: str, value: Value) -> None:
    """No value makes a message fail."""
    assert isinstance(parse_template(text).render({"a": value}), str)


class TestPlaces:
    def test_what_stands_in_each_place_is_told(self) -> None:
        """By the place as it is written."""
        template = parse_template("Send {amount:.2f} to { name } ({{x}}), {amount:.2f} or {address[city]|home}.")

        assert template.places == ("{amount:.2f}", "{ name }", "{amount:.2f}", "{address[city]|home}")
        assert template.values(SCOPE) == {"{amount:.2f}": "60.50", "{ name }": "Ana", "{address[city]|home}": "Madrid"}

    @pytest.mark.parametrize(
        "text", ["", "Hi.", "{name}{name}", "Send {amount:.2f} to {name|you} {{x}}.", "{context.new}"]
    )
    def test_texts_can_be_filled_in(self, text: str) -> None:
        """The template with its own values is what it renders; a value is never read as a template."""
        template = parse_template(text)

        assert template.fill(template.values(SCOPE)) == template.render(SCOPE)
        assert parse_template("{name}").fill({"{name}": "{amount}"}) == "{amount}"
