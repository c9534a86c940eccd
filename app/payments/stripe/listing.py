"""Lists and fetches Stripe's objects, as plain dictionaries like those in events.

Every function sends one request. Each raises StripeAway, StripeBusy, StripeRefused.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from stripe.params import DisputeListParams, EventListParams, PaymentIntentListParams, RefundListParams
from stripe.params.checkout import SessionListParams

from app.payments.events.payloads import StripeObject
from app.payments.stripe.client import StripeRefused, call, v1

PAGE = 100
"""Stripe's largest page."""
MAX_TYPES = 20
"""The most event types in one list request."""
FOLLOWING = ("application_fee.", "transfer.", "radar.")
"""Prefixes of types that depend on events of the other types."""


class Kind(StrEnum):
    """The kind of object, as in Stripe's field `object`."""

    EVENT = "event"
    SESSION = "checkout.session"
    INTENT = "payment_intent"
    REFUND = "refund"
    DISPUTE = "dispute"


@dataclass(frozen=True)
class Span:
    """A half-open range of seconds."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        return self.until - self.since

    @property
    def bounds(self) -> tuple[int, int]:
        """Times in Stripe's format."""
        return int(self.since.timestamp()), int(self.until.timestamp())


@dataclass(frozen=True)
class Page:
    """Objects created within a span, and the start of the next page; None on the last."""

    objects: Sequence[StripeObject]
    after: str | None


class _Plain(Protocol):
    def to_dict(self, recursive: bool = True, for_json: bool = False) -> StripeObject: ...


class _List(Protocol):
    @property
    def data(self) -> Sequence[_Plain]: ...
    @property
    def has_more(self) -> bool: ...


def events(span: Span, after: str | None, types: Collection[str]) -> Page:
    """Events in our account's API version; Stripe keeps them for 30 days."""
    return _events(span, after, types, {})


def undelivered_events(span: Span, after: str | None, types: Collection[str]) -> Page:
    """Events that an endpoint has not accepted."""
    return _events(span, after, types, {"delivery_success": False})


def newest_undelivered(span: Span, types: Collection[str]) -> Sequence[StripeObject]:
    """The newest of them, a page per group of types, with one request per group."""
    groups = range(len(_groups(types)))
    found = [event for number in groups for event in undelivered_events(span, f"{number}:", types).objects]
    return sorted(found, key=lambda event: int(event["created"]), reverse=True)


def sessions(span: Span, after: str | None) -> Page:
    """Checkout sessions with their payment intents expanded."""
    since, until = span.bounds
    wanted: SessionListParams = {
        "created": {"gte": since, "lt": until},
        "limit": PAGE,
        "expand": ["data.payment_intent"],
    }
    if after:
        wanted["starting_after"] = after
    return call(lambda: _page(v1().checkout.sessions.list(wanted)))


def intents(span: Span, after: str | None) -> Page:
    """Payment intents with their newest charges expanded."""
    since, until = span.bounds
    wanted: PaymentIntentListParams = {
        "created": {"gte": since, "lt": until},
        "limit": PAGE,
        "expand": ["data.latest_charge"],
    }
    if after:
        wanted["starting_after"] = after
    return call(lambda: _page(v1().payment_intents.list(wanted)))


def refunds(span: Span, after: str | None) -> Page:
    since, until = span.bounds
    wanted: RefundListParams = {"created": {"gte": since, "lt": until}, "limit": PAGE}
    if after:
        wanted["starting_after"] = after
    return call(lambda: _page(v1().refunds.list(wanted)))


def disputes(span: Span, after: str | None) -> Page:
    """Disputes and inquiries."""
    since, until = span.bounds
    wanted: DisputeListParams = {"created": {"gte": since, "lt": until}, "limit": PAGE}
    if after:
        wanted["starting_after"] = after
    return call(lambda: _page(v1().disputes.list(wanted)))


def find(kind: Kind, stripe_id: str) -> StripeObject | None:
    """One object as it is now, expanded like in its list; None if Stripe has none."""
    try:
        return call(lambda: _retrieve(kind, stripe_id).to_dict(for_json=True))
    except StripeRefused as error:
        if error.code == "resource_missing":
            return None
        raise


def _retrieve(kind: Kind, stripe_id: str) -> _Plain:
    match kind:
        case Kind.EVENT:
            return v1().events.retrieve(stripe_id)
        case Kind.SESSION:
            return v1().checkout.sessions.retrieve(stripe_id, {"expand": ["payment_intent"]})
        case Kind.INTENT:
            return v1().payment_intents.retrieve(stripe_id, {"expand": ["latest_charge"]})
        case Kind.REFUND:
            return v1().refunds.retrieve(stripe_id)
        case Kind.DISPUTE:
            return v1().disputes.retrieve(stripe_id)


def _events(span: Span, after: str | None, types: Collection[str], more: EventListParams) -> Page:
    """One page of one group of types; `after` names the group and the last event."""
    groups = _groups(types)
    number, _, last = (after or "0:").partition(":")
    since, until = span.bounds
    wanted: EventListParams = {
        "created": {"gte": since, "lt": until},
        "limit": PAGE,
        "types": groups[int(number)],
        **more,
    }
    if last:
        wanted["starting_after"] = last
    page = call(lambda: _page(v1().events.list(wanted)))
    following = int(number) + 1
    if page.after:
        return replace(page, after=f"{number}:{page.after}")
    return replace(page, after=f"{following}:" if following < len(groups) else None)


def _groups(types: Collection[str]) -> Sequence[list[str]]:
    """The groups of types. The last group holds the types on which all others depend."""
    names = sorted(types, key=lambda name: (not name.startswith(FOLLOWING), name))
    ends = range(len(names), 0, -MAX_TYPES)
    return [names[max(end - MAX_TYPES, 0) : end] for end in reversed(ends)]


def _page(answer: _List) -> Page:
    found = [each.to_dict(for_json=True) for each in answer.data]
    return Page(found, found[-1]["id"] if answer.has_more else None)
