"""Amounts with their currency and their cents, and slots that speak of one currency."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.config.models import Slot
from soni.understanding.values import InvalidValue, answer, find, parse

from .saying import MOMENT, answered, moment, values

IN_EUROS = Slot(type="float", description="the amount in euros")
MONEY_IN_EUROS = Slot.model_validate({"type": "money", "prompt": "How many euros?"})


@pytest.mark.parametrize(
    ("text", "language", "amount", "currency"),
    [
        ("fifty cents", "en", 0.5, None),
        ("20 cents", "en", 0.2, None),
        ("fifty five cents", "en", 0.55, None),
        ("50¢", "en", 0.5, None),
        ("5 euros and 50 cents", "en", 5.5, "EUR"),
        ("5 euros, 5 cents", "en", 5.05, "EUR"),
        ("€5 and 50 cents", "en", 5.5, "EUR"),
        ("12 euros 30", "en", 12.3, "EUR"),
        ("12 euros 30 please", "en", 12.3, "EUR"),
        ("12€30", "en", 12.3, "EUR"),
        ("12 eur 30", "en", 12.3, "EUR"),
        ("fifty dollars fifty", "en", 50.5, "USD"),
        ("one euro fifty", "en", 1.5, "EUR"),
        ("a euro fifty", "en", 1.5, "EUR"),
        ("a euro", "en", 1.0, "EUR"),
        ("half a euro", "en", 0.5, "EUR"),
        ("EUR 12.30", "en", 12.3, "EUR"),
        ("50 euro cents", "en", 0.5, None),
        ("50 US cents", "en", 0.5, None),
        ("one and a half thousand", "en", 1500.0, None),
        ("2 and a half million euros", "en", 2500000.0, "EUR"),
        ("-€5", "en", -5.0, "EUR"),
        ("1.500.000", "es", 1500000.0, None),
        ("EUR50", "en", 50.0, "EUR"),
        ("eur 50", "en", 50.0, "EUR"),
        ("€50", "en", 50.0, "EUR"),
        ("50€", "en", 50.0, "EUR"),
        ("12.30", "en", 12.3, None),
        ("12,30", "en", 12.3, None),
        ("1 500", "en", 1500.0, None),
        ("12 500 euros", "en", 12500.0, "EUR"),
        ("1.500 euros", "es", 1500.0, "EUR"),
        ("1,500 euros", "es", 1500.0, "EUR"),
        ("1.500 euros", "en", 1500.0, "EUR"),
        ("€1.200", "en", 1200.0, "EUR"),
        ("-€1.200", "en", -1200.0, "EUR"),
        ("1.200 euros and 50 cents", "en", 1200.5, "EUR"),
        ("0.500 euros", "en", 0.5, "EUR"),
        ("5 euros y 50 céntimos", "es", 5.5, "EUR"),
        ("veinte céntimos", "es", 0.2, None),
        ("5 euros et 50 centimes", "fr", 5.5, "EUR"),
        ("12 Euro 30", "de", 12.3, "EUR"),
        ("20 Cent", "de", 0.2, None),
        ("20 centesimi", "it", 0.2, None),
        ("20 cêntimos", "pt", 0.2, None),
    ],
)
def test_euros_and_cents_are_one_amount(text: str, language: str, amount: float, currency: str | None) -> None:
    """For money and for a plain number alike; a whole number holds none of the parts."""
    assert answered("money", text, language) == {"amount": amount, "currency": currency}
    assert answered("float", text, language) == amount
    assert answer(IN_EUROS, text, moment(language)) == (amount if currency != "USD" else None)
    assert answered("integer", text, language) in (None, amount)


@pytest.mark.parametrize(
    "text",
    ["1.500", "1.500 dinars", "KWD 1.500", "1.200-1.500 euros", "10.000", "a couple of hundred", "50-60", "50-60 euros",
     "50 to 60 euros", "between 50 and 60 euros", "50 euros or 60 euros", "50 euros and 30", "12 euros 5", "one point five",
     "fifty cents and 20 cents"],
)  # fmt: skip
def test_an_amount_that_may_be_another_is_none(text: str) -> None:
    """It is asked for again: a wrong amount costs more than a question."""
    for slot in (Slot(type="money"), MONEY_IN_EUROS, IN_EUROS, Slot(type="float")):
        assert answer(slot, text, MOMENT) is None


def test_what_counts_something_else_is_not_the_cents() -> None:
    """Tickets, minutes and shares keep their own number."""
    assert values("money", "12 euros 30 minutes ago")[0] == {"amount": 12.0, "currency": "EUR"}
    assert values("float", "50 euros 20 tickets") == [50.0, 20.0]
    assert values("float", "I have 5 euros, 20 for Ana") == [5.0, 20.0]
    assert values("float", "50 euros 20%") == [50.0, 20.0]
    assert values("float", "50.5 euros and 20 cents") == [50.5, 0.2]


def test_an_amount_stands_where_it_was_said() -> None:
    """Money with its currency, a number from its first digit to the last of its cents."""
    text = "send 5 euros and 50 cents to Ana"
    [money], [number] = find(Slot(type="money"), text, MOMENT), find(Slot(type="float"), text, MOMENT)

    assert text[money.start : money.end] == "5 euros and 50 cents"
    assert text[number.start : number.end] == "5 euros and 50 cents"
    assert (money.score, number.score) == (1.0, 1.0)
    [plain] = find(Slot(type="float"), "send 50 euros to Ana", MOMENT)
    assert (plain.start, plain.end) == (5, 7)


@pytest.mark.parametrize("text", ["50 dollars", "$50", "USD 50", "twenty quid", "50 THB", "50 pounds"])
def test_another_currency_than_the_author_names_is_refused_in_words(text: str) -> None:
    """Fifty dollars are not fifty euros; where no currency is named, any will do."""
    for slot in (IN_EUROS, MONEY_IN_EUROS, Slot(type="integer", description="how many euros")):
        assert find(slot, text, MOMENT) == []
        with pytest.raises(InvalidValue, match="Please give the amount in euros") as refused:
            parse(slot, text, MOMENT)
        assert refused.value.reason == "type"
    assert answered("float", text) in (50.0, 20.0)


def test_the_slots_own_currency_is_taken() -> None:
    """Said or not; of two amounts the one in it, and of dollars those of the territory too."""
    assert answer(IN_EUROS, "50", MOMENT) == 50.0
    assert answer(IN_EUROS, "50 dollars, I mean 45 euros", MOMENT) == 45.0
    assert answer(Slot(type="integer", description="the amount in €"), "2 people, 50 euros", MOMENT) == 50
    dollars = Slot(type="money", description="how many dollars")
    assert answer(dollars, "$50", moment("en-CA")) == {"amount": 50.0, "currency": "CAD"}
    assert answer(Slot(type="float", description="Betrag in EUR"), "50 Euro", moment("de")) == 50.0
    with pytest.raises(InvalidValue, match="in euros"):
        parse(MONEY_IN_EUROS, {"amount": 50, "currency": "USD"}, MOMENT)


def test_a_slot_in_cents_holds_cents() -> None:
    """What is said in euros becomes cents; a bare number is in cents already."""
    slot = Slot(type="integer", description="the price in cents")

    assert answer(slot, "20 cents", MOMENT) == 20
    assert answer(slot, "20", MOMENT) == 20
    assert answer(slot, "5 euros", MOMENT) == 500
    assert answer(slot, "5 euros and 50 cents", MOMENT) == 550


@pytest.mark.parametrize(
    ("text", "language", "shown"),
    [("1.500", "en", "1500 or 1.5"), ("10.000", "en", "10000 or 10.00"), ("1,500", "es", "1500 or 1,5")],
)
def test_a_number_that_can_be_read_twice_is_refused_with_both_readings(text: str, language: str, shown: str) -> None:
    """The user is told how to write the one that is meant, and both ways are understood."""
    with pytest.raises(InvalidValue, match=f"can be read in two ways. Please write {shown}"):
        parse(Slot(type="money"), text, moment(language))
    for written in shown.split(" or "):
        assert answered("money", written, language) is not None


@given(
    st.integers(1, 999),
    st.integers(1, 99),
    st.sampled_from(["{0} euros and {1} cents", "{0} euros {1:02d} cents", "€{0}.{1:02d}"]),
)
def test_any_euros_and_cents_are_their_sum(euros: int, cents: int, form: str) -> None:
    """To the cent, as money and as a number."""
    text = form.format(euros, cents)
    total = float(euros + Decimal(cents) / 100)

    assert answered("money", text) == {"amount": total, "currency": "EUR"}
    assert answer(IN_EUROS, text, MOMENT) == total


@given(st.integers(1, 999), st.integers(0, 999))
def test_a_mark_before_three_digits_is_never_guessed(whole: int, rest: int) -> None:
    """In the language whose decimal mark it is; in the other one it groups."""
    text = f"{whole}.{rest:03d}"

    assert answered("money", text) is None
    assert answered("float", text) is None
    assert answered("float", text, "de") == whole * 1000 + rest
