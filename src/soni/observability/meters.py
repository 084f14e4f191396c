"""The few metrics that OpenTelemetry is given: how long spans took, sampled or not, and what models have cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from opentelemetry.metrics import Histogram, Meter

from soni.tracing import Attribute, Attributes, Kind

_QUICK: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Seconds; the boundaries that OpenTelemetry's conventions give for HTTP."""
_SLOW: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""Seconds; those for language models."""
_TOKENS: Final = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864)

_MODEL: Final = ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model")


@dataclass(frozen=True, slots=True)
class _Measure:
    """How the duration of a kind of span is recorded."""

    histogram: Histogram
    told: Sequence[str]
    """The attributes that the metric has; each has few values. Who talks is none of them."""


class Meters:
    """Records a span when it ends."""

    def __init__(self, meter: Meter) -> None:
        def seconds(name: str, about: str, *told: str, buckets: Sequence[float] = _QUICK) -> _Measure:
            histogram = meter.create_histogram(name, "s", about, explicit_bucket_boundaries_advisory=buckets)
            return _Measure(histogram, (*told, "error.type"))

        self._requests = seconds(
            "http.server.request.duration", "Requests that were answered.",
            "http.request.method", "http.route", "http.response.status_code", "url.scheme",
        )  # fmt: skip
        self._measures: Mapping[str, _Measure] = {
            "soni.turn": seconds("soni.turn.duration", "Turns, from the message to what is saved.", "soni.state"),
            "soni.action": seconds(
                "soni.action.duration", "Actions, with their retries.", "soni.action.name", "soni.action.outcome"
            ),
            "chat": seconds(
                "gen_ai.client.operation.duration", "Calls of language models.", *_MODEL, "soni.purpose", buckets=_SLOW
            ),
        }
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage",
            "{token}",
            "What calls of language models have cost.",
            explicit_bucket_boundaries_advisory=_TOKENS,
        )

    def ended(self, name: str, kind: Kind, seconds: float, attributes: Attributes) -> None:
        """A span has ended that was called ``name`` when it began."""
        measure = self._requests if kind == "server" else self._measures.get(name.partition(" ")[0])
        if measure is None:
            return
        measure.histogram.record(seconds, _chosen(attributes, measure.told))
        for which in ("input", "output"):
            if isinstance(spent := attributes.get(f"gen_ai.usage.{which}_tokens"), int):
                self._tokens.record(spent, {**_chosen(attributes, _MODEL), "gen_ai.token.type": which})


def _chosen(attributes: Attributes, names: Sequence[str]) -> dict[str, Attribute]:
    return {name: attributes[name] for name in names if name in attributes}
