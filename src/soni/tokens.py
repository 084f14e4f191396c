"""The words and signs that expressions are made of, and saying where one of them is wrong."""

import re
from dataclasses import dataclass
from typing import Final

from soni.errors import ExpressionError


@dataclass(frozen=True, slots=True)
class Token:
    """One word, sign or value of an expression."""

    kind: str
    """``number``, ``name``, ``quoted``, ``sign``, ``end``, or ``word``: a reserved one."""
    text: str
    """As written, but reserved words in lower case."""
    raw: str
    """As written."""
    start: int
    end: int


INSTEAD: Final = {
    "=": "to compare, write ==",
    "===": "to compare, write ==",
    "!==": "to compare, write !=",
    "<>": "to compare, write !=",
    "&&": "write 'and'",
    "||": "write 'or'",
    "&": "write 'and'",
    "|": "write 'or'",
    "!": "write 'not'",
    "**": "there are no powers; multiply instead",
    "//": "divide with /, and round() the result",
}
"""What other languages write, and what is written here instead."""

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<number>(?>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?!\w))
      | (?P<name>[^\W\d]\w*)
      | (?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<sign>[=!<>]=+|<>|&&|\|\||\*\*|//|[-+*/%<>=!()\[\],.&|])
      | (?P<end>\Z))""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}
_WORDS: Final = {written: word for word in ("and", "or", "not", "in", "is") for written in (word, word.upper())}
_STRANGE: Final = {
    '"': "this text is never closed",
    "'": "this text is never closed",
    **dict.fromkeys("“”„‘’«»", "write texts between straight quotes"),
    **dict.fromkeys("{}", "slots stand without braces here"),
    **dict.fromkeys("0123456789", "a number is followed by letters; a name cannot begin with a digit"),
}


def read_token(text: str, at: int) -> Token:
    """The first token from ``at`` on. Raises ExpressionError where there is something else."""
    found = _TOKEN.match(text, at)
    if found is None:
        rest = text[at:].lstrip()
        raise error_at(_STRANGE.get(rest[0], f"{rest[0]!r} means nothing here"), text, len(text) - len(rest))
    kind = found.lastgroup or ""
    raw, start = found[kind], found.start(kind)
    if kind == "name" and raw in _WORDS:
        return Token("word", _WORDS[raw], raw, start, found.end())
    return Token(kind, raw, raw, start, found.end())


def unquoted(text: str, token: Token) -> str:
    """What a quoted token says. Raises ExpressionError for an escape that means nothing."""
    parts: list[str] = []
    end = 1
    for escape in _ESCAPE.finditer(token.raw[:-1], 1):
        if escape[1] not in _ESCAPES:
            what = f"{escape[0]} means nothing in a text; a backslash itself is written twice"
            raise error_at(what, text, token.start + escape.start())
        parts += [token.raw[end : escape.start()], _ESCAPES[escape[1]]]
        end = escape.end()
    return "".join([*parts, token.raw[end:-1]])


def error_at(what: str, text: str, at: int) -> ExpressionError:
    """An error that says what is wrong and shows where; columns count from one."""
    excerpt = ("…" if at > 40 else "") + text[max(0, at - 40) : at + 40] + ("…" if len(text) > at + 40 else "")
    return ExpressionError(f"{what} (column {at + 1} of {excerpt!r})")
