"""The description of the API is complete: every path, status and body is in it."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from soni.server.api import create_app
from soni.server.errors import VERDICTS, ClientGone, code_of

SPEC = create_app().openapi()

ASKED = {"401", "403", "405", "429", "503"}
"""What every operation can answer that asks who calls."""
OPERATIONS = {
    ("post", "/chat/{user_id}"): {"200", "400", "404", "408", "409", "413", "415", "422", "500", "504", *ASKED},
    ("post", "/chat/{user_id}/stream"): {"200", "400", "404", "408", "409", "413", "415", "422", "500", "504", *ASKED},
    ("get", "/conversations/{user_id}/messages"): {"200", "404", "422", "500", *ASKED},
    ("get", "/conversations/{user_id}/export"): {"200", "404", "422", "500", *ASKED},
    ("get", "/conversations/{user_id}"): {"200", "404", "422", "500", *ASKED},
    ("delete", "/conversations/{user_id}"): {"204", "404", "409", "422", "500", *ASKED},
    ("post", "/conversations/{user_id}/resume"): {"204", "404", "409", "422", "500", *ASKED},
    ("get", "/health"): {"200", "405"},
    ("get", "/ready"): {"200", "405", "503"},
    ("get", "/startup"): {"200", "405", "503"},
    ("get", "/version"): {"200", *ASKED},
    ("get", "/metrics"): {"200", *ASKED},
}


def test_every_operation_and_status_is_described() -> None:
    """The description has these operations, each with all the statuses it can have."""
    described = {
        (method, path): set(operation["responses"])
        for path, methods in SPEC["paths"].items()
        for method, operation in methods.items()
    }

    assert described == {operation: statuses | {"400", "413"} for operation, statuses in OPERATIONS.items()}


def test_every_error_has_the_one_shape() -> None:
    """All statuses from 400 on have the same body."""
    shapes = {
        response["content"]["application/json"]["schema"]["$ref"]
        for operation in operations()
        for status, response in operation["responses"].items()
        if int(status) >= 400
    }

    assert shapes == {"#/components/schemas/ErrorBody"}


def test_every_reference_leads_somewhere() -> None:
    """No schema is named that is not there."""
    named = {thing["$ref"] for thing in walk(SPEC) if "$ref" in thing}

    assert named
    assert named <= {f"#/components/schemas/{name}" for name in SPEC["components"]["schemas"]}


def test_operations_have_short_names() -> None:
    """Generated clients get names that a person would choose."""
    names = [str(operation["operationId"]) for operation in operations()]

    assert names == [
        "chat", "stream", "look", "reset", "read", "export", "resume", "health", "ready", "startup", "versions",
        "metrics",
    ]  # fmt: skip


@pytest.mark.parametrize("message", ["hello", " a ", "{slot}", "\u2003é"])
async def test_the_description_is_served(client: httpx.AsyncClient, message: str) -> None:
    """Anyone can fetch it, and what it allows is accepted."""
    served = (await client.get("/openapi.json")).json()
    again = (await client.get("/openapi.json")).json()
    response = await client.post("/chat/ana", json={"message": message})

    assert served == again == SPEC
    assert response.status_code == 200


def test_the_pattern_of_messages_says_what_is_checked() -> None:
    """A text matches the pattern exactly where the service finds something said in it."""
    pattern = re.compile(SPEC["components"]["schemas"]["ChatRequest"]["properties"]["message"]["pattern"])
    characters = [chr(code) for code in range(sys.maxunicode + 1)]

    assert [c for c in characters if (pattern.search(c) is None) != (not c.strip() or c == "\0")] == []
    assert pattern.search(" a\n") is not None
    assert pattern.search("a\0") is None


def test_the_reference_has_every_path_and_every_error() -> None:
    """What the service can answer is in the reference for people, too."""
    reference = (Path(__file__).parents[3] / "docs" / "reference" / "http.md").read_text("utf-8")
    errors = {kind: verdict.status for kind, verdict in VERDICTS.items() if kind is not ClientGone}

    assert [kind for kind, status in errors.items() if f"| {status} | `{code_of(kind)}` |" not in reference] == []
    assert [path for path in SPEC["paths"] if path not in reference] == []


def operations() -> Iterator[dict[str, dict[str, dict[str, dict[str, dict[str, dict[str, str]]]]]]]:
    """Every operation of the description."""
    return (operation for methods in SPEC["paths"].values() for operation in methods.values())


def walk(thing: object) -> Iterator[dict[str, object]]:
    """Every object within."""
    if isinstance(thing, dict):
        yield thing
        for inner in thing.values():
            yield from walk(inner)
    elif isinstance(thing, list):
        for inner in thing:
            yield from walk(inner)
