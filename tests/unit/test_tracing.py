"""The port behind which somebody may trace: nobody, one, or several."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

import pytest

from soni import tracing
from soni.events import Event, PatternRan
from soni.observability.identity import conversation_key
from soni.tracing import Attributes, Kind


class Heard:
    """A tracer that writes down what it hears."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def span(self, name: str, attributes: Attributes, kind: Kind, caller: Mapping[str, str]) -> "Written":
        return Written(self, name)

    def note(self, name: str, attributes: Attributes) -> None:
        self.lines.append(f"note {name}")

    def tell(self, event: Event) -> None:
        self.lines.append(f"tell {type(event).__name__}")

    def headers(self) -> Mapping[str, str]:
        return {"traceparent": "here"}

    def ids(self) -> tuple[str, str] | None:
        return "trace", "span"


class Written:
    """A span that is written down."""

    def __init__(self, heard: Heard, name: str) -> None:
        self.heard, self.name = heard, name

    def __enter__(self) -> Self:
        self.heard.lines.append(f"begin {self.name}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.heard.lines.append(f"end {kind.__name__ if kind else ''}".strip())

    def set(self, attributes: Attributes) -> None:
        self.heard.lines.append(f"set {dict(attributes)}")

    def rename(self, name: str) -> None:
        self.heard.lines.append(f"rename {name}")

    def fail(self, kind: str) -> None:
        self.heard.lines.append(f"fail {kind}")

    def end(self) -> None:
        self.heard.lines.append("over")


def work() -> None:
    """Something of everything."""
    with tracing.span("work") as span:
        tracing.note("here")
        span.set({"a": 1})
        span.rename("labour")
        span.fail("badly")
        span.end()


def test_nobody_traces_unless_asked() -> None:
    """All of it may be said, and none of it is heard; a listener is given back as it is."""
    events: list[Event] = []
    work()

    assert not tracing.active()
    assert tracing.span("work") is tracing.NOTHING
    assert (dict(tracing.headers()), tracing.ids()) == ({}, None)
    assert tracing.telling(events.append) == events.append


@pytest.mark.parametrize("number", [1, 2])
def test_everybody_who_traces_hears_everything(number: int) -> None:
    """In order, and until their time is over."""
    tracers = [Heard() for _ in range(number)]
    events: list[Event] = []
    with tracing.traced_by(tracers[0]), tracing.traced_by(tracers[-1]) if number > 1 else tracing.traced_by(Heard()):
        work()
        tracing.telling(events.append)(PatternRan("pattern_cancel"))
        assert dict(tracing.headers()) == {"traceparent": "here"}
        assert tracing.ids() == ("trace", "span")
    work()

    said = ["begin work", "note here", "set {'a': 1}", "rename labour", "fail badly", "over", "end", "tell PatternRan"]
    assert [each.lines for each in tracers] == [said] * number
    assert events == [PatternRan("pattern_cancel")]


def test_an_exception_ends_a_span_and_goes_on() -> None:
    """Whoever traces hears of it, and changes nothing."""
    first, second = Heard(), Heard()
    with tracing.traced_by(first), tracing.traced_by(second), pytest.raises(LookupError), tracing.span("work"):
        raise LookupError

    assert first.lines == second.lines == ["begin work", "end LookupError"]


def test_a_conversation_s_name_says_nothing_of_its_user() -> None:
    """The same for the same user, another for another, and not to be turned back."""
    assert conversation_key("ana") == conversation_key("ana") != conversation_key("bob")
    assert len(conversation_key("ana")) == 16
