"""Everything that can go wrong, and who can act on it.

SoniError
├── ConfigurationError      the author: file, line, suggestion; the assistant does not start
├── TurnError               this turn failed; the dialogue is unchanged
│   ├── NLUError            understanding failed
│   ├── ActionError         an action failed or timed out
│   ├── FlowError           a flow looped, or cannot go on
│   ├── TurnTimeout         the turn ran out of time
│   ├── TurnRefused         the message cannot be taken
│   │   └── MessageIdReused the same message id came with another text
│   └── StateError          saved state cannot be read
├── ConversationBusy        another turn holds the conversation
├── TooManyRequests         the caller: slow down
├── RateLimited             the caller: more than the settings allow them
├── Unauthenticated         the caller: say who you are
├── Forbidden               the caller: somebody else may, not you
├── IssuerUnavailable       the operator: the keys of the tokens' issuer cannot be had
├── ConversationUnknown     nobody of that name has talked yet
└── StoreUnavailable        the operator: the store does not answer
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class SoniError(Exception):
    """The root of every error Soni raises on purpose; its docstring is the default message."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or type(self).__name__).strip().splitlines()[0])

    @property
    def message(self) -> str:
        """The error in words."""
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing checking found in an assistant, and where."""

    message: str
    key: str = ""
    """The path of the key, such as ``flows.transfer.steps[2].slot``."""
    file: Path | None = None
    line: int | None = None
    """Counted from one."""
    suggestion: str | None = None
    """The nearest known name."""
    severity: str = "error"
    """``error`` stops the assistant from loading; ``warning`` and ``note`` do not."""
    code: str = "invalid"
    """A stable name for the kind of problem, such as ``unknown-slot``."""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        where = f"{place}: " if place else ""
        key = f"{self.key}: " if self.key else ""
        return f"{where}{key}{self.words}"

    @property
    def words(self) -> str:
        """The message, with the suggestion."""
        if not self.suggestion:
            return self.message
        joined = " Did" if self.message.endswith((".", "!", "?")) else "; did"
        return f"{self.message}{joined} you mean {self.suggestion!r}?"


class ConfigurationError(SoniError):
    """The assistant cannot be loaded as it is written."""

    def __init__(self, message: str | None = None, problems: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems)
        lines = [message] if message else []
        lines += [str(problem) for problem in self.problems]
        super().__init__("\n".join(lines) or None)


class ExpressionError(ConfigurationError, ValueError):
    """A condition or expression cannot be read."""


class TurnError(SoniError):
    """This turn failed; the conversation is as it was before."""


class NLUError(TurnError):
    """The message could not be understood."""


class ActionError(TurnError):
    """An action failed or timed out."""

    def __init__(
        self, message: str | None = None, *, action: str = "", reason: str = "failed", attempts: int = 1
    ) -> None:
        super().__init__(message)
        self.action = action
        self.reason = reason
        """``failed``, ``timeout``, ``output`` (what came back is not what was declared) or ``forbidden``."""
        self.attempts = attempts
        """How often it was tried."""


class FlowError(TurnError):
    """A flow looped, or cannot go on."""


class TurnTimeout(TurnError):
    """The turn ran out of time."""


class TurnRefused(TurnError):
    """The message cannot be taken."""


class MessageIdReused(TurnRefused):
    """This message id was already used with another text."""


class StateError(TurnError):
    """The saved state of this conversation cannot be read."""


class ConversationBusy(SoniError):
    """Another message of this conversation is being answered."""


class TooManyRequests(SoniError):
    """Too many messages are waiting; try again in a moment."""


class RateLimited(SoniError):
    """More requests than are allowed; try again later."""

    def __init__(self, retry_after: int = 1, limit: str = "", per: str = "client") -> None:
        super().__init__()
        self.retry_after = retry_after
        """Seconds until one more is allowed."""
        self.limit = limit
        """Such as ``60/minute``."""
        self.per = per
        """``user``, or ``client`` for whoever calls."""


class Unauthenticated(SoniError):
    """This needs a credential: an API key or a token."""

    def __init__(self, message: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        """``invalid_token``, as RFC 6750 has it; ``None`` where none was sent."""


class Forbidden(SoniError):
    """This is not for you to do."""

    def __init__(self, message: str | None = None, scope: str | None = None) -> None:
        super().__init__(message)
        self.scope = scope
        """The scope it would take; ``None`` where none would do."""


class IssuerUnavailable(SoniError):
    """Tokens cannot be checked at the moment: the keys of their issuer cannot be had."""

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__()
        self.retry_after = retry_after
        """Seconds until the issuer is asked again."""


class ConversationUnknown(SoniError):
    """There is no conversation with this user."""


class StoreUnavailable(SoniError):
    """The conversation store does not answer."""
