"""The settings of an assistant: all optional; without any, it runs embedded, on SQLite."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, ModelWrapValidatorHandler, model_validator

from soni.config.values import (
    Auto,
    Count,
    Duration,
    Flag,
    Model,
    Number,
    Positive,
    Size,
    Timeout,
    format_duration,
    misfit,
)

PROVIDERS: Final = ("embedded", "openai", "anthropic", "gemini", "azure", "ollama", "groq", "openrouter")
"""Who can understand; any other name needs an ``api_base``."""

Rate = Annotated[str, Field(pattern=r"^[1-9][0-9]*/(second|minute|hour|day)$")]
"""``60/minute``."""


def _within_a_turn(timeout: timedelta) -> timedelta:
    # Longer than any gateway waits for an answer.
    if timeout > timedelta(seconds=120):
        raise ValueError(f"at most 120s is expected, not {format_duration(timeout)}")
    return timeout


ModelTimeout = Annotated[Timeout, AfterValidator(_within_a_turn)]
"""How long a model may take."""


def _without_overlap(names: tuple[str, ...]) -> tuple[str, ...]:
    if "*" in names and len(names) > 1:
        raise ValueError("'*' means all of them and stands alone")
    return names


_NAME: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+"
Host = Annotated[str, Field(pattern=rf"^(?:\*|(?:\*\.)?(?:{_NAME}))$")]
"""``api.example.com``, ``*.example.com`` for all below it, an address without brackets, ``*`` for any; no port."""
Hosts = Annotated[tuple[Host, ...], AfterValidator(_without_overlap)]
Origin = Annotated[str, Field(pattern=r"^(?:\*|[a-z][a-z0-9+.-]*://[^\s/?#@*A-Z]+)$")]
"""``https://shop.example.com``: scheme, host in small letters, port where it is not the usual one; ``*`` for any."""
Origins = Annotated[tuple[Origin, ...], AfterValidator(_without_overlap)]


class Cache(Model):
    """How many answers of a model are kept, and for how long."""

    size: Count = 1000
    """How many."""
    ttl: Duration = timedelta(seconds=300)
    """For how long."""
    storage: Annotated[str, Field(pattern=r"^(memory|(rediss?|unix)://.+)$")] = "memory"
    """memory, or redis:// where several processes share the answers."""


class Breaker(Model):
    """When a model that fails is left alone."""

    failures: Positive = 5
    """After so many failures in a row."""
    reset: Timeout = timedelta(seconds=30)
    """For so long; then one message tries it again."""


class NLU(Model):
    """Who understands."""

    provider: Annotated[str, Field(min_length=1)] = "embedded"
    """embedded (default), openai, anthropic, gemini, azure, ollama, groq, openrouter, or any name with an api_base."""
    model: Annotated[str, Field(min_length=1)] = "gpt-4o-mini"
    """The name of the model; the embedded understanding has none."""
    temperature: Annotated[Number, Field(ge=0.0, le=2.0)] = 0.0
    """0 for the same answer each time."""
    max_tokens: Positive = 1000
    """The longest answer."""
    api_base: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] | None = None
    """Where the model is served, https://…; keys come from the environment, never from this file."""
    api_key_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    """The environment variable with the key; null for the provider's usual one."""
    timeout: ModelTimeout = timedelta(seconds=10)
    """How long the model may take for one message, all tries together; 120s at most."""
    retries: Annotated[Count, Field(le=10)] = 2
    """How often a failed call is tried again."""
    fallback: Literal["embedded"] | None = "embedded"
    """Who answers when the model cannot; null to refuse."""
    cache: Cache = Cache()
    """What the model said before is not asked again."""
    breaker: Breaker = Breaker()
    """When a model that fails is left alone, and the fallback answers at once."""
    optimized: Path | None = None
    """The program that 'soni optimize' has written; SONI_OPTIMIZED_DU_PATH names it too."""
    threshold: Annotated[Number, Field(ge=0.0, le=1.0)] = 0.6
    """Below it: clarify, or cannot handle."""

    @model_validator(mode="after")
    def _served(self) -> "NLU":
        if self.provider not in PROVIDERS and self.api_base is None:
            known = ", ".join(PROVIDERS)
            message = f"{self.provider!r} is none of {known}; any other name needs an 'api_base'"
            raise misfit("provider", message, written=self.provider, known=PROVIDERS)
        return self


