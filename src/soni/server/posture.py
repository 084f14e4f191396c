"""Which guards of a service are off, and what of its environment means nothing, in words for whoever starts it."""

import logging
import os
from pathlib import Path

from soni.config.settings import Server, Settings
from soni.config.unread import unread_variables

log = logging.getLogger("soni.server")


def say_what_is_off(settings: Settings) -> None:
    """One line at the start, where anything is off: a warning where that lets everyone in, or conversations out."""
    off = what_is_off(settings)
    if off:
        loud = _open_to_all(settings.server) or _told_to_langsmith()
        level = logging.WARNING if loud else logging.INFO
        log.log(level, "guards.off", extra={"off": " ".join(off)})


def say_what_is_unread(path: Path, settings: Settings) -> None:
    """A warning for each variable that was probably meant to be a setting, and is none. Reads the assistant's files."""
    for each in unread_variables(path, settings, os.environ):
        log.warning("environment.unread", extra={"variable": each.variable, "meant": each.meant})


def what_is_off(settings: Settings) -> tuple[str, ...]:
    """A sentence for each guard that is off."""
    server = settings.server
    off: list[str] = []
    if server.local:
        off.append(
            "settings.server.local is on: auth, rate limits, allowed hosts and metrics_auth are not what the file says."
        )
    if server.auth.mode == "none":
        who = "Anyone who can reach this service" if _open_to_all(server) else "Anyone on this machine"
        off.append(f"{who} may talk as any user, and read and erase any conversation.")
        if "*" in server.cors_origins:
            off.append("So may any web page that is open in a browser there.")
    if server.auth.mode != "none" and not server.metrics_auth:
        off.append("Anyone who can reach this service may read /metrics (settings.server.metrics_auth).")
    if server.rate_limit is None or not (server.rate_limit.per_user or server.rate_limit.per_client):
        off.append("No rate limit.")
    if "*" in server.allowed_hosts:
        off.append("Answers under any host name.")
    if not settings.security.enable_guardrails:
        off.append("allowed_actions and blocked_intents are not kept.")
    if "*" in settings.security.webhook_hosts:
        off.append("Webhooks may call private addresses, and by plain http.")
    if _told_to_langsmith():
        off.append("LANGSMITH_TRACING is set: whole conversations are sent to LangSmith.")
    return tuple(off)


def _told_to_langsmith() -> bool:
    """Whether LangGraph does what a variable asks it for, which may be set for another program."""
    # Here and not above: it comes with LangGraph, which takes its time.
    from langsmith.utils import tracing_is_enabled

    return bool(tracing_is_enabled())


def _open_to_all(server: Server) -> bool:
    return server.auth.mode == "none" and server.auth.allow_insecure
