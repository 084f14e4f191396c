"""The fake model answers what it is told to, in OpenAI's shapes, over real HTTP."""

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from soni import ConfigurationError
from soni.dialogue.commands import Affirm, AskInfo, Clarify, ClearSlot, Command, SetSlot, StartFlow
from soni.testing import FakeModel, Fault, as_answer, said_in
from soni.testing.fake_answers import Answer

from .fake_clients import LIMIT, ask, told

PLAIN: dict[str, object] = {"flow": None, "flows": [], "slot": None, "values": []}
NOTHING = '{"commands": []}'


def user(content: object) -> dict[str, Any]:
    return {"messages": [{"role": "system", "content": "You."}, {"role": "user", "content": content}]}


def test_a_script_by_text() -> None:
    """What is said is looked up; what the script does not have is answered with no commands."""
    script: dict[str, Answer] = {
        "send 50": [{"start_flow": {"flow": "pay", "slots": {"amount": 50}}}, "affirm"],
        "raw": "not JSON",
    }
    with FakeModel(script) as model:
        answers = [told(ask(model, said)) for said in ("send 50", "raw", "else")]

    assert answers == [as_answer([StartFlow("pay", {"amount": 50}), Affirm()]), "not JSON", NOTHING]


def test_a_script_in_order() -> None:
    """A list is read request by request, and the default comes after its end."""
    with FakeModel(["one", [Affirm()]], default="over") as model:
        answers = [told(ask(model)) for _ in range(3)]

    assert answers == ["one", as_answer([Affirm()]), "over"]


def test_an_oracle() -> None:
    """A function sees the request that the script has no answer to; None leaves it to the default."""

    def oracle(body: Mapping[str, Any]) -> list[str] | None:
        return ["affirm"] if said_in(body) == "yes" else None

    with FakeModel({"no": "scripted"}, oracle=oracle, default="default") as model:
        answers = [told(ask(model, said)) for said in ("yes", "no", "what")]

    assert answers == [as_answer([Affirm()]), "scripted", "default"]


@pytest.mark.filterwarnings("default")
def test_an_oracle_that_fails() -> None:
    """What it raises is told with status 500."""

    def oracle(body: Mapping[str, Any]) -> str:
        raise LookupError("no idea")

    with FakeModel(oracle=oracle) as model:
        response = ask(model)

    assert response.status_code == 500
    assert response.json()["error"]["message"] == "The oracle failed: LookupError: no idea"


@pytest.mark.parametrize(
    ("command", "written"),
    [
        (Affirm(), [{"command": "affirm", **PLAIN}]),
        (AskInfo("name"), [{"command": "ask_info", **PLAIN, "slot": "name"}]),
        (ClearSlot(("a", "b")), [{"command": "clear_slot", **PLAIN, "slot": slot} for slot in "ab"]),
        (
            Clarify(("a", "b"), {"n": 1.5}),
            [{"command": "clarify", **PLAIN, "flows": ["a", "b"], "values": [{"slot": "n", "value": "1.5"}]}],
        ),
        (
            SetSlot({"yes": True, "what": None, "all": ["ä"]}),
            [
                {
                    "command": "set_slot",
                    **PLAIN,
                    "values": [
                        {"slot": "yes", "value": "yes"},
                        {"slot": "all", "value": "ä"},
                    ],
                }
            ],
        ),
    ],
)
def test_commands_are_written_with_all_keys(command: Command, written: object) -> None:
    """Every key is present, every value is a text, and one slot is cleared at a time."""
    assert json.loads(as_answer([command]))["commands"] == written


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("hello", "hello"),
        ('[[ ## message ## ]]\n"say \\"hi\\"\\nto Ana"\n\n[[ ## rest ## ]]\n1', 'say "hi"\nto Ana'),
        ('[[ ## history ## ]]\n"x"\n[[ ## message ## ]]\n"y" Answer now.', "y"),
        ('[[ ## message ## ]]\n"I say [[ ## message ## ]]"', "I say [[ ## message ## ]]"),
        ("[[ ## message ## ]]\n50 euros\n[[ ## rest ## ]]", "50 euros"),
        ([{"type": "text", "text": "in "}, {"type": "text", "text": "parts"}], "in parts"),
    ],
)
def test_what_was_said_is_found(content: object, said: str) -> None:
    """It is the field of the message as a JSON string; without one, the whole message."""
    assert said_in(user(content)) == said


def test_the_shape_and_the_tokens() -> None:
    """A completion is as OpenAI's, and words and punctuation marks are counted."""
    with FakeModel({"Well, 50!": "It is done."}) as model:
        answer = ask(model, "Well, 50!").json()

    assert (answer["object"], answer["model"]) == ("chat.completion", "any")
    assert answer["choices"][0] == {
        "index": 0,
        "message": {"role": "assistant", "content": "It is done.", "refusal": None},
        "logprobs": None,
        "finish_reason": "stop",
    }
    assert answer["usage"] == {"prompt_tokens": 4, "completion_tokens": 4, "total_tokens": 8}


