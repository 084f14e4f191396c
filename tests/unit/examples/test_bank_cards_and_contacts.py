"""The bank's cards and contacts: found by what people say, changed once per request, each customer's own."""

from dataclasses import replace
from pathlib import Path

import pytest
from soni_bank import cards, contacts
from soni_bank.customers import CONTACTS
from soni_bank.database import PATH_VARIABLE

from soni import ActionContext


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bank of its own for each test."""
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path / "bank.db"))


def test_a_blocked_card_stays_blocked(somebody: ActionContext) -> None:
    """The right digits do not bring it back."""
    before = cards.get_card("debit", somebody)

    cards.block_card("debit", somebody)
    activated = cards.activate_card("debit", "4021", replace(somebody, idempotency_key="activate"))

    assert before == {"card_last_four": "4021", "card_status": "active", "card_limit": 1000.0}
    assert activated == {"card_status": "blocked"}
    assert cards.get_card("debit", somebody)["card_status"] == "blocked"


def test_a_new_card_has_new_digits_and_must_be_activated(somebody: ActionContext) -> None:
    """Ordered once per request; with wrong digits it stays off, with the printed ones it works."""
    ordered = cards.order_card("credit", "express", somebody)
    again = cards.order_card("credit", "express", somebody)
    wrong = cards.activate_card("credit", "7788", replace(somebody, idempotency_key="wrong"))
    right = cards.activate_card("credit", "8899", replace(somebody, idempotency_key="right"))

    assert ordered == again == {"card_last_four": "8899", "card_status": "inactive", "delivery_days": 1}
    assert wrong == {"card_status": "inactive"}
    assert right == {"card_status": "active"}


def test_a_card_limit_is_kept(somebody: ActionContext) -> None:
    """Zero is a limit too."""
    changed = cards.change_card_limit("debit", 0, somebody)

    assert changed == {"card_limit": 0}
    assert cards.get_card("debit", somebody)["card_limit"] == 0


@pytest.mark.parametrize("kind", ["golden", ""])
def test_a_card_nobody_has_is_an_error(kind: str, somebody: ActionContext) -> None:
    """Neither looking nor changing pretends that it worked."""
    with pytest.raises(LookupError, match="card"):
        cards.get_card(kind, somebody)
    with pytest.raises(LookupError, match="card"):
        cards.block_card(kind, somebody)


@pytest.mark.parametrize("said", ["Ana Ruiz", "ana", "RUIZ", "ruiz ana", " an "])
def test_a_contact_is_found_by_any_part_of_the_name(said: str, somebody: ActionContext) -> None:
    """In any order and case."""
    found = contacts.find_contact(said, somebody)

    assert (found["contact_matches"], found["contact_name"], found["contact_iban"]) == (1, *CONTACTS[0])


def test_several_contacts_are_offered(somebody: ActionContext) -> None:
    """Nobody is chosen for the user; the full name decides."""
    both = contacts.find_contact("david", somebody)
    one = contacts.find_contact("david moreau", somebody)

    assert (both["contact_matches"], both["contact_name"]) == (2, None)
    assert both["contact_list"] == "David Chen or David Moreau"
    assert both["contact_buttons"] == [
        {"title": "David Chen", "payload": "/set_slot contact_pick='David Chen'"},
        {"title": "David Moreau", "payload": "/set_slot contact_pick='David Moreau'"},
    ]
    assert one["contact_name"] == "David Moreau"


@pytest.mark.parametrize("said", ["Zoe", "", "   ", "%"])
def test_strangers_are_not_found(said: str, somebody: ActionContext) -> None:
    """Blank is not everybody, and a sign has no meaning of its own."""
    assert contacts.find_contact(said, somebody)["contact_matches"] == 0


def test_an_exact_name_wins_over_longer_ones(somebody: ActionContext) -> None:
    """With Ana and Ana Ruiz among the contacts, Ana means Ana."""
    contacts.add_contact("Ana", "NL91ABNA0417164300", somebody)

    assert contacts.find_contact("ana", somebody)["contact_name"] == "Ana"


def test_a_contact_is_added_once(somebody: ActionContext) -> None:
    """The same request answers the same; another one for the same name adds nobody."""
    first = contacts.add_contact("Carla Rossi", "NL91ABNA0417164300", somebody)
    repeated = contacts.add_contact("Carla Rossi", "NL91ABNA0417164300", somebody)
    second = contacts.add_contact("carla rossi", "NL91ABNA0417164300", replace(somebody, idempotency_key="again"))

    assert first == repeated == {"contact_added": True}
    assert second == {"contact_added": False}
    assert contacts.list_contacts(somebody)["contact_count"] == len(CONTACTS) + 1
    assert "Carla Rossi (account ending 4300)" in str(contacts.list_contacts(somebody)["contact_list"])


def test_a_removed_contact_is_gone_for_this_customer_only(somebody: ActionContext) -> None:
    """Others keep theirs."""
    contacts.remove_contact("Ana Ruiz", somebody)

    assert contacts.find_contact("ana", somebody)["contact_matches"] == 0
    assert contacts.find_contact("ana", replace(somebody, user_id="bob"))["contact_matches"] == 1
