"""A text read out of a model's answer while it still comes: the answer is JSON, and what is heard is what stands in it."""

import json
import re
from typing import Final

from soni.understanding.model.quoting import visible
from soni.writing.base import Hear

_OPENING: Final = re.compile(r'[^{]*\{\s*"text"\s*:\s*"')
_WHOLE: Final = re.compile(
    r'(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*'
)
"""Characters of a JSON string none of which is cut off in the middle."""


class Unfolding:
    """Tells of one answer, piece by piece, what a person would see of its text.

    It is no judge: whether the answer can be read, and the text be said, is only known at its end. Where an answer looks
    otherwise than expected, nothing more is told.
    """

    def __init__(self, hear: Hear, most: int) -> None:
        """``most`` characters are told of: no longer text can be said."""
        self._hear = hear
        self._left = most
        self._open = False
        self._begun = False
        self._rest = ""
        """What was fed and is not told yet."""

    def feed(self, piece: str) -> None:
        """The next piece of the answer."""
        self._rest += piece
        if not self._open:
            opening = _OPENING.match(self._rest)
            if opening is None:
                return
            self._open, self._rest = True, self._rest[opening.end() :]
        whole = _WHOLE.match(self._rest)
        assert whole is not None, "nothing is whole, too"
        self._rest = self._rest[whole.end() :]
        text = visible(json.loads(f'"{whole[0]}"'))
        self._tell(text if self._begun else text.lstrip())

    def _tell(self, text: str) -> None:
        text = text[: self._left]
        if text:
            self._left -= len(text)
            self._hear(text, not self._begun)
            self._begun = True
