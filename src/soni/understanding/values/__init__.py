"""Values in what people say: dates, amounts, names, choices, yes and no, as the JSON that slots hold."""

from soni.understanding.values.answering import PLAUSIBLE, answer
from soni.understanding.values.base import Found, InvalidValue, Moment
from soni.understanding.values.finding import find
from soni.understanding.values.parsing import parse
from soni.understanding.values.people import counts_people
from soni.understanding.values.preparing import prepare
from soni.understanding.values.yes_no import yes_or_no

__all__ = [
    "PLAUSIBLE",
    "Found",
    "InvalidValue",
    "Moment",
    "answer",
    "counts_people",
    "find",
    "parse",
    "prepare",
    "yes_or_no",
]
