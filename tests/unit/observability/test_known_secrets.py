"""Which texts of the environment no line of the log may have."""

import pytest

from soni.config.models import SoniConfig
from soni.observability.known_secrets import known_secrets

CONFIG = SoniConfig.model_validate({"version": "1.0", "flows": {}})


@pytest.mark.parametrize(
    ("environ", "secret"),
    [
        ({"OTEL_EXPORTER_OTLP_HEADERS": "x-team=a1b2c3d4"}, "a1b2c3d4"),
        ({"OTEL_EXPORTER_OTLP_HEADERS": "x-team=a1b2c3d4, x-more=e5f6g7h8"}, "e5f6g7h8"),
        ({"OTEL_EXPORTER_OTLP_TRACES_HEADERS": "authorization=Bearer%20a1b2c3d4"}, "a1b2c3d4"),
        ({"OTEL_EXPORTER_OTLP_METRICS_HEADERS": "x-team:a1b2c3d4"}, "x-team:a1b2c3d4"),
        ({"SENTRY_DSN": "https://a1b2c3d4@sentry.example/1"}, "https://a1b2c3d4@sentry.example/1"),
        ({"BANK_TOKEN": "a1b2c3d4, e5f6g7h8"}, "e5f6g7h8"),
        ({"BANK_URL": "https://me:a1b2c3d4@bank.example"}, "a1b2c3d4"),
    ],
)
def test_what_others_know_the_service_by_is_secret(environ: dict[str, str], secret: str) -> None:
    """Keys by the names of their variables, and those of collectors in whichever way they are written."""
    assert secret in known_secrets(CONFIG, environ)


def test_what_is_short_or_called_nothing_of_the_kind_is_none() -> None:
    """To leave it out would leave out half of the words."""
    assert (
        known_secrets(CONFIG, {"API_KEY": "abc", "HOME": "/home/ana", "OTEL_SERVICE_NAME": "soni-shop"}) == frozenset()
    )
