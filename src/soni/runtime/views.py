"""A dialogue as others see it: the reply to a message, and the conversation for people to look at."""

from typing import Final

from soni.compiler.assistant import Assistant
from soni.config.steps import Collect
from soni.dialogue.scope import visible
from soni.dialogue.state import ConversationState, Dialogue
from soni.dialogue.transitions import pending
from soni.runtime.messages import ConversationView, Message, Reply

MASK: Final = "•••"
"""Stands for a sensitive value."""


def reply_of(message: Message, draft: Dialogue, assistant: Assistant) -> Reply:
    """What is answered to this message, of which the draft is what came."""
    return Reply(
        user_id=message.user_id,
        message_id=message.message_id,
        turn=draft.turn,
        messages=draft.said,
        state=_state(draft),
        active_flow=_active_flow(draft),
        expected_slot=_expected_slot(draft, assistant),
    )


def view_of(user_id: str, dialogue: Dialogue, assistant: Assistant) -> ConversationView:
    """The conversation with this user; sensitive values are masked."""
    slots = assistant.config.slots
    values = visible(dialogue, assistant.flows)
    return ConversationView(
        user_id=user_id,
        turn=dialogue.turn,
        language=dialogue.language,
        state=_state(dialogue),
        active_flow=_active_flow(dialogue),
        expected_slot=_expected_slot(dialogue, assistant),
        stack=tuple({"flow": f.flow, "step": f.step, "waiting": f.waiting} for f in dialogue.stack),
        slots={name: MASK if name in slots and slots[name].sensitive else value for name, value in values.items()},
    )


def _state(dialogue: Dialogue) -> ConversationState:
    if dialogue.handed_off:
        return "handed_off"
    waits = (dialogue.top is not None and dialogue.top.waiting) or dialogue.clarifying is not None
    return "waiting_for_input" if waits else "idle"


def _active_flow(dialogue: Dialogue) -> str | None:
    frame = dialogue.base or dialogue.top
    return frame.flow if frame else None


def _expected_slot(dialogue: Dialogue, assistant: Assistant) -> str | None:
    step = None if dialogue.handed_off else pending(dialogue, assistant.flows)
    return step.slot if isinstance(step, Collect) else None
