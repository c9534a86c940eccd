"""Lists and fetches Stripe's objects, as plain dictionaries like those in events.

Every function sends one request. Each raises StripeAway, StripeBusy, StripeRefused.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from app.payments.events.payloads import StripeObject
from app.payments.stripe.client import StripeRefused, call, client, v1

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
    return _page("/v1/checkout/sessions", span, after, {"expand": ["data.payment_intent"]})


def intents(span: Span, after: str | None) -> Page:
    """Payment intents with their newest charges expanded."""
    return _page("/v1/payment_intents", span, after, {"expand": ["data.latest_charge"]})


def refunds(span: Span, after: str | None) -> Page:
    return _page("/v1/refunds", span, after, {})


def disputes(span: Span, after: str | None) -> Page:
    """Disputes and inquiries."""
    return _page("/v1/disputes", span, after, {})


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


def _events(span: Span, after: str | None, types: Collection[str], more: Mapping[str, Any]) -> Page:
    """One page of one group of types; `after` names the group and the last event."""
    groups = _groups(types)
    number, _, last = (after or "0:").partition(":")
    page = _page("/v1/events", span, last or None, {"types": groups[int(number)], **more})
    following = int(number) + 1
    if page.after:
        return replace(page, after=f"{number}:{page.after}")
    return replace(page, after=f"{following}:" if following < len(groups) else None)


def _groups(types: Collection[str]) -> Sequence[list[str]]:
    """The groups of types. The last group holds the types on which all others depend."""
    names = sorted(types, key=lambda name: (not name.startswith(FOLLOWING), name))
    ends = range(len(names), 0, -MAX_TYPES)
    return [names[max(end - MAX_TYPES, 0) : end] for end in reversed(ends)]


def _page(path: str, span: Span, after: str | None, more: Mapping[str, Any]) -> Page:
    """One page, decoded from JSON only: objects of the package would take 17 times as long to build."""
    since, until = span.bounds
    wanted = {"created": {"gte": since, "lt": until}, "limit": PAGE, **more}
    if after:
        wanted["starting_after"] = after
    return call(lambda: _read_page(client().raw_request("get", path, **wanted).data))


def _read_page(answer: Any) -> Page:
    found = [_is_object(each) for each in answer["data"]]
    return Page(found, found[-1]["id"] if answer["has_more"] else None)


def _is_object(each: Any) -> StripeObject:
    """Raises ValueError."""
    if not isinstance(each, dict):
        raise ValueError(f"{each!r} is no object")
    return each
