"""Slots take only what fits them, whoever sets them: users, actions, set steps, calls and confirms."""

import pytest

from soni import ActionContext, action, normalizer, validator
from soni.errors import FlowError, TurnError
from soni.events import ActionRan
from soni.value import Value

from .chat import talking


@validator("small")
def small(value: Value) -> bool | str:
    return (isinstance(value, float) and value < 100) or "Too much."


@normalizer("cents")
def cents(value: Value) -> Value:
    assert isinstance(value, float)
    return round(value, 2)


READING = """
    slots:
      name: {prompt: Name?}
      rate: {type: float, validator: small, normalizer: cents}
    actions: {look_up: {inputs: [name], outputs: [rate], effect: read}}
"""
WRITING = READING.replace("look_up", "pay").replace(", effect: read", "")


async def test_what_an_action_gives_is_parsed_and_normalized() -> None:
    """A text for a number, with too many decimals, becomes the number the slot keeps."""
    written = f"""{READING}
    flows:
      f:
        steps:
          - {{step: name, type: collect, slot: name}}
          - {{step: look, type: action, call: look_up}}
          - {{step: more, type: confirm, message: "{{rate}}?"}}
    """

    @action("look_up")
    def look_up(name: str) -> dict[str, str]:
        return {"rate": "1.23456"}

    async with talking(written, look_up, small, cents) as chat:
        assert await chat.hear("/start_flow f name=Ana") == "1.23?"
        assert (await chat.slots())["rate"] == 1.23


@pytest.mark.parametrize("rate", [500.0, "no number", [1.0]])
async def test_an_output_that_does_not_fit_is_a_failed_action(rate: Value) -> None:
    """The flow goes to on_error, and the slot stays unset."""
    written = f"""{READING}
    flows:
      f:
        steps:
          - {{step: name, type: collect, slot: name}}
          - {{step: look, type: action, call: look_up, on_error: sorry}}
          - {{step: done, type: say, message: "{{rate}}", jump_to: end}}
          - {{step: sorry, type: say, message: "No rate {{rate|at all}}."}}
    """

    @action("look_up")
    def look_up(name: str) -> dict[str, Value]:
        return {"rate": rate}

    async with talking(written, look_up, small, cents) as chat:
        assert await chat.hear("/start_flow f name=Ana") == "No rate at all."
        assert [event.error for event in chat.happened(ActionRan)] == ["output"]


async def test_an_effect_whose_output_does_not_fit_is_not_repeated() -> None:
    """The user is told that something went wrong; going on passes the step, and does not pay twice."""
    written = f"""{WRITING}
    flows:
      f:
        steps:
          - {{step: name, type: collect, slot: name}}
          - {{step: pay, type: action, call: pay}}
          - {{step: done, type: say, message: "Paid at {{rate|an unknown rate}}."}}
    """
    paid: list[str] = []

    @action("pay")
    def pay(name: str, ctx: ActionContext) -> dict[str, float]:
        paid.append(ctx.idempotency_key)
        return {"rate": 500.0}

    async with talking(written, pay, small, cents) as chat:
        sorry = await chat.hear("/start_flow f name=Ana")
        done = await chat.hear("go on")

    assert "before everything was done" in sorry
    assert done == "Paid at an unknown rate."
    assert len(paid) == 1


async def test_an_effect_that_returns_what_it_did_not_declare_is_not_repeated() -> None:
    """What it declared is kept, the rest is told to the log."""
    written = f"""{WRITING}
    flows:
      f:
        steps:
          - {{step: name, type: collect, slot: name}}
          - {{step: pay, type: action, call: pay}}
          - {{step: done, type: say, message: "Paid at {{rate}}."}}
    """
    paid: list[str] = []

    @action("pay")
    def pay(name: str) -> dict[str, float]:
        paid.append(name)
        return {"rate": 5.0, "other": 1.0}

    async with talking(written, pay, small, cents) as chat:
        sorry = await chat.hear("/start_flow f name=Ana")
        done = await chat.hear("go on")

    assert "before everything was done" in sorry
    assert done == "Paid at 5."
    assert paid == ["Ana"]


