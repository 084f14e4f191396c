"""What the bank accepts as an account number, an amount, a day."""

import re
from datetime import date
from typing import Final

from soni import normalizer, validator
from soni_bank.money import cents

_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


@validator("iban")
def is_iban(value: str) -> bool | str:
    """Letters and digits in the right places, and a check number that fits (ISO 13616: the remainder by 97 is one)."""
    iban = tidy_iban(value)
    if not _IBAN.fullmatch(iban):
        return "An IBAN begins with two letters and two digits, such as ES91 2100 0418 4502 0005 1332."
    digits = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
    return int(digits) % 97 == 1 or "The check digits of that IBAN don't fit, so there is a typing mistake in it."


@normalizer("iban")
def tidy_iban(value: str) -> str:
    """Without spaces, in capitals."""
    return re.sub(r"[\s-]", "", value).upper()


@validator("whole_cents")
def is_whole_cents(value: float) -> bool | str:
    """No fractions of a cent."""
    return abs(value - cents(value) / 100) < 1e-9 or "Please give an amount with at most two decimals."


@validator("from_today_on")
def is_from_today_on(value: str) -> bool | str:
    """A payment cannot begin in the past."""
    return date.fromisoformat(value) >= date.today() or "That day has passed. Please give me a date from today on."
