"""What people say to any assistant: cancel, help, a person please; an author's flow that says the same comes first."""

from collections.abc import Mapping, Sequence

from soni.understanding.embedded.languages import ACTS, Act, Language
from soni.understanding.embedded.languages.base import spaced
from soni.understanding.embedded.said import Said, plain_words, say

_INSIDE_WORDS = 25
"""A longer message is about more than that."""


def hear(said: Said, language: Language) -> Act | None:
    """The act that a whole message is, politeness aside."""
    words = tuple(word.text for word in said.words)
    if not words or len(words) > _INSIDE_WORDS:
        return None
    for text in dict.fromkeys((spaced(words), spaced(core(words, language)))):
        for act in ACTS:
            if text and (pattern := language.whole.get(act)) and pattern.fullmatch(text):
                return act
    return None


def hear_inside(said: Said, language: Language) -> Act | None:
    """The act that a message is about, whatever else it says."""
    if len(said.words) > _INSIDE_WORDS:
        return None
    text = spaced(tuple(word.text for word in said.words))
    return next((act for act, pattern in language.inside.items() if pattern.search(text)), None)


def core(words: Sequence[str], language: Language) -> tuple[str, ...]:
    """The words without what is said around a wish: *hi, please*; nothing where there is nothing else."""
    text = spaced(tuple(words))
    while match := language.filler.match(text):
        text = text[match.end() :]
    if match := language.filler_behind.search(text):
        text = text[: match.start()]
    return tuple(text.split())


def wish(words: Sequence[str], language: Language) -> tuple[str, ...]:
    """The core without *I would like to* and *can you*."""
    text = spaced(core(words, language))
    while match := language.request.match(text):
        text = text[match.end() :]
        while filler := language.filler.match(text):
            text = text[filler.end() :]
    return tuple(text.split())


def negated(words: Sequence[str], language: Language) -> tuple[str, ...]:
    """What words wish not to be done, *I don't want to* send money, *don't* block my card; nothing where they do not."""
    text = spaced(core(words, language))
    match = language.negation.match(text)
    following = tuple(text[match.end() :].split()) if match else ()
    # "Don't I have a booking?" asks; "don't know" knows nothing.
    return () if following[:1] and following[0] in language.subjects else following


def clauses(said: Said) -> list[Said]:
    """A message cut at its commas and full stops."""
    starts = [at for at, word in enumerate(said.words) if at == 0 or word.breaks]
    return [say(said.slice(first, last)) for first, last in zip(starts, [*starts[1:], len(said.words)], strict=True)]


def taken_over(examples: Mapping[str, Sequence[str]], language: Language) -> Mapping[Act, str]:
    """The acts that an author's flow has among its examples: to say hello starts a flow that greets."""
    taken: dict[Act, str] = {}
    for flow, texts in examples.items():
        for text in texts:
            words = spaced(plain_words(text))
            for act in ACTS:
                whole, inside = language.whole.get(act), language.inside.get(act)
                if act not in taken and ((whole and whole.fullmatch(words)) or (inside and inside.search(words))):
                    taken[act] = flow
    return taken
