"""What a client sees of each fault, when faults come, and that the reference names them all."""

import ast
import inspect
import json
import re
from pathlib import Path

import httpx
import pytest

from soni.testing import FakeModel, Fault, Rate, as_answer, fake_faults
from soni.testing.fake_faults import Schedule

from .fake_clients import ask, told

RIGHT = as_answer([])
REFERENCE = (Path(__file__).parents[3] / "docs" / "reference" / "fake-model.md").read_text()

STATUSES = {
    Fault.TOO_MANY_REQUESTS: 429,
    Fault.TOO_MANY_REQUESTS_BARE: 429,
    Fault.SERVER_ERROR: 500,
    Fault.UNAVAILABLE: 503,
    Fault.UNAUTHORIZED: 401,
}
BROKEN = {
    Fault.HANG: httpx.ReadTimeout,
    Fault.HANG_MIDWAY: httpx.ReadTimeout,
    Fault.CUT_BODY: httpx.RemoteProtocolError,
    Fault.RESET: httpx.ReadError,
}
TEXTS = {
    Fault.DRIP: re.escape(RIGHT),
    Fault.CUT_ANSWER: re.escape(RIGHT[: len(RIGHT) // 2]),
    Fault.GARBAGE: ".*colourless.*",
    Fault.EMPTY: "",
    Fault.MEGABYTE: r"[a-z, ]{1048576}",
    Fault.PROSE: rf"Certainly!.*{re.escape(RIGHT)}.*else\.",
    Fault.FENCED: rf"```json\n{re.escape(RIGHT)}\n```",
    Fault.UNKNOWN_COMMAND: '.*"command": "no_such_command".*',
    Fault.UNKNOWN_FLOW: '.*"flow": "no_such_flow".*',
    Fault.UNKNOWN_SLOT: '.*"slot": "no_such_slot".*',
}


def test_each_fault_is_tried_here() -> None:
    """A new one needs a test of what a client sees."""
    assert {*STATUSES, *BROKEN, *TEXTS, Fault.NONE, Fault.REDIRECT, Fault.NOT_JSON} == set(Fault)


@pytest.mark.parametrize(("fault", "status"), STATUSES.items())
def test_a_status(fault: Fault, status: int) -> None:
    """It comes with an error in OpenAI's shape, and the next request is answered."""
    with FakeModel(faults=[fault]) as model:
        refused, good = ask(model), ask(model)

    assert (refused.status_code, set(refused.json()["error"])) == (status, {"message", "type", "param", "code"})
    assert refused.headers.get("Retry-After") == ("1" if fault is Fault.TOO_MANY_REQUESTS else None)
    assert told(good) == RIGHT


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("fault", "error"), BROKEN.items())
def test_a_broken_connection(fault: Fault, error: type[Exception], stream: bool) -> None:
    """The client waits in vain, or notices the end of the connection; the next request is answered."""
    with FakeModel(faults=[fault]) as model:
        with pytest.raises(error):
            ask(model, timeout=0.3 if error is httpx.ReadTimeout else 30, stream=stream)
        good = ask(model)
        counts = model.counts

    assert told(good) == RIGHT
    assert (counts.requests, counts.answered, counts.faults) == (2, 1, {fault: 1})


@pytest.mark.parametrize(("fault", "pattern"), TEXTS.items())
def test_a_text(fault: Fault, pattern: str) -> None:
    """The answer arrives, and its text is what the fault makes of it."""
    with FakeModel(faults=[fault], drip=0.0) as model:
        response = ask(model)

    assert re.fullmatch(pattern, told(response), re.DOTALL)
    reason = "length" if fault is Fault.CUT_ANSWER else "stop"
    assert response.json()["choices"][0]["finish_reason"] == reason


def test_half_an_answer_is_streamed() -> None:
    """Faults of the text are the same where it is streamed."""
    with FakeModel(faults=[Fault.CUT_ANSWER]) as model:
        events = ask(model, stream=True).text.split("\n\n")

    assert json.loads(events[-3].removeprefix("data: "))["choices"][0]["finish_reason"] == "length"


def test_a_page() -> None:
    """A proxy's page comes with status 200."""
    with FakeModel(faults=[Fault.NOT_JSON]) as model:
        response = ask(model)

    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    with pytest.raises(ValueError, match="Expecting value"):
        response.json()


def test_a_redirect() -> None:
    """It leads to the same address."""
    with FakeModel(faults=[Fault.REDIRECT]) as model:
        response = ask(model)

    assert (response.status_code, response.headers["Location"]) == (307, "/v1/chat/completions")


def test_faults_change_while_it_runs() -> None:
    """New faults begin with the next request."""
    with FakeModel() as model:
        first = ask(model).status_code
        model.faults = ["unavailable", None, Fault.SERVER_ERROR]
        then = [ask(model).status_code for _ in range(4)]

    assert (first, then) == (200, [503, 200, 500, 200])


def test_a_rate() -> None:
    """The same seed makes the same faults, and a share is about that share."""
    rate = Rate(0.25, [Fault.HANG, Fault.EMPTY], seed=1)

    one, two = ([schedule.next({}) for _ in range(1000)] for schedule in (Schedule(rate), Schedule(rate)))

    assert one == two
    assert set(one) == {Fault.NONE, Fault.HANG, Fault.EMPTY}
    assert 200 < sum(fault is not Fault.NONE for fault in one) < 300


def test_what_is_no_schedule() -> None:
    """It is refused in words."""
    with pytest.raises(ValueError, match="There is no fault 'flood'; one of none, too_many_requests"):
        FakeModel(faults=["flood"])
    with pytest.raises(ValueError, match="A share is between 0 and 1"):
        Rate(2)
    with pytest.raises(ValueError, match="at least one fault"):
        Rate(1, [])


def test_the_reference_names_them_all() -> None:
    """The table is the enum, in its order and its words."""
    (enum,) = (
        node
        for node in ast.parse(inspect.getsource(fake_faults)).body
        if isinstance(node, ast.ClassDef) and node.name == "Fault"
    )
    words = [
        node.value.value
        for node in enum.body[1:]
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]

    assert re.findall(r"^\| `(\w+)` \| (.*) \|$", REFERENCE, re.MULTILINE) == list(
        zip(map(str, Fault), words, strict=True)
    )


def test_the_example_of_the_reference_runs() -> None:
    """The Python that is shown does what it asserts."""
    (example,) = re.findall(r"^```python\n(.*?)^```", REFERENCE, re.DOTALL | re.MULTILINE)

    exec(example, {})
