"""Each step tells where the flow went from it."""

import pytest

from soni import Message, RuntimeLoop
from soni.config.loader import load_config_text
from soni.errors import FlowError
from soni.events import Event, StepRan
from soni.testing import ScriptedUnderstander

ASSISTANT = load_config_text("""
version: "1.0"
settings: {persistence: {backend: memory}}
slots:
  vip: {type: boolean, prompt: Are you?}
flows:
  visit:
    steps:
      - {step: ask, type: collect, slot: vip}
      - {step: greet, type: say, when: vip, message: Welcome back.}
      - {step: helped, type: call, flow: help}
      - step: which
        type: branch
        slot: vip
        cases: {true: [{step: sure, type: confirm, on_deny: [{step: pass_on, type: link, flow: help}]}], default: end}
      - {step: bye, type: say, message: Bye., jump_to: restart, when: vip is not set}
  help:
    startable: false
    steps:
      - {step: do_it, type: say, message: Helped.}
""")


@pytest.mark.parametrize(
    ("said", "steps"),
    [
        (
            ["/start_flow visit", "/set_slot vip=true", "/affirm"],
            [
                "ask Wait ", "ask Next greet", "greet Next helped", "helped Push ", "do_it Next end",
                "helped Next which", "which Goto sure", "sure Wait ", "sure Next bye", "bye Skipped end",
            ],
        ),
        (
            ["/start_flow visit vip=false"],
            [
                "ask Next greet", "greet Skipped helped", "helped Push ", "do_it Next end", "helped Next which",
                "which Goto end",
            ],
        ),
        (
            ["/start_flow visit vip=true", "/deny"],
            [
                "ask Next greet", "greet Next helped", "helped Push ", "do_it Next end", "helped Next which",
                "which Goto sure", "sure Wait ", "sure Goto pass_on", "pass_on Swap ", "do_it Next end",
            ],
        ),
    ],
)  # fmt: skip
async def test_where_the_flow_goes(said: list[str], steps: list[str]) -> None:
    """A step id or a reserved target; nothing while it waits, while another flow runs, and where one takes over."""
    events: list[Event] = []
    async with RuntimeLoop(ASSISTANT, understander=ScriptedUnderstander(), listeners=[events.append]) as loop:
        for text in said:
            await loop.process_message(Message("ana", text))

    ran = [event for event in events if isinstance(event, StepRan) and not event.flow.startswith("pattern_")]
    assert [f"{event.step} {event.outcome} {event.to}" for event in ran] == steps


async def test_a_step_that_fails_has_run() -> None:
    """Also where nothing handles the failure."""
    config = load_config_text("""
version: "1.0"
settings: {persistence: {backend: memory}}
slots: {count: {type: integer, max: 3}}
flows: {count: {steps: [{step: ten, type: set, slots: {count: 10}}]}}
""")
    events: list[Event] = []

    async with RuntimeLoop(config, listeners=[events.append]) as loop:
        with pytest.raises(FlowError):
            await loop.process_message(Message("ana", "/start_flow count"))

    assert [event for event in events if isinstance(event, StepRan)] == [StepRan("count", "ten", "Failed", "")]
