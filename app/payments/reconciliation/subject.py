"""What a stage compares, and how."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.payments.events.payloads import StripeObject
from app.payments.reconciliation.differences import Sides
from app.payments.stripe.listing import Kind, Page, Span

Found = Mapping[str, StripeObject | None]
"""Stripe's objects by their ids; None is one that Stripe does not know."""


@dataclass(frozen=True)
class Disagreement:
    """How an object at Stripe and our books differ."""

    sides: Sides
    settle: Callable[[], object] | None = None
    """What may end it; it is called with no transaction open."""


@dataclass(frozen=True)
class Subject:
    """One kind of Stripe's objects and what we hold of it. Only `page` and `find` ask Stripe."""

    kind: Kind
    page: Callable[[Span, str | None], Page]
    """What Stripe lists of a span: its first page, or the one that another says is next."""
    held: Callable[[Span, int | None], Sequence[str]]
    """Stripe's ids of what we made in a span, whether it lists them or not; so many at most, or all."""
    find: Callable[[str], StripeObject | None] | None
    """One of them as it is now; None where that changes nothing."""
    differing: Callable[[Found], Sequence[str]]
    """Which of these want a closer look."""
    examine: Callable[[str, StripeObject | None], Disagreement | None]
    """A closer look at one."""


def nothing_listed(_span: Span, _after: str | None) -> Page:
    """For a stage that goes by our rows alone."""
    return Page([], after=None)


def nothing_held(_span: Span, _most: int | None) -> Sequence[str]:
    """For a stage that goes by Stripe's list alone."""
    return []
