"""Counts what happens, for Prometheus: a listener of the events of every turn, and what `/metrics` answers.

With the environment variable PROMETHEUS_MULTIPROC_DIR several workers count in files of that folder, and each of them answers
for all. prometheus-client is imported when the first `Metrics` is made.
"""

import os
import threading
import time
from asyncio import CancelledError
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from soni import errors
from soni.config.models import SoniConfig
from soni.config.steps import Handoff
from soni.errors import SoniError
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
from soni.observability.definitions import METRICS, OTHER, Definition, source_of
from soni.observability.definitions import reference as reference

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics import MetricWrapperBase

SHARED_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable with the folder in which several workers count."""

_BREAKER: Final = {"open": 1.0, "half_open": 0.5, "closed": 0.0}
_OWN_ERRORS: Final = frozenset(
    name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, SoniError)
) | {"ModelFailed", "HalfDone", "UnfitOutput"}


class Metrics:
    """The metrics of one service."""

    def __init__(self, config: SoniConfig, version: str) -> None:
        """``version`` is the service's. It reads files where several workers count: make it in a thread."""
        import prometheus_client

        # When a series was made says nothing here, and would be as many series again.
        _untyped("prometheus_client.metrics").disable_created_metrics()
        self._folder = os.environ.get(SHARED_FOLDER) or None
        self._registry = prometheus_client.CollectorRegistry()
        self._names = _Names(config)
        made = {each.name: _made(each, self._registry) for each in METRICS}
        self._made = made
        self._series: dict[tuple[str, ...], Any] = {}
        self._looking = threading.Lock()
        """Several may scrape at once, each in a thread; time that is used counts once, and never backwards."""
        self._cpu = 0.0
        self._flows: list[FlowStarted | FlowEnded] = []
        self._source: str | None = None
        self._hear: Final[Mapping[type[Event], Callable[[Any], None]]] = {
            TurnStarted: self._turn_started,
            PhaseEnded: self._phase_ended,
            UnderstoodBy: self._understood_by,
            Understood: self._understood,
            ModelCalled: self._model_called,
            BreakerChanged: self._breaker_changed,
            CommandDropped: self._command_dropped,
            ValueRefused: self._value_refused,
            PatternRan: self._pattern_ran,
            ActionRan: self._action_ran,
            FlowStarted: self._flow,
            FlowEnded: self._flow,
            TakenBack: self._taken_back,
            HandedOff: self._handed_off,
            TurnEnded: self._turn_ended,
            TurnReplayed: self._turn_replayed,
            TurnFailed: self._turn_failed,
        }
        self._of("soni_build_info", version, config.fingerprint).set(1)
        self._of("soni_start_time_seconds").set(time.time())
        self._of("soni_turns_limit").set(config.settings.server.max_concurrent_turns)
        for outcome in ("answered", "replayed", "failed"):
            # A ratio of what has never happened is no number: what is divided by is there from the start.
            self._of("soni_turns_total", outcome)

    # -- what happened ------------------------------------------------------------------------------------------------

    def __call__(self, event: Event) -> None:
        """Hear an event; those of a turn come one after the other."""
        hear = self._hear.get(type(event))
        if hear is not None:
            hear(event)

    def request_served(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """A request was answered; ``method`` is one of the usual, ``route`` a template, ``None`` where none has its path."""
        where = route or OTHER
        self._of("soni_http_requests_total", method, where, str(status)).inc()
        self._of("soni_http_request_duration_seconds", where).observe(seconds)

    def _of(self, name: str, *labels: str) -> Any:
        """The series of a metric with these values of its labels: found once, then kept."""
        key = (name, *labels)
        found = self._series.get(key)
        if found is None:
            metric = self._made[name]
            found = self._series[key] = metric.labels(*labels) if labels else metric
        return found

    def _turn_started(self, _: TurnStarted) -> None:
        self._flows.clear()
        self._source = None

    def _phase_ended(self, event: PhaseEnded) -> None:
        self._of("soni_turn_phase_duration_seconds", event.phase).observe(event.seconds)
        if event.error == "StoreUnavailable":
            self._of("soni_store_errors_total", event.phase).inc()
        if event.error and event.phase == "understand":
            self._of("soni_understood_total", self._source or "model", "failed").inc()

    def _understood_by(self, event: UnderstoodBy) -> None:
        self._source = event.source
        if event.reason:
            self._of("soni_understanding_fallbacks_total", event.reason).inc()

    def _understood(self, event: Understood) -> None:
        source = source_of(event.source, self._source)
        self._of("soni_understood_total", source, "understood" if event.commands else "nothing").inc()

    def _model_called(self, event: ModelCalled) -> None:
        self._of("soni_model_calls_total", event.purpose, event.outcome).inc()
        self._of("soni_model_call_duration_seconds", event.purpose).observe(event.seconds)
        self._of("soni_model_tokens_total", "prompt", event.purpose).inc(event.prompt_tokens)
        self._of("soni_model_tokens_total", "completion", event.purpose).inc(event.completion_tokens)

    def _breaker_changed(self, event: BreakerChanged) -> None:
        self._of("soni_model_breaker_open", event.model).set(_BREAKER[event.state])

    def _command_dropped(self, event: CommandDropped) -> None:
        self._of("soni_commands_dropped_total", event.reason).inc()

    def _value_refused(self, event: ValueRefused) -> None:
        self._of("soni_values_refused_total", self._names.slot(event.slot), event.reason).inc()

    def _pattern_ran(self, event: PatternRan) -> None:
        self._of("soni_repairs_total", event.pattern).inc()

    def _action_ran(self, event: ActionRan) -> None:
        action = self._names.action(event.action)
        self._of("soni_actions_total", action, event.error or ("ok" if event.attempts else "known")).inc()
        self._of("soni_action_duration_seconds", action).observe(event.seconds)
        if event.attempts > 1:
            self._of("soni_action_retries_total", action).inc(event.attempts - 1)

    def _flow(self, event: FlowStarted | FlowEnded) -> None:
        if isinstance(event, FlowEnded) and event.outcome == "abandoned":
            self._count_flow(event)  # whatever comes of the turn that finds it, and also where there is none
        else:
            self._flows.append(event)

    def _taken_back(self, _: TakenBack) -> None:
        self._flows.clear()

    def _handed_off(self, event: HandedOff) -> None:
        self._of("soni_handoffs_total", self._names.queue(event.queue)).inc()

    def _turn_ended(self, event: TurnEnded) -> None:
        for flow in self._flows:
            self._count_flow(flow)
        self._flows.clear()
        self._of("soni_turns_total", "answered").inc()
        self._of("soni_turn_duration_seconds", "answered").observe(event.seconds)

    def _turn_replayed(self, event: TurnReplayed) -> None:
        self._of("soni_turns_total", "replayed").inc()
        self._of("soni_turn_duration_seconds", "replayed").observe(event.seconds)

    def _turn_failed(self, event: TurnFailed) -> None:
        self._flows.clear()
        cancelled = event.error == CancelledError.__name__
        outcome = "cancelled" if cancelled else "failed"
        self._of("soni_turns_total", outcome).inc()
        self._of("soni_turn_duration_seconds", outcome).observe(event.seconds)
        if not cancelled:
            self._of("soni_turn_failures_total", event.error if event.error in _OWN_ERRORS else "Unexpected").inc()

    def _count_flow(self, event: FlowStarted | FlowEnded) -> None:
        flow = self._names.flow(event.flow)
        if isinstance(event, FlowStarted):
            self._of("soni_flows_started_total", flow).inc()
        else:
            self._of("soni_flows_ended_total", flow, event.outcome, self._names.step(event.flow, event.step)).inc()

    # -- how it is now ------------------------------------------------------------------------------------------------

    def look(self, *, in_flight: int, waiting: int, answering: int, store_up: bool) -> None:
        """Note how things are at this moment; it reads small files of the kernel's."""
        self._of("soni_turns_in_flight").set(in_flight)
        self._of("soni_messages_waiting").set(waiting)
        self._of("soni_conversations_active").set(answering)
        self._of("soni_store_up").set(store_up)
        with self._looking:
            used = time.process_time()
            self._of("soni_cpu_seconds_total").inc(used - self._cpu)
            self._cpu = used
        self._of("soni_resident_memory_bytes").set(_resident_memory())
        self._of("soni_open_fds").set(_open_fds())

    @property
    def shared(self) -> bool:
        """Whether several workers count together."""
        return self._folder is not None

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """What Prometheus scrapes, and its media type, in the form that ``accept`` asks for. Not to be called in an event loop."""
        from prometheus_client import CollectorRegistry
        from prometheus_client.exposition import choose_encoder

        encode, media_type = choose_encoder(accept)
        if self._folder is None:
            return encode(self._registry), media_type
        _forget_dead(self._folder)
        together = CollectorRegistry()
        _untyped("prometheus_client.multiprocess").MultiProcessCollector(together, self._folder)
        return encode(together), media_type

    def close(self) -> None:
        """This process counts no more: what was true of it now is not any longer; what it has counted stays."""
        if self._folder is not None:
            _untyped("prometheus_client.multiprocess").mark_process_dead(os.getpid(), self._folder)


class _Names:
    """The names that a configuration has; any other is ``other``, so that a conversation begun long ago makes no new series."""

    def __init__(self, config: SoniConfig) -> None:
        flows = dict(config.user_flows())
        self._steps = {name: frozenset(step.step for step in flow.walk()) for name, flow in flows.items()}
        self._slots = frozenset(config.slots)
        self._actions = frozenset(config.actions)
        every = (step for flow in config.flows.values() for step in flow.walk())
        self._queues = frozenset(step.queue for step in every if isinstance(step, Handoff) and step.queue)

    def flow(self, name: str) -> str:
        return name if name in self._steps else OTHER

    def step(self, flow: str, step: str) -> str:
        return step if step in self._steps.get(flow, ()) else OTHER

    def slot(self, name: str) -> str:
        return name if name in self._slots else OTHER

    def action(self, name: str) -> str:
        return name if name in self._actions else OTHER

    def queue(self, name: str | None) -> str:
        return OTHER if name is not None and name not in self._queues else name or ""


def _made(each: Definition, registry: "CollectorRegistry") -> "MetricWrapperBase":
    from prometheus_client import Counter, Gauge, Histogram

    match each.kind:
        case "counter":
            return Counter(each.name, each.help, each.labels, registry=registry)
        case "gauge":
            return Gauge(each.name, each.help, each.labels, registry=registry, multiprocess_mode=each.across)
        case "histogram":
            return Histogram(each.name, each.help, each.labels, registry=registry, buckets=each.buckets)


def _untyped(module: str) -> Any:
    """A module whose functions say nothing of their types."""
    return import_module(module)


def _forget_dead(folder: str) -> None:
    """Workers that were killed said no goodbye: what was true of them is not any longer."""
    mark_process_dead = _untyped("prometheus_client.multiprocess").mark_process_dead
    for number in {path.stem.rpartition("_")[2] for path in Path(folder).glob("gauge_live*_*.db")}:
        if not Path("/proc", number).exists() and Path("/proc/self").exists():
            mark_process_dead(int(number), folder)


def _resident_memory() -> int:
    with suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource  # where there is no /proc: the greatest it ever was, in kilobytes

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _open_fds() -> int:
    with suppress(OSError):
        return sum(1 for _ in Path("/proc/self/fd").iterdir())
    return 0
