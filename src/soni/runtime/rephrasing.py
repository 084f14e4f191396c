"""What the assistant says, in a model's words: templates go out, templates come back, and Soni fills in the values itself."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from soni.dialogue.state import Dialogue, Utterance
from soni.runtime.recording import heard
from soni.templates import parse_template
from soni.toolbox import Toolbox

_PATIENCE: Final = 3.0
"""Seconds that all messages of a turn have together: other words are a nicety, and an answer is not kept waiting for them."""

_LEAST: Final = 0.1
"""Seconds in which no model answers; to ask it all the same would only count as its failure."""


async def in_other_words(before: Dialogue, draft: Dialogue, toolbox: Toolbox) -> Dialogue:
    """The draft with its messages as they are said; as they are written where there are no other words in time.

    A question that was asked as it is written, because no model answered, say, is asked again in the same words.
    """
    writer = toolbox.writer
    within = min(_PATIENCE, toolbox.left())
    if writer is None or within < _LEAST:
        return draft
    asked = {utterance.text for utterance in before.said if utterance.question}
    said = tuple(replace(u, wording=None) if u.question and u.text in asked else u for u in heard(draft))
    templates = list(dict.fromkeys(u.wording.template for u in said if u.wording is not None))
    found = await asyncio.gather(
        *(writer.rephrase(each, draft.language, within=within, tell=toolbox.emit) for each in templates)
    )
    others = {template: words for template, words in zip(templates, found, strict=True) if words is not None}
    return replace(draft, said=tuple(_reworded(utterance, others) for utterance in said))


def _reworded(utterance: Utterance, others: Mapping[str, str]) -> Utterance:
    wording = utterance.wording
    if wording is None or wording.template not in others:
        return utterance
    return replace(utterance, text=parse_template(others[wording.template]).fill(wording.values))
