"""Amounts of money, e-mail addresses and telephone numbers."""

import pytest

from soni.config.models import Slot
from soni.understanding.values import find
from soni.understanding.values.money import currency_of

from .saying import MOMENT, answered, values


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("50 euros", 50.0, "EUR"),
        ("€50", 50.0, "EUR"),
        ("50€", 50.0, "EUR"),
        ("$1,000.50", 1000.5, "USD"),
        ("US$ 20", 20.0, "USD"),
        ("USD 20", 20.0, "USD"),
        ("20 usd", 20.0, "USD"),
        ("50eur", 50.0, "EUR"),
        ("fifty bucks", 50.0, "USD"),
        ("100 zł", 100.0, "PLN"),
        ("50 ALL", 50.0, "ALL"),
        ("50 all", 50.0, None),
        ("take 50", 50.0, None),
        ("not $50, $60", 60.0, "USD"),
    ],
)
def test_an_amount_has_a_currency_where_one_was_said(text: str, amount: float, currency: str | None) -> None:
    """Symbols, codes and names; a code in small letters only where it is no word."""
    assert answered("money", text) == {"amount": amount, "currency": currency}


def test_an_amount_with_a_currency_is_surer_than_one_without() -> None:
    """The price is meant, not the number of tickets."""
    found = find(Slot(type="money"), "2 tickets for 50 euros", MOMENT)

    assert [(one.value, one.score) for one in found] == [
        ({"amount": 50.0, "currency": "EUR"}, 1.0),
        ({"amount": 2.0, "currency": None}, 0.5),
    ]


def test_the_territory_tells_which_dollar() -> None:
    """A dollar in Canada is a Canadian one."""
    assert currency_of("$", "en") == "USD"
    assert currency_of("$", "en-CA") == "CAD"
    assert currency_of("$", "es_MX") == "MXN"
    assert currency_of("nothing", "en") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it's ana.Ruiz@EXAMPLE.com.", ["ana.Ruiz@example.com"]),
        ("<ana@example.org>, or bob@example.org?", ["ana@example.org", "bob@example.org"]),
        ("ana at example dot co dot uk", ["ana@example.co.uk"]),
        ("'ana@example.org'", ["ana@example.org"]),
        ("a@b", []),
        ("x@@y.com", []),
        ("meet me at seven", []),
        ("ana at seven dot !", []),
    ],
)
def test_addresses_are_found_and_checked(text: str, expected: list[str]) -> None:
    """The domain is in small letters; nothing is looked up on a network."""
    assert values("email", text) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("+34 612 345 678", "en", ["+34612345678"]),
        ("0034612345678", "en", ["+34612345678"]),
        ("call (020) 7946 0958 now", "en", ["02079460958"]),
        ("020 7946 0958", "en-GB", ["+442079460958"]),
        ("612 345 678", "es", ["612345678"]),
        ("612 345 678", "es-ES", ["+34612345678"]),
        ("123456", "es-ES", ["123456"]),
        ("+999 123 456 789", "en", []),
        ("+1 23456", "en", []),
        ("2026-11-21", "en", []),
        ("21/11/2026", "en", []),
        ("12345", "en", []),
        ("12345678901234567890", "en", []),
        ("ana123456@example.com", "en", []),
    ],
)
def test_telephone_numbers_have_a_country_where_it_is_known(text: str, language: str, expected: list[str]) -> None:
    """A plus or a territory tells it; a language alone does not."""
    assert values("phone", text, language) == expected
