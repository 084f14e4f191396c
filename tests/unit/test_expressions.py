"""Expressions: what they mean, what they refuse, and what they are as values."""

import copy
import pickle
from collections.abc import Mapping
from contextlib import suppress

import pytest

from soni.errors import ConfigurationError, ExpressionError, FlowError
from soni.expressions import MAX_DEPTH, MAX_LENGTH, EvaluationError, parse_expression
from soni.value import Value

SCOPE: Mapping[str, Value] = {
    "amount": 150.0,
    "balance": 200,
    "zero": 0,
    "vip": False,
    "name": "Ana",
    "blank": "",
    "city": "Paris",
    "items": [1, 2, 3],
    "nothing": [],
    "n": 1,
    "user": {"language": "es", "in": "Madrid"},
    "address": {"city": "Madrid", "geo": {"lat": 40.4}},
    "price": {"amount": 50.0, "currency": "EUR"},
    "fee": {"amount": 2.5, "currency": "EUR"},
    "dollars": {"amount": 50.0, "currency": "USD"},
    "loose": {"amount": 50, "currency": None},
}


def value(text: str) -> Value:
    return parse_expression(text).evaluate(SCOPE)


def holds(text: str) -> bool:
    return parse_expression(text).holds(SCOPE)


class TestTruth:
    @pytest.mark.parametrize("false", ["vip", "zero", "blank", "nothing", "unset", "false", "null", "[]", "0.0", "''"])
    def test_what_is_false(self, false: str) -> None:
        """False, zero, an empty text, an empty list and unset are false; their denial is true."""
        assert not holds(false)
        assert value(f"not {false}") is True

    @pytest.mark.parametrize("true", ["amount", "name", "items", "true", "[0]", "' '", "-1", "user"])
    def test_what_is_true(self, true: str) -> None:
        """Everything else is true."""
        assert holds(true)
        assert value(f"not {true}") is False

    def test_or_gives_the_first_true_operand(self) -> None:
        """An unset name has words to take its place."""
        assert value("unset or blank or name or city") == "Ana"
        assert value("unset or vip") is False

    def test_and_gives_the_first_false_operand(self) -> None:
        """A chain of conditions stops where one is false."""
        assert value("name and city") == "Paris"
        assert value("name and zero and city") == 0

    def test_what_is_decided_is_not_read_on(self) -> None:
        """The second operand is not computed where the first decides."""
        assert not holds("vip and amount / 0 > 1")
        assert holds("name or amount / 0 > 1")

    @pytest.mark.parametrize(
        "text", ["NOT vip AND amount > 100 OR zero", "True and not False", "TRUE AND None IS NOT SET"]
    )
    def test_words_may_be_capitals(self, text: str) -> None:
        """AND, OR, NOT, IN and IS SET are the same words in capitals; so are True, False and None."""
        assert holds(text)


class TestUnset:
    def test_is_set_asks_for_a_value(self) -> None:
        """Zero, false and an empty text are values; only null is unset."""
        for text in ("zero", "vip", "blank", "nothing", "user.language"):
            assert value(f"{text} is set") is True
            assert value(f"{text} is not set") is False
        for text in ("unset", "user.age", "items[7]", "unset.key", "null"):
            assert value(f"{text} is set") is False
            assert value(f"{text} is not set") is True

    def test_null_compares_as_unset(self) -> None:
        """To compare with null is to ask whether there is a value, on either side."""
        assert holds("unset == null")
        assert holds("null == unset")
        assert holds("zero != null")
        assert not holds("zero == null")
        assert parse_expression("amount != null") == parse_expression("amount is set")

    @pytest.mark.parametrize("operator", ["==", "!=", "<", "<=", ">", ">=", "in", "not in"])
    @pytest.mark.parametrize("other", ["5", "'a'", "items", "user", "unset", "true"])
    def test_comparing_an_unset_slot_is_false(self, operator: str, other: str) -> None:
        """Whatever it is compared with, and on whichever side it stands."""
        assert value(f"unset {operator} {other}") is False
        assert value(f"{other} {operator} unset") is False

    def test_a_denied_comparison_of_an_unset_slot_is_true(self) -> None:
        """To deny a comparison is not the same as to compare the other way round."""
        assert holds("not unset == 5")
        assert holds("not unset in [5]")

    @pytest.mark.parametrize(
        "text", ["unset + 1", "1 - unset", "-unset", "unset * 2 / 3", "unset % 2", "abs(unset)", "max(1, unset)",
                 "min([1, unset])", "lower(unset)", "unset + 'x'", "round(amount, unset)", "max([])", "int(unset)"]
    )  # fmt: skip
    def test_what_is_calculated_from_an_unset_value_is_unset(self, text: str) -> None:
        """Nothing is made up for what was never said."""
        assert value(text) is None

    def test_the_length_of_what_is_unset_is_zero(self) -> None:
        """A list that nobody has begun has no items."""
        assert holds("len(unset) == 0")


