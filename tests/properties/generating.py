"""Small assistants, made up: what their flows do is drawn; that they load is certain.

Every text of a flow begins with ``[flow.step]`` and tells all slots, so that a reader of the replies knows which flow
spoke, and what it can see. Every flow begins with a step ``open`` that nothing leads back to but ``restart``; every
writing action belongs to one step.
"""

import json
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, TypeVar

from hypothesis import strategies as st

from soni.config.loader import load_config_text
from soni.config.models import SoniConfig
from soni.config.steps import Action, Call, Confirm, Set, Step
from soni.expressions import Expression

from .rich import ALL, SLOTS, Draft, calling, lasting, several

T = TypeVar("T", bound=Hashable)
TEXTS: Final = ("t1", "t2")
"""Slots that each flow has for itself."""
ASKED: Final = (*TEXTS, "n1", "k1", "b1", "o1", "c1")
"""Slots that a user may fill, where a flow asks for one."""
_CONDITIONS: Final = (
    "n1 > 4",
    'k1 == "a"',
    "b1",
    "t1 is not set",
    "c1 is set",
    "total < 2",
    "not o1 is set or n1 == 2",
)


@dataclass
class _Pen:
    """Draws one flow, numbering its steps."""

    draw: st.DrawFn
    flow: str
    later: tuple[str, ...]
    """Flows it may call and link to: never back, so that nothing calls itself."""
    actions: dict[str, Draft]
    number: int = 0
    collected: list[str] = field(default_factory=list)
    """Steps of this level that ask."""

    def id(self, kind: str) -> str:
        self.number += 1
        return f"{kind}{self.number}"

    def some(self, *among: object) -> object:
        return self.draw(st.sampled_from(among))

    def chance(self, one_in: int) -> bool:
        return self.draw(st.integers(1, one_in)) == one_in

    def steps(self, least: int, most: int, depth: int) -> list[Draft]:
        kinds = ["collect", "collect", "collect", "confirm", "confirm", "write", "read", "set", "say"]
        kinds += ["branch", "while"] * (depth > 0)
        kinds += ["call", "call", "link"] * bool(self.later)
        drawn = self.draw(st.lists(st.sampled_from(kinds), min_size=least, max_size=most))
        return [step for kind in drawn for step in self.write(kind, depth)]

    def write(self, kind: str, depth: int) -> Iterator[Draft]:
        step = self.id(kind)
        match kind:
            case "collect":
                yield self.collect(step, depth)
            case "say":
                yield {**self.say(step), **self.maybe(3, when=self.some(*_CONDITIONS))}
            case "confirm":
                yield self.confirm(step, depth)
                yield self.action(self.id("guarded"), "write", depth)
            case "write" | "read":
                yield self.action(step, kind, depth)
            case "set":
                yield {"step": step, "type": "set", "slots": self.some(
                    {"total": "{{ n1 }}"}, {"r1": "{{ t1 }}"}, {"total": 0}, {"t2": None}, {"o1": "{{ t2 }}"},
                    {"k1": "b"})}  # fmt: skip
            case "branch":
                yield self.branch(step, depth)
            case "while":
                yield {"step": self.id("set"), "type": "set", "slots": {"total": 0}}
                body: list[Draft] = [{"step": self.id("tick"), "type": "noop"}, *self.steps(0, 2, 0)]
                count = {"step": self.id("set"), "type": "set", "slots": {"total": "{{ total + 1 }}"}}
                most = self.some("total < 0", "total < 1", "total < 3")
                # What the body does to the total must not keep the loop from its end.
                body = [each for each in body if "total" not in str(each.get("slots"))]
                yield {"step": step, "type": "while", "condition": most, "do": [*body, count]}
            case "call":
                callee, own = self.some(*self.later), self.chance(2)
                given = {"inputs": self.some({"t1": "{{ t2 }}"}, {}), "outputs": self.some({"t1": "t2"}, {})}
                yield {"step": step, "type": "call", "flow": callee, **(given if own else {})}
            case _:
                yield {"step": step, "type": "link", "flow": self.some(*self.later), "when": self.some(*_CONDITIONS)}

    def maybe(self, one_in: int, **what: object) -> Draft:
        return what if self.chance(one_in) else {}

    def say(self, step: str) -> Draft:
        return {"step": step, "type": "say", "message": f"[{self.flow}.{step}] {ALL}"}

    def collect(self, step: str, depth: int) -> Draft:
        slot = str(self.some(*ASKED))
        drawn: Draft = {
            "step": step,
            "type": "collect",
            "slot": slot,
            "message": f"[{self.flow}.{step}] {slot}? {ALL}",
        }
        drawn |= self.maybe(5, force=True) | self.maybe(5, when=self.some(*_CONDITIONS))
        drawn |= self.maybe(3, rejections=[{"when": "n1 == 7", "message": "Not seven."}])
        drawn |= self.maybe(4, max_attempts=self.some(1, 2))
        if depth and self.chance(5):
            drawn["on_invalid"] = [{**self.say(self.id("say")), "jump_to": step}]
        if depth and self.chance(5):
            drawn["on_max_attempts"] = [self.say(self.id("say"))]
        self.collected.append(step)
        return drawn

    def confirm(self, step: str, depth: int) -> Draft:
        drawn: Draft = {"step": step, "type": "confirm", "message": f"[{self.flow}.{step}] sure? {ALL}"}
        if self.chance(2):
            away: Draft = {**self.say(self.id("say")), "jump_to": "end"}
            drawn["on_deny"] = self.some("end", "restart", "cancel_flow", [away])
        if depth and self.collected and self.chance(3):
            drawn["on_change"] = self.some(*self.collected, step)
        return drawn | self.maybe(4, slot="b1")

    def action(self, step: str, effect: str, depth: int) -> Draft:
        name = f"{effect}_{self.flow}_{step}"
        self.actions[name] = {
            "inputs": ["n1?", "t1?"],
            "outputs": ["r1"],
            "effect": "read" if effect == "read" else "write",
        }
        return {"step": step, "type": "action", "call": name, **self.maybe(3, on_error=[self.say(self.id("say"))])}

    def branch(self, step: str, depth: int) -> Draft:
        one = self.steps(0, 2, depth - 1) or [self.say(self.id("say"))]
        other = "end" if self.chance(4) else self.steps(0, 2, depth - 1) or [self.say(self.id("say"))]
        if self.chance(2):
            return {"step": step, "type": "branch", "slot": "k1", "cases": {"a": one, "default": other}}
        arms = [{"condition": self.some(*_CONDITIONS), "then": one}, {"else": other}]
        return {"step": step, "type": "branch", "when": arms}


