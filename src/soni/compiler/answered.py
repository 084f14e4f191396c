"""The frame that runs, and how its question was answered."""

from dataclasses import replace

from soni.dialogue.state import Dialogue, Frame


def running(dialogue: Dialogue) -> Frame:
    """The top frame, which is there while a step runs."""
    assert dialogue.top is not None
    return dialogue.top


def take_answer(dialogue: Dialogue) -> tuple[str | None, Dialogue]:
    """How the question was answered; reading it takes it away."""
    top = running(dialogue)
    return (top.answer, dialogue.with_top(replace(top, answer=None))) if top.answer else (None, dialogue)


def pass_settled(dialogue: Dialogue) -> Dialogue | None:
    """The dialogue in which the top frame's step is passed, where it is done already and a correction leads past it again."""
    top = running(dialogue)
    if top.step not in top.settled:
        return None
    return dialogue.with_top(replace(top, settled=tuple(done for done in top.settled if done != top.step)))
