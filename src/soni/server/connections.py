"""Connections that give nothing are closed: uvicorn has no time limit for the head of a request, nor a cap that spares others.

uvicorn's own ``limit_concurrency`` answers *every* request with 503 once so many connections are open, those of honest
callers and of probes too; so whoever opens connections can close the service. Here a connection that is in nobody's way
makes room instead.
"""

import asyncio
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, cast

from h11 import IDLE as _IDLE
from typing_extensions import override

from soni.server.draining import uvicorn_here

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as _Uvicorn
else:  # which of uvicorn's protocols it is, is known when it runs
    _Uvicorn = asyncio.Protocol

log = logging.getLogger("soni.server")

UNREAD: Final = 30.0
"""Seconds in which a client has to take in what was sent to it, once more waits than the connection buffers."""
LARGEST_HEAD: Final = 64 * 1024
"""Bytes of a head, as h11 has a limit too; httptools takes any. As many may come in trailers, or around chunks."""
_AROUND: Final = 16
"""Bytes that a byte of a body may bring along: in chunks of one byte, each has six."""
RESERVED_FILES: Final = 128
"""Files that are not for connections: the store's, those of webhooks and models, logs, libraries."""


@dataclass(frozen=True, slots=True)
class Patience:
    """What a connection is given."""

    head: float
    """Seconds for the whole head of a request, from the moment the connection is open or its first byte arrives."""
    connections: int
    """How many may be open."""


class Waiting(Protocol):
    """A connection on which no answer is awaited."""

    def hang_up(self) -> None:
        """Close it."""
        ...


@dataclass(slots=True)
class Crowd:
    """The connections that may go, the longest idle first; those on which an answer is awaited are in neither."""

    patience: Patience
    strangers: dict[Waiting, None] = field(default_factory=dict)
    """Have not yet sent the head of any request."""
    idle: dict[Waiting, None] = field(default_factory=dict)
    """Have been answered, and wait."""

    def make_room(self, taken: int) -> bool:
        """Close one that is idle where there are too many; whether there is room."""
        if taken <= self.patience.connections:
            return True
        for waiting in (self.strangers, self.idle):
            if waiting:
                oldest = next(iter(waiting))
                del waiting[oldest]
                oldest.hang_up()
                return True
        return False

    def forget(self, connection: Waiting) -> None:
        """It is in use, or gone."""
        self.strangers.pop(connection, None)
        self.idle.pop(connection, None)


@contextmanager
def guarding_connections(patience: Patience) -> Iterator[bool]:
    """While this is entered, connections that uvicorn accepts in this process are watched; gives whether they are.

    To be entered before it listens, as in the lifespan. Where another server runs the app, or uvicorn is run by a thread,
    heads and connections are that server's to limit.
    """
    server = uvicorn_here()
    kind = None if server is None else _watching(server.config.http_protocol_class, Crowd(_within_files(patience)))
    if server is None or kind is None:
        yield False
        return
    before = server.config.http_protocol_class
    # The class is looked up again for every connection.
    server.config.http_protocol_class = kind
    try:
        yield True
    finally:
        server.config.http_protocol_class = before


def _within_files(patience: Patience) -> Patience:
    """As many connections as there may be open files: out of files, nobody at all can connect."""
    try:
        import resource
    except ImportError:  # not on Windows
        return patience
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = max(files - RESERVED_FILES, 16)
    if files == resource.RLIM_INFINITY or most >= patience.connections:
        return patience
    log.warning("connections.fewer", extra={"asked": patience.connections, "allowed": most, "open_files": files})
    return Patience(patience.head, most)


def _watching(protocol: type[asyncio.Protocol], crowd: Crowd) -> type[asyncio.Protocol] | None:
    """uvicorn's protocol, with an eye on the crowd; ``None`` for one that is not known."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    known: tuple[type[asyncio.Protocol], ...] = (H11Protocol,)
    largest = math.inf  # h11 has a limit of its own
    if "httptools" in protocol.__module__:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

        known, largest = (HttpToolsProtocol,), LARGEST_HEAD
    if not issubclass(protocol, known):
        log.warning("connections.unguarded", extra={"protocol": protocol.__name__})
        return None
    return type("Watched", (_Watched, protocol), {"crowd": crowd, "largest_head": largest})


class _Watched(_Uvicorn):
    """Mixed into either of uvicorn's protocols: both hold the request that is being answered, and tell when it has been."""

    crowd: Crowd
    largest_head: float
    _within = False
    """Whether httptools is in the middle of a request."""
    _surplus = 0
    """Bytes of this request that are not its body."""
    _deadline: asyncio.TimerHandle | None = None
    """When the head must be there; ``None`` while there is nothing of one."""
    _unread: asyncio.TimerHandle | None = None
    """When what was sent must have been taken in."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))  # uvloop's are not among its subclasses
        if not self.crowd.make_room(len(self.connections)):
            self.transport.abort()
            return
        # There is nothing to talk to that way, and what would answer it logs the path, which names the user.
        self.ws_protocol_class = None
        self.crowd.strangers[self] = None
        self._expect_head()

    @override
    def data_received(self, data: bytes) -> None:
        before, had_all = self.cycle, self._has_all
        self._surplus += len(data)
        super().data_received(data)
        if self.cycle is not before:
            self._surplus = 0
            self.crowd.forget(self)
            self._stop_waiting()
        elif self._surplus > self.largest_head:
            self.transport.abort()
        elif not getattr(before, "response_complete", True):
            pass  # the body of what is being answered
        elif self._has_all and not had_all:
            self._await_next()
        elif self._deadline is None:
            # A head that comes in pieces; or the rest of a body that nobody wanted, which must end as well.
            self._expect_head()

    @property
    def _has_all(self) -> bool:
        """Whether what has arrived ends where a request does."""
        h11 = getattr(self, "conn", None)
        if h11 is None:
            return not self._within
        return h11.their_state is _IDLE and not h11.trailing_data[0]

    @override
    def on_message_begin(self) -> None:
        """httptools has found the first byte of a request."""
        super().on_message_begin()
        self._within = True

    @override
    def on_message_complete(self) -> None:
        """httptools has found the last one."""
        super().on_message_complete()
        self._within = False

    @override
    def on_body(self, body: bytes) -> None:
        """httptools has found a piece of a body in what arrived; what is none of it stays counted."""
        super().on_body(body)
        self._surplus = max(0, self._surplus - _AROUND * len(body))

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing() and self.cycle.response_complete:
            self.crowd.idle[self] = None

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(UNREAD, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_unread()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.crowd.forget(self)
        self._stop_waiting()
        self._stop_unread()
        super().connection_lost(exc)

    def hang_up(self) -> None:
        """Close it; what the client has not taken in until now it does not get."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    def _await_next(self) -> None:
        """The rest of a body that nobody wanted is there: the connection is idle, for as long as after any other request."""
        self._stop_waiting()
        if not self.transport.is_closing():
            # uvicorn has taken its own timer back when the rest began to arrive.
            self._unset_keepalive_if_required()
            after, close = self.timeout_keep_alive, self.timeout_keep_alive_handler
            self.timeout_keep_alive_task = self.loop.call_later(after, close)

    def _expect_head(self) -> None:
        self._deadline = self.loop.call_later(self.crowd.patience.head, self.hang_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _stop_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