_PATTERNS: Final[dict[str, list[Draft]]] = {
    "pattern_correction": [
        {"step": "sure", "type": "confirm", "message": "Change {context.slot}?"},
        {"step": "told", "type": "say", "message": "Changed {context.slot}."},
    ],
    "pattern_cancel": [
        {"step": "sure", "type": "confirm", "message": "Really?", "on_deny": "cancel_flow"},
        {"step": "told", "type": "say", "message": "Left."},
    ],
    "pattern_chitchat": [
        {"step": "name", "type": "collect", "slot": "c1", "message": "Who are you?"},
        {"step": "on", "type": "link", "flow": "f", "when": 'c1 == "eva"'},
    ],
    "pattern_ask_info": [{"step": "nothing", "type": "noop"}],
    "pattern_clarification": [
        {"step": "b1", "type": "collect", "slot": "b1", "message": "The first?"},
        {"step": "told", "type": "say", "message": "As you say."},
    ],
    "pattern_cannot_handle": [{"step": "what", "type": "say", "message": "What?"}],
    "pattern_internal_error": [{"step": "oh", "type": "say", "message": "Oh."}],
}


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """An assistant as an author would write it."""
    match draw(st.integers(0, 3)):
        case 2:
            return _assistant(draw, lasting(), {})
        case 3:
            return _assistant(draw, calling(), {})
    names = ("f", "g", "h", "i")[: draw(st.integers(1, 4))]
    actions: dict[str, Draft] = {}
    flows: dict[str, Draft] = {}
    for at, name in enumerate(names):
        pen = _Pen(draw, name, names[at + 1 :], actions)
        steps = [{"step": "open", "type": draw(st.sampled_from(["noop", "say"])), "message": f"[{name}.open] {ALL}"}]
        if steps[0]["type"] == "noop":
            del steps[0]["message"]
        flow: Draft = {"description": f"The flow {name}.", "inputs": ["t1?"], "outputs": ["t1"]}
        flow["steps"] = [
            *steps,
            *pen.steps(1, 5, 1),
            {"step": "done", "type": "say", "response": name, "jump_to": "end"},
            pen.say("oops"),
        ]
        flow |= pen.maybe(5, interruptible=False) | pen.maybe(5, persist=["t2"]) | pen.maybe(4, on_error="oops")
        flow |= pen.maybe(6, trigger={"condition": 'c1 is not set or c1 != "eva"'})
        flow |= pen.maybe(6, startable=False) if at else {}
        flows[name] = flow
    if not any(step["type"] == "collect" for step in _written(flows)):  # c1 and its like are the user's where asked for
        asking: Draft = {"step": "c1", "type": "collect", "slot": "c1", "message": "[f.c1] C1?"}
        _list(flows["f"]["steps"]).insert(1, asking)
    return _assistant(draw, flows, actions)