class TestComparisons:
    @pytest.mark.parametrize(
        "text",
        [
            "amount > 100 and not vip",
            "amount >= 150 and amount <= 150.0",
            "amount == 150",
            "amount != 151",
            "city in ['Madrid', \"Paris\"]",
            "city not in ['Rome']",
            "'ar' in city",
            "'language' in user",
            "2 in items",
            "len(items) == 3",
            "user.language == 'es'",
            "address['city'] == 'Madrid' and address[city] == 'Madrid'",
            "user.in == 'Madrid'",
            "'2026-01-02' < '2026-01-10T09:00'",
            "items == [1, 2.0, 3]",
            "address.geo == address['geo']",
            "0 < amount <= 150 < balance",
            "1 == 1 == 1.0",
        ],
    )
    def test_what_holds(self, text: str) -> None:
        """Conditions read as they are said."""
        assert holds(text)

    @pytest.mark.parametrize(
        "text",
        [
            "0 < amount < 100",
            "balance < amount",
            "true == 1",
            "false == 0",
            "1 in [true]",
            "[1] == [true]",
            "items == [1, 2]",
            "user == address",
            "[unset] == [0]",
            "name in 5",
            "5 in name",
            "1 in user",
        ],
    )
    def test_what_does_not_hold(self, text: str) -> None:
        """A boolean is no number, and nothing is inside a number."""
        assert value(text) is False

    @pytest.mark.parametrize("operator", ["==", "<", "<=", ">", ">=", "in"])
    @pytest.mark.parametrize(
        ("a", "b"), [("'50'", "10"), ("true", "1"), ("items", "3"), ("user", "'x'"), ("city", "true")]
    )
    def test_different_kinds_never_compare(self, operator: str, a: str, b: str) -> None:
        """A text is not silently a number: the comparison is false, and never a crash."""
        assert value(f"{a} {operator} {b}") is False
        assert holds(f"{a} != {b}")
        assert holds(f"{a} not in {b}")

    def test_money_compares_by_its_amount(self) -> None:
        """A limit written as a number holds for money too."""
        assert holds("price > 49.99 and price == 50 and 50 in [price]")
        assert holds("price > fee and price == loose and fee <= 2.5")
        assert not holds("price < 50")

    def test_money_of_two_currencies_does_not_compare(self) -> None:
        """Fifty dollars are neither more nor less than fifty euros, nor the same."""
        assert holds("price != dollars")
        assert not holds("price < dollars or price >= dollars or price == dollars")