class Rephraser(Model):
    """Whether a model may say it in its own words."""

    enabled: Flag = False
    """Off unless asked for; needs a model. It is shown templates, never values."""
    tone: Literal["friendly", "professional", "formal"] = "friendly"
    """How it speaks."""
    model: str | None = None
    """A model of its own, of the same provider; otherwise the one that understands."""


class Models(Model):
    """The models an assistant uses."""

    nlu: NLU = NLU()
    """Who understands."""
    rephraser: Rephraser = Rephraser()
    """Who says it in other words."""


class Pool(Model):
    """How many connections a store may hold."""

    min_size: Count = 1
    """Kept open."""
    max_size: Positive = 10
    """At most."""

    @model_validator(mode="after")
    def _ordered(self) -> "Pool":
        if self.min_size > self.max_size:
            raise misfit("min_size", f"min_size ({self.min_size}) is more than max_size ({self.max_size})")
        return self


class Retention(Model):
    """What is kept, and for how long."""

    conversation_ttl: Timeout | None = timedelta(days=30)
    """A conversation that was silent for so long is forgotten; null keeps it for ever."""
    keep_checkpoints: Positive = 1
    """How many saved states of a conversation are kept."""
    transcript: Flag = True
    """Whether the words of a conversation are kept."""


class Persistence(Model):
    """Where conversations live."""

    backend: Literal["memory", "sqlite", "postgresql", "redis"] = "sqlite"
    """memory forgets at the end of the process."""
    path: Path = Path("./soni.db")
    """The SQLite file."""
    connection_string: str | None = None
    """Where PostgreSQL or Redis answers."""
    lock_connection_string: str | None = None
    """A direct one, where connection_string goes through pgbouncer."""
    pool: Pool = Pool()
    """Connections to PostgreSQL or Redis."""
    retention: Retention = Retention()
    """What is kept, and for how long."""

    @model_validator(mode="after")
    def _reachable(self) -> "Persistence":
        if self.path.name == "" or "\0" in str(self.path):
            raise misfit("path", "the name of a file is expected")
        if self.backend in ("postgresql", "redis") and not self.connection_string:
            raise misfit("connection_string", f"backend {self.backend} needs a connection_string")
        return self


class Runtime(Model):
    """The limits of a turn."""

    max_step_executions: Positive = 100
    """How many steps may run before a flow counts as looping."""
    turn_timeout: Timeout = timedelta(seconds=30)
    """How long a turn may take in all."""


class FlowManagement(Model):
    """How many flows may be open at once."""

    max_stack_depth: Positive = 3
    """Flows the user started; calls and patterns do not count."""
    on_limit_reached: Literal["cancel_oldest", "reject_new"] = "cancel_oldest"
    """What happens to one more."""
    max_completed_flows: Count = 10
    """How many finished flows a conversation remembers."""


class Clarification(Model):
    """How often the user is asked which flow is meant."""

    max_depth: Positive = 3
    """A choice that was offered so often in vain hands over to a person."""


class Conversation(Model):
    """How a conversation opens, pauses and goes on."""

    default_flow: str | None = None
    """Started when nothing is active and a new conversation opens."""
    fallback_flow: str | None = None
    """Started when nothing was understood."""
    session_timeout: Timeout | None = timedelta(minutes=60)
    """After so much silence a conversation begins anew; null for never."""
    max_turns_without_progress: Positive = 5
    """Turns in which no slot changed, no flow started or ended, and no question was answered."""
    on_no_progress: Literal["handoff", "fallback", "retry"] = "handoff"
    """What happens then."""
    on_concurrent_message: Literal["enqueue", "reject"] = "enqueue"
    """What happens to a message that comes while another is being answered."""
    on_flow_changed: Literal["resume", "restart", "cancel"] = "resume"
    """resume at the same step id, else restart; what happens to open flows after a deploy."""
    clarification: Clarification = Clarification()
    """How often the user is asked which flow is meant."""
    max_history: Count = 50
    """How many messages are remembered."""
    max_trace_entries: Count = 50
    """How many steps are remembered for the inspector."""


