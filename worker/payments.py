"""Tasks for Stripe events, refunds, fees, transfers and disputes."""

import logging
from uuid import UUID

from celery import Task, shared_task

from app.extensions import now
from app.payments.checkout import expiry
from app.payments.disputes import deadlines
from app.payments.ledger import recovery_submission, stripe_fees
from app.payments.payouts import connect
from app.payments.refunds import charge_refunds, submission
from app.payments.stripe import client as stripe_client
from app.payments.webhook import inbox, signature_failures
from app.queue import sweeps
from app.queue.names import TaskNames
from worker.task import RETRIES, PortionedTask, WalkTask, retry_later

log = logging.getLogger(__name__)

BATCH = 500


@shared_task(name=TaskNames.HANDLE_EVENT, bind=True, max_retries=None)
def handle_event(self: "Task[..., None]", payload: str) -> None:
    """Record a Stripe event, then apply it.

    Until it is recorded, this message is its only copy, so every error is retried.
    """
    try:
        attempt = inbox.record(payload)
    except Exception as error:
        log.exception("an event could not be recorded")
        retry_later(self, RETRIES.delay(self.request.retries + 1), error)
        return
    signature_failures.note_accepted()
    if wait := inbox.process(attempt):
        retry_later(self, wait)


@shared_task(name=TaskNames.PROCESS_RECORDED_EVENT, bind=True, max_retries=None)
def process_recorded_event(self: "Task[..., None]", event_id: str) -> None:
    if wait := inbox.process(inbox.claim(event_id)):
        retry_later(self, wait)


@shared_task(name=TaskNames.REQUEUE_DUE_EVENTS, base=WalkTask)
def requeue_due_events(turn: str = "") -> int:
    """Enqueue events whose job was lost. Returns their number."""
    return sweeps.walk(TaskNames.REQUEUE_DUE_EVENTS, TaskNames.PROCESS_RECORDED_EVENT, inbox.DUE, turn)


@shared_task(name=TaskNames.SUBMIT_REFUND, bind=True, max_retries=None)
def submit_refund(self: "Task[..., None]", refund_id: str) -> None:
    if wait := submission.issue(UUID(refund_id)):
        retry_later(self, wait)


@shared_task(name=TaskNames.REQUEUE_DUE_REFUNDS, base=WalkTask)
def requeue_due_refunds(turn: str = "") -> int:
    """Enqueue refunds whose job was lost. Returns their number."""
    return sweeps.walk(TaskNames.REQUEUE_DUE_REFUNDS, TaskNames.SUBMIT_REFUND, submission.DUE, turn)


@shared_task(name=TaskNames.LOOK_UP_REFUNDS, bind=True, max_retries=None)
def look_up_refunds(self: "Task[..., None]", payment_id: str) -> None:
    """Fetch a payment's refunds from Stripe because an event seems lost. Reconciliation is the fallback."""
    try:
        charge_refunds.look_up(UUID(payment_id))
    except stripe_client.StripeAway as error:
        retry_later(self, RETRIES.delay(self.request.retries + 1), error)


@shared_task(name=TaskNames.RECOVER_TRANSFER, bind=True, max_retries=None)
def recover_transfer(self: "Task[..., None]", recovery_id: str) -> None:
    if wait := recovery_submission.recover(UUID(recovery_id)):
        retry_later(self, wait)


@shared_task(name=TaskNames.REQUEUE_DUE_RECOVERIES, base=WalkTask)
def requeue_due_recoveries(turn: str = "") -> int:
    """Enqueue transfers after disputes whose job was lost. Returns their number."""
    return sweeps.walk(
        TaskNames.REQUEUE_DUE_RECOVERIES, TaskNames.RECOVER_TRANSFER, recovery_submission.DUE, turn
    )


@shared_task(name=TaskNames.LOOK_UP_FEE, bind=True, max_retries=None)
def look_up_fee(self: "Task[..., None]", payment_id: str) -> None:
    if wait := stripe_fees.look_up(UUID(payment_id)):
        retry_later(self, wait)


@shared_task(name=TaskNames.REQUEUE_DUE_FEES, base=WalkTask)
def requeue_due_fees(turn: str = "") -> int:
    """Enqueue the lookup of unknown Stripe fees. Returns the number of payments."""
    return sweeps.walk(TaskNames.REQUEUE_DUE_FEES, TaskNames.LOOK_UP_FEE, stripe_fees.DUE, turn)


@shared_task(name=TaskNames.LOOK_UP_PAYOUT_ACCOUNT, bind=True, max_retries=None)
def look_up_payout_account(self: "Task[..., None]", coach_id: str) -> None:
    if wait := connect.look_up(UUID(coach_id)):
        retry_later(self, wait)


@shared_task(name=TaskNames.REQUEUE_DUE_PAYOUT_ACCOUNTS, base=WalkTask)
def requeue_due_payout_accounts(turn: str = "") -> int:
    """Enqueue the update of changed payout accounts. Returns their number."""
    return sweeps.walk(
        TaskNames.REQUEUE_DUE_PAYOUT_ACCOUNTS, TaskNames.LOOK_UP_PAYOUT_ACCOUNT, connect.DUE, turn
    )


@shared_task(name=TaskNames.CLOSE_SESSION)
def close_session(payment_id: str) -> None:
    """Close the Checkout session of a booking that was cancelled before it was paid."""
    expiry.close(UUID(payment_id))


@shared_task(name=TaskNames.RELEASE_HOLD)
def release_hold(booking_id: str) -> None:
    """Release an expired hold. Its Checkout session is closed first; a paid booking is not released."""
    expiry.release(UUID(booking_id))


@shared_task(name=TaskNames.WARN_OF_DISPUTE_DEADLINES, base=PortionedTask, most=BATCH)
def warn_of_dispute_deadlines() -> int:
    """Enqueue warnings of approaching dispute deadlines. Returns their number."""
    return deadlines.warn(now(), BATCH)
