"""How commands change a dialogue: ``apply`` is the only door."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from soni.config.steps import Collect, Confirm, Step
from soni.dialogue import repair
from soni.dialogue.clarifying import asks_itself, close_choice, kept_for, open_choice, turn_to_flow
from soni.dialogue.commands import (
    Affirm,
    AskInfo,
    CancelFlow,
    ChitChat,
    Clarify,
    ClearSlot,
    Command,
    CorrectSlot,
    Deny,
    HumanHandoff,
    OutOfScope,
    Repeat,
    Restart,
    SetSlot,
    SkipQuestion,
    StartFlow,
)
from soni.dialogue.corrections import asked_value, find_asked, too_late
from soni.dialogue.flows import Flows
from soni.dialogue.scope import fill, value_of
from soni.dialogue.stack import bring_up, leave_for, make_room, start_flow, started, without_frame
from soni.dialogue.state import Answer, Dialogue, Effect, Frame
from soni.templates import plain
from soni.value import Value

# A yes or no is about the question that was put before the message, not about what the message begins. It is heard first,
# and the flow that asked acts on it as soon as it is on top again.
_ORDER = (
    Restart, CancelFlow, Affirm, Deny, StartFlow, ClearSlot, SetSlot, CorrectSlot,
    SkipQuestion, AskInfo, ChitChat, OutOfScope, Repeat, Clarify, HumanHandoff,
)  # fmt: skip


def in_order(commands: Sequence[Command]) -> list[Command]:
    """The commands in the order that makes sense of them together: leave, answer, enter, fill, and then what only asks for words."""
    return sorted(commands, key=lambda command: _ORDER.index(type(command)))


def apply(dialogue: Dialogue, command: Command, flows: Flows) -> Dialogue:
    """The dialogue after this command, which has been admitted and whose values are valid.

    Pure. What is to be said about it is left in ``dialogue.due`` as repair patterns; an open choice between flows is
    offered once, when all commands of the message are applied.
    """
    match command:
        case StartFlow(flow, slots):
            return _start(dialogue, flow, slots, flows)
        case CancelFlow(flow):
            return _cancel(dialogue, flow, flows)
        case SetSlot(slots):
            return _set(turn_to_flow(dialogue), slots, flows)
        case CorrectSlot(slots):
            return _set(turn_to_flow(dialogue), slots, flows, correct=True)
        case ClearSlot(names):
            return _clear(turn_to_flow(dialogue), names, flows)
        case Affirm():
            return _answer_confirm(turn_to_flow(dialogue), "yes")
        case Deny(slot):
            dialogue = turn_to_flow(dialogue)
            return _answer_confirm(dialogue, "no") if slot is None else _clear(dialogue, (slot,), flows)
        case SkipQuestion():
            return _skip(dialogue, flows)
        case AskInfo(slot):
            return _ask_info(dialogue, slot, flows)
        case ChitChat():
            return repair.due(dialogue, flows, "pattern_chitchat")
        case OutOfScope():
            return repair.due(dialogue, flows, "pattern_cannot_handle", {"reason": "out_of_scope"})
        case Clarify(names, slots):
            return open_choice(dialogue, names, slots, flows)
        case Repeat() if dialogue.clarifying is not None and not asks_itself(dialogue):
            return dialogue  # an open choice is offered again anyway
        case Repeat():
            return _repeat(dialogue, flows)
        case HumanHandoff():
            return repair.due(close_choice(dialogue), flows, "pattern_human_handoff", {"reason": "asked"})
        case Restart():
            return _restart(dialogue, flows)
        case _:
            assert_never(command)


def pending(dialogue: Dialogue, flows: Flows) -> Collect | Confirm | None:
    """The step whose question is pending; ``None`` while nothing is asked."""
    top = dialogue.top
    if top is None or not top.waiting or top.flow not in flows:
        return None
    step = step_of(top, flows)
    return step if isinstance(step, Collect | Confirm) else None


def step_of(frame: Frame, flows: Flows) -> Step | None:
    """The step a frame stands at; ``None`` where a deploy took it away."""
    return flows[frame.flow].steps.get(frame.step)


def notice_start(dialogue: Dialogue, flows: Flows) -> Dialogue:
    """A flow that a pattern has handed over to ends an open choice as any start does, and gets what was kept for it."""
    choice, base = dialogue.clarifying, dialogue.base
    if choice is None or base is None or base.id <= choice.since:
        return dialogue
    kept = kept_for(dialogue, base.flow, flows)
    return _set(replace(dialogue, clarifying=None), kept, flows)


def _start(dialogue: Dialogue, flow: str, slots: Mapping[str, Value], flows: Flows) -> Dialogue:
    slots = {**kept_for(dialogue, flow, flows), **slots}
    dialogue = close_choice(dialogue)
    running = next((frame for frame in reversed(started(dialogue)) if frame.flow == flow), None)
    if running is not None:
        return _set(bring_up(dialogue, running.id), slots, flows) if slots else bring_up(dialogue, running.id)
    dialogue = make_room(leave_for(dialogue, flow, flows), flows)
    return _set(start_flow(dialogue, flow, flows), slots, flows)


def _cancel(dialogue: Dialogue, flow: str | None, flows: Flows) -> Dialogue:
    if flow is None and dialogue.clarifying is not None:
        # "Neither" is about the choice; the flow below it goes on, and can be left by saying so once more.
        context: dict[str, Value] = {"reason": "clarification", "flow": None}
        return repair.due(close_choice(dialogue), flows, "pattern_cancel", context)
    dialogue = close_choice(dialogue)
    frame = next(
        (f for f in reversed(dialogue.stack) if f.kind == "started" and flow in (None, f.flow)),
        None,
    )
    if frame is None:
        return repair.due(dialogue, flows, "pattern_cancel", {"reason": "nothing_active", "flow": None})
    if any(f.effect == (effect := Effect("cancel", frame.id)) for f in (*dialogue.due, *dialogue.stack)):
        return dialogue
    return repair.due(dialogue, flows, "pattern_cancel", {"flow": frame.flow, "reason": "asked"}, effect)


def _restart(dialogue: Dialogue, flows: Flows) -> Dialogue:
    """Nothing but who is talking, and what tells its retries and effects apart."""
    fresh = Dialogue(
        id=dialogue.id, turn=dialogue.turn, language=dialogue.language, history=dialogue.history,
        last_turns=dialogue.last_turns, frames=dialogue.frames, acted=dialogue.acted, updated=dialogue.updated,
    )  # fmt: skip
    context: dict[str, Value] = {"reason": "restart", "flow": dialogue.base.flow if dialogue.base else None}
    fresh = repair.due(fresh, flows, "pattern_cancel", context)
    return repair.due(fresh, flows, "pattern_session_start", {"reason": "restart"})


def _clear(dialogue: Dialogue, slots: Sequence[str], flows: Flows) -> Dialogue:
    return _set(dialogue, dict[str, Value].fromkeys(slots), flows, correct=True)


def _set(dialogue: Dialogue, values: Mapping[str, Value], flows: Flows, *, correct: bool = False) -> Dialogue:
    """Fill what is unset, correct what was asked before, answer the pending question."""
    corrections: dict[str, Value] = {}
    for slot, value in values.items():
        if value is not None and _is_pending(dialogue, flows, slot) and not correct:
            dialogue = _answer(fill(dialogue, flows, len(dialogue.stack) - 1, {slot: value}))
            continue
        place = find_asked(dialogue, slot)
        old = asked_value(dialogue, flows, place, slot) if place else None
        if place is not None and old is not None:
            if value != old:
                corrections[slot] = value
        elif value is not None:
            if _is_pending(dialogue, flows, slot):
                dialogue = _answer(fill(dialogue, flows, len(dialogue.stack) - 1, {slot: value}))
            else:
                dialogue = _fill_early(dialogue, flows, slot, value)
        elif correct:
            dialogue = _fill_early(dialogue, flows, slot, None)
    return _correct(dialogue, corrections, flows) if corrections else dialogue


def _is_pending(dialogue: Dialogue, flows: Flows, slot: str) -> bool:
    step = pending(dialogue, flows)
    return isinstance(step, Collect) and step.slot == slot


def _answer(dialogue: Dialogue, answer: Answer = "given") -> Dialogue:
    assert dialogue.top is not None
    return dialogue.with_top(replace(dialogue.top, waiting=False, answer=answer))


def _answer_confirm(dialogue: Dialogue, answer: Answer) -> Dialogue:
    """Answer the pending confirm, if there is one; admission has seen to it that there is."""
    return _answer(dialogue, answer) if dialogue.top and dialogue.top.waiting else dialogue


def home(dialogue: Dialogue, flows: Flows, slot: str) -> tuple[int, bool] | None:
    """The frame a value belongs to, and whether it is early for a flow that frame will call; ``None`` where it fits no active flow."""
    early: tuple[int, bool] | None = None
    for at in range(len(dialogue.stack) - 1, -1, -1):
        facts = flows[dialogue.stack[at].flow]
        if slot in facts.own:
            return at, False
        if slot in facts.called and slot not in flows.conversation and early is None:
            early = at, True
    if early is None and dialogue.stack and slot in flows.conversation:
        return len(dialogue.stack) - 1, False
    return early


def _fill_early(dialogue: Dialogue, flows: Flows, slot: str, value: Value) -> Dialogue:
    """Keep a value for the question that will ask for it, in this flow or in one it calls."""
    found = home(dialogue, flows, slot)
    if found is None:
        if slot in flows.conversation:
            slots = {name: known for name, known in dialogue.slots.items() if name != slot}
            return replace(dialogue, slots=slots if value is None else {**slots, slot: value})
        return dialogue
    at, early = found
    here = dialogue.stack.index(dialogue.base) if dialogue.base is not None else 0
    if at < here and value_of(dialogue, flows, at, slot) is not None:
        return dialogue  # what another flow was told is corrected when the user is back in it
    if not early:
        return fill(dialogue, flows, at, {slot: value})
    frame = dialogue.stack[at]
    kept = {name: known for name, known in frame.early.items() if name != slot}
    return dialogue.with_frame(at, replace(frame, early=kept if value is None else {**kept, slot: value}))


def _correct(dialogue: Dialogue, values: Mapping[str, Value], flows: Flows) -> Dialogue:
    """Let ``pattern_correction`` speak, and the values change when it ends; a pending correction is merged or replaced."""
    base = dialogue.base
    assert base is not None
    merged = dict(values)
    for frame in dialogue.due:
        if frame.effect is not None and frame.effect.kind == "correct":
            merged = {**frame.effect.slots, **merged}
    dialogue = replace(dialogue, due=tuple(f for f in dialogue.due if not _corrects(f)))
    for frame in filter(_corrects, dialogue.stack):
        dialogue = without_frame(dialogue, frame.id)
    # What is told is a change rather than a slot that is only cleared.
    first, late = min(merged, key=lambda slot: merged[slot] is None), too_late(dialogue, merged)
    place = find_asked(dialogue, first)
    context: dict[str, Value] = {
        "slot": first,
        "slots": list(merged),
        "label": repair.title(first),
        "old": asked_value(dialogue, flows, place, first) if place else None,
        "new": merged[first],
        "changes": _listed(merged, flows),
        "too_late": late,
    }
    effect = None if late else Effect("correct", base.id, merged)
    return repair.due(dialogue, flows, "pattern_correction", context, effect)


def _listed(values: Mapping[str, Value], flows: Flows) -> str | None:
    """Several changes in words, ``guests: 6, corner: quiet``; ``None`` for a single one. What is sensitive is only named."""
    told = {slot: value for slot, value in values.items() if value is not None}
    words = (
        repair.title(slot) if flows.slots[slot].sensitive else f"{repair.title(slot)}: {plain(value)}"
        for slot, value in told.items()
    )
    return ", ".join(words) if len(told) > 1 else None


def _corrects(frame: Frame) -> bool:
    return frame.effect is not None and frame.effect.kind == "correct"


def _skip(dialogue: Dialogue, flows: Flows) -> Dialogue:
    step = pending(dialogue, flows)
    if not isinstance(step, Collect):
        reason = "nothing_asked" if step is None else "confirm"
        return repair.due(dialogue, flows, "pattern_skip_question", {"reason": reason})
    if flows.slots[step.slot].required:
        context: dict[str, Value] = {"slot": step.slot, "label": repair.title(step.slot), "reason": "required"}
        return repair.due(dialogue, flows, "pattern_skip_question", context)
    return _answer(dialogue, "skipped")


def _repeat(dialogue: Dialogue, flows: Flows) -> Dialogue:
    """The pending question is asked again anyway: what is repeated is the rest."""
    utterances = [utterance for utterance in dialogue.said if not utterance.question]
    said = "\n".join(utterance.text for utterance in utterances if utterance.text)
    buttons: list[Value] = [{"title": b.title, "payload": b.payload} for each in utterances for b in each.buttons]
    nothing = "nothing_said" if not (said or buttons) and pending(dialogue, flows) is None else None
    return repair.due(
        dialogue, flows, "pattern_repeat", {"said": said or None, "buttons": buttons or None, "reason": nothing}
    )


def _ask_info(dialogue: Dialogue, slot: str | None, flows: Flows) -> Dialogue:
    step = pending(dialogue, flows)
    name = slot or (step.slot if step is not None else None)
    known = flows.slots.get(name) if name else None
    context: dict[str, Value] = {
        "slot": name,
        "label": repair.title(name) if name else None,
        "description": (known.description or None) if known else None,
        "offers": repair.offers(flows),
        "value": value_of(dialogue, flows, len(dialogue.stack) - 1, name) if name and dialogue.stack else None,
    }
    return repair.due(dialogue, flows, "pattern_ask_info", context)


def refuse(dialogue: Dialogue, flows: Flows, slot: str, message: str) -> Dialogue:
    """A message held a value that this slot does not take: say why; where it answers the pending question, count it."""
    step = pending(dialogue, flows)
    if isinstance(step, Collect) and step.slot == slot:
        return reject(dialogue, flows, step, message)
    return repair.due(dialogue, flows, "pattern_invalid_value", _refused(slot, message))


def reject(dialogue: Dialogue, flows: Flows, step: Collect, message: str) -> Dialogue:
    """The top frame's question was answered with a value that will not do: say why, and give up in time."""
    top = dialogue.top
    assert top is not None
    context = _refused(step.slot, message)
    attempts = top.attempts.get(step.step, 0) + 1
    exhausted = attempts >= (step.max_attempts or flows.max_attempts)
    counted = {**top.attempts, step.step: 0 if exhausted else attempts}
    dialogue = dialogue.with_top(replace(top, attempts=counted, waiting=False))
    if exhausted and step.on_max_attempts is not None:
        return _answer(dialogue, "exhausted")
    if exhausted:
        # A question that a pattern asks by itself, with no flow below, is left with its pattern.
        effect = Effect("cancel", (dialogue.base or dialogue.stack[0]).id)
        return repair.due(dialogue, flows, "pattern_too_many_attempts", context, effect)
    if step.on_invalid is not None:
        return _answer(dialogue, "invalid")
    return repair.due(dialogue, flows, "pattern_invalid_value", context)


def _refused(slot: str, message: str) -> dict[str, Value]:
    return {"slot": slot, "label": repair.title(slot), "reason": message}
