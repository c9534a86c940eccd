"""Events in a version of Stripe's API that is not ours: what they are about is fetched anew in ours.

Stripe writes an event in the version of its endpoint, or of the account where it is listed, and never again
in another (Stripe: "Webhook versioning"). Fields move from version to version, so nothing is read of it but
which object it is about.
"""

from dataclasses import dataclass
from datetime import datetime

from app.extensions import now
from app.payments.events.models import StripeEvent
from app.payments.events.payloads import Mismatch, StripeObject, text_or_none
from app.payments.stripe import client as stripe_client
from app.payments.stripe import objects

OVERTAKEN = "its payment intent has gone on since, and other events tell how"
_TELLING = {
    "succeeded": "payment_intent.succeeded",
    "processing": "payment_intent.processing",
    "canceled": "payment_intent.canceled",
    "requires_payment_method": "payment_intent.payment_failed",
}
"""Which event tells of an intent as it stands."""
_OF_COACHES = "account.updated"
"""By it Stripe is asked for the account in any case."""


class NotOurVersion(Exception):
    """An event must not be read as it is written."""

    def __init__(self, event: StripeEvent) -> None:
        super().__init__(f"it is written in version {event.api_version}")
        self.type, self.subject, self.version = event.type, event.subject, event.api_version


class NotFetched(Mismatch):
    """An event that we cannot read is about an object that Stripe does not show us."""


@dataclass(frozen=True)
class Reading:
    """What an event says."""

    type: str | None
    """As which event it is applied; None for one that has nothing to say any more."""
    subject: StripeObject
    at: datetime


def as_written(event: StripeEvent) -> Reading:
    """Raises NotOurVersion."""
    if not stripe_client.speaks(event.api_version) and event.type != _OF_COACHES:
        raise NotOurVersion(event)
    return Reading(event.type, event.subject, event.happened_at)


def fetched(unread: NotOurVersion) -> Reading:
    """What it is about, as that is now; no transaction may be open.

    Raises NotFetched, StripeAway, StripeRefused.
    """
    kind, stripe_id = (text_or_none(unread.subject, name) or "" for name in ("object", "id"))
    found = objects.current(kind, stripe_id)
    if found is None:
        raise NotFetched(
            f"it is written in version {unread.version}, ours is {stripe_client.API_VERSION}, and Stripe"
            f" shows no {kind or 'object'} {stripe_id} to read instead"
        )
    is_intent = kind == "payment_intent"
    reported = _TELLING.get(text_or_none(found, "status") or "") if is_intent else unread.type
    return Reading(reported, found, now())
