"""What a service process tells a collector over OTLP: the spans of turns, below whoever called, and a few metrics."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.receiving import Receiver, Seen, metrics_in, receiving, spans_in

from .shop import BREAK, CANARIES, SEND, say, shop

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE = CALLER.split("-")[1]


@dataclass
class Told:
    """Everything a service has told in its life."""

    collector: Receiver
    bank: Receiver
    spans: list[Seen]
    log: list[str]
    replies: list[str]

    def turn(self, number: int) -> list[Seen]:
        """The spans of a turn's trace."""
        turn = next(span for span in self.spans if span.name == "soni.turn" and span.told["soni.turn"] == number)
        return [span for span in self.spans if span.trace == turn.trace]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """A conversation of three turns with a service that is traced; the first with a caller that is traced too."""
    replies: list[str] = []
    with receiving() as collector, receiving() as bank:
        bank.answers = [503]
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_RESOURCE_ATTRIBUTES": "deployment=test"}
        with shop(tmp_path_factory.mktemp("shop"), bank.url, SONI_LOG_KEY="k", **environ) as (service, _):
            headers = {"traceparent": CALLER, "tracestate": "vendor=1", "baggage": "who=baggage-canary"}
            replies.append(str(say(service, SEND, **headers)[1]["response"]))
            replies.append(str(say(service, "/affirm")[1]["response"]))
            replies.append(str(say(service, BREAK)[1]["response"]))
            service.client.get("/health")
            service.client.get("/nowhere/at/all")
            assert service.stop() == 0
            log = service.told
        yield Told(collector, bank, spans_in(collector), log, replies)


def tree(spans: list[Seen]) -> dict[str, str]:
    """The name of each span's parent, by its own name; an empty one where the parent is not among them."""
    names = {span.id: span.name for span in spans}
    return {span.name: names.get(span.parent, "") for span in spans}


def one(spans: list[Seen], name: str) -> Seen:
    """The only span of this name."""
    (found,) = (span for span in spans if span.name == name)
    return found


def test_the_conversation_was_what_it_was_to_be(told: Told) -> None:
    """Money was asked for, sent at the second try, and what breaks was apologised for."""
    assert told.replies[0] == "Send 918273 to Zanzibaria?"
    assert told.replies[1] == "Sent 918273 to Zanzibaria."
    assert len(told.bank.posts) == 2


def test_a_turn_is_a_tree_below_its_caller(told: Told) -> None:
    """Request, turn, its phases, the model's call, the actions, and what authors trace themselves, async and in threads."""
    spans = told.turn(1)

    assert tree(spans) == {
        "POST /chat/{user_id}": "",
        "soni.turn": "POST /chat/{user_id}",
        "soni.lock": "soni.turn",
        "soni.load": "soni.turn",
        "soni.understand": "soni.turn",
        "chat gpt-4o-mini": "soni.understand",
        "soni.run": "soni.turn",
        "soni.action weigh": "soni.run",
        "authors.async": "soni.action weigh",
        "soni.action look": "soni.run",
        "authors.thread": "soni.action look",
        "soni.commit": "soni.turn",
    }
    request = spans[0]
    assert (request.trace, request.parent) == (TRACE, CALLER.split("-")[2])
    assert {span.state for span in spans} == {"vendor=1"}
    assert request.kind == "server"
    assert request.told.items() >= {
        "http.request.method": "POST", "http.route": "/chat/{user_id}", "http.response.status_code": 200,
    }.items()  # fmt: skip
    assert request.service.items() >= {"service.name": "soni", "deployment": "test"}.items()


def test_spans_say_how_it_went(told: Told) -> None:
    """Turn, understanding and store with their attributes; the steps as events of the run."""
    spans = told.turn(1)
    turn, understood = one(spans, "soni.turn"), one(spans, "soni.understand")

    assert turn.told.items() >= {"soni.turn": 1, "soni.state": "waiting_for_input", "soni.messages": 1}.items()
    assert re.fullmatch("[0-9a-f]{16}", str(turn.told["soni.conversation"]))
    assert understood.told == {"soni.understander": "ResilientUnderstander", "soni.commands": ["start_flow"]}
    assert one(spans, "soni.commit").told == {"db.system.name": "sqlite"}
    steps = [each.get("soni.step") for name, each in one(spans, "soni.run").events if name == "soni.step"]
    assert steps == ["amount", "recipient", "weigh", "look", "sure"]
    assert not any(span.failed for span in spans)


def test_a_call_of_a_model_speaks_the_conventions(told: Told) -> None:
    """Operation, provider, model and tokens, by OpenTelemetry's names for generative AI."""
    call = one(told.turn(1), "chat gpt-4o-mini")

    assert call.kind == "client"
    assert call.told.items() >= {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini",
        "soni.purpose": "understand",
    }.items()  # fmt: skip
    for which in ("input", "output"):
        tokens = call.told[f"gen_ai.usage.{which}_tokens"]
        assert isinstance(tokens, int)
        assert tokens > 0


