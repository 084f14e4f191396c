"""How a message begins that takes something back: *no*, *I meant*, *change*; and what is left of it."""

from dataclasses import dataclass

from soni.understanding.embedded.languages import Language
from soni.understanding.embedded.languages.base import spaced
from soni.understanding.embedded.said import Said


@dataclass(frozen=True, slots=True)
class Opening:
    """How a message begins, and what is left of it."""

    strong: bool
    """It says that something is to be rewritten: *I meant*."""
    turned: bool
    """It may begin a correction: *no*, *sorry*, *actually*."""
    changes: bool
    """It wishes a change: *change the amount*."""
    parted: bool
    """Something stands between that and the rest: *wrong, Bob*, not *wrong name*."""
    rest: Said


def opening(said: Said, language: Language) -> Opening:
    """Take off everything that stands before what is to be rewritten."""
    texts = tuple(word.text for word in said.words)
    text = spaced(texts)
    strong = turned = changes = False
    while text:
        if match := language.correction.match(text):
            strong = True
        elif match := language.turn.match(text):
            turned = True
        elif match := language.changing.match(text):
            changes = True
        elif match := (language.filler.match(text) or language.request.match(text)):
            pass
        else:
            break
        text = text[match.end() :]
    left = len(text.split())
    rest = said if left == len(texts) else said.after(len(texts) - left)
    first = len(texts) - left
    parted = not (first and left) or said.words[first].breaks or texts[first - 1] not in language.wrong
    # "Use savings instead": what turns a message may also close it.
    closing = texts[-1:] if left > 1 else ()
    turned = turned or (
        closing[:1] != () and closing[0] in language.politeness and bool(language.turn.match(spaced(closing)))
    )
    return Opening(strong, turned, changes, parted, rest)