class Collection(Model):
    """How often a value may be wrong."""

    max_validation_attempts: Positive = 3
    """Then pattern_too_many_attempts answers."""


class I18n(Model):
    """The languages an assistant speaks."""

    default_language: Annotated[str, Field(min_length=1)] = "en"
    """Spoken where nothing else was asked for."""
    supported_languages: Annotated[tuple[str, ...], Field(min_length=1)] = ("en",)
    """All it speaks."""

    @model_validator(mode="after")
    def _default_is_spoken(self) -> "I18n":
        if self.default_language not in self.supported_languages:
            spoken = ", ".join(self.supported_languages)
            message = f"{self.default_language!r} is none of the supported_languages: {spoken}"
            raise misfit("default_language", message)
        return self


class Security(Model):
    """What must not happen, whoever asks."""

    enable_guardrails: Flag = True
    """Whether allowed_actions and blocked_intents are kept."""
    allowed_actions: tuple[str, ...] = ()
    """The only actions that run; empty means all."""
    blocked_intents: tuple[str, ...] = ()
    """Flows that no message may start, neither by its words nor by a payload; calls, links and the settings still do."""
    webhook_hosts: Hosts = ()
    """Hosts that webhooks may call by plain http, or whose addresses are private; ``*`` for any."""
    max_message_length: Positive = 4000
    """Characters of a message."""


class Auth(Model):
    """How callers show who they are."""

    mode: Literal["none", "api_key", "jwt"] = "none"
    """none is for loopback only, unless allow_insecure."""
    allow_insecure: Flag = False
    """Whether anyone who reaches the service may talk as any user, without showing anything."""


_KEYS_URL: Final = r"^(https://[^\s/?#@]+|http://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]+)?)([/?][^\s#]*)?$"
# Whoever can change keys on their way can sign tokens: only this machine is trusted without TLS.


class Jwt(Model):
    """Whose tokens are believed."""

    jwks_url: Annotated[str, Field(pattern=_KEYS_URL)] | None = None
    """Where the issuer's keys are published: https, or http on this machine."""
    issuer: Annotated[str, Field(min_length=1)] | None = None
    """Who must have issued a token, its claim iss; null to take any that these keys have signed."""
    audience: Annotated[str, Field(min_length=1)] | None = None
    """Whom a token must be meant for, its claim aud; jwt needs it, or tokens for other services would do here."""
    algorithms: Annotated[
        tuple[Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"], ...],
        Field(min_length=1),
    ] = ("RS256",)
    """How a token may be signed."""
    user_claim: Annotated[str, Field(min_length=1)] = "sub"
    """The claim that names the user."""
    leeway: Duration = timedelta(seconds=30)
    """How far clocks may differ."""


class RateLimit(Model):
    """How much a caller may ask for."""

    per_user: Rate | None = None
    """Such as 60/minute, in the conversation of one user."""
    per_client: Rate | None = None
    """Such as 600/minute: by API key, by the user of a token, or else by address."""
    storage: Annotated[str, Field(pattern=r"^(memory|rediss?://.+)$")] = "memory"
    """memory, or redis:// where several processes count together."""


class Server(Model):
    """The HTTP service."""

    local: Flag = False
    """For work on one's own machine: auth, rate_limit, allowed_hosts and metrics_auth are as if nobody had set them."""
    auth: Auth = Auth()
    """How callers show who they are."""
    api_keys_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] = "SONI_API_KEYS"
    """The environment variable that holds the hashed keys."""
    jwt: Jwt = Jwt()
    """Whose tokens are believed."""
    rate_limit: RateLimit | None = None
    """How much a caller may ask for; null for no limit."""
    cors_origins: Origins = ()
    """Web pages that may call from a browser, such as https://shop.example.com; ``*`` for any."""
    allowed_hosts: Annotated[Hosts, Field(min_length=1)] = ("*",)
    """Names under which the service may be called, such as api.example.com or *.example.com; ``*`` for any."""
    hsts: Timeout | None = None
    """For how long browsers are told to call by https only; null says nothing. Only said over https."""
    max_body_size: Size = 64 * 1024
    """The largest request."""
    header_timeout: Timeout = timedelta(seconds=10)
    """How long a connection may take to send the head of a request."""
    body_timeout: Timeout = timedelta(seconds=10)
    """How long a request may take to send its body, once it is read."""
    max_connections: Positive = 800
    """Connections of one process at once; one more closes the one that has been idle for longest."""
    max_concurrent_turns: Positive = 256
    """Turns of one process at once, those that wait for their conversation included; one more is refused at once, with 429."""
    metrics_auth: Flag = False
    """Whether /metrics asks for the scope admin."""
    inspector: Auto = "auto"
    """The page for looking inside; auto: on loopback only."""

    @model_validator(mode="after")
    def _keys_are_known(self) -> "Server":
        if self.auth.mode == "jwt":
            missing = [key for key in ("jwks_url", "audience") if getattr(self.jwt, key) is None]
            if missing:
                raise misfit("jwt", f"auth mode jwt needs {' and '.join(map(repr, missing))}")
        if self.metrics_auth and self.auth.mode == "none":
            raise misfit("metrics_auth", "with auth mode none there is nobody to tell from others")
        return self

    @model_validator(mode="wrap")
    @classmethod
    def _off_for_local_work(cls, written: object, read: ModelWrapValidatorHandler[Self]) -> Self:
        """Here, once, and not wherever one of these is asked for."""
        server = read(written)
        if not server.local:
            return server
        off = {name: cls.model_fields[name].default for name in ("rate_limit", "allowed_hosts", "metrics_auth")}
        auth = server.auth.model_copy(update={"mode": "none"})
        return server.model_copy(update={**off, "auth": auth})


