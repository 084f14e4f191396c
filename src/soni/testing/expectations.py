"""Whether what a test expects is so: pure comparisons that say what was expected and what there is instead."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Final

from soni.dialogue.state import Utterance
from soni.runtime.messages import ConversationView
from soni.testing.conversations import (
    ActionWasCalled,
    BotIsSilent,
    BotSays,
    Check,
    FlowIs,
    SlotIsAwaited,
    SlotsAre,
    StackIs,
    StateIs,
)
from soni.value import Value

_WORD: Final = re.compile(r"\w+")
_PART: Final = re.compile(r"\w+|\W")
_ALIKE: Final = 0.5
"""From 0 to 1, as ``difflib`` measures: half of the words are the same."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Something else was expected."""

    expected: str
    got: str
    marks: tuple[str, str] = ("", "")
    """Beneath each of them: ``^`` where they differ."""
    hint: str = ""
    """What may help to see why."""


@dataclass(frozen=True, slots=True)
class Called:
    """A call of an action."""

    action: str
    inputs: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Heard:
    """The assistant's messages of one turn, and how far the test has read them."""

    messages: tuple[Utterance, ...] = ()
    read: int = 0
    closed_by: BotSays | None = None
    """The last step that read a message, where it said the whole text: then nothing may come after it."""

    @property
    def unread(self) -> tuple[Utterance, ...]:
        return self.messages[self.read :]

    def hear(self, step: BotSays | BotIsSilent) -> "Heard | Mismatch":
        """The messages after this step has read one, or why it could not.

        A text is the next message, whole. Anything looser reads the first message that fits and passes over those
        before it; two such steps, one after the other, may be about the same message.
        """
        if isinstance(step, BotIsSilent):
            return self if not self.unread else Mismatch("nothing", _messages(self.unread))
        if step.text is not None:
            first, stop = self.read, self.read + 1
        else:
            first, stop = self.read - 1 if self.read and self.closed_by is None else self.read, len(self.messages)
        candidates = self.messages[first:stop]
        for at, message in enumerate(candidates, start=first + 1):
            if _fits(step, message):
                return replace(self, read=at, closed_by=step if step.text is not None else None)
        return self._missed(step, candidates)

    def _missed(self, step: BotSays, candidates: tuple[Utterance, ...]) -> Mismatch:
        """No candidate fits: what there is instead, and where the message is, if it is there at all."""
        if any(_fits(step, message) for message in self.messages[self.read :]):
            hint = "It comes later in this answer; the message before it has no step of its own."
        elif any(_fits(step, message) for message in self.messages[: self.read]):
            hint = "It stands earlier in this answer, and a step before this one has read it or passed over it."
        else:
            hint = ""
        expected, got = _words_of(step), _messages(candidates)
        if not candidates:
            got = "no further message" if self.messages else "no message"
        texts_alone = step.text is not None and "\n" not in expected and bool(candidates)
        return Mismatch(
            expected, got, differences(expected, quoted(candidates[0].text)) if texts_alone else ("", ""), hint
        )

    def left_over(self) -> Mismatch | None:
        """What came after the last message the test told whole."""
        if self.closed_by is None or not self.unread:
            return None
        return Mismatch(f"nothing after {quoted(self.closed_by.text or '')}", _messages(self.unread))


def compare(step: Check, view: ConversationView) -> Mismatch | None:
    """What is not as expected in how the conversation stands."""
    match step:
        case SlotsAre(slots=slots):
            wrong = [name for name, value in slots.items() if not same(value, view.slots.get(name))]
            if not wrong:
                return None
            there = {name: view.slots.get(name) for name in wrong}
            gone = view.active_flow is None and not any(value is not None for value in there.values())
            hint = "No flow is active: what a flow knew is forgotten when it ends." if gone else ""
            return Mismatch(_values({name: slots[name] for name in wrong}), _values(there), hint=hint)
        case FlowIs(flow=flow):
            return None if flow == view.active_flow else Mismatch(flow or "none", view.active_flow or "none")
        case StackIs(flows=flows):
            stack = [str(frame["flow"]) for frame in view.stack]
            return None if list(flows) == stack else Mismatch(_listed(flows), _listed(stack))
        case StateIs(state=state):
            return None if state == view.state else Mismatch(state, view.state)
        case SlotIsAwaited(slot=slot):
            found = view.expected_slot
            return None if slot == found else Mismatch(slot or "no slot", found or "no slot")


