"""Who may call an address: declared at every view, listed and proved by a test over the whole URL map."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from casework.domain.people import Scope

View = TypeVar("View", bound=Callable[..., Any])
_NAME = "gongzhi_permission"


class Means(StrEnum):
    """How a caller shows who it is."""

    PUBLIC = "public"
    SOURCE_KEY = "source key"
    SESSION = "session"
    SIGNED_HOOK = "signed hook"
    LINK_TOKEN = "link token"  # noqa: S105  (a word, not a secret)


@dataclass(frozen=True, slots=True)
class Permission:
    """What a view asks for; `scopes` of a source key are alternatives, any one of them opens it."""

    means: Means
    scopes: frozenset[Scope] = frozenset()


def declare(means: Means, *scopes: Scope) -> Callable[[View], View]:
    """Write on a view what it asks of its caller; the view's own room does the asking."""

    def mark(view: View) -> View:
        setattr(view, _NAME, Permission(means, frozenset(scopes)))
        return view

    return mark


_ROOMS = (
    ("/hooks/", Means.SIGNED_HOOK),
    ("/a/", Means.LINK_TOKEN),
    ("/r/", Means.LINK_TOKEN),
    ("/console/static/", Means.PUBLIC),
    ("/console/", Means.SESSION),
    ("/links/static/", Means.PUBLIC),
    ("/static/", Means.PUBLIC),
)
"""Rooms whose every address asks for the same; a declaration at the view outranks them."""


def of(view: Callable[..., Any], rule: str) -> Permission | None:
    """Answer what a view under an address asks for; None where nobody said, which a test refuses."""
    declared = getattr(view, _NAME, None)
    if isinstance(declared, Permission):
        return declared
    return next((Permission(means) for start, means in _ROOMS if rule.startswith(start)), None)
