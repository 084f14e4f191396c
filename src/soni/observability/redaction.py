"""The last line of defence before a line is written: what looks like a secret, and what is known to be one, is left out.

Nothing of ours logs what a user said or a slot holds. But actions log and raise what they like, and libraries put into
their errors what they were given.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, quote_plus

from soni.confidential import Confidential
from soni.masking import HIDDEN
from soni.templates import plain
from soni.value import Value

_DISTINCT: Final = 4
"""Characters from which on a sensitive value is found within words too; a shorter one is part of too many."""
_UNUSUAL: Final = 10
"""The same for one that is not sensitive: names of flows and actions must stay readable."""


@dataclass(frozen=True, slots=True)
class Masks:
    """What must not be in a text, longest first."""

    sensitive: tuple[str, ...] = ()
    private: tuple[str, ...] = ()

    @classmethod
    def of(cls, turn: Confidential) -> "Masks":
        """All that is known in a turn, in every way it may be written."""
        sensitive, private = {turn.user_id} - {""}, set[str]()
        for value, is_sensitive in turn.known:
            for leaf in _leaves(value):
                if is_sensitive:
                    sensitive |= _spellings(leaf)
                elif not isinstance(leaf, bool):
                    private |= _spellings(leaf)
        return cls(_longest_first(sensitive), _longest_first(private - sensitive))


def redacted(text: str, masks: Masks = Masks(), *, private: bool = True) -> str:
    """The text without what is known (``private``: also what is not sensitive) and what looks like a secret."""
    text = _without(text, masks.sensitive, _DISTINCT)
    if private:
        text = _without(text, masks.private, _UNUSUAL)
    return without_secrets(text)


def redacted_traceback(text: str, masks: Masks, *, private: bool = True) -> str:
    """A traceback, redacted: files, numbers of lines and code say nothing of the user, and are not taken for what is known."""
    text = redacted(text, masks, private=False)
    if not private or not masks.private:
        return text
    lines, in_frame = text.split("\n"), False
    for at, line in enumerate(lines):
        if _FRAME.match(line):
            in_frame = True
        elif not (in_frame and _CODE.match(line)):
            in_frame = False
            lines[at] = _without(line, masks.private, _UNUSUAL)
    return "\n".join(lines)


def without_secrets(text: str) -> str:
    """The text without card and account numbers, addresses of people, keys, tokens and passwords, as far as they look so."""
    if _SUSPECT.search(text) is None:
        return text
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    text = _DIGITS.sub(_unless_card, text)
    return _ACCOUNT.sub(_unless_account, text)


def redacted_value(value: object, masks: Masks, *, private: bool = True) -> object:
    """A field of a line: a number or a text that is masked becomes a text; lists and objects are looked through."""
    match value:
        case None | bool():
            return value
        case str():
            return redacted(value, masks, private=private)
        case int() | float():
            written = str(value)
            told = redacted(written, masks, private=private)
            return value if told == written else told
        case Mapping():
            return {
                redacted(str(key), masks, private=private): redacted_value(item, masks, private=private)
                for key, item in value.items()
            }
        case list() | tuple() | set() | frozenset():
            return [redacted_value(item, masks, private=private) for item in value]
        case _:
            return redacted(str(value), masks, private=private)


# -- what is known ----------------------------------------------------------------------------------------------------


def _leaves(value: Value) -> Iterable[bool | int | float | str]:
    match value:
        case None | "":
            pass
        case list():
            for item in value:
                yield from _leaves(item)
        case dict():
            for item in value.values():
                yield from _leaves(item)
        case bool() | int() | float() | str():
            yield value


def _spellings(leaf: bool | int | float | str) -> set[str]:
    """As it is, as it is said, and as Python, JSON and addresses write it."""
    texts = {str(leaf), plain(leaf)}
    if isinstance(leaf, str):
        texts |= {
            leaf.strip(),
            repr(leaf)[1:-1],
            json.dumps(leaf)[1:-1],
            quote(leaf),
            quote(leaf, safe=""),
            quote_plus(leaf),
        }
    return {text for text in texts if text.strip()}


def _longest_first(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(texts, key=len, reverse=True))


def _without(text: str, values: Iterable[str], distinct: int) -> str:
    """The text without these; those with fewer characters than ``distinct`` only where they are words."""
    for value in values:
        if value in text:
            whole = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", HIDDEN, text)
            text = whole if len(value) < distinct else whole.replace(value, HIDDEN)
    return text


# -- what looks like a secret -----------------------------------------------------------------------------------------

_SUSPECT: Final = re.compile(
    r"\d(?:[ \-]?\d){7}|[@+]|://|(?i:bearer|basic |key|secret|passw|pwd|token|auth|cookie|dsn)"
    r"|input_value=|DETAIL:|CONTEXT:|\[parameters|pipeline|[A-Za-z0-9_\-]{20}|[A-Z]{2}\d\d",
)
"""Most lines hold nothing of the kind, and cost one look."""

_NAMED: Final = (
    r"(?:api[_-]?key|secret|passw(?:or)?d|pwd|authorization|cookie|dsn|access[_-]?key|private[_-]?key|(?<![a-z])token)"
)

_PATTERNS: Final = (
    # What libraries were given, in their own words.
    (re.compile(r"input_value=.*?(?=, input_type=|\]|$)", re.MULTILINE), f"input_value={HIDDEN}"),
    (re.compile(r"^(\s*(?:DETAIL|CONTEXT):).*$", re.MULTILINE), rf"\1 {HIDDEN}"),
    (re.compile(r"\[parameters: .*$", re.MULTILINE), f"[parameters: {HIDDEN}]"),
    (re.compile(r"(Command # \d+) \(.*\) of pipeline", re.DOTALL), rf"\1 ({HIDDEN}) of pipeline"),
    # postgresql://user:password@host
    (re.compile(r"(\w://)[^\s/@'\"]*(?:/[^\s/@'\"]*)?@(?=[\w\[./])"), rf"\1{HIDDEN}@"),
    (re.compile(r"\b(bearer|basic|digest|negotiate)\s+[A-Za-z0-9._~+/=\-]{6,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (
        re.compile(rf"({_NAMED}[\"']?\s*(?:=>|[:=])\s*)(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"',;&)\]}}]+)", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
    (
        re.compile(
            r"\b(?:sk|pk|rk|gsk|hf|xai|whsec|glpat|gh[opsu]|github_pat|shpat|npm|pypi|dop_v1|xox[abeoprs])[-_][A-Za-z0-9_\-]{12,}"
            r"|\bA(?:KIA|SIA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_\-]{30,}|\bSG\.[\w\-]{16,}\.[\w\-]{16,}"
            r"|\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*)?"
        ),
        HIDDEN,
    ),
    (re.compile(r"[\w.+\-]{1,64}(?:@|%40)[\w\-]+(?:\.[\w\-]+)+"), HIDDEN),
    # Telephone numbers with their country; those without look like any other number.
    (re.compile(r"(?<![\w+])\+\d(?:[ ().\-]{0,2}\d){7,14}(?!\w)"), HIDDEN),
)  # fmt: skip

# Only what cards begin with: a tenth of all numbers passes the check, milliseconds since 1970 (1…) and times (20…) among them.
_DIGITS: Final = re.compile(r"(?<![\w.])(?:[3-6]|2(?=[2-7]))(?:[ \-\u00a0]?\d){12,18}(?!\w)")
_ACCOUNT: Final = re.compile(r"(?<!\w)[A-Z]{2}\d\d(?: ?[A-Z0-9]){11,30}(?!\w)")

_FRAME: Final = re.compile(r'^[ |]*File "[^"\n]*", line \d+')
_CODE: Final = re.compile(r"^[ |]{4,}")


def _unless_card(found: re.Match[str]) -> str:
    digits = [int(each) for each in found[0] if each.isdecimal()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return HIDDEN if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 else found[0]


def _unless_account(found: re.Match[str]) -> str:
    """An IBAN: the remainder of the rearranged number is one (ISO 7064)."""
    written = found[0].replace(" ", "")
    number = "".join(str(int(each, 36)) for each in written[4:] + written[:4])
    return HIDDEN if int(number) % 97 == 1 else found[0]
