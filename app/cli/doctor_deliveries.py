"""Whether what Stripe sends arrives and is believed, as `flask doctor` sees it."""

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
"""Deliveries in a row that may be refused: anybody can send one or two."""
OLD_ENOUGH = timedelta(minutes=10)
"""What is younger may be on its way."""
LOOKED_BACK = timedelta(days=1)
PUNCTUAL = timedelta(minutes=2)
"""A delivery that succeeds is on record by then; what came later was fetched by the reconciliation."""
NEWEST = 20
"""Events on record that are looked at to see whether deliveries arrive by now."""
REMEDY = (
    "Set STRIPE_WEBHOOK_SECRET to the secret of this endpoint, as Stripe's dashboard or `stripe listen` "
    "shows it, or to several, comma-separated; then start again."
)


def examine(settings: Settings) -> Finding | None:
    """What keeps deliveries from us; None when all is well, or when who would tell is away."""
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
    seen = "STRIPE_WEBHOOK_SECRET is not what the sandbox signs with, so none of its deliveries is believed"
    return Finding("webhook", seen, f"Set STRIPE_WEBHOOK_SECRET={','.join(secrets)} and start again.")


def _signed_and_arrived() -> Finding | None:
    """Stripe shows an endpoint's secret only once, so what is left to look at is what came of deliveries.

    A refusal can be a stranger's. Together with events of Stripe's that did not arrive, one is enough.
    """
    try:
        refused = signature_failures.in_a_row()
    except RedisError:
        refused = 0  # the broker is told of anyway
    missing = _not_delivered()
    if refused > (0 if missing else MAX_REFUSED):
        deliveries = "one delivery was" if refused == 1 else f"{refused} deliveries in a row were"
        return Finding("webhook", f"{deliveries} signed with another secret than ours", REMEDY)
    if missing:
        seen = f"Stripe could not deliver {len(missing)} events of the last day, such as {missing[0]}"
        remedy = (
            "Look at the endpoint's deliveries in Stripe's dashboard, Developers > Webhooks: is PUBLIC_URL "
            "reached from outside? What was missed, `flask stripe reconcile` applies."
        )
        return Finding("webhook", seen, remedy)
    return None


def _not_delivered() -> Sequence[str]:
    """Events that did not come by delivery, the newest first; none once a later one has come.

    An event that another endpoint of the account has not taken is as undelivered at Stripe as ours.
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