async def test_a_validator_that_fails_over_an_output_fails_the_action() -> None:
    """Nothing is known about the value, and it is not kept."""
    written = """
        slots: {rate: {type: float, validator: broken}}
        actions: {look_up: {outputs: [rate], effect: read}}
        flows:
          f:
            on_error: sorry
            steps:
              - {step: look, type: action, call: look_up}
              - {step: done, type: say, message: "{rate}", jump_to: end}
              - {step: sorry, type: say, message: Sorry.}
    """

    @validator("broken")
    def broken(value: Value) -> bool:
        raise RuntimeError("no such table")

    @action("look_up")
    def look_up() -> dict[str, float]:
        return {"rate": 1.0}

    async with talking(written, look_up, broken) as chat:
        assert await chat.hear("/start_flow f") == "Sorry."


SETTING = """
    slots:
      base: {type: float, prompt: Base?}
      rate: {type: float, validator: small, normalizer: cents}
"""


async def test_what_a_set_step_computes_has_to_fit() -> None:
    """A value that fits is normalized; one that does not goes to the flow's on_error, and is told where there is none."""
    written = f"""{SETTING}
    flows:
      f:
        on_error: sorry
        steps:
          - {{step: base, type: collect, slot: base}}
          - {{step: double, type: set, slots: {{rate: "{{{{ base * 2 }}}}"}}}}
          - {{step: done, type: say, message: "{{rate}}", jump_to: end}}
          - {{step: sorry, type: say, message: "Not {{base}}."}}
    """
    async with talking(written, small, cents) as chat:
        assert await chat.hear("/start_flow f base=1.5") == "3"
        assert await chat.hear("/start_flow f base=70") == "Not 70."
    async with talking(written.replace("on_error: sorry", ""), small, cents) as chat:
        await chat.hear("/start_flow f")
        with pytest.raises(FlowError, match="'double' sets 'rate' to a value that it does not take: Too much"):
            await chat.say("/set_slot base=70")
        assert await chat.hear("/set_slot base=7") == "14"


async def test_what_passes_between_flows_has_to_fit() -> None:
    """The inputs of a call, and what it gives back."""
    written = f"""{SETTING}
    flows:
      giving:
        steps:
          - {{step: base, type: collect, slot: base}}
          - {{step: go, type: call, flow: sub, inputs: {{rate: "{{{{ base }}}}"}}}}
      sub: {{startable: false, inputs: [rate?], steps: [{{step: told, type: say, message: "{{rate}}"}}]}}
      taking:
        on_error: sorry
        steps:
          - {{step: go, type: call, flow: asking, inputs: {{}}, outputs: {{base: rate}}}}
          - {{step: told, type: say, message: "{{rate}}", jump_to: end}}
          - {{step: sorry, type: say, message: Sorry.}}
      asking: {{startable: false, outputs: [base], steps: [{{step: base, type: collect, slot: base}}]}}
    """
    async with talking(written, small, cents) as chat:
        assert await chat.hear("/start_flow giving base=1.2") == "1.2"
        with pytest.raises(TurnError, match="'go' sets 'rate'"):
            await chat.say("/start_flow giving base=700")
        assert await chat.tell("/start_flow taking", "/set_slot base=2.5") == "2.5"
        assert await chat.tell("/start_flow taking", "/set_slot base=700") == "Sorry."


async def test_a_yes_that_its_slot_does_not_take_is_told() -> None:
    """A confirm that stores its answer asks the slot's validator too."""
    written = """
        slots: {agreed: {type: boolean, validator: never}}
        flows:
          f:
            on_error: sorry
            steps:
              - {step: sure, type: confirm, slot: agreed}
              - {step: done, type: say, message: Done., jump_to: end}
              - {step: sorry, type: say, message: Sorry.}
    """

    @validator("never")
    def never(value: Value) -> bool:
        return False

    async with talking(written, never) as chat:
        assert await chat.tell("/start_flow f", "/affirm") == "Sorry."


async def test_what_no_store_can_hold_is_replaced() -> None:
    """Half a character and NUL, from a user or from an action, become the sign for what cannot be shown."""
    written = """
        slots: {code: {prompt: Code?, pattern: ".+"}, said: {}}
        actions: {echo: {inputs: [code], outputs: [said], effect: read}}
        flows:
          f:
            steps:
              - {step: code, type: collect, slot: code}
              - {step: echo, type: action, call: echo}
              - {step: done, type: say, message: "{code} {said}"}
    """

    @action("echo")
    def echo(code: str) -> dict[str, str]:
        return {"said": "a\x00b\ud800"}

    async with talking(written, echo) as chat:
        assert await chat.tell("/start_flow f", "/set_slot code=x\ud83d") == "x\ufffd a\ufffdb\ufffd"
