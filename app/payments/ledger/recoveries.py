"""What the end of a dispute means for a coach whom Stripe had sent the payment on to.

Stripe takes a dispute from our balance and leaves what was sent on with the coach. By DISPUTE_RECOVERY it is
taken back from there, or it stays a debt. A dispute that is won after all gives it to the coach again.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.config.choices import DisputeRecovery
from app.config.settings import current_settings
from app.extensions import db, now
from app.money.money import Money
from app.payments.ledger.recovery_models import GIVEN_UP, Recovery, RecoveryKind, RecoveryStatus
from app.payments.models import Dispute, Payment
from app.payments.status import DECIDED, GIVEN_BACK
from app.queue.enqueue import after_commit
from app.queue.names import TaskNames


def follow(dispute: Dispute) -> None:
    """Record what is to be taken back or sent again; a job does it once this is committed.

    Does nothing where that is done, and waits for one that is under way. The payment must be locked.
    """
    if dispute.payment.stripe_destination_id is None:
        return
    db.session.flush()
    known = of(dispute.id)
    pending = next((each for each in known if each.status is RecoveryStatus.PENDING), None)
    if pending is None:
        pending = _needed(dispute, known)
    if pending:
        ask(pending)


def ask(recovery: Recovery) -> None:
    """A job asks Stripe for it once this is committed."""
    recovery.due_at = now()
    after_commit(TaskNames.RECOVER_TRANSFER, str(recovery.id))


def of(dispute_id: UUID) -> Sequence[Recovery]:
    """All that was to be moved for a dispute, the first one first."""
    rows = select(Recovery).where(Recovery.dispute_id == dispute_id).order_by(Recovery.created_at)
    return db.session.scalars(rows.execution_options(populate_existing=True)).all()


def is_wanted(recovery: Recovery) -> bool:
    """Whether its dispute still stands so that this is to be done."""
    taken = _taken(of(recovery.dispute_id))
    wanted = _wanted(recovery.dispute, taken)
    return wanted > taken if recovery.kind is RecoveryKind.REVERSAL else wanted < taken


def sent_again(payment_id: UUID) -> list[str]:
    """Ids of the transfers that gave a payment's money to its coach once more."""
    made = select(Recovery.stripe_id).join(Dispute).where(Dispute.payment_id == payment_id)
    transfers = made.where(Recovery.kind == RecoveryKind.TRANSFER, Recovery.stripe_id.is_not(None))
    return [stripe_id for stripe_id in db.session.scalars(transfers) if stripe_id]


def being_sent(coach_id: UUID) -> list[Money]:
    """What Stripe is to send to a coach again: nobody else pays it out meanwhile."""
    theirs = select(Recovery).join(Dispute).join(Payment).where(Payment.coach_id == coach_id)
    pending = theirs.where(Recovery.status == RecoveryStatus.PENDING, Recovery.kind == RecoveryKind.TRANSFER)
    return [each.share for each in db.session.scalars(pending)]


def are_awaited(coach_id: UUID) -> bool:
    """Whether what a coach owes may be taken back from the coach's account yet."""
    if current_settings().dispute_recovery is DisputeRecovery.DEBT:
        return False
    sent_on = (
        select(Dispute.id)
        .join(Payment)
        .where(Payment.coach_id == coach_id, Payment.stripe_destination_id.is_not(None))
    )
    undecided = sent_on.where(Dispute.status.not_in(DECIDED), Dispute.withdrawn_minor > 0)
    pending = sent_on.join(Recovery).where(Recovery.status == RecoveryStatus.PENDING)
    return bool(db.session.scalar(select(undecided.exists() | pending.exists())))


def _needed(dispute: Dispute, known: Sequence[Recovery]) -> Recovery | None:
    taken = _taken(known)
    missing = _wanted(dispute, taken) - taken
    if missing == 0:
        return None
    kind = RecoveryKind.REVERSAL if missing > 0 else RecoveryKind.TRANSFER
    by_setting = current_settings().dispute_recovery is DisputeRecovery.REVERSE
    is_given_up = any(each.status in GIVEN_UP and each.kind is kind for each in known)
    if is_given_up or (kind is RecoveryKind.REVERSAL and not by_setting):
        return None
    needed = Recovery(dispute=dispute, kind=kind, share_minor=abs(missing))
    db.session.add(needed)
    db.session.flush()
    return needed


def _wanted(dispute: Dispute, taken: int) -> int:
    """What of the disputed amount is to be back with us: what a lost dispute took, until it is won.

    One that was won keeps what was taken back until its money has come.
    """
    if dispute.status in GIVEN_BACK:
        return dispute.withdrawn_minor
    return min(taken, dispute.withdrawn_minor)


def _taken(known: Sequence[Recovery]) -> int:
    done = [each for each in known if each.status is RecoveryStatus.SUCCEEDED]
    return sum(each.share_minor if each.kind is RecoveryKind.REVERSAL else -each.share_minor for each in done)
