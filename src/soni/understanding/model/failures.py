"""How a model fails, and whether it is worth asking it again. The words are for whoever operates the service."""

from typing import Final, Literal, TypeAlias

from soni.errors import NLUError

Reason: TypeAlias = Literal[
    "timeout", "rate_limited", "unavailable", "unreachable", "refused", "unknown_model", "too_long", "rejected", "garbled",
    "breaker_open", "busy", "unexpected",
]  # fmt: skip
"""``timeout`` it took too long; ``rate_limited`` 429; ``unavailable`` 5xx; ``unreachable`` no connection, or it broke;
``refused`` the key or the account; ``unknown_model``; ``too_long`` for its context; ``rejected`` it does not take this
message; ``garbled`` an answer that cannot be read; ``breaker_open`` not asked, because it failed too often; ``busy`` not asked, because
every connection was in use; ``unexpected`` anything else."""

OF_THE_MESSAGE: Final = frozenset({"too_long", "rejected", "garbled"})
"""Failures that say something about a message, and nothing about how the model is."""

_WORTH_RETRYING: Final = frozenset({"rate_limited", "unavailable", "unreachable", "garbled"})


class ModelFailed(NLUError):
    """The language model did not answer as it should."""

    def __init__(self, reason: Reason, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.reason: Reason = reason
        self.retry_after = retry_after
        """Seconds the provider asks to wait; ``None`` where it says nothing."""

    @property
    def worth_retrying(self) -> bool:
        """Whether the same question may have an answer a moment later."""
        return self.reason in _WORTH_RETRYING
