"""Actions in flows: what they are given, what becomes of what they give, and where a failure leads."""

import pytest

from soni import action
from soni.events import ActionRan

from .chat import talking
from .shop import Shop

SORRY = "I'm sorry, something went wrong on my side, and nothing was changed. Please try again."
NOT_KNOWN = "I'm sorry, something went wrong on my side, and I can't tell yet whether it was done. Please try again."

ERRORS = """
    slots: {amount: {type: integer, default: 5}, why: {}}
    actions: {post: {inputs: [amount], SPEC}}
    flows:
      f:
        FLOW
        steps:
          - {step: post, type: action, call: post STEP}
          - {step: done, type: say, message: done, jump_to: end}
          - {step: own, type: say, message: own way, jump_to: end}
          - {step: flows, type: say, message: the flow's way}
"""


@pytest.mark.parametrize(
    ("flow", "step", "answer"),
    [
        ("", ", on_error: own", "own way"),
        ("on_error: flows", "", "the flow's way"),
        ("on_error: flows", ", on_error: own", "own way"),
        ("", ", on_error: [{step: well, type: say, message: well}]", "well\ndone"),
        ("", ", on_error: cancel_flow", "Okay, I've stopped: f."),
        ("", "", SORRY),
    ],
)
async def test_a_failed_action_goes_where_it_is_told(flow: str, step: str, answer: str) -> None:
    """To the step's own on_error, else the flow's, else to the apology."""
    shop = Shop()
    shop.failures = 1
    written = ERRORS.replace("SPEC", "effect: write").replace("FLOW", flow or "description: f").replace("STEP", step)
    async with talking(written, shop.post) as chat:
        assert await chat.hear("/start_flow f") == answer


@pytest.mark.parametrize(
    ("spec", "step", "failures", "answer"),
    [
        ("retry: {max_attempts: 3, delay: 1ms, retry_on: [ValueError]}", "", 2, "done"),
        (
            "effect: write",
            ", retry: {max_attempts: 2, delay: 1ms, backoff: constant, retry_on: [Exception]}",
            1,
            "done",
        ),
        ("retry: {max_attempts: 3, delay: 1ms, retry_on: [ValueError]}", ", retry: {max_attempts: 1}", 1, SORRY),
        ("retry: {max_attempts: 5, delay: 1ms}", "", 1, SORRY),
    ],
)
async def test_an_action_is_tried_again_as_it_says(spec: str, step: str, failures: int, answer: str) -> None:
    """The step's retry goes before the action's; only the named errors are worth it."""
    shop = Shop()
    shop.failures = failures
    written = ERRORS.replace("SPEC", spec).replace("FLOW", "description: f").replace("STEP", step)
    async with talking(written, shop.post) as chat:
        assert await chat.hear("/start_flow f") == answer


async def test_the_steps_time_limit_goes_before_the_actions() -> None:
    """A step may be less patient than the action."""
    shop = Shop()
    shop.pay_gate.clear()
    written = """
        slots: {amount: {type: integer, default: 1}}
        actions: {pay: {inputs: [amount], outputs: [receipt], timeout: 10s}}
        flows:
          f:
            steps:
              - {step: pay, type: action, call: pay, timeout: 10ms, on_error: late}
              - {step: never, type: say, message: never}
              - {step: late, type: say, message: too late}
    """
    async with talking(written, shop.pay) as chat:
        assert await chat.hear("/start_flow f") == "too late"
        assert [event.error for event in chat.events if isinstance(event, ActionRan)] == ["timeout"]


@pytest.mark.parametrize(("effect", "words"), [("read", SORRY), ("write", NOT_KNOWN)])
async def test_what_did_not_answer_is_not_said_to_be_undone(effect: str, words: str) -> None:
    """An action that writes may have its effect after its time; the same order, tried again, has the same key."""
    shop = Shop()
    shop.pay_gate.clear()
    written = f"""
        slots: {{amount: {{type: integer, default: 1}}, receipt: {{}}}}
        actions: {{pay: {{inputs: [amount], outputs: [receipt], timeout: 10ms, effect: {effect}}}}}
        flows:
          f:
            steps:
              - {{step: pay, type: action, call: pay}}
              - {{step: done, type: say, message: "{{receipt}}"}}
    """
    async with talking(written, shop.pay) as chat:
        assert await chat.hear("/start_flow f") == words
        shop.pay_gate.set()
        assert await chat.hear("/start_flow f") == "r1"
    if effect == "write":
        assert len(set(shop.keys)) == 1


@pytest.mark.parametrize(
    ("failure", "words"),
    [(ConnectionResetError, NOT_KNOWN), (ConnectionRefusedError, SORRY), (ValueError, SORRY)],
)
async def test_only_what_may_have_been_done_is_in_doubt(failure: type[Exception], words: str) -> None:
    """Who was never reached has done nothing, and whoever says what is wrong has not either."""

    @action("pay")
    async def pay() -> None:
        raise failure

    written = """
        actions: {pay: {effect: write}}
        flows:
          f: {steps: [{step: pay, type: action, call: pay}]}
    """
    async with talking(written, pay) as chat:
        assert await chat.hear("/start_flow f") == words


