"""`flask doctor`: whether Stripe's deliveries arrive and their signatures verify."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.cli.findings import Finding
from app.config.settings import Settings
from app.extensions import db, now
from app.payments.events.models import StripeEvent
from app.payments.stripe import client as stripe_client
from app.payments.stripe import listing, webhook_endpoints
from app.payments.stripe.listing import Span
from app.payments.webhook import signature_failures
from app.payments.webhook.inbox import SUBSCRIBED

MAX_REFUSED = 2
"""Refused deliveries in a row that are tolerated: strangers can send one or two."""
OLD_ENOUGH = timedelta(minutes=10)
"""Seconds: younger events may still be on their way."""
LOOKED_BACK = timedelta(days=1)
PUNCTUAL = timedelta(minutes=2)
"""By then a successful delivery is recorded. Later events came from the reconciliation."""
NEWEST = 20
"""The number of recent events that show whether deliveries arrive now."""
REMEDY = (
    "Set STRIPE_WEBHOOK_SECRET to the secret of this endpoint, as Stripe's dashboard or `stripe listen` "
    "shows it, or to several, comma-separated; then restart."
)


def examine(settings: Settings) -> Finding | None:
    """What is wrong with deliveries; None if nothing is, or if it cannot be checked."""
    return _signed_by_sandbox(settings) or _signed_and_arrived()


def _signed_by_sandbox(settings: Settings) -> Finding | None:
    if not settings.uses_sandbox:
        return None
    try:
        secrets = webhook_endpoints.sandbox_webhook_secrets()
    except (stripe_client.StripeAway, stripe_client.StripeRefused):
        return None
    if set(secrets) & set(settings.stripe_webhook_secret):
        return None
    seen = "STRIPE_WEBHOOK_SECRET is not what the sandbox signs with, so none of its deliveries verifies"
    return Finding("webhook", seen, f"Set STRIPE_WEBHOOK_SECRET={','.join(secrets)} and start again.")


def _signed_and_arrived() -> Finding | None:
    """Check the outcome of deliveries, because Stripe shows an endpoint's secret only once.

    A refused delivery can be a stranger's. Together with missing events, one is enough.
    """
    try:
        refused = signature_failures.in_a_row()
    except RedisError:
        refused = 0  # another check reports the broker
    missing = _not_delivered()
    if refused > (0 if missing else MAX_REFUSED):
        deliveries = "one delivery was" if refused == 1 else f"{refused} deliveries in a row were"
        return Finding("webhook", f"{deliveries} signed with a different secret", REMEDY)
    if missing:
        seen = f"Stripe could not deliver {len(missing)} events of the last day, such as {missing[0]}"
        remedy = (
            "Look at the endpoint's deliveries in Stripe's dashboard, Developers > Webhooks: is PUBLIC_URL "
            "reachable from outside? `flask stripe reconcile` applies the missing events."
        )
        return Finding("webhook", seen, remedy)
    return None


def _not_delivered() -> Sequence[str]:
    """Events that no delivery brought, the newest first; none if a later one was delivered.

    Stripe also counts an event as undelivered if another endpoint of the account has not accepted it.
    """
    span = Span(now() - LOOKED_BACK, now() - OLD_ENOUGH)
    try:
        found = {event["id"]: event for event in listing.newest_undelivered(span, SUBSCRIBED)}
        known = db.session.scalars(select(StripeEvent).where(StripeEvent.id.in_(found))).all()
        came = {event.id for event in known if _is_punctual(event)}
        newest = db.session.scalars(
            select(StripeEvent).order_by(StripeEvent.received_at.desc()).limit(NEWEST)
        )
        last = max((each.happened_at for each in newest if _is_punctual(each)), default=None)
    except (stripe_client.StripeAway, stripe_client.StripeRefused, SQLAlchemyError):
        return ()
    finally:
        db.session.rollback()
    return [
        event_id
        for event_id, event in found.items()
        if event_id not in came and (last is None or last < datetime.fromtimestamp(event["created"], UTC))
    ]


def _is_punctual(event: StripeEvent) -> bool:
    return event.received_at - event.happened_at < PUNCTUAL
