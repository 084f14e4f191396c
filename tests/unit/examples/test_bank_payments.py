"""Money that leaves an account: once and only once, and never more than is there or allowed."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from soni_bank import accounts, recurring, transfers
from soni_bank.customers import CONTACTS, DAILY_LIMIT
from soni_bank.database import PATH_VARIABLE, reading
from soni_bank.money import cents

from soni import ActionContext
from soni.value import Value

NAME, IBAN = CONTACTS[0]
SOME: Final = 50.0


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bank of its own for each test."""
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path / "bank.db"))


def checking(ctx: ActionContext) -> Value:
    """Euros in the checking account."""
    return accounts.get_balances(ctx)["checking_balance"]


def send(ctx: ActionContext, amount: float, key: str, account: str = "checking") -> dict[str, Value]:
    """Send money to the first contact, as a request of its own."""
    return transfers.transfer_funds(account, amount, NAME, IBAN, replace(ctx, idempotency_key=key))


def test_a_transfer_takes_what_it_sends(somebody: ActionContext) -> None:
    """The balance afterwards is told, and the statement has a line for it."""
    sent = send(somebody, 12.34, "one")

    assert sent["verdict"] == "fine"
    assert sent["balance"] == checking(somebody) == 2487.66
    assert f"Transfer to {NAME}, -12.34 euros" in str(accounts.get_history(1, somebody)["history_list"])


def test_a_repeated_key_moves_nothing_and_answers_the_same(somebody: ActionContext) -> None:
    """From one thread or from many: money moves once."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(somebody, SOME, "the same"), range(16)))

    assert all(answer == answers[0] for answer in answers)
    assert checking(somebody) == 2450.0


def test_different_requests_at_once_all_count(somebody: ActionContext) -> None:
    """No transfer is lost between two that are made at the same moment."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: send(somebody, SOME, f"request {number}"), range(16)))

    assert checking(somebody) == 2500.0 - 16 * SOME


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(amounts=st.lists(st.integers(1, 200_000), max_size=8))
def test_no_sequence_of_transfers_overdraws_or_breaks_the_limit(amounts: list[int], somebody: ActionContext) -> None:
    """Whatever is asked for: nothing below zero, no more than a day's limit, and what left is what was confirmed."""
    me = replace(somebody, user_id=str(uuid4()))

    sent = [
        amount
        for nth, amount in enumerate(amounts)
        if send(me, amount / 100, f"{me.user_id} {nth}")["verdict"] == "fine"
    ]

    left = checking(me)
    assert isinstance(left, float)
    assert cents(left) == 250_000 - sum(sent) >= 0
    assert sum(sent) <= DAILY_LIMIT


@pytest.mark.parametrize(
    ("account", "amount", "verdict"),
    [
        ("checking", 2500.0, "fine"),
        ("checking", 2500.01, "insufficient_funds"),
        ("savings", 3000.0, "fine"),
        ("savings", 3000.01, "over_limit"),
    ],
)
def test_a_check_says_what_a_transfer_would(account: str, amount: float, verdict: str, somebody: ActionContext) -> None:
    """The check and the transfer come to the same verdict; a refused transfer moves nothing."""
    checked = transfers.check_transfer(account, amount, somebody)
    before = accounts.get_balances(somebody)
    sent = send(somebody, amount, "one", account)

    assert checked["verdict"] == sent["verdict"] == verdict
    assert (accounts.get_balances(somebody) == before) == (verdict != "fine")


def test_what_was_sent_today_counts_against_the_limit(somebody: ActionContext) -> None:
    """From both accounts together; money moved between them does not count."""
    send(somebody, 1000.0, "one")
    transfers.move_funds("checking", 500.0, replace(somebody, idempotency_key="own"))

    assert transfers.check_transfer("savings", 2000.0, somebody)["limit_left"] == 2000.0
    assert transfers.check_transfer("savings", 2000.01, somebody)["verdict"] == "over_limit"


def test_money_moves_between_own_accounts(somebody: ActionContext) -> None:
    """What one loses the other gains, once per request."""
    check = transfers.check_move("savings", 200.0, somebody)

    moved = transfers.move_funds("savings", 200.0, somebody)
    again = transfers.move_funds("savings", 200.0, somebody)

    assert (check["from_account"], check["verdict"]) == ("checking", "fine")
    assert moved == again == {"verdict": "fine", "checking_balance": 2300.0, "savings_balance": 8200.0}


