"""Reconciliation of payment intents with our payments."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from app.extensions import now
from app.payments.events.payloads import ReportedPayment, StripeObject, Unreadable, is_returned, of_intent
from app.payments.models import Payment
from app.payments.reconciliation import differences, ours
from app.payments.reconciliation.differences import Sides
from app.payments.reconciliation.subject import Disagreement, Found, Subject, nothing_held
from app.payments.settlement import payment_events
from app.payments.status import PAID, Status
from app.payments.stripe import deployment, listing
from app.payments.stripe.listing import Kind

BEHIND = {
    "succeeded": set(Status) - PAID,
    "processing": {Status.PENDING, Status.FAILED},
    "canceled": set(Status) - {Status.EXPIRED},
    "requires_payment_method": {Status.PENDING} | PAID,
    "requires_action": set(PAID),
    "requires_confirmation": set(PAID),
    "requires_capture": set(PAID),
}
"""Statuses of our payment that contradict an intent's. The session tells how a debit ended."""
TELLS = {
    "succeeded": payment_events.intent_succeeded,
    "processing": payment_events.intent_processing,
    "canceled": payment_events.intent_canceled,
    "requires_payment_method": payment_events.intent_failed,
}
"""The handler of the missing event."""


def _reported(intent: StripeObject) -> ReportedPayment:
    amount = "amount_received" if intent["status"] == "succeeded" else "amount"
    return of_intent(intent, intent[amount])


def _compare(intent: StripeObject, payment: Payment | None) -> Disagreement | None:
    """Raises Unreadable for an unknown status."""
    reported, status = _reported(intent), intent["status"]
    says = f"{status}, {reported.amount}"
    if payment is None:
        return _unknown_here(reported, says) if status == "succeeded" else None
    if status not in BEHIND:
        raise Unreadable(intent, "status")
    sides = Sides(says, ours.summary(payment), payment.id)
    if status == "succeeded" and reported.amount != payment.price:
        return Disagreement(sides)
    if payment.stripe_payment_intent_id not in {None, intent["id"]}:
        we_say = f"{sides.we_say}, by {payment.stripe_payment_intent_id}"
        return Disagreement(Sides(says, we_say, payment.id)) if status == "succeeded" else None
    if _is_behind(intent, payment):
        tell = TELLS.get(status)
        return Disagreement(sides, partial(tell, intent, _attempted_at(intent)) if tell else None)
    if payment.is_paid and payment.stripe_charge_id is None and intent["latest_charge"]:
        sides = Sides(says, f"{sides.we_say}, by no charge", payment.id)
        return Disagreement(sides, partial(payment_events.charge_updated, intent["latest_charge"], now()))
    return None


def _is_behind(intent: StripeObject, payment: Payment) -> bool:
    if intent["status"] == "requires_payment_method" and not intent["last_payment_error"]:
        return payment.is_paid  # no attempt to pay yet
    return payment.status in BEHIND[intent["status"]]


def _attempted_at(intent: StripeObject) -> datetime:
    """When the payer's latest attempt began, by Stripe's clock.

    The listed object may be stale when it is applied: meanwhile the payer may have chosen another method,
    whose events are then not older. Nothing follows a returned debit.
    """
    if is_returned(intent):
        return now()
    charge = intent["latest_charge"]
    return datetime.fromtimestamp(charge["created"] if charge else intent["created"], UTC)


def _unknown_here(reported: ReportedPayment, says: str) -> Disagreement | None:
    """Report it, unless its session is already listed for the same reason."""
    if reported.payment_id is None or differences.is_listed(Kind.SESSION, reported.payment_id):
        return None
    return Disagreement(Sides(says, "there is no such payment", reported.payment_id))


def _differing(found: Found) -> Sequence[str]:
    known = deployment.not_claimed_by_others({each: intent for each, intent in found.items() if intent})
    payments = ours.payments({intent_id: _reported(intent) for intent_id, intent in known.items()})
    return [intent_id for intent_id, intent in known.items() if _compare(intent, payments.get(intent_id))]


def _examine(intent_id: str, intent: StripeObject | None) -> Disagreement | None:
    if intent is None or deployment.claimed_by_another(intent):
        return None
    return _compare(intent, ours.payments({intent_id: _reported(intent)}).get(intent_id))


INTENTS = Subject(
    kind=Kind.INTENT,
    page=listing.intents,
    held=nothing_held,  # our payments are compared with their sessions
    find=partial(listing.find, Kind.INTENT),
    differing=_differing,
    examine=_examine,
)
