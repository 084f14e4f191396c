"""Where the work says what it is doing: spans, for whoever traces. Nobody does unless asked to, and then it costs next to nothing.

No span says what a user said, what a slot holds, or who the user is.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Final, Literal, Protocol, Self, TypeAlias

from soni.events import Event, Listener

Attribute: TypeAlias = str | int | float | bool | Sequence[str]
Attributes: TypeAlias = Mapping[str, Attribute]
"""By name; the names are those of OpenTelemetry's conventions, or begin with ``soni.``."""
Kind: TypeAlias = Literal["internal", "server", "client"]
"""``server`` answers somebody outside of this process, ``client`` calls somebody there."""


class Span(Protocol):
    """A piece of work, from its beginning to its end. It is current while it is entered: what begins meanwhile is part of it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The end; an exception makes it a failure, of which only the type is told."""
        ...

    def set(self, attributes: Attributes) -> None:
        """Say more about it."""
        ...

    def rename(self, name: str) -> None:
        """Call it otherwise."""
        ...

    def fail(self, kind: str) -> None:
        """It has failed, in this way: the name of an error, never its words."""
        ...

    def end(self) -> None:
        """It is over now, before it is left."""
        ...


class Tracer(Protocol):
    """Hears of spans."""

    def span(self, name: str, attributes: Attributes, kind: Kind, caller: Mapping[str, str]) -> Span:
        """A span that begins when it is entered; ``caller`` has the headers with which the caller names its own."""
        ...

    def note(self, name: str, attributes: Attributes) -> None:
        """Something happened in the current span."""
        ...

    def tell(self, event: Event) -> None:
        """An event of a turn happened in the current span."""
        ...

    def headers(self) -> Mapping[str, str]:
        """What names the current span to a service that is called."""
        ...

    def ids(self) -> tuple[str, str] | None:
        """The current trace and span, in hexadecimal; ``None`` where there is none."""
        ...


class _Nothing:
    """The span of whatever nobody traces."""

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def set(self, attributes: Attributes) -> None:
        pass

    def rename(self, name: str) -> None:
        pass

    def fail(self, kind: str) -> None:
        pass

    def end(self) -> None:
        pass


NOTHING: Final[Span] = _Nothing()
_NONE: Final[Attributes] = {}
_NO_HEADERS: Final[Mapping[str, str]] = {}

_tracers: tuple[Tracer, ...] = ()


@contextmanager
def traced_by(tracer: Tracer) -> Iterator[None]:
    """The tracer hears of all that this process does, until the context ends."""
    global _tracers
    _tracers = (*_tracers, tracer)
    try:
        yield
    finally:
        _tracers = tuple(each for each in _tracers if each is not tracer)


def active() -> bool:
    """Whether anybody traces: what is only computed to be told need not be computed otherwise."""
    return bool(_tracers)


def span(
    name: str,
    attributes: Attributes = _NONE,
    *,
    kind: Kind = "internal",
    caller: Mapping[str, str] = _NO_HEADERS,
) -> Span:
    """A piece of work, to be entered with ``with``."""
    if not _tracers:
        return NOTHING
    spans = [tracer.span(name, attributes, kind, caller) for tracer in _tracers]
    return spans[0] if len(spans) == 1 else _Several(spans)


def note(name: str, attributes: Attributes = _NONE) -> None:
    """Something happened in the current span."""
    for tracer in _tracers:
        tracer.note(name, attributes)


def telling(listener: Listener) -> Listener:
    """The listener; what it hears is also told as it happens, in the current span."""
    if not _tracers:
        return listener

    def tell(event: Event) -> None:
        listener(event)
        for tracer in _tracers:
            tracer.tell(event)

    return tell


def headers() -> Mapping[str, str]:
    """The headers that name the current span to a service that is called; none where nobody traces."""
    return _NO_HEADERS if not _tracers else {name: text for each in _tracers for name, text in each.headers().items()}


def ids() -> tuple[str, str] | None:
    """The current trace and span, in hexadecimal; ``None`` where there is none."""
    return next((found for tracer in _tracers if (found := tracer.ids()) is not None), None)


class _Several:
    """One span for several tracers."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = spans
        self._entered = ExitStack()

    def __enter__(self) -> Self:
        for each in self._spans:
            self._entered.enter_context(each)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered.__exit__(kind, error, trace)

    def set(self, attributes: Attributes) -> None:
        for each in self._spans:
            each.set(attributes)

    def rename(self, name: str) -> None:
        for each in self._spans:
            each.rename(name)

    def fail(self, kind: str) -> None:
        for each in self._spans:
            each.fail(kind)

    def end(self) -> None:
        for each in self._spans:
            each.end()
