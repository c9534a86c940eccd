"""Events, refunds, fees and disputes."""

import logging
from uuid import UUID

from celery import Task, shared_task

from app.extensions import now
from app.payments.checkout import expiry
from app.payments.disputes import responses
from app.payments.ledger import recovery_submission, stripe_fees
from app.payments.payouts import connect
from app.payments.refunds import charge_refunds, submission
from app.payments.stripe import client as stripe_client
from app.payments.webhook import inbox, signature_failures
from app.queue.backoff import delay
from app.queue.enqueue import enqueue_each
from worker.task import PeriodicTask, retry_later

log = logging.getLogger(__name__)

BATCH = 500


@shared_task(name="payments.handle_event", bind=True, max_retries=None)
def handle_event(self: "Task[..., None]", payload: str) -> None:
    """A delivery of Stripe's: on record, then applied.

    Until it is on record this message is all there is of it: whatever goes wrong, it comes again.
    """
    try:
        event_id, attempt = inbox.record(payload)
    except Exception as error:
        log.exception("an event could not be put on record")
        retry_later(self, delay(self.request.retries + 1), error)
        return
    signature_failures.note_accepted()
    if wait := inbox.apply(event_id, attempt):
        retry_later(self, wait)


@shared_task(name="payments.process_recorded_event", bind=True, max_retries=None)
def process_recorded_event(self: "Task[..., None]", event_id: str) -> None:
    if wait := inbox.process(event_id):
        retry_later(self, wait)


@shared_task(name="payments.requeue_due_events", base=PeriodicTask)
def requeue_due_events() -> int:
    """Events whose job was lost; how many there were."""
    return enqueue_each("payments.process_recorded_event", inbox.due(BATCH))


@shared_task(name="payments.submit_refund", bind=True, max_retries=None)
def submit_refund(self: "Task[..., None]", refund_id: str) -> None:
    if wait := submission.issue(UUID(refund_id)):
        retry_later(self, wait)


@shared_task(name="payments.requeue_due_refunds", base=PeriodicTask)
def requeue_due_refunds() -> int:
    """Refunds whose job was lost; how many there were."""
    return enqueue_each("payments.submit_refund", submission.due(BATCH))


@shared_task(name="payments.look_up_refunds", bind=True, max_retries=None)
def look_up_refunds(self: "Task[..., None]", payment_id: str) -> None:
    """A payment's refunds, as an event of theirs seems lost; should this be too, reconciliation asks."""
    try:
        charge_refunds.look_up(UUID(payment_id))
    except stripe_client.StripeAway as error:
        retry_later(self, delay(self.request.retries + 1), error)


@shared_task(name="payments.recover_transfer", bind=True, max_retries=None)
def recover_transfer(self: "Task[..., None]", recovery_id: str) -> None:
    if wait := recovery_submission.recover(UUID(recovery_id)):
        retry_later(self, wait)


@shared_task(name="payments.requeue_due_recoveries", base=PeriodicTask)
def requeue_due_recoveries() -> int:
    """Transfers after disputes whose job was lost; how many there were."""
    return enqueue_each("payments.recover_transfer", recovery_submission.due(BATCH))


@shared_task(name="payments.look_up_fee", bind=True, max_retries=None)
def look_up_fee(self: "Task[..., None]", payment_id: str) -> None:
    if wait := stripe_fees.look_up(UUID(payment_id)):
        retry_later(self, wait)


@shared_task(name="payments.requeue_due_fees", base=PeriodicTask)
def requeue_due_fees() -> int:
    """Paid payments whose fee is unknown; how many there were."""
    return enqueue_each("payments.look_up_fee", stripe_fees.due(BATCH))


@shared_task(name="payments.look_up_payout_account", bind=True, max_retries=None)
def look_up_payout_account(self: "Task[..., None]", coach_id: str) -> None:
    if wait := connect.look_up(UUID(coach_id)):
        retry_later(self, wait)


@shared_task(name="payments.requeue_due_payout_accounts", base=PeriodicTask)
def requeue_due_payout_accounts() -> int:
    """Payout accounts that changed; how many there were."""
    return enqueue_each("payments.look_up_payout_account", connect.due(BATCH))


@shared_task(name="payments.close_session")
def close_session(payment_id: str) -> None:
    """The booking was called off before it was paid: nobody shall pay for it now."""
    expiry.close(UUID(payment_id))


@shared_task(name="payments.release_hold")
def release_hold(booking_id: str) -> None:
    """A hold that ran out: its session is closed at Stripe first, and what was paid is not released."""
    expiry.release(UUID(booking_id))


@shared_task(name="payments.warn_of_dispute_deadlines", base=PeriodicTask)
def warn_of_dispute_deadlines() -> int:
    """Disputes whose deadline comes near; how many there were."""
    return responses.warn(now(), BATCH)
