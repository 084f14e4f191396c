"""The secrets that a service itself works with: passwords of its stores, keys of its models, headers of its webhooks."""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from soni.config.models import SoniConfig

_SHORTEST: Final = 6
"""Characters; to leave out what is shorter would leave out half of the words."""
_NAMES: Final = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|DSN", re.IGNORECASE)
_HEADERS: Final = re.compile(r"OTEL_\w+_HEADERS")
_HARMLESS: Final = frozenset({"accept", "accept-language", "content-type", "user-agent"})
_KEYWORD: Final = re.compile(r"\bpassword\s*=\s*('(?:[^'\\]|\\.)*'|\S+)")


def known_secrets(config: SoniConfig, environ: Mapping[str, str]) -> frozenset[str]:
    """Texts that no line of the log may have, whoever writes it."""
    found = set[str]()
    for name, value in environ.items():
        if _NAMES.search(name):
            found |= {value, *re.split(r"[\s,;]+", value)}
        if _HEADERS.fullmatch(name):
            found.update(_in_headers(value))
        found.update(_passwords(value))
    settings = config.settings
    for address in (settings.persistence.connection_string, settings.persistence.lock_connection_string):
        found.update(_passwords(address or ""))
    for named in (settings.models.nlu.api_key_env, settings.server.api_keys_env):
        found |= {environ.get(named or "", ""), *environ.get(named or "", "").split(",")}
    for action in config.actions.values():
        if action.http is not None:
            for name, value in action.http.headers.items():
                if name.lower() not in _HARMLESS:
                    found |= {value, value.rpartition(" ")[2]}
            found.update(_passwords(action.http.url))
    return frozenset(secret for secret in found if len(secret) >= _SHORTEST)


def _in_headers(written: str) -> Iterator[str]:
    """What collectors know the service by: values of headers, decoded too; and whole, where one has no value, as OpenTelemetry logs it."""
    for header in written.split(","):
        name, _, value = header.partition("=")
        if name.strip().lower() in _HARMLESS:
            continue
        value = value or header
        for text in (value.strip(), unquote(value).strip()):
            yield from (text, text.rpartition(" ")[2])


def _passwords(address: str) -> Iterator[str]:
    """What is secret in a connection string, encoded and not."""
    if "://" in address:
        try:
            password = urlsplit(address).password
        except ValueError:
            password = None
        if password:
            yield from (password, unquote(password), quote(unquote(password), safe=""))
    for found in _KEYWORD.finditer(address):
        yield found[1].strip("'")