async def test_inputs_and_outputs_are_mapped() -> None:
    """Inputs are slots of their name, expressions or values; outputs fill slots of their name or the mapped ones."""
    seen: list[dict[str, object]] = []

    @action("quote")
    async def quote(price: float, vip: bool = False, **rest: object) -> dict[str, object]:
        seen.append({"price": price, "vip": vip, **rest})
        return {"total": price * 2, "rate": 0, "unknown_slot": 1, "note": None}

    written = """
        slots: {amount: {type: integer}, vip: {type: boolean}, total: {type: float}, tax: {type: integer}, note: {default: old}, kept: {}}
        actions:
          quote: {inputs: [price, vip?, where?, how?], outputs: [total, rate, unknown_slot, note, kept], effect: read}
        flows:
          f:
            steps:
              - {step: set, type: set, slots: {amount: 4, note: said, kept: stays}}
              - step: quote
                type: action
                call: quote
                inputs: {price: "{{ amount + 1 }}", how: fast}
                map_outputs: {rate: tax}
              - {step: s, type: say, message: "{total} {tax} {note|-} {kept}"}
    """
    async with talking(written, quote) as chat:
        answer = await chat.hear("/start_flow f")

    assert seen == [{"price": 5, "vip": False, "how": "fast"}]
    assert answer == "10 0 old stays"


async def test_a_required_input_that_is_unset_is_an_error_of_the_action() -> None:
    """The function is not called; the way for errors is taken."""
    shop = Shop()
    written = ERRORS.replace(", default: 5", "").replace("SPEC", "effect: write").replace("FLOW", "on_error: own")
    async with talking(written.replace("STEP", ""), shop.post) as chat:
        assert await chat.hear("/start_flow f") == "own way"
        assert [event.error for event in chat.events if isinstance(event, ActionRan)] == ["input"]


async def test_only_allowed_actions_run() -> None:
    """Guardrails stop the others, unless they are switched off."""
    shop = Shop()
    on = "    settings: {security: {allowed_actions: [other], enable_guardrails: true}}"
    off = on.replace("true", "false")
    written = (
        ERRORS.replace("SPEC}", "effect: write}, other: {http: {url: 'https://other.test/x'}}")
        .replace("FLOW", "on_error: own")
        .replace("STEP", "")
    )
    answers = []
    for settings in (on, off):
        async with talking(settings + written, shop.post) as chat:
            answers.append(await chat.hear("/start_flow f"))

    assert answers == ["own way", "done"]


async def test_an_action_between_two_questions_runs_once() -> None:
    """Collect, action, say, collect, collect: later answers do not run it again, nor repeat its words."""
    runs: list[str] = []

    @action("look_up")
    def look_up(name: str) -> dict[str, str]:
        runs.append(name)
        return {"found": name.upper()}

    written = """
        slots: {name: {prompt: Name?}, found: {}, a: {prompt: A?}, b: {prompt: B?}}
        actions: {look_up: {inputs: [name], outputs: [found], effect: read}}
        flows:
          f:
            steps:
              - {step: name, type: collect, slot: name}
              - {step: look, type: action, call: look_up}
              - {step: tell, type: say, message: "Found {found}."}
              - {step: a, type: collect, slot: a}
              - {step: b, type: collect, slot: b}
    """
    async with talking(written, look_up) as chat:
        texts = ("/start_flow f", "/set_slot name=ana", "/set_slot a=1", "/chitchat", "/set_slot b=2")
        answers = [await chat.hear(text) for text in texts]

    assert answers == ["Name?", "Found ANA.\nA?", "B?", "I'm here to help.\nB?", "Okay."]
    assert runs == ["ana"]


async def test_an_effect_stays_when_a_later_step_cannot_be_computed() -> None:
    """As behind an action that fails: the flow stands at that step, and whoever says it again does not pay again."""
    shop = Shop()
    written = """
        slots: {amount: {type: integer, prompt: How much?}, zero: {type: integer, default: 0}, x: {type: float}, receipt: {}}
        actions: {pay: {inputs: [amount], outputs: [receipt]}}
        flows:
          send:
            steps:
              - {step: amount, type: collect, slot: amount}
              - {step: pay, type: action, call: pay}
              - {step: share, type: set, slots: {x: "{{ amount / zero }}"}}
              - {step: done, type: say, message: "Each gets {x}."}
    """
    async with talking(written, shop.pay) as chat:
        first = await chat.tell("/start_flow send amount=5")
        again = await chat.tell("/start_flow send amount=6")

        assert shop.paid == [5]
        assert "went wrong" in first
        assert "went wrong" in again
        assert chat.stack == ["send"]
