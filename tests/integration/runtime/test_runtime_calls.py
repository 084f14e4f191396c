"""Calling other flows: what they share, what they are given, and what comes back."""

import asyncio
from pathlib import Path

import pytest

from soni.errors import ConfigurationError
from soni.runtime.loop import RuntimeLoop

from .chat import talking


async def test_a_call_without_inputs_works_on_the_callers_slots_and_returns_once() -> None:
    """The called flow asks what the caller has not, and the caller's words are not said again."""
    written = """
        slots: {x: {prompt: X?}, y: {prompt: Y?}}
        flows:
          outer:
            steps:
              - {step: hello, type: say, message: hello}
              - {step: x, type: collect, slot: x}
              - {step: go, type: call, flow: inner}
              - {step: done, type: say, message: "{x} and {y}"}
          inner:
            startable: false
            steps:
              - {step: x, type: collect, slot: x}
              - {step: y, type: collect, slot: y}
    """
    async with talking(written) as chat:
        answers = [await chat.hear(text) for text in ("/start_flow outer", "/set_slot x=1", "/set_slot y=2")]

    assert answers == ["hello\nX?", "Y?", "1 and 2"]


OWN = """
    slots: {x: {prompt: X?}, y: {prompt: Y?}, z: {prompt: Z?}}
    flows:
      outer:
        steps:
          - {step: x, type: collect, slot: x}
          - {step: go, type: call, flow: inner, inputs: {x: "{{ upper(x) }}", z: null}, outputs: {y: z}}
          - {step: done, type: say, message: "outer: {x} {y|-} {z|-}"}
      inner:
        startable: false
        inputs: [x, z?]
        outputs: [y]
        steps:
          - {step: x, type: collect, slot: x}
          - {step: y, type: collect, slot: y}
          - {step: done, type: say, message: "inner: {x} {y} {z|-}"}
"""


async def test_a_call_with_inputs_has_slots_of_its_own() -> None:
    """The called flow sees its inputs and nothing else; the caller gets its outputs and nothing else."""
    async with talking(OWN) as chat:
        answers = [await chat.hear(text) for text in ("/start_flow outer", "/set_slot x=a", "/set_slot y=b")]

    assert answers == ["X?", "Y?", "inner: A b -\nouter: a - b"]


async def test_slots_of_the_caller_are_not_seen_by_a_flow_with_its_own() -> None:
    """While the called flow asks, only what it knows is visible."""
    async with talking(OWN) as chat:
        await chat.tell("/start_flow outer", "/set_slot x=a")

        assert await chat.slots() == {"x": "A"}
        assert chat.stack == ["outer", "inner"]


async def test_an_output_that_is_unset_clears_the_callers_slot() -> None:
    """What the called flow does not know, the caller does not know afterwards."""
    written = """
        slots: {x: {filled_by: user}}
        flows:
          outer:
            steps:
              - {step: a, type: set, slots: {x: before}}
              - {step: go, type: call, flow: inner, inputs: {}, outputs: {x: x}}
              - {step: done, type: say, message: "{x|unset}"}
          inner: {startable: false, outputs: [x], steps: [{step: n, type: noop}]}
    """
    async with talking(written) as chat:
        assert await chat.hear("/start_flow outer") == "unset"


NESTED = """
    slots: {x: {prompt: X?}, y: {prompt: Y?}, z: {prompt: Z?}}
    flows:
      a:
        steps:
          - {step: x, type: collect, slot: x}
          - {step: go, type: call, flow: b}
          - {step: done, type: say, message: "{x} {y} {z}"}
      b:
        startable: false
        steps:
          - {step: go, type: call, flow: c, inputs: {}, outputs: {y: y}}
          - {step: z, type: collect, slot: z}
      c:
        startable: false
        outputs: [y]
        steps:
          - {step: y, type: collect, slot: y}
"""


async def test_early_values_reach_the_flow_they_are_for_however_deep() -> None:
    """A value for a flow that will be called, and for one that that one will call, is not asked again."""
    async with talking(NESTED) as chat:
        await chat.tell("/start_flow a", "/set_slot y=2 z=3")
        answer = await chat.hear("/set_slot x=1")

    assert answer == "1 2 3"


async def test_early_values_said_while_a_called_flow_asks_are_kept_for_later() -> None:
    """What is said in a called flow for the one that called it waits there."""
    async with talking(NESTED) as chat:
        answers = [await chat.hear(text) for text in ("/start_flow a x=1", "/set_slot z=3", "/set_slot y=2")]

    assert answers == ["Y?", "Y?", "1 2 3"]


async def test_an_early_value_can_be_taken_back_before_its_question() -> None:
    """Clearing a value that no question has asked yet forgets it."""
    async with talking(NESTED) as chat:
        await chat.tell("/start_flow a", "/set_slot y=2 z=3", "/clear_slot y", "/clear_slot z")
        answers = [await chat.hear(text) for text in ("/set_slot x=1", "/set_slot y=5", "/set_slot z=6")]

    assert answers == ["Y?", "Z?", "1 5 6"]


