"""What beat asks once in a while: rare work, and what is due for deletion."""

from app.extensions import now
from app.payments.disputes import deadlines
from app.payments.ledger import recovery_submission
from app.payments.payouts import connect
from app.payments.reconciliation import differences
from app.privacy import retention
from bench.question import Ask, Question

MOST = 500


def questions() -> list[Question]:
    """Each portion of the nightly tasks writes; it is rolled back."""
    return [
        _task("transfers after disputes", lambda: len(recovery_submission.DUE.ids(MOST))),
        _task("changed payout accounts", lambda: len(connect.DUE.ids(MOST))),
        _task("deadlines of disputes", lambda: deadlines.warn(now(), MOST)),
        _task("open differences", lambda: len(differences.not_seen_since(now(), MOST))),
        _portion("old events", retention.delete_events),
        _portion("old mails", retention.delete_emails),
        _portion("events to redact", retention.redact_events),
        _task("mails to redact", retention.redact_emails),
        _task("old alerts", retention.delete_alerts),
        _task("old refused sign-ins", retention.delete_refused_sign_ins),
        _task("old unpaid holds", retention.delete_unpaid_holds),
        _task("evidence to delete", retention.delete_evidence),
    ]


def _task(name: str, task: Ask) -> Question:
    return Question(f"upkeep: {name}", lambda _: task)


def _portion(name: str, task: Ask) -> Question:
    """A small business has nothing that old; a large one a whole portion."""
    return Question(f"upkeep: {name}", lambda _: task, longest=None, is_flat=False)
