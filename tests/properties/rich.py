"""Two assistants that have what is seldom drawn: effects behind which answers change, and flows that call each other.

Their slots are those of every assistant that is made up; their texts begin with ``[flow.step]`` as all texts there.
"""

from typing import Final, TypeAlias

Draft: TypeAlias = dict[str, object]

SLOTS: Final[dict[str, Draft]] = {
    "t1": {"prompt": "T1?"},
    "t2": {"prompt": "T2?"},
    "n1": {"type": "integer", "prompt": "N1?", "min": 1, "max": 9},
    "k1": {"type": "choice", "prompt": "K1?", "choices": ["a", "b", "c"]},
    "b1": {"type": "boolean", "prompt": "B1?"},
    "o1": {"prompt": "O1?", "required": False},
    "c1": {"prompt": "C1?", "scope": "conversation"},
    "total": {"type": "integer", "min": 0, "max": 50},
    "r1": {},
}
ALL: Final = " ".join(f"{name}={{{name}|-}}" for name in SLOTS)
"""Every slot, as a template."""
OPEN: Final[Draft] = {"step": "open", "type": "noop"}
"""How every flow begins."""


def several(flow: str) -> Draft:
    """A response of this flow, in one of many wordings."""
    return {"text": f"[{flow}.said] {ALL}", "variations": [f"[{flow}.said] {number}: {ALL}" for number in range(9)]}


def ask(flow: str, slot: str, **more: object) -> Draft:
    """A collect."""
    return {"step": f"{slot}_1", "type": "collect", "slot": slot, "message": f"[{flow}.{slot}_1] {slot}? {ALL}", **more}


def do(flow: str, step: str, **more: object) -> Draft:
    """A writing action of its own."""
    return {"step": step, "type": "action", "call": f"write_{flow}_{step}", **more}


def tell(flow: str, step: str = "told") -> Draft:
    """A text."""
    return {"step": step, "type": "say", "message": f"[{flow}.{step}] {ALL}"}


def say(flow: str) -> Draft:
    """The flow's response, in whichever wording."""
    return {"step": "said", "type": "say", "response": flow}


def sure(flow: str, **more: object) -> Draft:
    """A confirm."""
    return {"step": "sure", "type": "confirm", "message": f"[{flow}.sure] sure? {ALL}", **more}


def compute(step: str, **slots: object) -> Draft:
    """Slots that the flow sets."""
    return {"step": step, "type": "set", "slots": slots}


def loop(until: str, *body: Draft) -> Draft:
    """A loop; its first step runs once a round."""
    tick: Draft = {"step": "tick", "type": "noop"}
    count = compute("count", total="{{ total + 1 }}")
    return {"step": "loop", "type": "while", "condition": until, "do": [tick, *body, count]}


def _flow(*steps: Draft, **more: object) -> Draft:
    return {"inputs": ["t1?"], "outputs": ["t1"], "steps": [OPEN, *steps], **more}


def lasting() -> dict[str, Draft]:
    """Effects between questions, ways back to before them, sums, a loop and a refused sum."""
    seven = {"when": "n1 == 7", "message": "Not seven."}
    f = _flow(
        compute("none", total=0),
        ask("f", "n1", rejections=[seven]),
        ask("f", "t2"),
        do("f", "first"),
        ask("f", "k1"),
        compute("sum", total="{{ total + n1 }}"),
        sure("f", on_change="n1_1"),
        do("f", "guarded1"),
        say("f"),
    )
    g = _flow(ask("g", "n1"), ask("g", "o1"), compute("sum", total="{{ n1 * 20 }}"), do("g", "last"), say("g"))
    g["steps"] = [*_steps(g), {**tell("g"), "jump_to": "end"}, tell("g", "oops")]
    h = _flow(
        compute("none", total=0),
        ask("h", "o1"),
        loop("total < 2", ask("h", "k1"), do("h", "each")),
        ask("h", "t2"),
        sure("h", on_change="o1_1", on_deny="end"),
        do("h", "guarded2"),
        say("h"),
    )
    return {"f": f, "g": g | {"on_error": "oops"}, "h": h}


def calling() -> dict[str, Draft]:
    """Calls on slots of their own and on shared ones, in a loop too, with effects and questions around them."""
    f = _flow(
        ask("f", "t2"), ask("f", "k1"), do("f", "first"), ask("f", "n1"), sure("f"), do("f", "guarded1"), say("f")
    )
    own = {"type": "call", "inputs": {"t1": "{{ t2 }}"}, "outputs": {"t1": "t2"}}
    g = _flow(
        ask("g", "t1"),
        ask("g", "k1"),
        {"step": "part", "type": "call", "flow": "h"},
        ask("g", "o1"),
        do("g", "last"),
        {"step": "own", "flow": "i", **own},
        say("g"),
    )
    h = _flow(ask("h", "t2"), ask("h", "b1"), sure("h", on_deny="end"), do("h", "guarded2"))
    nested: Draft = {"step": "nested", "type": "call", "flow": "j", "inputs": {}}
    each = (ask("i", "n1"), nested, do("i", "each"))
    i = _flow(compute("none", total=0), loop("total < 2", *each), ask("i", "t1", force=True), tell("i"))
    j = _flow(ask("j", "k1"), do("j", "deep"), tell("j"))
    return {"f": f, "g": g, "h": h, "i": i, "j": j}


def told_of(flows: dict[str, Draft]) -> Draft:
    """An assistant with these flows that asks before it leaves one, and whose small talk leads to ``f``."""
    calls = {str(step["call"]) for flow in flows.values() for step in _all(_steps(flow)) if step["type"] == "action"}
    patterns: dict[str, list[Draft]] = {
        "pattern_cancel": [
            {"step": "sure", "type": "confirm", "message": "Really?", "on_deny": "cancel_flow"},
            {"step": "told", "type": "say", "message": "Left."},
        ],
        "pattern_chitchat": [{"step": "on", "type": "link", "flow": "f"}],
    }
    return {
        "version": "1.0",
        "responses": {name: several(name) for name in flows},
        "slots": SLOTS,
        "actions": {name: {"inputs": ["n1?", "t1?"], "outputs": ["r1"]} for name in sorted(calls)},
        "flows": {**flows, **{name: {"steps": steps} for name, steps in patterns.items()}},
    }


def _steps(flow: Draft) -> list[Draft]:
    steps = flow["steps"]
    assert isinstance(steps, list)
    return steps


def _all(steps: list[Draft]) -> list[Draft]:
    """These steps, and those of loops."""
    inner = [each for step in steps if isinstance(body := step.get("do"), list) for each in body]
    return [*steps, *inner]
