"""Requests that no client would send: bytes on a socket, made of what is odd in methods, paths, heads and bodies."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final
from urllib.parse import quote

Make = Callable[[Random], bytes]


@dataclass(frozen=True, slots=True)
class Odd:
    """One request."""

    operation: str
    """The one it is like, such as ``POST /chat/{user_id}``."""
    method: str
    raw: bytes
    ends: bool
    """Whether its end can be seen; else nothing more comes, and there need not be an answer."""


METHODS: Final = (
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get", "PROPFIND", "M-SEARCH",
)  # fmt: skip
USERS: Final[Sequence[str]] = (
    "ana", "a" * 128, "a" * 129, "a" * 20_000, "%00", "a%00b", "%ff%fe", "%ED%A0%80", "%C0%AF", "%E2%80%AE", "..", "%2e%2e", "%2F",
    "a%2Fb", "%25", "%", "%zz", "a;b=c", "a%0d%0ax-evil:1", "'%20or%201=1--", "{user_id}", "%7Buser_id%7D", "null", "-1",
    "9" * 400, "a%20", "%20", "é".encode().hex("%", -1).join(("%", "")), "a+b", "*", "@", ":", "", "//", "export", "messages",
)  # fmt: skip
QUERIES: Final = (
    "", "", "?", "?limit=1", "?limit=0", "?limit=201", "?limit=" + "9" * 400, "?limit=1e3", "?limit=1.0", "?limit=nan", "?limit=",
    "?limit=1&limit=2", "?limit=%00", "?limit=%D9%A1", "?limit[]=1", "?before=", "?before=%00", "?before=" + "a" * 5000,
    "?before=00000000-0000-0000-0000-000000000000", "?before=ffffffff-ffff-ffff-ffff-ffffffffffff%0a", "?erase=true", "?erase=maybe",
    "?erase=", "?erase=true&erase=false", "?erase", "?erase=%ff", "?unknown=1", "?%ff=%fe", "?" + "a=1&" * 2000, "?a=%", "?&&&&", "?=",
)  # fmt: skip
TYPES: Final = (
    b"application/json", b"application/json; charset=utf-8", b"application/json; charset=utf-16", b"APPLICATION/JSON",
    b"application/vnd.api+json", b"application/json;", b"text/json", b"text/plain", b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x", b"multipart/form-data", b"application/octet-stream", b"", b"json", b"application/", b"*/*",
    b"\xff\xfe", b"application/json, text/plain", b"application/jsonx", b"application/json\t;\tcharset=utf-8", b"a" * 4000,
)  # fmt: skip
HEADERS: Final[Sequence[bytes]] = (
    b"", b"", b"Accept: image/png", b"Accept: ", b"Range: bytes=0-1", b"If-None-Match: *", b"If-Modified-Since: yesterday",
    b"Expect: 100-continue", b"Expect: nothing", b"Content-Encoding: gzip", b"Content-Encoding: br, gzip", b"Accept-Encoding: gzip",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk", b"X-HTTP-Method-Override: DELETE",
    b"X-Request-ID: a\r\nX-Request-ID: b", b"X-Request-ID: \xff\xfe", b"X-Request-ID: " + b"a" * 5000, b"X-Request-ID: a b",
    b"X-Forwarded-For: 127.0.0.1, \xff", b"X-Forwarded-Proto: gopher", b"X-Forwarded-Host: evil", b"Forwarded: for=_",
    b"Idempotency-Key: a", b"Idempotency-Key: ", b'Idempotency-Key: "a"', b'Idempotency-Key: "', b"Idempotency-Key: \xe9",
    b"Idempotency-Key: a\r\nIdempotency-Key: b", b"Idempotency-Key: " + b"k" * 129, b"Idempotency-Key: a b",
    b"Authorization: Bearer ", b"Authorization: \xff", b"Authorization: Bearer a\r\nAuthorization: Bearer b", b"Cookie: a=\xff; b",
    b"Host: evil", b"Host: ", b"Origin: null", b"Origin: http://evil\r\nAccess-Control-Request-Method: POST", b"Last-Event-ID: \xff",
    b"A: " + b"a" * 30_000, b"\r\n".join(b"h%d: v" % number for number in range(200)), b"Content-Type: application/json",
    b"Content-Type: text/plain", b"traceparent: 00-zz-zz-00", b"traceparent: 00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01",
    b"baggage: \xff",
)  # fmt: skip
_CHUNKED: Final = b"Transfer-Encoding: chunked"
_DEEP: Final = 3000
MESSAGES: Final[Sequence[object]] = (
    "hello", "/start_flow transfer_money", "/set_slot amount=" + "9" * 400, "/", "/affirm", "/cancel_flow", "\x00", "a\x00b", "\ud800",
    "\udfff\ud800", "\U0010ffff", "\ufffe", "\u202e", "\ufeff", "é" * 4000, "e\u0301" * 2000, "a" * 4000, "a" * 4001, " ", "", "\n",
    "{amount}", "{{7*7}}", "%s%n", "1e400", "-0", "NaN", "9" * 3999, None, True, 1, 1.5, [], {}, ["a"], {"a": 1},
)  # fmt: skip
METADATA: Final[Sequence[object]] = (
    None, {}, {"a": 1}, {"a": 2**63 - 1}, {"a": 2**63}, {"a": -(2**63)}, {"a": -(2**63) - 1}, {"a": 10**400}, {"a": 1e308}, {"\x00": 1},
    {"a": "\x00"}, {"\ud800": 1}, {"a": "\ud800"}, {"": ""}, {"a": [[[[]]]]}, [], "a", 1, {"a" * 5000: 1}, {"__proto__": {}},
    {"a": {"b": {"c": [None, True, "é"]}}}, {"a": 0.1 + 0.2}, {"a": -0.0}, {"a": 5e-324},
)  # fmt: skip
LANGUAGES: Final[Sequence[object]] = (
    "en",
    "EN-us",
    "de",
    "",
    "x",
    "\x00",
    "en\n",
    "e" * 500,
    None,
    1,
    "en-" * 9,
    "٣٣",
    "zh-Hant-TW",
)
IDS: Final[Sequence[object]] = (
    "a",
    "a",
    "b",
    "",
    " ",
    "é",
    "a" * 128,
    "a" * 129,
    "\x00",
    "a\n",
    None,
    1,
    "\ud800",
    '"a"',
)
BODIES: Final[Sequence[bytes]] = (
    b"", b"{", b"null", b"[]", b"0", b'""', b"{}", b"\xff", b"\xef\xbb\xbf{\"message\":\"hello\"}",
    '{"message":"hello"}'.encode("utf-16"),
    b'{"message":"hello","message":"bye"}', b'{"message":NaN}', b'{"message":"a","metadata":{"a":NaN}}',
    b'{"message":"a","metadata":{"a":1e999}}',
    b'{"message":"a","metadata":{"a":-Infinity}}', b'{"message":"\xc3\x28"}', b'{"message":"\\ud800"}', b'{"message":"\\u0000"}',
    b"{'message':'a'}",
    b'{"message":"a",}', b'{"message":"a"} {}', b'{"message":"a"}\x00', b"//\n{}", b"[" * _DEEP, b'{"a":' * _DEEP,
    b'{"message":"a","metadata":'
    + b'{"a":' * 17 + b"1" + b"}" * 18, b'{"message":"a","metadata":' + b'{"a":' * 900 + b"1" + b"}" * 901,
    b'{"message":"a","metadata":{"a":'
    + b"9" * 30_000 + b"}}", b'{"message":"a","extra":1}', b'{"message":"a","' + b"k" * 9000 + b'":1}', b"a" * 70_000,
    b"\x1f\x8b\x08\x00",
    b"message=hello", b"--x\r\nContent-Disposition: form-data; name=message\r\n\r\nhello\r\n--x--\r\n", b'{"\\ud800":1}',
    b'{"message":"a","\xed\xa0\x80":1}',
)  # fmt: skip


def odd_request(operation: str, random: Random) -> Odd:
    """Like one of this operation, and not quite; about a third of its parts are as they should be."""
    method, _, template = operation.partition(" ")
    if random.random() < 0.3:
        method = random.choice(METHODS)
    user = "ana" if random.random() < 0.4 else random.choice(USERS)
    path = template.replace("{user_id}", user) + random.choice(QUERIES)
    if random.random() < 0.05:
        path = random.choice(
            ("*", "//" + path, "http://evil" + path, path + "#x", path + "\\", path.upper(), quote(path))
        )
    body = _body(random) if method not in ("GET", "HEAD") or random.random() < 0.1 else b""
    lines = [random.choice(HEADERS) for _ in range(random.choice((0, 0, 1, 2)))]
    if random.random() < 0.9:
        lines.append(b"Content-Type: " + (TYPES[0] if random.random() < 0.7 else random.choice(TYPES)))
    told = body
    lines.append(_length(body, random))
    version = random.choice((b"1.1",) * 9 + (b"1.0",))
    lines = [b"Host: 127.0.0.1", b"Connection: close", *(line for line in lines if line)]
    head = f"{method} {path} ".encode() + b"HTTP/" + version + b"\r\n" + b"\r\n".join(lines) + b"\r\n\r\n"
    if lines[-1] == _CHUNKED:
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    return Odd(operation, method, head + body, lines[-1] in (b"Content-Length: %d" % len(told), _CHUNKED))


def _body(random: Random) -> bytes:
    if random.random() < 0.4:
        return random.choice(BODIES)
    body: dict[str, object] = {"message": "hello" if random.random() < 0.4 else random.choice(MESSAGES)}
    for name, values in _OPTIONAL.items():
        if random.random() < 0.3:
            body[name] = random.choice(values)
    # Lone surrogates have no UTF-8: they are written as JSON escapes them.
    return json.dumps(body).encode()


_OPTIONAL: Final[Mapping[str, Sequence[object]]] = {"message_id": IDS, "language": LANGUAGES, "metadata": METADATA}


def _length(body: bytes, random: Random) -> bytes:
    """How the end of the body is told; now and then in a way that makes no sense."""
    right = b"Content-Length: %d" % len(body)
    if random.random() < 0.9:
        return right
    return random.choice(
        (
            _CHUNKED, b"Content-Length: -1", b"Content-Length: " + b"9" * 30, b"Content-Length: a",
            right + b"\r\n" + right, right + b"\r\nContent-Length: 0", right + b"\r\nTransfer-Encoding: chunked",
            b"Transfer-Encoding: gzip",
            b"Content-Length: +%d" % len(body), b"Content-Length: 1000000", b"",
        )
    )  # fmt: skip
