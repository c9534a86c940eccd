"""Operator actions on recoveries: retry and discard."""

from uuid import UUID

from app import audit
from app.extensions import db, now
from app.http.problems import NotFound, NothingToDo, Problem
from app.payments.ledger import recoveries, recovery_submission
from app.payments.ledger.recovery_models import GIVEN_UP, Recovery, RecoveryStatus


class RecoveryInFlight(Problem):
    status, slug, title = 409, "recovery-in-flight", "Transfer is under way"
    meaning = "This transfer is being submitted to Stripe."
    remedy = (
        "Look at its `status` with `GET /admin/recovery/{id}` in two minutes, and repeat the request if"
        " you still need it."
    )


def retry(recovery_id: UUID, reason: str) -> Recovery:
    """Retry a recovery now: pending, failed or discarded. It is made once.

    Raises NotFound, NothingToDo, RecoveryInFlight.
    """
    recovery = _locked(recovery_id)
    if recovery.status is not RecoveryStatus.PENDING:
        _reopen(recovery)
    audit.record("recovery.retry", f"recovery:{recovery.id}", reason)
    recoveries.ask(recovery)
    return recovery


def _reopen(recovery: Recovery) -> None:
    known = recoveries.of(recovery.dispute_id)
    if recovery.status not in GIVEN_UP:
        raise NothingToDo(f"This transfer is {recovery.status}.")
    if any(each.status is RecoveryStatus.PENDING for each in known):
        raise NothingToDo("Another transfer for the same dispute is pending.")
    if not recoveries.is_wanted(recovery):
        raise NothingToDo("The dispute no longer requires this transfer.")
    recovery.status, recovery.last_error = RecoveryStatus.PENDING, None
    recovery.stripe_failures += 1  # under the same idempotency key Stripe might repeat its refusal
    db.session.flush()


def discard(recovery_id: UUID, reason: str) -> Recovery:
    """Discard a recovery that was settled another way. The coach's balance keeps the debt.

    Raises NotFound, NothingToDo, RecoveryInFlight.
    """
    recovery = _locked(recovery_id)
    if recovery.status not in {RecoveryStatus.PENDING, RecoveryStatus.FAILED}:
        raise NothingToDo(f"This transfer is {recovery.status}.")
    recovery.status, recovery.last_error = RecoveryStatus.DISCARDED, reason
    audit.record("recovery.discard", f"recovery:{recovery.id}", reason)
    return recovery


def _locked(recovery_id: UUID) -> Recovery:
    if db.session.get(Recovery, recovery_id) is None:
        raise NotFound("There is no such transfer after a dispute.")
    recovery = recovery_submission.locked(recovery_id)
    if recovery.is_being_moved(now()):
        raise RecoveryInFlight(
            "This transfer is being submitted to Stripe. Check it again in a moment.",
            {"Retry-After": "5"},
        )
    return recovery
