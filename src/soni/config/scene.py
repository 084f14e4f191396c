"""What an assistant names, and whether what is read or said is among it."""

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from soni.config.check_comparisons import wrong_comparisons
from soni.config.contexts import ANY, Context, contexts_of, contexts_of_responses
from soni.config.models import PATTERNS, Flow, Slot, SoniConfig
from soni.config.problems import Damage, Finding, Route, nearest, unknown
from soni.config.steps import Button, Collect
from soni.errors import ExpressionError
from soni.expressions import Expression
from soni.templates import Template, parse_template
from soni.value import Scalar, Value

COMMANDS: Final = (
    "start_flow", "cancel_flow", "set_slot", "correct_slot", "clear_slot", "affirm", "deny", "clarify", "ask_info",
    "chitchat", "out_of_scope", "human_handoff", "skip_question", "repeat", "restart",
)  # fmt: skip
"""What a button's payload may say outright."""

_BRACES: Final = "; where the braces themselves are meant, write {{ and }}"
_USER: Final = frozenset({"user.id", "user.language"})
_OF_FLOWS: Final = frozenset({"start_flow", "cancel_flow", "clarify"})
_WITH_VALUES: Final = frozenset({"set_slot", "correct_slot", "start_flow", "clarify"})
_OF_SLOTS: Final = frozenset({"clear_slot", "deny", "ask_info"})
_NAMED: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Names:
    """What an assistant names, also where it could not be read whole."""

    flows: frozenset[str]
    slots: frozenset[str]
    actions: frozenset[str]
    responses: frozenset[str]

    @classmethod
    def of(cls, data: object) -> "Names":
        """The names in plain data, whatever stands under them."""

        def keys(section: str) -> frozenset[str]:
            part = data.get(section) if isinstance(data, dict) else None
            return frozenset(key for key in part if isinstance(key, str)) if isinstance(part, dict) else frozenset()

        return cls(keys("flows"), keys("slots"), keys("actions"), keys("responses"))


