"""Which flows have begun, and which have ended, between two moments of a dialogue."""

from collections.abc import Iterator

from soni.dialogue.state import Dialogue, Frame
from soni.events import FlowEnded, FlowStarted


def lives(
    before: Dialogue, after: Dialogue, target: str = "", *, linked: bool = False
) -> Iterator[FlowStarted | FlowEnded]:
    """The flows that were put on the stack or have left it; neither calls nor patterns.

    ``target`` is where the step that ran went to, and ``linked`` tells that it handed over to another flow.
    """
    if before.stack is after.stack:
        return
    old, new = _started(before), _started(after)
    for number, frame in old.items():
        if number not in new:
            yield FlowEnded(frame.flow, _outcome(before, frame, target, linked), frame.step)
    for number, frame in new.items():
        if number not in old:
            yield FlowStarted(frame.flow)


def abandoned(dialogue: Dialogue) -> Iterator[FlowEnded]:
    """The end of every flow that is open, where nobody comes back to it."""
    return (FlowEnded(frame.flow, "abandoned", frame.step) for frame in _started(dialogue).values())


def _started(dialogue: Dialogue) -> dict[int, Frame]:
    return {frame.id: frame for frame in dialogue.stack if frame.kind == "started"}


def _outcome(before: Dialogue, frame: Frame, target: str, linked: bool) -> str:
    if frame is before.top and target == "end":
        return "completed"
    return "linked" if linked and frame is before.base else "cancelled"
