"""Fetches Stripe's fee of each payment and the amount transferred to its coach."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from app.extensions import db, now
from app.money.money import Money
from app.payments.events.payloads import Handler, Outcome, StripeObject, reference_id
from app.payments.ledger import posting, recoveries
from app.payments.models import Payment
from app.payments.stripe import balance as at_stripe
from app.payments.stripe import client as stripe_client
from app.queue.backoff import RetryPolicy
from app.queue.enqueue import after_commit
from app.queue.names import TaskNames
from app.queue.sweeps import DueRows

log = logging.getLogger(__name__)

SETTLES_WITHIN = timedelta(minutes=1)
"""When the fee is fetched if no event has brought it."""
RETRIES = RetryPolicy(first=timedelta(seconds=2), longest=timedelta(hours=1), max_attempts=12)
"""The pauses while Stripe does not know the fee; after the last one it is fetched once a day."""
LEASE = timedelta(minutes=2)
"""How long a claim lasts before another worker may fetch it."""
DAILY = timedelta(days=1)
"""The longest pause. A fee affects the ledger only, so there is no alert."""


@dataclass(frozen=True)
class Answer:
    """Stripe's answer; None for what it does not know yet, or was not asked."""

    fee: at_stripe.Fee | None = None
    sent_on: Money | None = None


def expect(payment: Payment) -> None:
    """Expect the fee of a paid or returned payment. The payment must be locked."""
    if payment.stripe_payment_intent_id and payment.fee_minor is None and payment.fee_due_at is None:
        payment.fee_due_at = now() + SETTLES_WITHIN


def settled(payment: Payment) -> None:
    """Fetch a fee that is known now: a job does it after the commit. The payment must be locked."""
    if payment.fee_minor is None:
        _ask(payment)


def recheck_transfer(payment: Payment) -> None:
    """Fetch the transferred amount again, because it may have changed. The payment must be locked."""
    if payment.stripe_destination_id and payment.is_paid:
        _ask(payment)


def transfer_reversed(transfer: StripeObject, _at: datetime) -> Outcome:
    """Handle a changed transfer, after a refund or a manual reversal: fetch the amount."""
    return _moved(reference_id(transfer.get("source_transaction")))


def commission_returned(application_fee: StripeObject, _at: datetime) -> Outcome:
    """Handle a refunded application fee: some of our commission was returned to the coach."""
    return _moved(reference_id(application_fee.get("charge")))


def _moved(charge_id: str | None) -> str | None:
    known = select(Payment.id).where(Payment.stripe_charge_id == charge_id)
    payment_id = db.session.scalar(known) if charge_id else None
    payment = Payment.locked(payment_id) if payment_id else None
    if payment is None:
        return "no payment of ours"
    recheck_transfer(payment)
    return None


def _ask(payment: Payment) -> None:
    payment.fee_due_at, payment.fee_attempts = now(), 0
    after_commit(TaskNames.LOOK_UP_FEE, str(payment.id))


def look_up(payment_id: UUID) -> timedelta | None:
    """Fetch what is due. Returns the pause before a retry, or None.

    Commits twice, because no transaction is open during the calls.
    """
    claimed = _claim(payment_id)
    db.session.commit()
    if claimed is None:
        return None
    lease, attempts = claimed.fee_due_at, claimed.fee_attempts
    answer = _asked(claimed)
    wait = _record(payment_id, lease, answer, attempts)
    db.session.commit()
    return wait


def _claim(payment_id: UUID) -> Payment | None:
    at = now()
    return db.session.scalar(
        update(Payment)
        .where(Payment.id == payment_id, Payment.fee_due_at <= at)
        .values(fee_attempts=Payment.fee_attempts + 1, fee_due_at=at + LEASE)
        .returning(Payment)
        .execution_options(populate_existing=True)
    )


def _asked(payment: Payment) -> Answer:
    intent_id = payment.stripe_payment_intent_id or ""
    again = recoveries.sent_again(payment.id) if _is_sent_on(payment) else []
    db.session.commit()
    try:
        return Answer(
            fee=at_stripe.of_intent(intent_id) if payment.fee_minor is None else None,
            sent_on=at_stripe.sent_on(intent_id, again) if _is_sent_on(payment) else None,
        )
    except (stripe_client.StripeAway, stripe_client.StripeRefused) as error:
        log.warning("payment %s: its fee could not be fetched: %s", payment.id, error)
        return Answer()


def _is_sent_on(payment: Payment) -> bool:
    """Whether Stripe has transferred it to its coach, which excludes returned debits."""
    return payment.is_paid and payment.stripe_destination_id is not None


def _record(payment_id: UUID, lease: datetime | None, answer: Answer, attempts: int) -> timedelta | None:
    payment = Payment.locked(payment_id)
    if payment is None or payment.fee_due_at != lease:  # it changed meanwhile: fetch it again
        return None
    if answer.fee:
        payment.fee_minor, payment.net_minor = answer.fee.fee.amount, answer.fee.net.amount
        payment.fee_currency = answer.fee.fee.currency
        payment.stripe_balance_transaction_id = answer.fee.balance_transaction_id
        # a debit's last charge event came before the bank's answer
        payment.stripe_charge_id = answer.fee.charge_id
        payment.receipt_url = answer.fee.receipt_url or payment.receipt_url
        payment.method = answer.fee.method or payment.method
    if answer.sent_on:
        payment.sent_on_minor = answer.sent_on.amount
    unknown = payment.fee_minor is None or (_is_sent_on(payment) and answer.sent_on is None)
    wait = (RETRIES.delay_unless_last(attempts) or DAILY) if unknown else None
    payment.fee_due_at = now() + wait if wait else None
    posting.post(payment)
    return wait


DUE = DueRows(Payment.id, Payment.fee_due_at)
"""Payments with a due fee: its event was lost or is late."""


HANDLERS: dict[str, Handler] = {
    "transfer.reversed": transfer_reversed,
    "application_fee.refunded": commission_returned,
}