@dataclass(frozen=True)
class Scene:
    """An assistant under examination."""

    config: SoniConfig
    names: Names
    damage: Damage
    """Where something could not be read."""

    def whole(self, *route: Scalar) -> bool:
        """Whether everything under a route could be read."""
        return not self.damage.touches(route)

    def slot(self, name: str) -> Slot | None:
        """A slot that could be read."""
        return self.config.slots.get(name) if self.whole("slots", name) else None

    def flow(self, name: str) -> Flow | None:
        """A flow that could be read."""
        return self.config.flows.get(name) if self.whole("flows", name) else None

    @cached_property
    def system(self) -> frozenset[str]:
        """Slots that no user may fill."""
        named: set[str] = set()
        for flow in self.config.flows.values():
            named.update(flow.input_names)
            named.update(step.slot for step in flow.walk() if isinstance(step, Collect))
            for example in flow.trigger.intents:
                named |= slots_in_example(example)
        slots = self.config.slots.items()
        # Where a flow could not be read, nobody knows what it would have asked.
        unnamed = "system" if self.whole("flows") else "user"
        return frozenset(n for n, s in slots if (s.filled_by or ("user" if n in named else unnamed)) == "system")

    @cached_property
    def contexts(self) -> dict[str, Context]:
        """Flow → what it can read of what it is about, for those that are repair patterns."""
        if self.whole("flows"):
            return contexts_of(self.config.flows)
        # Where a flow could not be read, nobody knows which patterns it would have led to.
        return {name: ANY for name in self.config.flows if name.startswith("pattern_")}

    @cached_property
    def said_in(self) -> dict[str, Context]:
        """Response → what it can read, for those that repair patterns say."""
        return contexts_of_responses(self.config, self.contexts) if self.whole("flows") else {}

    # --- names ---

    def slot_name(self, route: Route, name: str) -> Iterator[Finding]:
        """A slot is named."""
        return unknown("slot", route, name, self.names.slots)

    def slot_names(self, route: Route, names: Iterable[str]) -> Iterator[Finding]:
        """Slots are named in a list; a question mark may follow."""
        seen: set[str] = set()
        for number, written in enumerate(names):
            name = written.removesuffix("?")
            yield from self.slot_name((*route, number), name)
            if name in seen:
                yield Finding((*route, number), f"{name!r} stands here twice", code="duplicate")
            seen.add(name)

    def flow_name(self, route: Route, name: str, *, patterns: bool = False) -> Iterator[Finding]:
        """A flow is named; ``patterns``: the repair patterns that are shipped may be meant too."""
        return unknown("flow", route, name, self.names.flows | set(PATTERNS) if patterns else self.names.flows)

    def response_name(self, route: Route, name: str | None) -> Iterator[Finding]:
        """A response is named."""
        return unknown("response", route, name, self.names.responses) if name is not None else iter(())

    # --- what is read ---

    def reads(
        self, route: Route, what: Expression | Template | Value, context: Context | None = None
    ) -> Iterator[Finding]:
        """What an expression or a template reads, and compares; a plain value reads nothing."""
        if not isinstance(what, Expression | Template):
            return
        allowed = {"user_id", "user"} if isinstance(what, Expression) else {"user_id"}
        for name in sorted(what.names - self.names.slots - allowed):
            if name != "context":
                for finding in self.slot_name(route, name):
                    in_json = isinstance(what, Template) and not finding.suggestion and f"{{{name}: " in what.text
                    yield replace(finding, message=finding.message + _BRACES) if in_json else finding
            elif context is None:
                yield Finding(route, "only repair patterns can read 'context'", code="context-outside-pattern")
            else:
                yield from self._context_keys(route, what.paths, context)
        if isinstance(what, Expression) and "user" not in self.names.slots:
            for path in sorted(path for path in what.paths if path.startswith("user.") and path not in _USER):
                message = f"there is no {path}: of a user, only {' and '.join(sorted(_USER))} are known"
                yield Finding(route, message, nearest(path, _USER), code="unknown-name")
        if isinstance(what, Expression) and what.comparisons:
            yield from wrong_comparisons(route, what, self.slot)

    def _context_keys(self, route: Route, paths: Iterable[str], context: Context) -> Iterator[Finding]:
        """A key of ``context`` that is never there; one that other patterns have may be meant for these."""
        for key in sorted({path.split(".")[1] for path in paths if path.startswith("context.")} - context.keys):
            names = [f"context.{known}" for known in sorted(context.keys)]
            message = f"there is no context.{key} in {context.where}, only {', '.join(names)}"
            severity = "warning" if key in ANY.keys else "error"
            yield Finding(route, message, nearest(f"context.{key}", names), severity=severity, code="unknown-name")

    def buttons(
        self, route: Route, buttons: tuple[Button, ...] | Expression, context: Context | None
    ) -> Iterator[Finding]:
        """Buttons: what they read, and what pressing them says."""
        if isinstance(buttons, Expression):
            yield from self.reads(route, buttons, context)
            return
        for number, button in enumerate(buttons):
            yield from self.reads((*route, number, "title"), button.title, context)
            yield from self.reads((*route, number, "payload"), button.payload, context)
            yield from self._payload((*route, number, "payload"), button.payload.text)

    def _payload(self, route: Route, text: str) -> Iterator[Finding]:
        """A payload that begins with ``/`` is a command, one a line; what has a template in it is known later."""
        for line in text.splitlines() if text.startswith("/") else ():
            try:
                words = shlex.split(line.strip().removeprefix("/"))
            except ValueError:
                yield Finding(route, f"a quote is not closed in {line!r}", code="bad-payload")
                continue
            if words and "{" not in words[0]:
                yield from self._command(route, words[0], [word for word in words[1:] if "{" not in word])

    def _command(self, route: Route, command: str, words: list[str]) -> Iterator[Finding]:
        if command not in COMMANDS:
            message = f"there is no command /{command}; what begins with / is one"
            yield Finding(route, message, nearest(command, COMMANDS), code="unknown-command")
        for word in words:
            if (named := _NAMED.fullmatch(word)) and command in _WITH_VALUES:
                yield from self._set_by_user(route, named[1])
            elif command in _OF_FLOWS:
                yield from self.flow_name(route, word)
            elif command in _OF_SLOTS:
                yield from self.slot_name(route, word)
            elif command in COMMANDS:
                yield Finding(route, f"/{command} takes no {word!r}", code="bad-payload")
        flow = self.flow(words[0]) if command == "start_flow" and words else None
        if flow is not None and not flow.startable:
            yield Finding(route, f"{words[0]!r} is not startable: only call and link reach it", code="not-startable")
        security = self.config.settings.security
        if flow is not None and flow.startable and security.enable_guardrails and words[0] in security.blocked_intents:
            message = f"{words[0]!r} is among settings.security.blocked_intents: no button starts it"
            yield Finding(route, message, code="not-startable")

    def _set_by_user(self, route: Route, name: str) -> Iterator[Finding]:
        yield from self.slot_name(route, name)
        if name in self.system:
            yield self.not_by_user(route, name)

    def not_by_user(self, route: Route, name: str) -> Finding:
        """A user would fill a slot that only the system fills."""
        slot = self.config.slots.get(name)
        why = "" if slot and slot.filled_by else ", because no collect, input or trigger names it; see 'filled_by'"
        return Finding(route, f"only actions and 'set' fill the slot {name!r}{why}", code="system-slot")


def slots_in_example(example: str) -> frozenset[str]:
    """The slots that an example utterance names; none where it cannot be read."""
    try:
        return parse_template(example).names
    except ExpressionError:
        return frozenset()
