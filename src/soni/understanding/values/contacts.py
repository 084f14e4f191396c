"""E-mail addresses and telephone numbers."""

import re
from typing import Final

from soni.understanding.values.spans import Span
from soni.understanding.values.text import Folded, matches
from soni.understanding.values.vocabulary import territory_of

MIN_PHONE_DIGITS: Final = 6
MAX_PHONE_DIGITS: Final = 15
"""The longest number of E.164."""

_EMAIL: Final = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}@[^\s@<>()\[\],;:\"]{1,255}")
_SPOKEN_EMAIL: Final = re.compile(
    r"(?<!\S)(?P<who>[\w.+-]{1,64})\sat\s(?P<where>[\w-]{1,63}(?:\sdot\s[\w-]{1,63}){1,4})(?!\w)"
)
_PHONE: Final = re.compile(r"(?<![\w.,:/@-])(?:\+|\(\+?)?\d(?:[\s().\-/]{0,3}\d){5,16}(?![\w@]|[:/-]\d)")
_DATE: Final = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}")


def emails_in(folded: Folded) -> list[Span[str]]:
    """Every valid address of a text, in order, its domain in small letters; ``ana at example dot com`` too."""
    found: list[Span[str]] = []
    for match in matches(_EMAIL, folded.text):
        said = match[0].rstrip(".!?'")
        start, end = match.start() + len(said) - len(said.lstrip("'")), match.start() + len(said)
        if address := email_of(folded.slice(start, end)):
            found.append(Span(start, end, address))
    for match in matches(_SPOKEN_EMAIL, folded.text):
        domain = ".".join(match["where"].split(" dot "))
        if address := email_of(f"{folded.slice(*match.span('who'))}@{domain}"):
            found.append(Span(match.start(), match.end(), address, 0.9))
    return found


def email_of(written: str) -> str | None:
    """The address in its normal form, or ``None``; nothing is looked up on a network."""
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(written, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def phone_shapes_in(text: str) -> list[Span[str]]:
    """What in a folded text is written like a telephone number, in order; whether it is one is not looked up."""
    shapes = (match for match in matches(_PHONE, text) if not _DATE.fullmatch(match[0]))
    return [Span(match.start(), match.end(), match[0]) for match in shapes]


def phones_among(shapes: list[Span[str]], language: str) -> list[Span[str]]:
    """The telephone numbers of these shapes, in order; one without a country scores 0.7."""
    numbers = ((shape, phone_of(shape.value, language)) for shape in shapes)
    return [
        Span(shape.start, shape.end, number, 1.0 if number[0] == "+" else 0.7) for shape, number in numbers if number
    ]


def phone_of(written: str, language: str) -> str | None:
    """A number as E.164 where a ``+`` or the territory of the language (``es-ES``) tells its country, else its digits; or ``None``.

    A language alone tells no country: who writes Spanish may well live in Mexico.
    """
    import phonenumbers

    digits = re.sub(r"\D", "", written)
    if not MIN_PHONE_DIGITS <= len(digits) <= MAX_PHONE_DIGITS:
        return None
    international = written.lstrip(" (").startswith("+") or digits.startswith("00")
    text = "+" + digits.removeprefix("00") if international else digits
    region = territory_of(language)
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None if international else digits
    if not phonenumbers.is_possible_number(number):
        return None if international else digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
