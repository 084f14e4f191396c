"""What a turn says, as it is said in the end: in other words where a model has them, and as it was heard where it was."""

from dataclasses import replace

from soni.dialogue.state import Dialogue
from soni.runtime.recording import heard
from soni.toolbox import Toolbox


async def in_other_words(before: Dialogue, draft: Dialogue, toolbox: Toolbox) -> Dialogue:
    """The draft with its messages as they are said; as they are written where there are no other words in time.

    A question that was asked as it is written, because no model answered, say, is asked again in the same words.
    """
    if toolbox.writer is None and toolbox.aloud is None:
        return draft
    said = heard(draft)
    told = toolbox.aloud.told(said) if toolbox.aloud is not None else ()
    asked = {utterance.text for utterance in before.said if utterance.question}
    rest = [replace(u, wording=None) if u.question and u.text in asked else u for u in said[len(told) :]]
    return replace(draft, said=(*told, *await toolbox.reword(rest, draft.language)))
