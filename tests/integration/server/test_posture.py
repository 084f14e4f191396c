"""What is said at start of guards that are off."""

import logging

import pytest
from langsmith.run_helpers import tracing_context

from soni.config.settings import Settings
from soni.server.posture import what_is_off

from .doubles import EchoRuntime, serving


def off(**settings: object) -> str:
    return " ".join(what_is_off(Settings.model_validate(settings)))


def test_a_service_as_it_comes_is_for_one_machine() -> None:
    """Without settings nothing is guarded, and it says so."""
    assert off() == (
        "Anyone on this machine may talk as any user, and read and erase any conversation. No rate limit."
        " Answers under any host name."
    )


def test_a_service_that_is_closed_has_nothing_to_say() -> None:
    """What production needs is on."""
    server = {
        "auth": {"mode": "api_key"},
        "rate_limit": {"per_user": "60/minute"},
        "allowed_hosts": ["api.example.com"],
        "metrics_auth": True,
    }

    assert off(server=server) == ""
    assert "may read /metrics" in off(server={**server, "metrics_auth": False})
    assert off(server={**server, "local": True}).startswith("settings.server.local is on: ")


def test_a_service_that_is_open_to_all_says_that_first() -> None:
    """Not only this machine, and any page of any browser there."""
    words = off(server={"auth": {"allow_insecure": True}, "cors_origins": ["*"]})

    assert words.startswith("Anyone who can reach this service may talk as any user")
    assert "any web page" in words


def test_guards_beyond_the_door_are_told_too() -> None:
    """Those of what an assistant may do."""
    words = off(security={"enable_guardrails": False, "webhook_hosts": ["*"]})

    assert "allowed_actions and blocked_intents are not kept." in words
    assert "Webhooks may call private addresses" in words


@pytest.mark.parametrize(("insecure", "level"), [(False, "INFO"), (True, "WARNING")])
async def test_it_is_one_line_at_start(caplog: pytest.LogCaptureFixture, insecure: bool, level: str) -> None:
    """A warning where everyone on the network is let in."""
    caplog.set_level(logging.INFO, "soni.server")
    async with serving(EchoRuntime({"server": {"auth": {"allow_insecure": insecure}}})):
        pass

    assert [record.levelname for record in caplog.records if record.message == "guards.off"] == [level]


async def test_conversations_that_leave_the_house_are_told_loudly(caplog: pytest.LogCaptureFixture) -> None:
    """LangGraph sends them to LangSmith where it is told to, whatever the settings say."""
    caplog.set_level(logging.INFO, "soni.server")
    with tracing_context(enabled=True):
        async with serving(EchoRuntime({"server": {"auth": {"allow_insecure": False}}})):
            pass

    (line,) = [record for record in caplog.records if record.message == "guards.off"]
    assert line.levelname == "WARNING"
    assert "whole conversations are sent to LangSmith" in line.__dict__["off"]
