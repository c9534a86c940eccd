"""Who may call a view, as the view itself says; accounts.access holds callers to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Rule:
    """Which roles may call a view; None is everybody, signed in or not."""

    roles: frozenset[str] | None


def public(view: View) -> View:
    """Open to everybody."""
    view.__dict__["access"] = Rule(None)
    return view