def test_a_webhook_is_told_who_calls_it(told: Told) -> None:
    """Each attempt is a span of its own below the action's, and the service that is called gets its name; no baggage."""
    spans = told.turn(2)
    action = one(spans, "soni.action pay")
    calls = [span for span in spans if span.name == "POST"]

    assert [call.parent for call in calls] == [action.id, action.id]
    callers = [headers["traceparent"].split("-")[1:3] for _, headers, _ in told.bank.posts]
    assert callers == [[call.trace, call.id] for call in calls]
    assert [call.told["http.response.status_code"] for call in calls] == [503, 200]
    assert [call.failed for call in calls] == [True, False]
    assert action.told == {
        "soni.action.name": "pay", "soni.action.effect": "write", "soni.action.outcome": "ok", "soni.action.attempts": 2,
    }  # fmt: skip
    retry = ("soni.retry", {"soni.action.attempts": 1, "error.type": "ConnectionError"})
    assert retry in action.events
    assert not any("baggage" in headers for _, headers, _ in told.bank.posts)
    assert one(told.turn(2), "soni.understand").told["soni.understander"] == "payload"


def test_a_request_without_a_caller_begins_a_trace_of_its_own(told: Told) -> None:
    """Turns of one conversation belong together by its name, not by their trace."""
    assert {span.trace for span in told.turn(1)} == {TRACE}
    assert TRACE not in {span.trace for span in told.turn(2)}


def test_a_failure_is_told_by_its_type(told: Told) -> None:
    """No words: those of an exception may repeat what was said."""
    spans = told.turn(3)
    action, run, turn = one(spans, "soni.action explode"), one(spans, "soni.run"), one(spans, "soni.turn")

    # The turn went on with an apology.
    assert (action.failed, run.failed, turn.failed) == (True, False, False)
    assert action.told["error.type"] == "LookupError"
    assert (action.told["soni.action.outcome"], action.told["soni.action.attempts"]) == ("failed", 1)
    assert ("exception", {"exception.type": "ActionError"}) in action.events
    assert [span.status_words for span in told.spans if span.failed and span.status_words] == []


def test_probes_are_not_traced_and_unknown_paths_not_told(told: Told) -> None:
    """Whoever asks every few seconds would bury the rest, and a path that nobody knows may hold anything."""
    servers = [span for span in told.spans if span.kind == "server"]

    assert [span.name for span in servers] == ["POST /chat/{user_id}"] * 3 + ["GET"]
    assert servers[-1].told["http.response.status_code"] == 404
    assert not servers[-1].failed


def test_lines_of_the_log_name_their_span(told: Told) -> None:
    """Whoever reads one finds the other."""
    lines = [json.loads(line) for line in told.log if line.startswith("{")]
    first = next(line for line in lines if line["event"] == "request.served")

    assert first["trace_id"] == TRACE
    assert first["span_id"] == told.turn(1)[0].id
    assert first["request_id"] == told.turn(1)[0].told["soni.request_id"]


def test_metrics_are_few_and_have_few_values(told: Told) -> None:
    """Requests, turns, actions, calls and tokens of models, sent when the service ends at the latest."""
    metrics = metrics_in(told.collector)
    actions = {(each["soni.action.name"], each["soni.action.outcome"]): count
               for each, count, _ in metrics["soni.action.duration"]}  # fmt: skip

    assert sum(count for _, count, _ in metrics["soni.turn.duration"]) == 3
    assert actions == {("weigh", "ok"): 1, ("look", "ok"): 1, ("pay", "ok"): 1, ("explode", "failed"): 1}
    assert {(each["http.route"], each["http.response.status_code"]): count
            for each, count, _ in metrics["http.server.request.duration"] if "http.route" in each} == {
        ("/chat/{user_id}", 200): 3,
    }  # fmt: skip
    assert {each["gen_ai.token.type"] for each, _, _ in metrics["gen_ai.client.token.usage"]} == {"input", "output"}
    assert sum(count for _, count, _ in metrics["gen_ai.client.operation.duration"]) >= 2
    names = {name for points in metrics.values() for each, _, _ in points for name in each}
    assert not names & {"soni.conversation", "soni.turn", "soni.request_id"}


@pytest.mark.parametrize("canary", [*CANARIES.values(), "baggage-canary", "/nowhere/at/all"])
def test_nothing_of_a_conversation_leaves(told: Told, canary: str) -> None:
    """Neither words nor values nor users nor keys, in any span or metric, whatever was done with them."""
    assert canary.encode() not in told.collector.bodies


def test_the_canaries_were_really_there(told: Told) -> None:
    """The bank has seen the values: otherwise their absence would prove nothing."""
    path, headers, body = told.bank.posts[-1]

    assert b"918273" in body
    assert b"Zanzibaria" in body
    assert CANARIES["query"] in path
    assert headers["authorization"] == CANARIES["header"]


def test_conversations_have_the_same_name_wherever_the_key_is_the_same(told: Told, tmp_path: Path) -> None:
    """Replicas that share SONI_LOG_KEY name a conversation alike, and with another key it has another name."""
    names = {str(span.told["soni.conversation"]) for span in told.spans if span.name == "soni.turn"}
    assert len(names) == 1
    for key, same in (("k", True), ("another", False)):
        with receiving() as collector:
            environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "SONI_LOG_KEY": key}
            with shop(tmp_path, "http://127.0.0.1:9", **environ) as (service, _):
                say(service, "/affirm")
                service.stop()
            (turn,) = (span for span in spans_in(collector) if span.name == "soni.turn")
            assert (turn.told["soni.conversation"] in names) is same