class Logging(Model):
    """What is written about the work."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least that is written."""
    format: Literal["console", "json"] = "console"
    """For people, or for machines."""
    file: Path | None = None
    """A file of its own, besides the console."""


class Settings(Model):
    """Everything that can be set."""

    modules: tuple[str, ...] = ()
    """Python modules with actions, beside the YAML or importable."""
    models: Models = Models()
    """The models an assistant uses."""
    persistence: Persistence = Persistence()
    """Where conversations live."""
    runtime: Runtime = Runtime()
    """The limits of a turn."""
    flow_management: FlowManagement = FlowManagement()
    """How many flows may be open at once."""
    conversation: Conversation = Conversation()
    """How a conversation opens, pauses and goes on."""
    collection: Collection = Collection()
    """How often a value may be wrong."""
    i18n: I18n = I18n()
    """The languages an assistant speaks."""
    security: Security = Security()
    """What must not happen, whoever asks."""
    server: Server = Server()
    """The HTTP service."""
    logging: Logging = Logging()
    """What is written about the work."""


MODEL_SHARE: Final = 0.8
"""Of the turn's time, at most, is the model's: the fallback and the flow need some, too."""

OF_A_MODEL: Final[Mapping[str, str]] = {
    "models.nlu.model": "the embedded understanding has no model",
    "models.nlu.temperature": "the embedded understanding always answers the same",
    "models.nlu.max_tokens": "the embedded understanding has no model",
    "models.nlu.api_base": "the embedded understanding calls nobody",
    "models.nlu.api_key_env": "the embedded understanding calls nobody",
    "models.nlu.timeout": "the embedded understanding calls nobody",
    "models.nlu.retries": "the embedded understanding calls nobody",
    "models.nlu.fallback": "the embedded understanding needs no fallback",
    "models.nlu.cache": "the embedded understanding needs no cache",
    "models.nlu.breaker": "the embedded understanding does not fail",
    "models.nlu.optimized": "the embedded understanding learns from the examples alone",
    "models.rephraser": "the embedded understanding writes nothing, so all is said as it is written",
}
"""Settings that only count where a language model understands, with why not."""

INACTIVE: Final[Mapping[str, str]] = {
    "conversation.max_trace_entries": "no steps are remembered",
    "server.inspector": "there is no inspector",
}
"""Settings, or whole groups, that are read and checked but not yet acted on, with what happens instead."""