def _assistant(draw: st.DrawFn, flows: dict[str, Draft], actions: dict[str, Draft]) -> Draft:
    """An assistant with these flows; settings, slots and patterns are drawn."""
    for step in _nested(flows):
        if step["type"] == "action":
            actions.setdefault(str(step["call"]), {"inputs": ["n1?", "t1?"], "outputs": ["r1"]})
    overrides = draw(st.lists(st.sampled_from(sorted(_PATTERNS)), max_size=2, unique=True))
    flows |= {name: {"steps": _PATTERNS[name]} for name in overrides}
    slots = {name: dict(slot) for name, slot in SLOTS.items()}
    if draw(st.booleans()):
        slots["o1"]["default"] = "none"
    no_progress = draw(st.sampled_from(["handoff", "fallback", "retry"]))
    conversation: Draft = {
        "session_timeout": "1h",
        "max_turns_without_progress": draw(st.integers(2, 6)),
        "max_history": 12,
    }
    conversation |= {
        "on_no_progress": no_progress,
        "on_flow_changed": draw(st.sampled_from(["resume", "restart", "cancel"])),
    }
    conversation |= {"default_flow": "f"} if draw(st.integers(0, 5)) == 5 else {}
    conversation |= {"fallback_flow": "f"} if no_progress == "fallback" or draw(st.integers(0, 5)) == 5 else {}
    limit: Draft = {"max_stack_depth": draw(st.integers(1, 3)), "max_completed_flows": 3}
    limit["on_limit_reached"] = draw(st.sampled_from(["cancel_oldest", "reject_new"]))
    return {
        "version": "1.0",
        "settings": {
            "conversation": conversation,
            "flow_management": limit,
            "collection": {"max_validation_attempts": 2},
        },
        "responses": {name: several(name) for name in flows},
        "slots": slots,
        "actions": actions,
        "flows": flows,
    }


def loaded(draft: Draft) -> SoniConfig:
    """The assistant. Raises ConfigurationError."""
    return load_config_text(json.dumps(draft))


@st.composite
def changed(draw: st.DrawFn, draft: Draft) -> Draft:
    """The assistant of the next deploy: a step went missing, or another one came."""
    again: Draft = json.loads(json.dumps(draft))
    flows = again["flows"]
    assert isinstance(flows, dict)
    steps = _list(flows[draw(st.sampled_from(sorted(flows)))]["steps"])
    at = draw(st.integers(0, len(steps) - 1))
    if at and draw(st.booleans()):
        del steps[at]
    else:
        steps.insert(at + 1, {"step": "new", "type": "say", "message": "[new.new] New."})
    return again


def guards(config: SoniConfig) -> dict[tuple[str, str], str]:
    """Flow and writing step → the confirm that stands directly before it."""
    found: dict[tuple[str, str], str] = {}

    def look(flow: str, steps: tuple[Step, ...]) -> None:
        for before, step in pairwise(steps):
            if isinstance(before, Confirm) and isinstance(step, Action) and step.step.startswith("guarded"):
                found[flow, step.step] = before.step
        for step in steps:
            for _, target in step.branches():
                if not isinstance(target, str):
                    look(flow, target)

    for name, flow in config.flows.items():
        look(name, flow.steps)
    return found


def readers(config: SoniConfig) -> dict[tuple[str, str], frozenset[str]]:
    """Flow and slot → the flows that may see what was told there: by slots that are shared, passed, brought back, computed."""
    ways: dict[tuple[str, str], set[tuple[str, str]]] = {}

    def lead(flow: str, slots: Iterable[str], there: str, slot: str) -> None:
        for each in slots:
            ways.setdefault((flow, each), set()).add((there, slot))

    for name, flow in config.flows.items():
        for step in flow.walk():
            match step:
                case Call(inputs=None):
                    for slot in config.slots:
                        lead(name, [slot], step.flow, slot)
                        lead(step.flow, [slot], name, slot)
                case Call(inputs=dict() as inputs):
                    for its, written in inputs.items():
                        lead(name, _names(written), step.flow, its)
                    for its, mine in step.outputs.items():
                        lead(step.flow, [its], name, mine)
                case Set():
                    for slot, written in step.slots.items():
                        lead(name, _names(written), name, slot)
                case Action():
                    for output in config.actions[step.call].outputs:
                        lead(name, config.actions[step.call].input_names, name, output)
    places = [(name, slot) for name in config.flows for slot in config.slots]
    return {place: frozenset(flow for flow, _ in _reach(place, ways)) for place in places}


def _names(written: object) -> Iterable[str]:
    return written.names if isinstance(written, Expression) else ()


def callees(config: SoniConfig, flow: str) -> set[str]:
    """The flows that this one calls, however deep, and itself: a value may be kept early for any of them."""
    ways = {name: {step.flow for step in each.walk() if isinstance(step, Call)} for name, each in config.flows.items()}
    return _reach(flow, ways)


def _reach(start: T, ways: dict[T, set[T]]) -> set[T]:
    seen: set[T] = set()
    waiting = [start]
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += ways.get(at, ())
    return seen


def _written(flows: dict[str, Draft]) -> Iterator[Draft]:
    for flow in flows.values():
        yield from _list(flow["steps"])


def _nested(node: object) -> Iterator[Draft]:
    """Every step within, those of inline lists too."""
    if isinstance(node, dict):
        if "step" in node:
            yield node
        node = list(node.values())
    for each in node if isinstance(node, list) else ():
        yield from _nested(each)


def _list(steps: object) -> list[Draft]:
    assert isinstance(steps, list)
    return steps
