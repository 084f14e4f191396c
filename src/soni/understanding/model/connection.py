"""A language model, opened through DSPy: whose it is, how it is reached, and what its failures mean."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

import dspy
from dspy.utils.exceptions import (
    AdapterParseError,
    ContextWindowExceededError,
    DSPyError,
    LMAuthError,
    LMBillingError,
    LMConfigurationError,
    LMError,
    LMInvalidRequestError,
    LMProviderError,
    LMRateLimitError,
    LMServerError,
    LMTimeoutError,
    LMTransportError,
    LMUnsupportedModelError,
)

from soni import tracing
from soni.config.settings import NLU
from soni.errors import ConfigurationError
from soni.understanding.model.failures import ModelFailed, Reason

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "azure": ("AZURE_API_KEY",),
    "groq": ("GROQ_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "ollama": (),
}
"""Where each provider's key is looked for in the environment; a model on one's own machine needs none."""

_TRACED_AS: Final[Mapping[str, str]] = {"gemini": "gcp.gemini", "azure": "azure.ai.openai"}
"""Providers that OpenTelemetry's conventions call otherwise."""

_NO_KEY: Final = "none"
"""Sent to a server of one's own, which asks for no key."""

_REASONS: Final[tuple[tuple[type[DSPyError], Reason], ...]] = (
    (LMRateLimitError, "rate_limited"),
    (LMTimeoutError, "timeout"),
    (LMServerError, "unavailable"),
    (LMTransportError, "unreachable"),
    (LMAuthError, "refused"),
    (LMBillingError, "refused"),
    (LMUnsupportedModelError, "unknown_model"),
    (ContextWindowExceededError, "too_long"),
    (LMConfigurationError, "refused"),
    (LMInvalidRequestError, "rejected"),
    (AdapterParseError, "garbled"),
    (LMProviderError, "unavailable"),  # what is left, a gateway's page in place of an answer for instance
)
"""The first that fits."""


@dataclass(frozen=True)
class Model:
    """A language model that can be called."""

    name: str
    """``provider/model``, as DSPy spells it."""
    lm: Any
    """The ``dspy.LM``: without a cache, a history or retries of its own."""
    structured: bool
    """Whether its API holds an answer to a JSON schema."""

    @contextmanager
    def calling(self, purpose: str) -> Iterator[Any]:
        """DSPy's settings for one call, and the counter of its tokens. Raises ModelFailed for every failure of DSPy's."""
        with self._traced(purpose) as span:
            try:
                # Left on, DSPy's history and its trace, which is for optimizers, grow with every call.
                with dspy.context(lm=self.lm, disable_history=True, trace=None), dspy.track_usage() as usage:
                    try:
                        yield usage
                    finally:
                        spent = tokens_of(usage)
                        span.set(
                            {"gen_ai.usage.input_tokens": spent.prompt, "gen_ai.usage.output_tokens": spent.completion}
                        )
            except (DSPyError, LMError) as error:
                failed = failure(error, self.name)
                span.fail(failed.reason)
                raise failed from error

    def _traced(self, purpose: str) -> tracing.Span:
        """The span of a call, by OpenTelemetry's conventions for generative AI."""
        provider, _, model = self.name.partition("/")
        told = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": _TRACED_AS.get(provider, provider),
            "gen_ai.request.model": model,
            "soni.purpose": purpose,
        }
        limits = {"gen_ai.request.temperature": "temperature", "gen_ai.request.max_tokens": "max_tokens"}
        asked = {name: value for name, key in limits.items() if (value := self.lm.kwargs.get(key)) is not None}
        return tracing.span(f"chat {model}", told | asked, kind="client")

    async def aclose(self) -> None:
        """Close its connections."""
        await self.lm.aclose()


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a call has cost."""

    prompt: int = 0
    completion: int = 0


def open_model(settings: NLU, *, name: str | None = None) -> Model:
    """The model that the settings name, or another one of the same provider; nothing is sent yet.

    Takes the processor two seconds the first time: call it in a thread. Raises ConfigurationError where the key or the
    address is missing.
    """
    # DSPy looks up what models can do; without this it asks the network first.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "true")
    spelled = f"{settings.provider if settings.provider in KEYS else 'openai'}/{name or settings.model}"
    options: dict[str, object] = {
        "cache": False,
        "num_retries": 0,
        "timeout": settings.timeout.total_seconds(),
        # The native engine serves all of these; LiteLLM, which takes a second to import, only what it does not.
        "engine": "auto" if settings.provider == "azure" else "lm15",
        **_address(settings),
    }
    try:
        lm = dspy.LM(spelled, temperature=float(settings.temperature), max_tokens=settings.max_tokens, **options)
    except LMConfigurationError:
        # Reasoning models take neither; what they think counts as tokens too.
        lm = dspy.LM(spelled, temperature=None, max_tokens=None, **options)
    try:
        structured = bool(lm.supports_response_schema) and "response_format" in lm.supported_params
    except DSPyError:
        structured = False  # a model that DSPy does not know
    return Model(spelled, lm, structured)


def missing_key(settings: NLU) -> str | None:
    """Which key is missing, in words; ``None`` where there is one, or none is needed."""
    names = _key_names(settings)
    if not names or any(os.environ.get(name) for name in names):
        return None
    if settings.api_base is not None and settings.api_key_env is None:
        return None
    return f"The provider {settings.provider!r} needs a key: set the environment variable {' or '.join(names)}."


def tokens_of(usage: Any) -> Tokens:
    """What a counter has counted."""
    totals = usage.get_total_tokens().values()
    return Tokens(
        sum(int(each.get("prompt_tokens") or 0) for each in totals),
        sum(int(each.get("completion_tokens") or 0) for each in totals),
    )


def failure(error: Exception, name: str) -> ModelFailed:
    """A failure of DSPy's in our words; never with anything of a message or an answer in them."""
    reason: Reason = next((reason for kind, reason in _REASONS if isinstance(error, kind)), "unexpected")
    status = getattr(error, "status", None)
    if status == 404:
        reason = "unknown_model"
    where = f" (HTTP {status})" if status else ""
    words = _NO_MODEL if reason == "unavailable" and status and status < 400 else _WORDS[reason]
    return ModelFailed(reason, f"The model {name} {words}{where}.", retry_after=getattr(error, "retry_after", None))


