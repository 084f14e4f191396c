"""E-mail addresses and telephone numbers."""

import re
from typing import Final

from soni.understanding.values.spans import Span
from soni.understanding.values.text import Folded

_EMAIL: Final = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}@[^\s@<>()\[\],;:\"]{1,255}")
_SPOKEN_EMAIL: Final = re.compile(r"(?<!\S)([\w.+-]{1,64})\s+at\s+([\w-]{1,63}(?:\s+dot\s+[\w-]{1,63}){1,4})(?!\w)")
_PHONE: Final = re.compile(r"(?<![\w.,:/@-])(?:\+|\(\+?)?\d(?:[\s().\-/]{0,3}\d){5,16}(?![\w@]|[:/-]\d)")
_DATE: Final = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}")

MIN_PHONE_DIGITS: Final = 6
MAX_PHONE_DIGITS: Final = 15
"""The longest number of E.164."""


def emails_in(folded: Folded) -> list[Span[str]]:
    """Every valid address of a text, in order, its domain in small letters; ``ana at example dot com`` too."""
    found: list[Span[str]] = []
    for match in _EMAIL.finditer(folded.text):
        end = match.end() - (len(match[0]) - len(match[0].rstrip(".!?'")))
        start = match.start() + len(match[0]) - len(match[0].lstrip("'"))
        if address := email_of(folded.slice(start, end)):
            found.append(Span(start, end, address))
    if not found and " at " in folded.text:
        for match in _SPOKEN_EMAIL.finditer(folded.text):
            spoken = re.sub(r"\s+dot\s+", ".", match[2])
            if address := email_of(f"{match[1]}@{spoken}"):
                found.append(Span(match.start(), match.end(), address, 0.9))
    return found


def email_of(written: str) -> str | None:
    """The address in its normal form, or ``None``; nothing is looked up on a network."""
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(written, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def phones_in(folded: Folded, language: str) -> list[Span[str]]:
    """Every telephone number of a text, in order."""
    found: list[Span[str]] = []
    for match in _PHONE.finditer(folded.text):
        if not _DATE.fullmatch(match[0]) and (number := phone_of(match[0], language)):
            found.append(Span(match.start(), match.end(), number, 1.0 if number.startswith("+") else 0.7))
    return found


def phone_of(written: str, language: str) -> str | None:
    """A number as E.164 where a ``+`` or the territory of the language (``es-ES``) tells its country, else its digits; or ``None``.

    A language alone tells no country: who writes Spanish may well live in Mexico.
    """
    import phonenumbers

    digits = re.sub(r"\D", "", written)
    if not MIN_PHONE_DIGITS <= len(digits) <= MAX_PHONE_DIGITS:
        return None
    international = written.lstrip(" (").startswith("+") or digits.startswith("00")
    region = language.replace("_", "-").partition("-")[2].upper() or None
    text = "+" + digits.removeprefix("00") if international else digits
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None if international else digits
    if not phonenumbers.is_possible_number(number):
        return None if international else digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
