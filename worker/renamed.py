"""Jobs that the release before put on the queues, under the names that their tasks had then.

A worker takes them for this one release, so that a deploy loses none: the file goes with the next.
"""

from worker import bookings, celery, emails, maintenance, payments

__all__ = ["RENAMED", "bookings", "emails", "maintenance", "payments"]

RENAMED = {
    "bookings.remind": "bookings.requeue_due_reminders",
    "bookings.remind_of": "bookings.send_reminder",
    "bookings.renew_forgotten_links": "bookings.requeue_due_video_links",
    "email.leave_a_sign": "email.ping",
    "emails.deliver_forgotten": "emails.requeue_due",
    "emails.note_sent": "emails.record_sent",
    "events.leave_a_sign": "events.ping",
    "ops.correct_search_texts": "maintenance.correct_search_texts",
    "ops.forget_events": "maintenance.delete_events",
    "ops.forget_evidence": "maintenance.delete_evidence",
    "ops.forget_idempotency_keys": "maintenance.delete_idempotency_keys",
    "ops.forget_mails": "maintenance.delete_emails",
    "ops.forget_refused_sign_ins": "maintenance.delete_refused_sign_ins",
    "ops.forget_troubles": "maintenance.delete_alerts",
    "ops.forget_unpaid_holds": "maintenance.delete_unpaid_holds",
    "ops.forget_words": "maintenance.redact_emails",
    "ops.tell_operator": "maintenance.send_alerts",
    "ops.trim_events": "maintenance.redact_events",
    "payments.apply_event": "payments.process_recorded_event",
    "payments.apply_forgotten": "payments.requeue_due_events",
    "payments.issue_forgotten_refunds": "payments.requeue_due_refunds",
    "payments.issue_refund": "payments.submit_refund",
    "payments.look_up_payout_accounts": "payments.requeue_due_payout_accounts",
    "payments.look_up_unknown_fees": "payments.requeue_due_fees",
    "payments.recover_forgotten_transfers": "payments.requeue_due_recoveries",
    "payments.warn_of_deadlines": "payments.warn_of_dispute_deadlines",
    "schedule.leave_a_sign": "schedule.ping",
}

for old, new in RENAMED.items():
    celery.tasks[old] = celery.tasks[new]
