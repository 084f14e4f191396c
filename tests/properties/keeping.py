"""What holds of every conversation after every turn, whatever the assistant and whatever was said."""

import json
from collections.abc import Iterator, Mapping

from soni import Reply
from soni.config.models import SoniConfig
from soni.config.steps import Collect, Confirm, While, walk
from soni.dialogue.state import Dialogue, Frame
from soni.value import Value

_MAX_DUE = 8


def check_form(dialogue: Dialogue, config: SoniConfig, steps: Mapping[str, frozenset[str]]) -> None:
    """The dialogue is well-formed; ``steps`` are those of each flow, the patterns' too."""
    assert Dialogue.from_json(json.loads(json.dumps(dialogue.to_json(), allow_nan=False))) == dialogue, "JSON keeps all"
    limits, conversation = config.settings.flow_management, config.settings.conversation
    for frame in every_frame(dialogue):
        assert frame.step in steps[frame.flow], f"{frame.flow} stands at {frame.step}, which is none of its steps"
    ids = [frame.id for frame in every_frame(dialogue)]
    assert len(set(ids)) == len(ids), "every frame has an id of its own"
    assert max(ids, default=0) <= dialogue.frames
    started = [frame.flow for frame in dialogue.stack if frame.kind == "started"]
    assert len(started) <= limits.max_stack_depth, f"{started} are too many"
    assert len(set(started)) == len(started), f"{started}: a flow is doubled"
    assert not any(frame.waiting for frame in dialogue.stack[:-1]), "only the top frame waits"
    assert all(frame.kind != "called" or at for at, frame in enumerate(dialogue.stack)), (
        "a called flow stands on its caller"
    )
    assert dialogue.handed_off or dialogue.top is None or dialogue.top.answer is None, "every answer is read"
    assert dialogue.handed_off or all(frame.effect is not None for frame in dialogue.due), "what was due has been said"
    assert len(dialogue.due) <= _MAX_DUE
    assert dialogue.idle_turns <= conversation.max_turns_without_progress
    assert len(dialogue.history) <= conversation.max_history
    assert len(dialogue.completed) <= limits.max_completed_flows
    most = max(config.settings.collection.max_validation_attempts, 3)
    assert all(0 <= count < most for frame in every_frame(dialogue) for count in frame.attempts.values())
    for frame in dialogue.stack:
        for loop in _loops(config, frame.flow):
            within = {loop.step, *(step.step for step in walk(loop.do))}
            assert loop.step not in frame.rounds or frame.step in within, (
                f"{loop.step} is left, and has its rounds still"
            )
    for slots in _slots(dialogue):
        _check_values(slots, config)


def check_reply(before: Dialogue, reply: Reply, after: Dialogue, config: SoniConfig) -> None:
    """The user was answered, once, and knows what is asked."""
    silent = before.handed_off
    assert bool(reply.text.strip()) != silent, "everybody is answered, unless a person talks"
    assert reply.messages == after.said
    assert reply.turn == after.turn == before.turn + 1
    assert (reply.state == "handed_off") == after.handed_off
    assert sum(utterance.question for utterance in reply.messages) <= 1, "one question at a time"
    assert not any(utterance.question for utterance in reply.messages[:-1]), "the question comes last"
    top = after.top
    if top is None or after.handed_off:
        assert reply.expected_slot is None
        return
    assert top.waiting, "a stack waits for the user"
    flow = config.flows.get(top.flow)
    step = next((each for each in flow.walk() if each.step == top.step), None) if flow else None
    if isinstance(step, Collect | Confirm) and after.clarifying is None:
        assert reply.messages[-1].question, "what is waited for has been asked"
    if isinstance(step, Collect):
        assert reply.expected_slot == step.slot
    if reply.messages[-1].question:
        assert isinstance(step, Collect | Confirm) or flow is None
        assert f"[{top.flow}.{top.step}]" in reply.messages[-1].text or top.flow.startswith("pattern_")


def every_frame(dialogue: Dialogue) -> Iterator[Frame]:
    """Every frame of the stack, with those of finished calls."""

    def within(frame: Frame) -> Iterator[Frame]:
        yield frame
        for called in frame.calls.values():
            yield from within(called)

    for frame in dialogue.stack:
        yield from within(frame)


def _loops(config: SoniConfig, flow: str) -> Iterator[While]:
    steps = config.flows[flow].walk() if flow in config.flows else ()
    return (step for step in steps if isinstance(step, While))


def _slots(dialogue: Dialogue) -> Iterator[Mapping[str, Value]]:
    yield dialogue.slots
    if dialogue.clarifying is not None:
        yield dialogue.clarifying.slots
    for frame in (*every_frame(dialogue), *dialogue.due):
        yield frame.slots
        yield frame.early
        if frame.effect is not None:
            yield {name: value for name, value in frame.effect.slots.items() if value is not None}


def _check_values(slots: Mapping[str, Value], config: SoniConfig) -> None:
    """A value is of its slot's type and within its limits: looked at with other eyes than those that let it in."""
    for name, value in slots.items():
        slot = config.slots[name]
        match slot.type:
            case "integer":
                assert type(value) is int, f"{name} is {value!r}"
                assert slot.min is None or value >= int(slot.min), f"{name} is {value!r}"
                assert slot.max is None or value <= int(slot.max), f"{name} is {value!r}"
            case "choice":
                assert value in [choice.value for choice in slot.choices], f"{name} is {value!r}"
            case "boolean":
                assert type(value) is bool, f"{name} is {value!r}"
            case _:
                assert type(value) is str, f"{name} is {value!r}"
