"""Events in another version of Stripe's API: their object is fetched again in our version.

Stripe renders an event in the version of its endpoint or account (Stripe: "Webhook versioning"). Fields move
between versions, so only the object's id is read from it.
"""

from dataclasses import dataclass
from datetime import datetime

from app.extensions import now
from app.payments.events.models import StripeEvent
from app.payments.events.payloads import Mismatch, StripeObject, text_or_none
from app.payments.stripe import client as stripe_client
from app.payments.stripe import objects

OVERTAKEN = "its payment intent has changed since, which other events report"
_TELLING = {
    "succeeded": "payment_intent.succeeded",
    "processing": "payment_intent.processing",
    "canceled": "payment_intent.canceled",
    "requires_payment_method": "payment_intent.payment_failed",
}
"""The event type for an intent's present status."""
_OF_COACHES = "account.updated"
"""An account's event, after which the account is fetched in any case."""


class NotOurVersion(Exception):
    """The event is not in our API version."""

    def __init__(self, event: StripeEvent) -> None:
        super().__init__(f"it is rendered in version {event.api_version}")
        self.type, self.subject, self.version = event.type, event.subject, event.api_version


class NotFetched(Mismatch):
    """The object of an event in another version cannot be fetched."""


@dataclass(frozen=True)
class Reading:
    """The content of an event."""

    type: str | None
    """The event type to apply; None if there is nothing to apply any more."""
    subject: StripeObject
    at: datetime


def as_written(event: StripeEvent) -> Reading:
    """Raises NotOurVersion."""
    if not stripe_client.speaks(event.api_version) and event.type != _OF_COACHES:
        raise NotOurVersion(event)
    return Reading(event.type, event.subject, event.happened_at)


def fetched(unread: NotOurVersion) -> Reading:
    """Fetch its object as it is now; no transaction may be open.

    Raises NotFetched, StripeAway, StripeRefused.
    """
    kind, stripe_id = (text_or_none(unread.subject, name) or "" for name in ("object", "id"))
    found = objects.current(kind, stripe_id)
    if found is None:
        raise NotFetched(
            f"it is rendered in version {unread.version}, ours is {stripe_client.API_VERSION}, and Stripe"
            f" shows no {kind or 'object'} {stripe_id} to read instead"
        )
    is_intent = kind == "payment_intent"
    reported = _TELLING.get(text_or_none(found, "status") or "") if is_intent else unread.type
    return Reading(reported, found, now())
