"""A language model for tests, without a key: a real server on loopback that speaks OpenAI's protocol and answers by a script."""

import asyncio
import socket
import threading
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from soni.testing.fake_answers import Answer, Answers, Oracle, Script
from soni.testing.fake_faults import Fault, Faults, Rate, Schedule, altered
from soni.testing.fake_http import (
    Delivery,
    completion,
    faulty_status,
    gone_within,
    model_list,
    refusal,
    usage_of,
)
from soni.testing.fake_server import StoppableServer

_WHOLE = frozenset(Fault) - {Fault.HANG, Fault.HANG_MIDWAY, Fault.CUT_BODY, Fault.RESET}
"""Of the faults that make a completion, those that bring the client all of it."""


@dataclass
class Counts:
    """What has happened so far."""

    requests: int = 0
    """Everything that was posted for an answer, refused or not."""
    answered: int = 0
    """Completions that were sent whole, whatever they said."""
    prompt_tokens: int = 0
    """Of the requests that were answered."""
    completion_tokens: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    """How often each was used."""


class _Control(BaseModel):
    """What ``POST /control`` changes; what it does not name stays."""

    model_config = ConfigDict(extra="forbid")

    faults: list[Fault | None] | Rate | None = None
    delay: float | None = Field(None, ge=0)
    drip: float | None = Field(None, ge=0)