def test_no_more_moves_than_there_is(somebody: ActionContext) -> None:
    """Neither the check nor the move allows it."""
    assert transfers.check_move("savings", 2500.01, somebody)["verdict"] == "insufficient_funds"
    assert transfers.move_funds("savings", 2500.01, somebody)["checking_balance"] == 2500.0


def test_a_bill_is_paid_once(somebody: ActionContext) -> None:
    """Afterwards it is not due, and neither the same request nor another takes money again."""
    due = transfers.get_bill("water", somebody)

    transfers.pay_bill("water", somebody)
    transfers.pay_bill("water", somebody)
    transfers.pay_bill("water", replace(somebody, idempotency_key="another"))

    assert due == {"bill_amount": 31.75, "verdict": "fine"}
    assert checking(somebody) == 2468.25
    assert transfers.get_bill("water", somebody)["bill_amount"] == 0
    assert transfers.list_bills(somebody)["bill_list"] == "electricity 64.20 euros, internet 45.00 euros"


def test_a_bill_without_money_is_not_paid(somebody: ActionContext) -> None:
    """It stays due."""
    send(somebody, 2490.0, "nearly all")

    paid = transfers.pay_bill("internet", somebody)

    assert transfers.get_bill("internet", somebody)["verdict"] == paid["verdict"] == "insufficient_funds"
    assert checking(somebody) == 10.0
    assert transfers.list_bills(somebody)["bill_count"] == 3


def test_recurring_payments_are_kept_until_they_are_stopped(somebody: ActionContext) -> None:
    """Set up once per request, found by a part of the name, listed with their buttons, and stopped."""
    arguments = ("David Chen", CONTACTS[2][1], 30.0, "monthly", "2050-01-31")
    first = recurring.set_up_recurring(*arguments, somebody)
    second = recurring.set_up_recurring(*arguments, somebody)
    listed = recurring.list_recurring(somebody)
    found = recurring.find_recurring("chen", somebody)

    recurring.cancel_recurring(number(found["recurring_id"]), replace(somebody, idempotency_key="stop"))

    assert first == second == {"recurring_text": "30.00 euros monthly to David Chen (next on 31 January)"}
    assert listed["recurring_count"] == 3
    assert {"title": "3. David Chen", "payload": "/set_slot recurring_payee=3"} in listing(listed)
    assert str(listed["recurring_list"]).splitlines()[2] == f"3. {found['recurring_text']}"
    assert recurring.find_recurring("chen", somebody)["recurring_matches"] == 0


def test_nobody_stops_the_payments_of_others(somebody: ActionContext) -> None:
    """A number alone is not enough."""
    mine = recurring.find_recurring("bob", somebody)

    recurring.cancel_recurring(number(mine["recurring_id"]), replace(somebody, user_id="eve", idempotency_key="theft"))

    assert recurring.find_recurring("bob", somebody) == mine


@pytest.mark.parametrize("said", ["  ", "0", "3", "Zoe"])
def test_what_is_not_on_the_list_finds_no_payment(said: str, somebody: ActionContext) -> None:
    """Blank is not everybody, and numbers begin at one."""
    assert recurring.find_recurring(said, somebody) == {
        "recurring_matches": 0,
        "recurring_text": None,
        "recurring_id": None,
    }


def test_of_several_payments_to_one_person_none_is_chosen(somebody: ActionContext) -> None:
    """The number on the list decides."""
    recurring.set_up_recurring("Bob Martin", CONTACTS[1][1], 30.0, "yearly", "2050-01-31", somebody)

    assert recurring.find_recurring("bob", somebody)["recurring_matches"] == 2
    assert recurring.find_recurring("bob", somebody)["recurring_id"] is None
    assert "yearly" in str(recurring.find_recurring("3", somebody)["recurring_text"])


def test_nothing_touches_money_outside_the_ledger(somebody: ActionContext) -> None:
    """After all kinds of payments every transaction still sums to nothing."""
    send(somebody, SOME, "one")
    transfers.move_funds("savings", SOME, replace(somebody, idempotency_key="two"))
    transfers.pay_bill("water", replace(somebody, idempotency_key="three"))

    with reading(somebody.user_id) as db:
        sums = db.execute("select distinct sum(cents) from entries group by transaction_id").fetchall()
    assert [tuple(row) for row in sums] == [(0,)]


def number(value: Value) -> int:
    """A value that is a whole number."""
    assert isinstance(value, int)
    return value


def listing(result: dict[str, Value]) -> list[Value]:
    """The buttons of a list of recurring payments."""
    buttons = result["recurring_buttons"]
    assert isinstance(buttons, list)
    return buttons