async def test_an_early_value_is_used_once() -> None:
    """Going back into a finished call does not bring back what was said early and changed since."""
    written = """
        slots: {x: {prompt: X?}, y: {prompt: Y?}, z: {prompt: Z?}}
        flows:
          a:
            steps:
              - {step: go, type: call, flow: b}
              - {step: z, type: collect, slot: z}
              - {step: then, type: call, flow: c, inputs: {}, outputs: {y: y}}
              - {step: sure, type: confirm, message: "{x} {y} {z}?"}
          b: {startable: false, steps: [{step: x, type: collect, slot: x}]}
          c: {startable: false, outputs: [y], steps: [{step: y, type: collect, slot: y}]}
    """
    async with talking(written) as chat:
        await chat.tell("/start_flow a", "/set_slot y=old", "/set_slot x=1", "/set_slot y=new", "/set_slot z=3")
        answer = await chat.hear("/set_slot x=2")

    assert answer == "Okay, I've changed x to 2.\n2 new 3?"


async def test_calls_can_be_nested_and_return_in_order() -> None:
    """The innermost question is asked, and each flow goes on behind its call."""
    async with talking(NESTED) as chat:
        await chat.say("/start_flow a x=1")
        deep = chat.stack
        answers = [await chat.hear(text) for text in ("/set_slot y=2", "/set_slot z=3")]

    assert deep == ["a", "b", "c"]
    assert answers == ["Z?", "1 2 3"]


async def test_cancelling_in_a_called_flow_cancels_the_flow_the_user_is_in() -> None:
    """The whole piece of work is left, whoever says so: the user, or the called flow itself."""
    denied = NESTED.replace("{step: y, type: collect, slot: y}", "{step: y, type: confirm}")
    async with talking(NESTED) as chat, talking(denied) as other:
        cancelled = await chat.tell("/start_flow a x=1", "/cancel_flow")
        refused = await other.tell("/start_flow a x=1", "/deny")

        assert cancelled == refused == "Okay, I've stopped: a."
        assert chat.stack == other.stack == []


async def test_flows_that_call_each_other_are_not_served() -> None:
    """The stack cannot grow without bound."""
    written = """
        flows:
          a: {steps: [{step: go, type: call, flow: b}]}
          b: {steps: [{step: go, type: call, flow: a}]}
    """
    with pytest.raises(ConfigurationError, match="'a' calls 'b' calls 'a'"):
        async with talking(written):
            pass


async def test_what_keeps_flows_from_being_served_has_its_place(tmp_path: Path) -> None:
    """The author is told file and line, by the server too."""
    file = tmp_path / "soni.yaml"
    file.write_text(
        'version: "1.0"\nflows:\n  a:\n    steps:\n      - {step: hi, type: say, message: Hi.}\n'
        "      - step: go\n        type: call\n        flow: a\n"
    )

    with pytest.raises(ConfigurationError, match=r"soni.yaml:8: flows.a.steps\[1\].flow: 'a' calls 'a'"):
        async with await asyncio.to_thread(RuntimeLoop.from_path, file):
            pass


async def test_restart_in_a_called_flow_keeps_what_it_was_given() -> None:
    """A called flow that begins anew still has its inputs."""
    written = """
        slots: {x: {prompt: X?}, y: {prompt: Y?}}
        flows:
          outer:
            steps:
              - {step: x, type: collect, slot: x}
              - {step: go, type: call, flow: inner, inputs: {x: "{{ x }}"}}
              - {step: done, type: say, message: done}
          inner:
            startable: false
            inputs: [x]
            steps:
              - {step: y, type: collect, slot: y}
              - {step: sure, type: confirm, message: "{x} {y}?", on_deny: restart}
    """
    async with talking(written) as chat:
        texts = ("/start_flow outer x=1", "/set_slot y=2", "/deny", "/set_slot y=3", "/affirm")
        answers = [await chat.hear(text) for text in texts]

    assert answers == ["Y?", "1 2?", "Y?", "1 3?", "done"]


async def test_a_call_passed_twice_asks_anew() -> None:
    """A flow with slots of its own knows nothing of an earlier call of it."""
    written = """
        slots: {y: {prompt: Y?}, n: {type: integer}}
        flows:
          outer:
            steps:
              - {step: zero, type: set, slots: {n: 0}}
              - {step: go, type: call, flow: inner, inputs: {}, outputs: {y: y}}
              - {step: count, type: set, slots: {n: "{{ n + 1 }}"}}
              - {step: again, type: branch, when: [{condition: n < 3, then: go}]}
              - {step: done, type: say, message: "{n} {y}"}
          inner: {startable: false, outputs: [y], steps: [{step: y, type: collect, slot: y}]}
    """
    async with talking(written) as chat:
        assert await chat.tell("/start_flow outer", "/set_slot y=1") == "Y?"
        assert await chat.tell("/set_slot y=2", "/set_slot y=3") == "3 3"


async def test_a_conditional_call_is_skipped() -> None:
    """A call whose condition is false runs nothing."""
    written = """
        flows:
          outer:
            steps: [{step: go, type: call, flow: inner, when: "false"}, {step: done, type: say, message: done}]
          inner: {startable: false, steps: [{step: no, type: say, message: never}]}
    """
    async with talking(written) as chat:
        assert await chat.hear("/start_flow outer") == "done"
