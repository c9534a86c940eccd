"""Recoveries: transfers back from a coach after a lost dispute of a transferred payment.

Stripe deducts a dispute from our balance and leaves the transfer with the coach. DISPUTE_RECOVERY decides
whether it is reversed or stays a debt. If the dispute is won later, the coach gets a new transfer.
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
    """Record the next reversal or transfer; a job submits it after the commit.

    Does nothing if none is needed or one is in progress. The payment must be locked.
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
    """Enqueue the submission, after the commit."""
    recovery.due_at = now()
    after_commit(TaskNames.RECOVER_TRANSFER, str(recovery.id))


def of(dispute_id: UUID) -> Sequence[Recovery]:
    """All recoveries of a dispute, in order."""
    rows = select(Recovery).where(Recovery.dispute_id == dispute_id).order_by(Recovery.created_at)
    return db.session.scalars(rows.execution_options(populate_existing=True)).all()


def is_wanted(recovery: Recovery) -> bool:
    """Whether the state of its dispute still requires it."""
    taken = _taken(of(recovery.dispute_id))
    wanted = _wanted(recovery.dispute, taken)
    return wanted > taken if recovery.kind is RecoveryKind.REVERSAL else wanted < taken


def sent_again(payment_id: UUID) -> list[str]:
    """Ids of the transfers that paid a coach again."""
    made = select(Recovery.stripe_id).join(Dispute).where(Dispute.payment_id == payment_id)
    transfers = made.where(Recovery.kind == RecoveryKind.TRANSFER, Recovery.stripe_id.is_not(None))
    return [stripe_id for stripe_id in db.session.scalars(transfers) if stripe_id]


def being_sent(coach_id: UUID) -> list[Money]:
    """Pending transfers to a coach, which must not be paid out manually as well."""
    theirs = select(Recovery).join(Dispute).join(Payment).where(Payment.coach_id == coach_id)
    pending = theirs.where(Recovery.status == RecoveryStatus.PENDING, Recovery.kind == RecoveryKind.TRANSFER)
    return [each.share for each in db.session.scalars(pending)]


def are_awaited(coach_id: UUID) -> bool:
    """Whether the amount may be reversed at the coach's account yet."""
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
    """The disputed amount that should be recovered: what a lost dispute withdrew, until it is won.

    After a won dispute it stays recovered until Stripe has returned the money.
    """
    if dispute.status in GIVEN_BACK:
        return dispute.withdrawn_minor
    return min(taken, dispute.withdrawn_minor)


def _taken(known: Sequence[Recovery]) -> int:
    done = [each for each in known if each.status is RecoveryStatus.SUCCEEDED]
    return sum(each.share_minor if each.kind is RecoveryKind.REVERSAL else -each.share_minor for each in done)
