"""The bank's ledger: what newcomers find, and that money is never made or lost."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st
from soni_bank import accounts, ledger, values
from soni_bank.database import PATH_VARIABLE, once, reading
from soni_bank.money import cents, euros, spoken

from soni import ActionContext
from soni.value import Value


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bank of its own for each test, not founded yet."""
    path = tmp_path / "data" / "bank.db"
    monkeypatch.setenv(PATH_VARIABLE, str(path))
    return path


def test_a_newcomer_finds_fixed_balances(somebody: ActionContext) -> None:
    """Everybody starts with the same, and looking again gives nothing more."""
    first, second = accounts.get_balances(somebody), accounts.get_balances(somebody)

    assert first == {"checking_balance": 2500.0, "savings_balance": 8000.0, "total_balance": 10500.0}
    assert second == first


def test_every_transaction_sums_to_nothing(somebody: ActionContext) -> None:
    """What leaves one account arrives in another."""
    with reading(somebody.user_id) as db:
        sums = db.execute("select sum(cents), count(*) from entries group by transaction_id").fetchall()

    assert {tuple(row) for row in sums} == {(0, 2)}


def test_many_threads_may_come_first(database: Path, somebody: ActionContext) -> None:
    """The bank is founded once and a customer welcomed once, however many ask at the same moment."""
    together = Barrier(8)

    def look(_: int) -> Value:
        together.wait()
        return accounts.get_balances(somebody)["total_balance"]

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(look, range(8)))

    assert seen == [10500.0] * 8
    assert [path.name for path in database.parent.iterdir() if "-" not in path.name] == ["bank.db"]
    with closing(sqlite3.connect(database)) as db:
        assert db.execute("pragma journal_mode").fetchone() == ("wal",)


def test_work_that_fails_leaves_no_trace(somebody: ActionContext) -> None:
    """Neither money nor key: the same request may be tried again."""

    def fail(db: sqlite3.Connection) -> dict[str, Value]:
        here, there = (ledger.account(db, "ana", kind) for kind in ("checking", "savings"))
        ledger.move(db, here, there, 100, date.today(), "half way", ledger.OWN)
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        once("ana", "key", fail)

    assert accounts.get_balances(somebody)["checking_balance"] == 2500.0
    assert once("ana", "key", lambda db: {"done": True}) == {"done": True}
    assert once("ana", "key", lambda db: {"done": False}) == {"done": True}


@pytest.mark.parametrize("amount", [0, -5])
def test_only_positive_amounts_move(amount: int) -> None:
    """Nothing can be taken by sending less than nothing."""
    with reading("ana") as db, pytest.raises(ValueError, match="positive"):
        ledger.move(db, 1, 2, amount, date.today(), "nothing", ledger.OWN)


def test_money_does_not_move_within_one_account() -> None:
    """Such a transaction would only be noise."""
    with reading("ana") as db, pytest.raises(ValueError, match="to itself"):
        ledger.move(db, 1, 1, 5, date.today(), "around", ledger.OWN)


def test_a_statement_is_newest_first(somebody: ActionContext) -> None:
    """As many lines as asked for, of one account or of both."""
    yesterday = date.today() - timedelta(days=1)

    both = accounts.get_history(3, somebody)
    savings = accounts.get_history(20, somebody, "savings")

    assert both["history_count"] == 3
    assert str(both["history_list"]).splitlines()[0] == f"{yesterday.day} {yesterday:%b}: Green grocer, -42.30 euros"
    assert savings["history_count"] == 1
    assert "Opening deposit, +8,000.00 euros" in str(savings["history_list"])


@pytest.mark.parametrize(
    ("period", "category", "spent"),
    [
        ("week", "groceries", 42.30),
        ("month", "groceries", 198.15),
        ("quarter", "shopping", 79.90),
        ("week", "health", 0),
    ],
)
def test_spending_on_one_thing(period: str, category: str, spent: float, somebody: ActionContext) -> None:
    """Only this category counts, and only in this period."""
    assert accounts.get_spending(period, somebody, category)["spent"] == spent


def test_spending_altogether_names_the_largest(somebody: ActionContext) -> None:
    """The sum of all categories, and the three that took most."""
    found = accounts.get_spending("month", somebody)

    assert found["spent"] == 1137.94
    assert found["largest_categories"] == "housing 750.00 euros, groceries 198.15 euros, restaurants 82.40 euros"


def test_customers_are_strangers(somebody: ActionContext) -> None:
    """What one has done with their money shows in nobody else's accounts."""

    def save(db: sqlite3.Connection) -> dict[str, Value]:
        here, there = (ledger.account(db, "ana", kind) for kind in ("checking", "savings"))
        ledger.move(db, here, there, 12_345, date.today(), "saved", ledger.OWN)
        return {}

    once("ana", "key", save)

    assert accounts.get_balances(somebody)["checking_balance"] == 2376.55
    assert accounts.get_balances(replace(somebody, user_id="bob"))["checking_balance"] == 2500.0


@given(st.integers(0, 10**9))
def test_cents_and_euros_are_the_same_money(amount: int) -> None:
    """There and back again without losing one."""
    assert cents(euros(amount)) == amount


@pytest.mark.parametrize(("written", "kept"), [(0.1 + 0.2, 30), (1.005, 101), (19.99, 1999), (100, 10_000)])
def test_amounts_become_the_nearest_cent(written: float, kept: int) -> None:
    """As a person would round them, not as floating point stores them."""
    assert cents(written) == kept


def test_money_is_said_with_two_decimals() -> None:
    """Thousands are set apart."""
    assert spoken(123_450) == "1,234.50 euros"


@pytest.mark.parametrize("iban", ["ES91 2100 0418 4502 0005 1332", "gb82west12345698765432", "NL91-ABNA-0417-1643-00"])
def test_a_real_iban_is_accepted_however_it_is_typed(iban: str) -> None:
    """With spaces or dashes, in small letters; kept in one form."""
    assert values.is_iban(iban) is True
    assert values.tidy_iban(iban).isalnum()
    assert values.tidy_iban(iban).isupper()


@pytest.mark.parametrize(
    ("iban", "words"),
    [("ES91 2100 0418 4502 0005 1333", "typing mistake"), ("hello", "two letters"), ("", "two letters")],
)
def test_a_wrong_iban_is_refused_in_words(iban: str, words: str) -> None:
    """A wrong digit is told apart from something else altogether."""
    assert words in str(values.is_iban(iban))


@given(place=st.integers(4, 23), more=st.integers(1, 9))
def test_one_wrong_digit_is_always_found(place: int, more: int) -> None:
    """The check digits of an IBAN catch every single mistake."""
    right = "ES9121000418450200051332"
    wrong = right[:place] + str((int(right[place]) + more) % 10) + right[place + 1 :]

    assert "typing mistake" in str(values.is_iban(wrong))


@pytest.mark.parametrize(("amount", "fine"), [(12.34, True), (100.0, True), (0.1 + 0.2, True), (1.005, False)])
def test_amounts_have_at_most_two_decimals(amount: float, fine: bool) -> None:
    """Nobody can send a fraction of a cent."""
    assert (values.is_whole_cents(amount) is True) == fine


def test_payments_begin_today_or_later() -> None:
    """Yesterday is refused in words."""
    today = date.today()

    assert values.is_from_today_on(today.isoformat()) is True
    assert "has passed" in str(values.is_from_today_on((today - timedelta(days=1)).isoformat()))
