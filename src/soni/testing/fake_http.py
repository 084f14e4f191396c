"""The fake model's side of HTTP: OpenAI's shapes, and answers that arrive well or badly."""

import asyncio
import json
import socket
import struct
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from soni.testing.fake_answers import Body, count_tokens, tokens_asked
from soni.testing.fake_faults import Fault

CHUNKS: Final = 50
"""The most that an answer is divided into when it is streamed."""
_REFUSALS: Final[Mapping[Fault, tuple[int, str, str, str]]] = {
    Fault.TOO_MANY_REQUESTS: (429, "requests", "rate_limit_exceeded", "Rate limit reached. Please try again in 1s."),
    Fault.TOO_MANY_REQUESTS_BARE: (429, "requests", "rate_limit_exceeded", "Rate limit reached."),
    Fault.SERVER_ERROR: (500, "server_error", "internal_error", "The server had an error processing your request."),
    Fault.UNAVAILABLE: (503, "server_error", "overloaded", "The engine is currently overloaded."),
    Fault.UNAUTHORIZED: (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
}
_PAGE: Final = b"<!doctype html><html><head><title>Gateway</title></head><body>One moment, please.</body></html>"


def refusal(status: int, kind: str, code: str, message: str) -> JSONResponse:
    """An error in OpenAI's shape."""
    return JSONResponse({"error": {"message": message, "type": kind, "param": None, "code": code}}, status)


def faulty_status(fault: Fault, path: str) -> Response | None:
    """The response of a fault that is told by its status or sent by something in between; ``None`` for others."""
    if fault is Fault.NOT_JSON:
        return Response(_PAGE, media_type="text/html")
    if fault is Fault.REDIRECT:
        return Response(status_code=307, headers={"Location": path})
    if fault not in _REFUSALS:
        return None
    response = refusal(*_REFUSALS[fault])
    if fault is Fault.TOO_MANY_REQUESTS:
        response.headers["Retry-After"] = "1"
    return response


def model_list(names: tuple[str, ...]) -> dict[str, object]:
    """What ``GET /v1/models`` answers."""
    entries = [{"id": name, "object": "model", "created": 0, "owned_by": "soni"} for name in names]
    return {"object": "list", "data": entries}


def usage_of(body: Body, content: str) -> dict[str, int]:
    """The tokens of a request and its answer."""
    asked, told = tokens_asked(body), count_tokens(content)
    return {"prompt_tokens": asked, "completion_tokens": told, "total_tokens": asked + told}


def completion(body: Body, number: int, content: str, finish_reason: str, usage: Mapping[str, int]) -> list[bytes]:
    """An answer in OpenAI's shape: the pieces of a body, several where it is streamed."""
    head = {"id": f"chatcmpl-{number}", "created": int(time.time()), "model": body["model"]}
    if body.get("stream"):
        return _streamed(body, head, content, finish_reason, usage)
    message = {"role": "assistant", "content": content, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
    return [_json({**head, "object": "chat.completion", "choices": [choice], "usage": usage})]


def _streamed(
    body: Body, head: Mapping[str, object], content: str, finish_reason: str, usage: Mapping[str, int]
) -> list[bytes]:
    with_usage = (body.get("stream_options") or {}).get("include_usage") is True
    plain = {**head, "object": "chat.completion.chunk"} | ({"usage": None} if with_usage else {})
    size = max(8, -(-len(content) // CHUNKS))
    deltas: list[tuple[dict[str, Any], str | None]] = [({"role": "assistant", "content": ""}, None)]
    deltas += [({"content": content[at : at + size]}, None) for at in range(0, len(content), size)]
    deltas += [({}, finish_reason)]
    chunks: list[dict[str, object]] = [
        {**plain, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]}
        for delta, reason in deltas
    ]
    chunks += [{**plain, "choices": [], "usage": usage}] if with_usage else []
    return [*(b"data: " + _json(chunk) + b"\n\n" for chunk in chunks), b"data: [DONE]\n\n"]


def _json(thing: object) -> bytes:
    return json.dumps(thing, ensure_ascii=False).encode()


class Delivery(Response):
    """An answer on its way: whole, half, drop by drop or never. It ends at once when the client is gone."""

    def __init__(
        self, pieces: list[bytes], fault: Fault, pause: float, transport: Callable[[Scope], asyncio.Transport]
    ) -> None:
        streamed = len(pieces) > 1
        super().__init__(b"".join(pieces), media_type="text/event-stream" if streamed else "application/json")
        if streamed:
            del self.headers["content-length"]
        self._pieces = pieces
        self._fault = fault
        self._pause = pause
        self._transport = transport

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._fault is Fault.RESET:
            _reset(self._transport(scope))
        if self._fault in (Fault.HANG, Fault.RESET):
            await gone_within(receive, None)
            return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        match self._fault:
            case Fault.HANG_MIDWAY | Fault.CUT_BODY:
                await _send_some(send, self.body[: len(self.body) // 2])
                if self._fault is Fault.CUT_BODY:
                    self._transport(scope).close()
                await gone_within(receive, None)
                return
            case Fault.DRIP:
                for at in range(len(self.body)):
                    await _send_some(send, self.body[at : at + 1])
                    if await gone_within(receive, self._pause):
                        return
            case _:
                for piece in self._pieces:
                    await _send_some(send, piece)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_some(send: Send, some: bytes | memoryview) -> None:
    await send({"type": "http.response.body", "body": bytes(some), "more_body": True})


async def gone_within(receive: Receive, seconds: float | None) -> bool:
    """Wait so long, or for ever; true when the client is gone before."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


def _reset(transport: asyncio.Transport) -> None:
    # Lingering for no time makes closing a reset.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
