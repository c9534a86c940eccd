"""The access rule that a view declares; accounts.access enforces it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Rule:
    """Declare which roles may call a view. None: everyone, signed in or not."""

    roles: frozenset[str] | None


def public(view: View) -> View:
    """Open to everybody."""
    view.__dict__["access"] = Rule(None)
    return view