@pytest.mark.parametrize("with_usage", [True, False])
def test_streaming(with_usage: bool) -> None:
    """The chunks make up the answer; the last one has the usage where it is asked for; then comes [DONE]."""
    with FakeModel(default="one two three four five") as model:
        response = ask(model, stream=True, stream_options={"include_usage": with_usage})

    *events, last = response.text.split("\n\n")[:-1]
    chunks = [json.loads(event.removeprefix("data: ")) for event in events]
    choices = [chunk["choices"][0] for chunk in chunks if chunk["choices"]]
    assert response.headers["content-type"].startswith("text/event-stream")
    assert "".join(choice["delta"].get("content", "") for choice in choices) == "one two three four five"
    assert (choices[0]["delta"]["role"], choices[-1]["finish_reason"], last) == ("assistant", "stop", "data: [DONE]")
    assert (chunks[-1].get("usage") or {}).get("total_tokens") == (6 if with_usage else None)


def test_the_key_and_the_name() -> None:
    """Who comes without the key is refused, and so is who asks for another model."""
    with FakeModel(key="secret", models=["small"]) as model:
        refused, unknown, good = ask(model), ask(model, key="secret"), ask(model, key="secret", model="small")
        models = httpx.get(f"{model.api_base}/models", headers={"Authorization": "Bearer secret"}, trust_env=False)

    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")
    assert good.status_code == 200
    assert [each["id"] for each in models.json()["data"]] == ["small"]


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", b'{"messages": [{}]}'])
def test_what_is_no_request(content: bytes) -> None:
    """It is refused with status 400, in OpenAI's shape."""
    with FakeModel() as model:
        response = httpx.post(f"{model.api_base}/chat/completions", content=content, trust_env=False)

    assert (response.status_code, response.json()["error"]["type"]) == (400, "invalid_request_error")


def test_an_unknown_address() -> None:
    """Even that is refused in OpenAI's shape."""
    with FakeModel() as model:
        response = httpx.post(f"{model.api_base}/responses", json={}, trust_env=False)

    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_url")


def test_requests_are_kept() -> None:
    """The bodies of the last ones can be looked at."""
    with FakeModel(keep=2) as model:
        for said in "abc":
            ask(model, said)

    assert [said_in(body) for body in model.requests] == ["b", "c"]


def test_control() -> None:
    """Over HTTP one sees how it goes, and changes what goes wrong."""
    with FakeModel(default="done") as model:
        ask(model, "go")
        changed = httpx.post(model.control, json={"faults": ["empty", None, "hang"], "delay": 0.001}, trust_env=False)
        first, second = told(ask(model, "go")), told(ask(model, "go"))
        now = httpx.get(model.control, trust_env=False).json()
        wrong = httpx.post(model.control, json={"faults": ["flood"]}, trust_env=False)
        share = httpx.post(model.control, json={"faults": {"share": 1, "of": ["unavailable"]}}, trust_env=False)
        last = ask(model, "go").status_code

    assert changed.json()["left"] == ["empty", "none", "hang"]
    assert (first, second, last, share.status_code) == ("", "done", 503, 200)
    assert now == {
        "requests": 3,
        "answered": 3,
        "tokens": {"prompt": 3, "completion": 2, "total": 5},
        "faults": {"empty": 1},
        "left": ["hang"],
    }
    assert wrong.status_code == 400
    assert "'too_many_requests'" in wrong.json()["error"]["message"]


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.HANG_MIDWAY, Fault.DRIP, Fault.NONE])
def test_it_stops_while_a_client_waits(fault: Fault) -> None:
    """Stopping breaks off what hangs, drips or is delayed, and the client notices."""
    asked = threading.Event()
    failures: list[httpx.HTTPError] = []

    def choose(_: Mapping[str, Any]) -> Fault:
        asked.set()
        return fault

    def wait() -> None:
        try:
            ask(model)
        except httpx.HTTPError as error:
            failures.append(error)

    with FakeModel(faults=choose, delay=600 if fault is Fault.NONE else 0, drip=600) as model:
        client = threading.Thread(target=wait)
        client.start()
        assert asked.wait(LIMIT)
    client.join(LIMIT)

    assert isinstance(failures[0], httpx.TransportError)
    assert not isinstance(failures[0], httpx.TimeoutException)


SCRIPT = """
answers:
  send 50 to Ana:
    - start_flow: {flow: transfer_money, slots: {amount: 50}}
    - /set_slot recipient=Ana
  hello: Hi!
default: [out_of_scope]
"""


def test_a_script_in_a_file(tmp_path: Path) -> None:
    """YAML maps what is said to answers, and has a default."""
    path = tmp_path / "script.yaml"
    path.write_text(SCRIPT)

    with FakeModel(path) as model:
        answers = [told(ask(model, said)) for said in ("send 50 to Ana", "hello", "else")]

    assert [each["command"] for each in json.loads(answers[0])["commands"]] == ["start_flow", "set_slot"]
    assert answers[1] == "Hi!"
    assert json.loads(answers[2])["commands"][0]["command"] == "out_of_scope"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty; it begins with 'answers:'"),
        ("[a]", "begins with 'answers:'"),
        ("answer: {a: b}", "unknown key 'answer'; did you mean 'answers'?"),
        ("answers: {a: [{set_slt: {x: 1}}]}", "there is no command 'set_slt'"),
        ("answers: {a: 5}", "a text, or a list of commands such as [{start_flow: transfer_money}] is expected"),
    ],
)
def test_a_file_that_is_no_script(tmp_path: Path, text: str, words: str) -> None:
    """What is wrong with it is told in words, with its place."""
    path = tmp_path / "script.yaml"
    path.write_text(text)

    with pytest.raises(ConfigurationError) as raised:
        FakeModel(path)

    assert words in raised.value.message
    assert f"{path}:" in raised.value.message