class TestCalculations:
    @pytest.mark.parametrize(
        ("text", "result"),
        [
            ("1 + 2 * 3", 7),
            ("(1 + 2) * 3", 9),
            ("10 - 2 - 3", 5),
            ("2 * 3 % 4", 2),
            ("-2 + 5", 3),
            ("- -2", 2),
            ("2 * -3", -6),
            ("7 / 2", 3.5),
            ("6 / 2", 3),
            ("-7 % 3", 2),
            ("-7.5 % 3", 1.5),
            ("7.5 % -2", -0.5),
            ("1e3 + .5", 1000.5),
            ("'a' + \"b\"", "ab"),
            ("items + [4]", [1, 2, 3, 4]),
            ("[n, name, []]", [1, "Ana", []]),
            ("[1, 2,]", [1, 2]),
            ("abs(-2)", 2),
            ("abs(-2.5)", 2.5),
            ("round(2.5)", 3),
            ("round(-2.5)", -3),
            ("round(2.675, 2)", 2.68),
            ("round(7, 2)", 7),
            ("min(3, 1, 2)", 1),
            ("max(items)", 3),
            ("max('a', 'b')", "b"),
            ("max(price, fee).amount", 50.0),
            ("int('12')", 12),
            ("int(-2.7)", -2),
            ("float(' 12.50 ')", 12.5),
            ("float(3)", 3.0),
            ("lower(name) + upper(city)", "anaPARIS"),
            ("len(name) + len(user)", 5),
        ],
    )
    def test_what_comes_out(self, text: str, result: Value) -> None:
        """Calculations give what they give on paper."""
        computed = value(text)

        assert computed == result
        assert type(computed) is type(result)

    def test_decimals_are_exact(self) -> None:
        """Cents add up as they do on paper, not as binary fractions do."""
        assert holds("0.1 + 0.2 == 0.3")
        assert holds("0.3 - 0.1 - 0.2 == 0")
        assert holds("1.1 * 3 <= 3.3")

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("1 / zero", "division by zero"),
            ("1.5 % 0.0", "division by zero"),
            ("name * 2", "a text and a number"),
            ("vip + 1", "a boolean and a number"),
            ("name + 1", "a text and a number"),
            ("items - items", "a list and a list"),
            ("price * 2", "an object and a number"),
            ("-name", "a number and a text"),
            ("9223372036854775807 + 1", "too large"),
            ("1e308 * 10", "too large"),
            ("round(1e300)", "too large"),
            ("int(1e300)", "too large"),
            ("items.city", "a list has no keys"),
            ("items[name]", "a list has no keys"),
            ("len(5)", "len() of a number"),
            ("lower(5)", "lower() of a number"),
            ("abs(name)", "abs() of a text"),
            ("round(name)", "round() of a text"),
            ("round(1.5, 99)", "digits"),
            ("round(1.5, 'x')", "digits"),
            ("min(1, 'a')", "min() of a number and a text"),
            ("max(true)", "max() of a boolean"),
            ("int(name)", "int() of a text"),
            ("float(vip)", "float() of a boolean"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_calculated_is_said_in_words(self, text: str, reason: str) -> None:
        """The error names the expression and the kinds, and no value: that may be a secret."""
        with pytest.raises(EvaluationError) as caught:
            value(text)

        assert isinstance(caught.value, FlowError)
        assert reason in caught.value.message
        assert repr(text) in caught.value.message
        assert "Ana" not in caught.value.message

    def test_a_loop_cannot_grow_a_text_without_end(self) -> None:
        """What a conversation can hold is limited."""
        expression = parse_expression("said + said")

        with pytest.raises(EvaluationError, match="more than 100000"):
            expression.evaluate({"said": "x" * 60_000})
        with pytest.raises(EvaluationError, match="more than 100000"):
            expression.evaluate({"said": [0] * 60_000})

    @pytest.mark.parametrize(
        "text", ["x + 1", "x * 0.5", "x % 2.5", "int(x)", "float(x)", "round(x)", "abs(x) > 1", "-x"]
    )
    @pytest.mark.parametrize("x", [float("inf"), float("-inf"), float("nan"), 10**400, -(10**400)])
    def test_numbers_that_json_does_not_know_do_no_harm(self, text: str, x: float) -> None:
        """An action that returned infinity makes an error, or an answer, never a crash."""
        with suppress(EvaluationError):
            parse_expression(text).evaluate({"x": x})


class TestKeys:
    def test_brackets_hold_a_key_a_place_or_a_calculation(self) -> None:
        """A bare word is the key, as in templates; parentheses ask for what a slot says."""
        assert value("address['geo'].lat") == 40.4
        assert value("address[geo][lat]") == 40.4
        assert value("items[0] + items[-1]") == 4
        assert value("items[(n)]") == 2
        assert value("items[n + 1]") == 3
        assert value("user[(unset)]") is None
        assert value("address[('ci' + 'ty')]") == "Madrid"

    @pytest.mark.parametrize(
        "text", ["items[9]", "items[-4]", "items[(true)]", "items[0.5]", "name.x", "n.x", "user[0]", "'a'[0]"]
    )
    def test_what_is_not_there_is_unset(self, text: str) -> None:
        """A key or place that does not exist has no value."""
        assert value(text) is None

    def test_the_names_and_paths_that_are_read(self) -> None:
        """Checking knows every slot that an expression looks at."""
        expression = parse_expression(
            "amount > context.new and user['language'] == \"es\" and items[(n)].key == max(address.geo.lat, items[0].x)"
        )

        assert expression.names == {"amount", "context", "user", "items", "n", "address"}
        assert expression.paths == {"context.new", "user.language", "address.geo", "address.geo.lat"}

    def test_a_function_is_no_name(self) -> None:
        """A slot may have the name of a function, and of the words set and key."""
        expression = parse_expression("min < max(min, 2) and set is set")

        assert expression.names == {"min", "set"}
        assert expression.holds({"min": 1, "set": 0})

    def test_names_of_all_alphabets(self) -> None:
        """A slot may be called as its author speaks."""
        assert parse_expression("año > 2000 and _x1").names == {"año", "_x1"}


class TestTexts:
    def test_escapes(self) -> None:
        """Quotes, newlines, tabs and backslashes can be written in a text."""
        assert value(r"'it\'s'") == "it's"
        assert value(r'"a \"b\" \n\t\r\\ c"') == 'a "b" \n\t\r\\ c'
        assert value('"it\'s"') == "it's"

    def test_a_text_is_not_read_as_words(self) -> None:
        """What stands between quotes is only a text."""
        assert value("'a and b'") == "a and b"
        assert value("'null' is set") is True
        assert holds("name != 'null'")


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "message", "column"),
        [
            ("a >", "missing at the end", 4),
            ("a = 5", "write ==", 3),
            ("a === 5", "write ==", 3),
            ("(a = 5)", "write ==", 4),
            ("f(a = 5)", "write ==", 5),
            ("a[b = 5]", "write ==", 5),
            ("a <> 5", "write !=", 3),
            ("a && b", "write 'and'", 3),
            ("a || b", "write 'or'", 3),
            ("a | b", "write 'or'", 3),
            ("!a", "write 'not'", 1),
            ("a ** 2", "no powers", 3),
            ("a // 2", "divide with /", 3),
            ("(a", "parenthesis is never closed", 1),
            ("[a", "bracket is never closed", 1),
            ("a[1", "bracket is never closed", 2),
            ("len(a", "parenthesis is never closed", 4),
            ("a)", "')' is not expected", 2),
            ("a b", "'b' is not expected", 3),
            ("a > 1,000", "',' is not expected", 6),
            ("and a", "a value is expected here, not 'and'", 1),
            ("len()", "cannot take 0", 1),
            ("len(a, b)", "cannot take 2", 1),
            ("now()", "no function 'now'; there are len, lower", 1),
            ("a is 5", "comes 'set' or 'not set'", 6),
            ("a is not 5", "comes 'set' or 'not set'", 10),
            ("a is set == b", "put parentheses", 10),
            ("a == b is set", "chained", 8),
            ("a < b != c", "chained", 7),
            ("a in b in c", "chained", 8),
            ("a not b", "'not in'", 3),
            ("a == not b", "parentheses around 'not'", 6),
            ("- not b", "parentheses around 'not'", 3),
            ("'x", "never closed", 1),
            ("“x”", "straight quotes", 1),
            (r"'\d'", r"\d means nothing", 2),
            ("{a} > 5", "without braces", 1),
            ("12abc", "cannot begin with a digit", 1),
            ("a + 1.5x", "cannot begin with a digit", 5),
            ("a.", "name of a key", 3),
            ("a..b", "name of a key", 3),
            ("$a", "'$' means nothing here", 1),
            ("9" * 20, "too large", 1),
            ("1e999", "too large", 1),
        ],
    )
    def test_what_cannot_be_read_is_said_with_its_place(self, text: str, message: str, column: int) -> None:
        """The author learns what to write instead, and where."""
        with pytest.raises(ExpressionError) as caught:
            parse_expression(text)

        assert message in caught.value.message
        assert f"(column {column} of " in caught.value.message

    @pytest.mark.parametrize("text", ["", "  \n "])
    def test_nothing_is_not_a_condition(self, text: str) -> None:
        """An empty condition is a mistake, both for checking and for Pydantic."""
        with pytest.raises(ExpressionError, match="empty") as caught:
            parse_expression(text)

        assert isinstance(caught.value, ConfigurationError)
        assert isinstance(caught.value, ValueError)

    def test_length_is_limited(self) -> None:
        """The longest expression is read; one character more is refused."""
        assert parse_expression("a" + " " * (MAX_LENGTH - 1)).names == {"a"}
        with pytest.raises(ExpressionError, match="too long"):
            parse_expression("a" + " " * MAX_LENGTH)

    @pytest.mark.parametrize(
        "opening", ["(", "[", "-", "not ", "len(", "a[(", "1 or 2 and 3 == 4 + 5 * (", "a == (not "]
    )
    def test_nesting_is_limited(self, opening: str) -> None:
        """What nests without end is refused before Python's own limit is near."""
        with pytest.raises(ExpressionError, match="nested too deeply"):
            parse_expression(opening * (MAX_LENGTH // len(opening) - 1) + "a")

    @pytest.mark.parametrize("link", [" or x", " and x", " + x", " * x", ".x", "[x]", " < x"])
    def test_length_alone_makes_no_depth(self, link: str) -> None:
        """The longest chain of one operator is read and computed."""
        text = "x" + link * ((MAX_LENGTH - 1) // len(link))

        assert parse_expression(text).evaluate({}) in (None, False)

    def test_the_deepest_expression_is_computed(self) -> None:
        """What may be written may be computed."""
        parentheses = MAX_DEPTH - 2
        text = "(" * parentheses + "x" + " + 1)" * parentheses

        assert parse_expression(text).evaluate({"x": 0}) == parentheses

    def test_a_long_expression_is_quoted_in_part(self) -> None:
        """An error stays readable."""
        with pytest.raises(ExpressionError) as caught:
            parse_expression("a and " * 50 + "= " + "and b" * 50)

        assert "(column 301 of '…" in caught.value.message
        assert len(caught.value.message) < 200


class TestExpressionAsAValue:
    def test_equal_where_they_mean_the_same(self) -> None:
        """Spaces, capitals, quotes and needless parentheses change nothing."""
        one = parse_expression("amount>100 AND NOT (vip) and city == 'x'")
        other = parse_expression('(amount > 100) and (not vip) and  city == "x" ')

        assert one == other
        assert hash(one) == hash(other)
        assert one.text != other.text

    @pytest.mark.parametrize(("a", "b"), [("a.b", "a[(b)]"), ("'a'", "a"), ("a - (b - c)", "a - b - c"), ("1", "true")])
    def test_different_where_they_do_not(self, a: str, b: str) -> None:
        """What means something else is something else."""
        assert parse_expression(a) != parse_expression(b)

    def test_copies_and_pickles(self) -> None:
        """An expression travels with its configuration."""
        expression = parse_expression("amount > 100")

        for twin in (copy.copy(expression), copy.deepcopy(expression), pickle.loads(pickle.dumps(expression))):
            assert twin == expression
            assert twin.holds(SCOPE)

    def test_shown_as_written(self) -> None:
        """Its text is what the author wrote."""
        expression = parse_expression(" amount>100")

        assert str(expression) == " amount>100"
        assert repr(expression) == "Expression(text=' amount>100')"

    def test_a_list_is_made_anew(self) -> None:
        """What one turn does with a list is not seen by the next."""
        expression = parse_expression("[1, 2]")

        first = expression.evaluate({})
        assert isinstance(first, list)
        first.append(3)

        assert expression.evaluate({}) == [1, 2]
