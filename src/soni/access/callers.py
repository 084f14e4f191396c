"""Who calls, and what they may."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, get_args

from soni.errors import Forbidden

Scope = Literal["chat", "read", "admin"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
"""``chat``: talk. ``read``: look at conversations and read them. ``admin``: everything."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who has shown who they are."""

    name: str
    """What rate limits count them by: ``key:shop``, ``user:ana``. No secret."""
    scopes: frozenset[Scope]
    user_id: str | None = None
    """The one user whom they speak for; ``None`` where they may name any."""

    def must(self, scope: Scope | None, user_id: str | None = None, own: Scope | None = None) -> None:
        """Raises Forbidden unless they may do what takes ``scope``, in the conversation of this user.

        ``own`` is what it takes in the conversation that is their own; ``None`` where that makes no difference.
        """
        if scope is None or "admin" in self.scopes:
            return
        if self.user_id is None:
            if scope not in self.scopes:
                raise Forbidden(f"This needs the scope {scope}.", scope)
        elif own is None:
            raise Forbidden(f"This needs the scope {scope}.", scope)
        elif user_id != self.user_id:
            raise Forbidden("This token speaks for another user.", "admin")
        elif own not in self.scopes:
            raise Forbidden(f"This needs the scope {own}.", own)


NOBODY: Final = Caller("", frozenset(SCOPES))
"""Whoever calls a service that does not ask. They may do everything."""


class Doorman(Protocol):
    """Knows callers by what they show."""

    @property
    def trouble(self) -> str | None:
        """Why nobody can be known at the moment, in words that are safe to show; ``None`` where all is well."""
        ...

    async def identify(self, credential: str) -> Caller:
        """Whose this is. Raises Unauthenticated, and IssuerUnavailable where that cannot be found out now."""
        ...


def scopes_among(names: Sequence[str]) -> frozenset[Scope]:
    """Those of these names that mean something here."""
    return frozenset(scope for scope in SCOPES if scope in names)
