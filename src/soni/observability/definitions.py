"""Every metric of a service, with its labels: what `/metrics` has, and what its reference says."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]

_TURNS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_PHASES: Final = (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0)
_MODELS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)


OTHER: Final = "other"
"""Stands for every name that neither the configuration nor Soni has."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric."""

    name: str
    """As it is scraped; a histogram's is without ``_bucket``, ``_sum`` and ``_count``."""
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper bounds, in seconds."""
    across: Literal["livesum", "livemax", "livemin"] = "livesum"
    """What the gauges of several workers come to together."""


METRICS: Final = (
    Definition(
        "soni_turns_total",
        "counter",
        "Messages, by how they ended: `answered`, `replayed` (answered before), `failed` or `cancelled` (given up from outside).",
        ("outcome",),
    ),
    Definition(
        "soni_turn_failures_total",
        "counter",
        (
            "Messages that could not be answered, by the class of the error; `Unexpected` for those that are not "
            "Soni's own."
        ),
        ("error",),
    ),
    Definition(
        "soni_turn_duration_seconds",
        "histogram",
        "How long a message took, waiting included: `answered`, `replayed`, `failed` or `cancelled`.",
        ("outcome",),
        _TURNS,
    ),
    Definition(
        "soni_turn_phase_duration_seconds",
        "histogram",
        (
            "Where the time of a message went: `lock` (waiting for the conversation, and for a place to work), `load`, `understand`, `run` "
            "(everything else that flows and actions do), `commit`."
        ),
        ("phase",),
        _PHASES,
    ),
    Definition(
        "soni_turns_in_flight",
        "gauge",
        "Messages in the service now, waiting or being answered: what an autoscaler looks at.",
    ),
    Definition(
        "soni_turns_limit",
        "gauge",
        "Messages that may be in the service at once: `settings.server.max_concurrent_turns`.",
    ),
    Definition(
        "soni_messages_waiting", "gauge", "Messages that wait for their conversation, or for a place to work, now."
    ),
    Definition("soni_conversations_active", "gauge", "Conversations with a message being answered now."),
    Definition(
        "soni_understood_total",
        "counter",
        (
            "Messages by who understood them (`payload`, `shortcut`, `cache`, `model`, `fallback`, `embedded`, "
            "`custom`), and what came of it: `understood`, `nothing` (no command) or `failed`."
        ),
        (
            "source",
            "outcome",
        ),
    ),
    Definition(
        "soni_understanding_fallbacks_total",
        "counter",
        "Messages that the fallback understood in place of the model, by how that failed.",
        ("reason",),
    ),
    Definition(
        "soni_commands_dropped_total", "counter", "Commands that were understood and not admitted, by why.", ("reason",)
    ),
    Definition(
        "soni_values_refused_total",
        "counter",
        "Values that did not fit their slot, by why.",
        (
            "slot",
            "reason",
        ),
    ),
    Definition("soni_repairs_total", "counter", "Repair patterns that took the floor.", ("pattern",)),
    Definition("soni_handoffs_total", "counter", "Conversations that a person took over, by queue.", ("queue",)),
    Definition(
        "soni_flows_started_total",
        "counter",
        "Flows that were put on the stack; neither calls nor patterns.",
        ("flow",),
    ),
    Definition(
        "soni_flows_ended_total",
        "counter",
        (
            "Flows that left the stack: `completed`, `linked` (another took their place), `cancelled` or `abandoned` "
            "(the session timed out, the conversation expired, was reset or erased), by the step they stood at."
        ),
        (
            "flow",
            "outcome",
            "step",
        ),
    ),
    Definition(
        "soni_actions_total",
        "counter",
        "Runs of actions: `ok`, `known` (the ledger had the result), or why they failed.",
        (
            "action",
            "outcome",
        ),
    ),
    Definition(
        "soni_action_duration_seconds", "histogram", "How long actions took, retries included.", ("action",), _TURNS
    ),
    Definition("soni_action_retries_total", "counter", "Attempts at actions beyond the first.", ("action",)),
    Definition(
        "soni_model_calls_total",
        "counter",
        "Calls of language models: `answered`, `cancelled`, or how they failed.",
        (
            "purpose",
            "outcome",
        ),
    ),
    Definition(
        "soni_model_call_duration_seconds",
        "histogram",
        "How long calls of language models took.",
        ("purpose",),
        _MODELS,
    ),
    Definition(
        "soni_model_tokens_total",
        "counter",
        "Tokens of language models, as providers count them: `prompt` or `completion`.",
        (
            "kind",
            "purpose",
        ),
    ),
    Definition(
        "soni_model_breaker_open",
        "gauge",
        (
            "1 while a model is left alone because it failed, 0.5 while it is tried again, 0 otherwise; absent until "
            "it changes for the first time."
        ),
        ("model",),
        across="livemax",
    ),
    Definition(
        "soni_store_up",
        "gauge",
        "1 where the store answered when `/ready` last looked, 0 where it did not.",
        across="livemin",
    ),
    Definition(
        "soni_store_errors_total",
        "counter",
        (
            "Times that the store did not answer, by what was asked of it: `lock`, `load`, `run` (the ledger) or "
            "`commit`."
        ),
        ("operation",),
    ),
    Definition(
        "soni_http_requests_total",
        "counter",
        "Requests by method, template of the route and status; 499 where the caller went away.",
        (
            "method",
            "route",
            "status",
        ),
    ),
    Definition("soni_http_request_duration_seconds", "histogram", "How long requests took.", ("route",), _TURNS),
    Definition(
        "soni_build_info",
        "gauge",
        "Always 1; the labels are the versions of the service and of the assistant.",
        (
            "version",
            "assistant",
        ),
        across="livemax",
    ),
    Definition(
        "soni_start_time_seconds",
        "gauge",
        "When the service started, in seconds since 1970; of several workers the last.",
        across="livemax",
    ),
    Definition("soni_resident_memory_bytes", "gauge", "Memory that the process holds; of several workers the sum."),
    Definition("soni_cpu_seconds_total", "counter", "Processor time that the process has used, user and system."),
    Definition(
        "soni_open_fds", "gauge", "Files and connections that the process has open; of several workers the sum."
    ),
)
"""In the order in which they are told. No label ever has a user, a value or anything that was said: only names that the
configuration or Soni itself gives, so that their number is bounded."""


def source_of(understander: str, said: str | None) -> str:
    """Who understood a message: what the understander ``said`` of it, else what it is called, in our words."""
    return _SOURCES.get(understander) or said or "custom"


_SOURCES: Final = {"payload": "payload", "EmbeddedUnderstander": "embedded"}


def reference() -> str:
    """Every metric with its kind and labels, as a Markdown table."""
    rows = (f"| `{each.name}` | {each.kind} | {_listed(each.labels)} | {each.help} |" for each in METRICS)
    return "\n".join(("| metric | kind | labels | |", "|---|---|---|---|", *rows))


def _listed(labels: tuple[str, ...]) -> str:
    return ", ".join(f"`{label}`" for label in labels)