_WORDS: Final[Mapping[str, str]] = {
    "timeout": "did not answer in time",
    "rate_limited": "takes no more calls for now",
    "unavailable": "failed",
    "unreachable": "cannot be reached: look at models.nlu.api_base and the network",
    "refused": "refused the call: look at the key, the account and models.nlu",
    "unknown_model": "is not known to its provider: look at models.nlu.model, and at models.nlu.api_base, which often ends in /v1",
    "too_long": "cannot take a message of this length",
    "rejected": "does not take this message",
    "garbled": "gave an answer that cannot be read, or one that breaks off: models.nlu.max_tokens may be too few",
    "unexpected": "could not be called",
}

_NO_MODEL: Final = "was not what answered: look at models.nlu.api_base, and at what stands between"


def _address(settings: NLU) -> dict[str, object]:
    """Where the model is, and the key for it. Raises ConfigurationError where either is missing."""
    if (words := missing_key(settings)) is not None:
        raise ConfigurationError(words)
    if settings.provider == "azure" and settings.api_base is None:
        raise ConfigurationError("The provider 'azure' needs models.nlu.api_base: the address of your resource.")
    if settings.provider == "azure" and find_spec("litellm") is None:
        # DSPy brings it along, but images leave it out for its weight.
        words = "The provider 'azure' needs the package litellm, which is not installed here"
        raise ConfigurationError(f"{words}: an image has it when it is built with --build-arg WITHOUT=")
    key = next((found for name in _key_names(settings) if (found := os.environ.get(name))), None)
    address: dict[str, object] = {"api_base": settings.api_base} if settings.api_base is not None else {}
    if key is not None or settings.api_base is not None:
        address["api_key"] = key or _NO_KEY
    return address


def _key_names(settings: NLU) -> tuple[str, ...]:
    if settings.api_key_env is not None:
        return (settings.api_key_env,)
    return KEYS.get(settings.provider, (f"{settings.provider.upper().replace('-', '_')}_API_KEY",))
