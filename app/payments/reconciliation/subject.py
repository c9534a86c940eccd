"""The interface of a compared kind of object."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.payments.events.payloads import StripeObject
from app.payments.reconciliation.differences import Sides
from app.payments.stripe.listing import Kind, Page, Span

Found = Mapping[str, StripeObject | None]
"""Stripe's objects by id; None for one that Stripe does not know."""


@dataclass(frozen=True)
class Disagreement:
    """A difference between an object at Stripe and our books."""

    sides: Sides
    settle: Callable[[], object] | None = None
    """The function that may settle it, called without an open transaction."""


@dataclass(frozen=True)
class Subject:
    """One kind of Stripe's objects and our rows of it. Only `page` and `find` call Stripe."""

    kind: Kind
    page: Callable[[Span, str | None], Page]
    """A page of Stripe's list of a span: the first, or the one after another."""
    held: Callable[[Span, int | None], Sequence[str]]
    """Stripe's ids of our rows created in a span, at most a given number, or all."""
    find: Callable[[str], StripeObject | None] | None
    """One object as it is now; None if that changes nothing."""
    differing: Callable[[Found], Sequence[str]]
    """The objects that need a closer comparison."""
    examine: Callable[[str, StripeObject | None], Disagreement | None]
    """Compare one object."""

    @property
    def is_listed(self) -> bool:
        """Whether Stripe lists the objects; otherwise only our rows name them."""
        return self.page is not nothing_listed


def nothing_listed(_span: Span, _after: str | None) -> Page:
    """For a stage that uses our rows only."""
    return Page([], after=None)


def nothing_held(_span: Span, _most: int | None) -> Sequence[str]:
    """For a stage that uses Stripe's list only."""
    return []
