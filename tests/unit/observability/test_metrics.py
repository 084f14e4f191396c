"""What is counted, as Prometheus sees it; and the page that tells it."""

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from soni.config.models import SoniConfig
from soni.events import (
    ActionRan,
    BreakerChanged,
    CommandDropped,
    Event,
    FlowEnded,
    FlowStarted,
    HandedOff,
    ModelCalled,
    PatternRan,
    PhaseEnded,
    TakenBack,
    TurnEnded,
    TurnFailed,
    TurnReplayed,
    TurnStarted,
    Understood,
    UnderstoodBy,
    ValueRefused,
)
from soni.observability.definitions import METRICS
from soni.observability.metrics import Metrics, reference

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"

CONFIG = SoniConfig.model_validate(
    {
        "version": "1.0",
        "slots": {"amount": {"type": "float"}},
        "actions": {"pay": {"effect": "write"}},
        "flows": {
            "send": {
                "steps": [
                    {"step": "ask", "type": "collect", "slot": "amount"},
                    {"step": "act", "type": "action", "call": "pay"},
                    {"step": "person", "type": "handoff", "queue": "sales"},
                ]
            }
        },
    }
)
STARTED, ENDED = TurnStarted("ana", 1), TurnEnded("ana", 1, "idle", 1, 0.02)


def test_several_may_scrape_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that read the clock first and counts last would count time backwards, which Prometheus' client refuses."""
    metrics = Metrics(CONFIG, "1.0")
    used, read, second = itertools.count(10.0), threading.Event(), threading.Event()

    def process_time() -> float:
        now = next(used)
        if now == 10.0:
            read.set()
            second.wait(0.2)  # the other has all the time to overtake, and cannot
        else:
            second.set()
        return now

    monkeypatch.setattr(time, "process_time", process_time)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(metrics.look, in_flight=0, waiting=0, answering=0, store_up=True)
        read.wait()
        metrics.look(in_flight=0, waiting=0, answering=0, store_up=True)
        first.result()

    assert b"soni_cpu_seconds_total 11.0" in metrics.exposition("")[0]


def test_the_reference_is_what_the_code_defines() -> None:
    """Every metric that is made is told; scripts/reference writes it anew."""
    assert reference() in REFERENCE.read_text()
    assert all(f"| `{each.name}` | {each.kind} |" in reference() for each in METRICS)


def test_every_metric_is_made_and_counts() -> None:
    """Whatever happens, each metric that is defined has something to say about it."""
    told = _told(
        STARTED,
        PhaseEnded("load", 0.001, "StoreUnavailable"),
        UnderstoodBy("fallback", "timeout"),
        Understood(("start_flow",), "ResilientUnderstander", 0.01),
        ModelCalled("openai/x", "answered", 0.5, 100, 20, "understand"),
        BreakerChanged("openai/x", "open"),
        CommandDropped("set_slot", "not_now"),
        ValueRefused("amount", "min"),
        PatternRan("pattern_correction"),
        ActionRan("pay", 0.2, 3),
        FlowStarted("send"),
        FlowEnded("send", "completed", "act"),
        HandedOff("sales"),
        ENDED,
    )

    for line in (
        'soni_turns_total{outcome="answered"} 1.0',
        'soni_turn_duration_seconds_count{outcome="answered"} 1.0',
        'soni_turn_phase_duration_seconds_count{phase="load"} 1.0',
        'soni_store_errors_total{operation="load"} 1.0',
        'soni_understood_total{outcome="understood",source="fallback"} 1.0',
        'soni_understanding_fallbacks_total{reason="timeout"} 1.0',
        'soni_model_calls_total{outcome="answered",purpose="understand"} 1.0',
        'soni_model_call_duration_seconds_sum{purpose="understand"} 0.5',
        'soni_model_tokens_total{kind="prompt",purpose="understand"} 100.0',
        'soni_model_breaker_open{model="openai/x"} 1.0',
        'soni_commands_dropped_total{reason="not_now"} 1.0',
        'soni_values_refused_total{reason="min",slot="amount"} 1.0',
        'soni_repairs_total{pattern="pattern_correction"} 1.0',
        'soni_actions_total{action="pay",outcome="ok"} 1.0',
        'soni_action_duration_seconds_sum{action="pay"} 0.2',
        'soni_action_retries_total{action="pay"} 2.0',
        'soni_flows_started_total{flow="send"} 1.0',
        'soni_flows_ended_total{flow="send",outcome="completed",step="act"} 1.0',
        'soni_handoffs_total{queue="sales"} 1.0',
        'soni_http_requests_total{method="GET",route="/ready",status="200"} 1.0',
        'soni_http_request_duration_seconds_count{route="/ready"} 1.0',
        f'soni_build_info{{assistant="{CONFIG.fingerprint}",version="1.2.3"}} 1.0',
        "soni_turns_in_flight 5.0",
        "soni_messages_waiting 3.0",
        "soni_conversations_active 2.0",
        "soni_store_up 1.0",
        "soni_turns_limit 256.0",
    ):
        assert line in told
    assert [each.name for each in METRICS if f"# TYPE {each.name} {each.kind}" not in told] == []
    assert "_created" not in told


def test_flows_of_a_turn_that_failed_have_neither_started_nor_ended() -> None:
    """Nothing of it is saved; what is taken back within a turn that is answered has not been, either."""
    told = _told(
        STARTED, FlowStarted("send"), TurnFailed("ana", 1, "FlowError", 0.1),
        STARTED, FlowStarted("send"), TakenBack(), ENDED,
    )  # fmt: skip

    assert "soni_flows_started_total{" not in told
    assert 'soni_turn_failures_total{error="FlowError"} 1.0' in told


def test_a_turn_that_was_cancelled_is_no_failure() -> None:
    """Nobody has to be woken because a caller went away."""
    told = _told(STARTED, TurnFailed("ana", 1, "CancelledError", 0.1))

    assert 'soni_turns_total{outcome="cancelled"} 1.0' in told
    assert "soni_turn_failures_total{" not in told


def test_an_abandoned_flow_counts_without_a_turn() -> None:
    """Conversations that are reset or expire have no turn."""
    told = _told(FlowEnded("send", "abandoned", "ask"))

    assert 'soni_flows_ended_total{flow="send",outcome="abandoned",step="ask"} 1.0' in told


def test_labels_have_names_of_the_configuration_only() -> None:
    """What is not of this assistant, or not of Soni, makes no series of its own."""
    told = _told(
        STARTED,
        FlowStarted("gone"),
        FlowEnded("send", "cancelled", "gone"),
        ActionRan("gone", 0.1, 0),
        ValueRefused("gone", "min"),
        HandedOff("gone"),
        ENDED,
        TurnFailed("ana", 2, "SomebodysOwnError", 0.1),
        TurnReplayed("ana", 1, 0.1),
    )

    assert "gone" not in told
    assert "SomebodysOwnError" not in told
    assert "ana" not in told.replace("`", "").split("HELP")[0]
    assert 'soni_actions_total{action="other",outcome="known"} 1.0' in told


def _told(*events: Event) -> str:
    metrics = Metrics(CONFIG, "1.2.3")
    for event in events:
        metrics(event)
    metrics.request_served("GET", "/ready", 200, 0.01)
    metrics.look(in_flight=5, waiting=3, answering=2, store_up=True)
    body, media_type = metrics.exposition("")
    assert media_type.startswith("text/plain")
    return body.decode()