class FakeModel:
    """A language model that answers what it is told to, and fails when it is told to.

    ``script`` maps what is said to answers, or lists the answers one after the other, or is a file. What it has no answer to
    is asked of ``oracle``, and what that has none to is answered with ``default``: no commands at all. An answer is the text
    itself, or a list of commands.

    >>> with FakeModel({"send 50": [{"start_flow": "transfer_money"}]}) as model:
    ...     httpx.post(f"{model.api_base}/chat/completions", json=...)
    """

    def __init__(
        self,
        script: Mapping[str, Answer] | Sequence[Answer] | Path | Script = (),
        *,
        oracle: Oracle | None = None,
        default: Answer = (),
        models: Sequence[str] = (),
        key: str | None = None,
        faults: Faults = (),
        delay: float = 0.0,
        drip: float = 0.05,
        port: int = 0,
        keep: int = 1000,
    ) -> None:
        """``models`` are the names it goes by, any when left out; ``key`` is asked for where it is given.

        Raises ConfigurationError for a script that cannot be read, and ValueError for a fault that does not exist.
        """
        self._answers = Answers(Script.of(script), oracle, default)
        self._schedule = Schedule(faults)
        self._models = tuple(models)
        self._key = key
        self._port = port
        self._seen: deque[dict[str, Any]] = deque(maxlen=keep)
        self._server: StoppableServer | None = None
        self._thread: threading.Thread | None = None
        self.delay = delay
        """Seconds before every answer and every fault."""
        self.drip = drip
        """Seconds between the bytes of ``drip``."""
        self.counts = Counts()

    @property
    def faults(self) -> Faults:
        """The faults as they were given; new ones begin with the next request."""
        return self._schedule.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._schedule = Schedule(faults)

    def answer(self, script: Mapping[str, Answer] | Sequence[Answer] | Path | Script) -> None:
        """From now on it answers by this script. Raises ConfigurationError for one that cannot be read."""
        self._answers = self._answers.with_script(Script.of(script))

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The bodies of the last requests, the oldest first."""
        return list(self._seen)

    @property
    def port(self) -> int:
        """Where it listens; a free one is taken when it starts, unless it was told which."""
        return self._port

    @property
    def api_base(self) -> str:
        """The address that clients of OpenAI's API take."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def control(self) -> str:
        """The address that tells how it goes and takes other faults."""
        return f"http://127.0.0.1:{self._port}/control"

    def __enter__(self) -> Self:
        """Start. Raises OSError where the port is taken."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self._port))
            listener.listen()
        except OSError:
            listener.close()
            raise
        self._port = listener.getsockname()[1]
        self._server = StoppableServer(self.app())
        serve = self._server.serve
        self._thread = threading.Thread(target=lambda: asyncio.run(serve([listener])), name="fake model", daemon=True)
        self._thread.start()
        self._server.listening.wait()
        return self

    def __exit__(self, *raised: object) -> None:
        """Stop, with whatever is under way."""
        assert self._server is not None
        assert self._thread is not None
        self._server.leave()
        self._thread.join()

    def app(self) -> Starlette:
        """The ASGI app."""
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self._complete, methods=["POST"]),
                Route("/v1/models", self._list_models),
                Route("/control", self._tell),
                Route("/control", self._change, methods=["POST"]),
            ],
            exception_handlers={404: _no_such_address, 405: _no_such_address, 500: _broken},
        )

    async def _complete(self, request: Request) -> Response:
        self.counts.requests += 1
        if (refused := self._refuse_key(request)) is not None:
            return refused
        try:
            body = await request.json()
        except ValueError:
            return _invalid("We could not parse the JSON body of your request.")
        if not isinstance(body, dict):
            return _invalid("The body of a request is a JSON object.")
        self._seen.append(body)
        if not isinstance(body.get("messages"), list) or not body["messages"]:
            return _invalid("You must provide a list of messages.")
        if not isinstance(body.get("model"), str):
            return _invalid("You must provide a model parameter.")
        if self._models and body["model"] not in self._models:
            words = f"The model `{body['model']}` does not exist or you do not have access to it."
            return refusal(404, "invalid_request_error", "model_not_found", words)
        return await self._answer(request, body)

    async def _answer(self, request: Request, body: dict[str, Any]) -> Response:
        fault = self._schedule.next(body)
        if fault is not Fault.NONE:
            self.counts.faults[fault.value] += 1
        # Who is gone meanwhile is not waited for: nothing that is sent then arrives.
        if self.delay and await gone_within(request.receive, self.delay):
            return Response()
        if (faulty := faulty_status(fault, request.url.path)) is not None:
            return faulty
        content = altered(self._answers.to(body), fault)
        usage = usage_of(body, content)
        if fault in _WHOLE:
            self.counts.answered += 1
            self.counts.prompt_tokens += usage["prompt_tokens"]
            self.counts.completion_tokens += usage["completion_tokens"]
        reason = "length" if fault is Fault.CUT_ANSWER else "stop"
        pieces = completion(body, self.counts.requests, content, reason, usage)
        return Delivery(pieces, fault, self.drip, self._transport)

    async def _list_models(self, request: Request) -> Response:
        return self._refuse_key(request) or JSONResponse(model_list(self._models or ("fake-model",)))

    async def _tell(self, _: Request) -> Response:
        counts = self.counts
        tokens = {"prompt": counts.prompt_tokens, "completion": counts.completion_tokens}
        return JSONResponse(
            {
                "requests": counts.requests,
                "answered": counts.answered,
                "tokens": {**tokens, "total": sum(tokens.values())},
                "faults": dict(counts.faults),
                "left": self._schedule.left,
            }
        )

    async def _change(self, request: Request) -> Response:
        try:
            wanted = _Control.model_validate_json(await request.body())
        except ValidationError as error:
            found = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
            return _invalid("; ".join(found))
        if wanted.faults is not None:
            self.faults = wanted.faults
        self.delay = self.delay if wanted.delay is None else wanted.delay
        self.drip = self.drip if wanted.drip is None else wanted.drip
        return await self._tell(request)

    def _refuse_key(self, request: Request) -> Response | None:
        if self._key is None or request.headers.get("Authorization") == f"Bearer {self._key}":
            return None
        return faulty_status(Fault.UNAUTHORIZED, "")

    def _transport(self, scope: Scope) -> asyncio.Transport:
        assert self._server is not None
        return self._server.transport(scope)


def _invalid(message: str) -> Response:
    return refusal(400, "invalid_request_error", "invalid_request", message)


async def _no_such_address(request: Request, _: Exception) -> Response:
    words = f"Unknown request URL: {request.method} {request.url.path}."
    return refusal(404, "invalid_request_error", "unknown_url", words)


async def _broken(_: Request, error: Exception) -> Response:
    words = f"The oracle failed: {type(error).__name__}: {error}"
    return refusal(500, "server_error", "internal_error", words)
