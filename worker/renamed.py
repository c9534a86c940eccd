"""Tasks under their names of the previous release, for jobs that were queued before a deploy.

Delete this file with the next release.
"""

from app.queue.names import TaskNames
from worker import bookings, celery, emails, maintenance, payments

__all__ = ["RENAMED", "bookings", "emails", "maintenance", "payments"]

RENAMED = {
    "bookings.remind": TaskNames.REQUEUE_DUE_REMINDERS,
    "bookings.remind_of": TaskNames.SEND_REMINDER,
    "bookings.renew_forgotten_links": TaskNames.REQUEUE_DUE_VIDEO_LINKS,
    "email.leave_a_sign": TaskNames.PING_EMAIL,
    "emails.deliver_forgotten": TaskNames.REQUEUE_DUE_EMAILS,
    "emails.note_sent": TaskNames.RECORD_SENT_EMAIL,
    "events.leave_a_sign": TaskNames.PING_EVENTS,
    "ops.correct_search_texts": TaskNames.CORRECT_SEARCH_TEXTS,
    "ops.forget_events": TaskNames.DELETE_EVENTS,
    "ops.forget_evidence": TaskNames.DELETE_EVIDENCE,
    "ops.forget_idempotency_keys": TaskNames.DELETE_IDEMPOTENCY_KEYS,
    "ops.forget_mails": TaskNames.DELETE_EMAILS,
    "ops.forget_refused_sign_ins": TaskNames.DELETE_REFUSED_SIGN_INS,
    "ops.forget_troubles": TaskNames.DELETE_ALERTS,
    "ops.forget_unpaid_holds": TaskNames.DELETE_UNPAID_HOLDS,
    "ops.forget_words": TaskNames.REDACT_EMAILS,
    "ops.tell_operator": TaskNames.SEND_ALERTS,
    "ops.trim_events": TaskNames.REDACT_EVENTS,
    "payments.apply_event": TaskNames.PROCESS_RECORDED_EVENT,
    "payments.apply_forgotten": TaskNames.REQUEUE_DUE_EVENTS,
    "payments.issue_forgotten_refunds": TaskNames.REQUEUE_DUE_REFUNDS,
    "payments.issue_refund": TaskNames.SUBMIT_REFUND,
    "payments.look_up_payout_accounts": TaskNames.REQUEUE_DUE_PAYOUT_ACCOUNTS,
    "payments.look_up_unknown_fees": TaskNames.REQUEUE_DUE_FEES,
    "payments.recover_forgotten_transfers": TaskNames.REQUEUE_DUE_RECOVERIES,
    "payments.warn_of_deadlines": TaskNames.WARN_OF_DISPUTE_DEADLINES,
    "schedule.leave_a_sign": TaskNames.PING_SCHEDULE,
}

for old, new in RENAMED.items():
    celery.tasks[old] = celery.tasks[new]