def count(step: ActionWasCalled, calls: Sequence[Called]) -> Mismatch | None:
    """What is not as expected in the calls of an action so far."""
    own = [call for call in calls if call.action == step.action]
    fitting = [call for call in own if _has(call.inputs, step.inputs)]
    if len(fitting) == step.times or (step.times is None and fitting):
        return None
    times = "at least once" if step.times is None else _times(step.times)
    which = f" with {_values(step.inputs)}" if step.inputs else ""
    told = "".join(f"\n{_values(call.inputs) or 'without inputs'}" for call in own)
    return Mismatch(f"{step.action} called {times}{which}", f"called {_times(len(own))}" + (f":{told}" if told else ""))


def same(expected: Value, found: Value) -> bool:
    """Equality as authors mean it: 50 is 50.0, and true is not 1."""
    match expected, found:
        case (bool(), _) | (_, bool()):
            return expected is found
        case dict(), dict():
            return expected.keys() == found.keys() and all(same(expected[key], found[key]) for key in expected)
        case list(), list():
            return len(expected) == len(found) and all(map(same, expected, found))
        case _:
            return expected == found


def _fits(step: BotSays, message: Utterance) -> bool:
    text = message.text.strip()
    return (
        (step.text is None or step.text.strip() == text)
        and all(part in text for part in step.contains)
        and (step.matches is None or re.search(step.matches, text) is not None)
        and step.response in (None, message.response)
        and (step.buttons is None or _has_buttons(step, message))
    )


def _has_buttons(step: BotSays, message: Utterance) -> bool:
    expected = step.buttons or ()
    return len(expected) == len(message.buttons) and all(
        wanted.title == button.title and wanted.payload in (None, button.payload)
        for wanted, button in zip(expected, message.buttons, strict=True)
    )


def _has(inputs: Mapping[str, Value], expected: Mapping[str, Value]) -> bool:
    return all(same(value, inputs.get(name)) for name, value in expected.items())


# --- in words ------------------------------------------------------------------------------------------------------


def _words_of(step: BotSays) -> str:
    parts = [quoted(step.text)] if step.text is not None else []
    parts += [f"contains {quoted(part)}" for part in step.contains]
    parts += [f"matches {quoted(step.matches)}"] if step.matches is not None else []
    parts += [f"response {step.response}"] if step.response is not None else []
    if step.buttons is not None:
        titles = [f"{button.title} ({button.payload})" if button.payload else button.title for button in step.buttons]
        parts.append(f"buttons {_listed(titles)}")
    return "\n".join(parts)


def _messages(messages: Sequence[Utterance]) -> str:
    return "\n".join(map(_message, messages))


def _message(message: Utterance) -> str:
    buttons = f" {_listed([f'{button.title} ({button.payload})' for button in message.buttons])}"
    response = f" (response {message.response})" if message.response else ""
    return quoted(message.text) + response + (buttons if message.buttons else "")


def differences(expected: str, got: str) -> tuple[str, str]:
    """Lines to stand beneath two texts, with ``^`` under the words that differ; empty where few are the same."""
    if SequenceMatcher(None, _WORD.findall(expected), _WORD.findall(got), autojunk=False).ratio() < _ALIKE:
        return "", ""
    words = _PART.findall(expected), _PART.findall(got)
    matcher = SequenceMatcher(None, *words, autojunk=False)
    marks = "", ""
    for kind, *at in matcher.get_opcodes():
        lengths = sum(map(len, words[0][at[0] : at[1]])), sum(map(len, words[1][at[2] : at[3]]))
        sign = " " if kind == "equal" else "^"
        marks = marks[0] + sign * lengths[0], marks[1] + sign * lengths[1]
    return marks[0].rstrip(), marks[1].rstrip()


def _values(values: Mapping[str, Value]) -> str:
    return ", ".join(f"{name}: {'unset' if value is None else quoted(value)}" for name, value in values.items())


def quoted(value: Value) -> str:
    """A value as an author would write it."""
    whole = isinstance(value, float) and value.is_integer()
    return f"{value:.0f}" if whole else json.dumps(value, ensure_ascii=False)


def _listed(names: Sequence[str]) -> str:
    return f"[{', '.join(names)}]"


def _times(number: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")
