"""The settings of an assistant: all optional; without any, it runs embedded, on SQLite."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from soni.config.values import Duration, Model

Positive = Annotated[int, Field(ge=1)]


class Cache(Model):
    """How many answers of a model are kept, and for how long."""

    size: Annotated[int, Field(ge=0)] = 1000
    ttl: Duration = timedelta(seconds=300)


class NLU(Model):
    """Who understands."""

    provider: str = "embedded"
    """embedded | openai | anthropic | gemini | azure | ollama | groq | openrouter | the name of an OpenAI-compatible service"""
    model: str = "gpt-4o-mini"
    temperature: Annotated[float, Field(ge=0.0, le=2.0)] = 0.0
    max_tokens: Positive = 1000
    api_base: str | None = None
    timeout: Duration = timedelta(seconds=10)
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    fallback: Literal["embedded"] | None = "embedded"
    cache: Cache = Cache()
    threshold: Annotated[float, Field(ge=0.0, le=1.0)] = 0.6


class Rephraser(Model):
    """Whether a model may say it in its own words."""

    enabled: bool = False
    tone: Literal["friendly", "professional", "formal"] = "friendly"
    model: str | None = None


class Models(Model):
    """The models an assistant uses."""

    nlu: NLU = NLU()
    rephraser: Rephraser = Rephraser()


class Pool(Model):
    """How many connections a store may hold."""

    min_size: Annotated[int, Field(ge=0)] = 1
    max_size: Positive = 10


class Retention(Model):
    """What is kept, and for how long."""

    conversation_ttl: Duration | None = timedelta(days=30)
    keep_checkpoints: Positive = 1
    transcript: bool = True


class Persistence(Model):
    """Where conversations live."""

    backend: Literal["memory", "sqlite", "postgresql", "redis"] = "sqlite"
    path: Path = Path("./soni.db")
    connection_string: str | None = None
    lock_connection_string: str | None = None
    pool: Pool = Pool()
    retention: Retention = Retention()


class Runtime(Model):
    """The limits of a turn."""

    max_step_executions: Positive = 100
    turn_timeout: Duration = timedelta(seconds=30)


class FlowManagement(Model):
    """How many flows may be open at once."""

    max_stack_depth: Positive = 3
    on_limit_reached: Literal["cancel_oldest", "reject_new"] = "cancel_oldest"
    max_completed_flows: Annotated[int, Field(ge=0)] = 10


class Conversation(Model):
    """How a conversation opens, pauses and goes on."""

    default_flow: str | None = None
    fallback_flow: str | None = None
    session_timeout: Duration | None = timedelta(minutes=60)
    max_turns_without_progress: Positive = 5
    on_no_progress: Literal["handoff", "fallback", "retry"] = "handoff"
    on_concurrent_message: Literal["enqueue", "reject"] = "enqueue"
    on_flow_changed: Literal["resume", "restart", "cancel"] = "resume"
    max_history: Annotated[int, Field(ge=0)] = 50
    max_trace_entries: Annotated[int, Field(ge=0)] = 50


class Collection(Model):
    """How often a value may be wrong."""

    max_validation_attempts: Positive = 3


class I18n(Model):
    """The languages an assistant speaks."""

    default_language: str = "en"
    supported_languages: tuple[str, ...] = ("en",)

    @model_validator(mode="after")
    def _default_is_spoken(self) -> "I18n":
        if self.default_language not in self.supported_languages:
            raise ValueError("default_language must be one of supported_languages")
        return self


class Security(Model):
    """What must not happen, whoever asks."""

    enable_guardrails: bool = True
    allowed_actions: tuple[str, ...] = ()
    blocked_intents: tuple[str, ...] = ()
    max_message_length: Positive = 4000


class Auth(Model):
    """How callers show who they are."""

    mode: Literal["none", "api_key", "jwt"] = "none"
    allow_insecure: bool = False


class Jwt(Model):
    """Whose tokens are believed."""

    jwks_url: str | None = None
    issuer: str | None = None
    audience: str | None = None
    algorithms: tuple[str, ...] = ("RS256",)
    user_claim: str = "sub"
    leeway: Duration = timedelta(seconds=30)


class RateLimit(Model):
    """How much a caller may ask for."""

    per_user: str | None = None
    per_client: str | None = None
    storage: str = "memory"


class Server(Model):
    """The HTTP service."""

    auth: Auth = Auth()
    api_keys_env: str = "SONI_API_KEYS"
    jwt: Jwt = Jwt()
    rate_limit: RateLimit | None = None
    cors_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ("*",)
    max_body_size: str | int = "64KiB"
    max_concurrent_turns: Positive = 256
    metrics_auth: bool = False
    inspector: Literal["auto"] | bool = "auto"


class Logging(Model):
    """What is written about the work."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["console", "json"] = "console"
    file: Path | None = None


class Settings(Model):
    """Everything that can be set."""

    modules: tuple[str, ...] = ()
    """Python modules with actions, beside the YAML or importable."""
    models: Models = Models()
    persistence: Persistence = Persistence()
    runtime: Runtime = Runtime()
    flow_management: FlowManagement = FlowManagement()
    conversation: Conversation = Conversation()
    collection: Collection = Collection()
    i18n: I18n = I18n()
    security: Security = Security()
    server: Server = Server()
    logging: Logging = Logging()


INACTIVE: Mapping[str, str] = {}
"""Paths of settings that are read and checked but not yet acted on, with what happens instead."""
