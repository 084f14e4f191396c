"""What an understander is told of a conversation."""

from collections.abc import Mapping

from soni.config.steps import Collect
from soni.dialogue import repair
from soni.dialogue.admission import in_scope
from soni.dialogue.clarifying import choices
from soni.dialogue.flows import Flows
from soni.dialogue.scope import visible
from soni.dialogue.secrets import secrets_of
from soni.dialogue.stack import started
from soni.dialogue.state import Dialogue
from soni.dialogue.transitions import pending
from soni.toolbox import Toolbox
from soni.understanding.base import Briefing, Expectation, Said


def brief(dialogue: Dialogue, toolbox: Toolbox) -> Briefing:
    """The conversation as understanding may see it."""
    flows, base = toolbox.flows, dialogue.base
    slots = visible(dialogue, flows)
    return Briefing(
        now=toolbox.now,
        language=dialogue.language,
        active_flow=base.flow if base else None,
        interrupted=tuple(frame.flow for frame in reversed(started(dialogue)) if frame is not base),
        expected=_expected(dialogue, flows),
        flows=in_scope(flows),
        slots={
            name: None if flows.slots[name].sensitive else value for name, value in slots.items() if name in flows.slots
        },
        asked=_asked(dialogue),
        offered=_offered(dialogue, flows),
        choosing=dialogue.clarifying is not None,
        history=tuple(Said(line.role, line.text) for line in dialogue.history),
        secrets=secrets_of(flows, dialogue),
        tell=toolbox.emit,
    )


def _expected(dialogue: Dialogue, flows: Flows) -> Expectation | None:
    step = pending(dialogue, flows)
    if step is None or dialogue.top is None:
        return None
    question = next((u for u in reversed(dialogue.said) if u.question), None)
    return Expectation(
        flow=dialogue.top.flow,
        slot=step.slot if isinstance(step, Collect) else None,
        prompt=question.text if question else "",
        buttons={button.title: button.payload for button in question.buttons} if question else {},
    )


def _asked(dialogue: Dialogue) -> tuple[str, ...]:
    """The slots the flow the user is in has asked, those of its calls too."""
    base = dialogue.base
    if base is None:
        return ()
    start, stop = dialogue.group(dialogue.stack.index(base))
    asked: dict[str, None] = {}
    for frame in dialogue.stack[start:stop]:
        for called in frame.calls.values():
            asked.update(dict.fromkeys(called.asked))
        asked.update(dict.fromkeys(frame.asked))
    return tuple(asked)


def _offered(dialogue: Dialogue, flows: Flows) -> Mapping[str, str]:
    """What was offered last, besides the pending question: title → payload."""
    if dialogue.clarifying is not None:
        return {repair.name_of(flows, name): f"/start_flow {name}" for name in choices(dialogue, flows)}
    last = dialogue.said[-1] if dialogue.said else None
    return {} if last is None or last.question else {button.title: button.payload for button in last.buttons}
