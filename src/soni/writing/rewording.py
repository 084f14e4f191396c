"""Messages in a model's words: templates go out, templates come back, and Soni fills in the values itself."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from soni.dialogue.state import Utterance
from soni.events import Listener
from soni.templates import parse_template
from soni.writing.base import Writer


async def reword(
    said: Sequence[Utterance], language: str, writer: Writer, *, within: float, tell: Listener
) -> tuple[Utterance, ...]:
    """These messages, those with a wording in other words where the writer has them within so many seconds."""
    templates = list(dict.fromkeys(u.wording.template for u in said if u.wording is not None))
    found = await asyncio.gather(*(writer.rephrase(each, language, within=within, tell=tell) for each in templates))
    others = {template: words for template, words in zip(templates, found, strict=True) if words is not None}
    return tuple(_reworded(utterance, others) for utterance in said)


def _reworded(utterance: Utterance, others: Mapping[str, str]) -> Utterance:
    wording = utterance.wording
    if wording is None or wording.template not in others:
        return utterance
    return replace(utterance, text=parse_template(others[wording.template]).fill(wording.values))
