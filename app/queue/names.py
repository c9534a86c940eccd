"""The names of queues and tasks, which the web, the workers and beat share."""

from enum import StrEnum


class QueueNames(StrEnum):
    EVENTS = "events"
    EMAIL = "email"
    SCHEDULE = "schedule"


class TaskNames(StrEnum):
    COMPLETE_PAST_SESSIONS = "bookings.complete_past"
    EXPIRE_HOLDS = "bookings.expire_holds"
    RENEW_VIDEO_LINK = "bookings.renew_video_link"
    REQUEUE_DUE_REMINDERS = "bookings.requeue_due_reminders"
    REQUEUE_DUE_VIDEO_LINKS = "bookings.requeue_due_video_links"
    SEND_REMINDER = "bookings.send_reminder"
    WITHDRAW_LATE_REMINDERS = "bookings.withdraw_late_reminders"

    DELIVER_EMAIL = "emails.deliver"
    RECORD_SENT_EMAIL = "emails.record_sent"
    REQUEUE_DUE_EMAILS = "emails.requeue_due"

    CORRECT_SEARCH_TEXTS = "maintenance.correct_search_texts"
    DELETE_ALERTS = "maintenance.delete_alerts"
    DELETE_EMAILS = "maintenance.delete_emails"
    DELETE_EVENTS = "maintenance.delete_events"
    DELETE_EVIDENCE = "maintenance.delete_evidence"
    DELETE_IDEMPOTENCY_KEYS = "maintenance.delete_idempotency_keys"
    DELETE_REFUSED_SIGN_INS = "maintenance.delete_refused_sign_ins"
    DELETE_UNPAID_HOLDS = "maintenance.delete_unpaid_holds"
    REDACT_EMAILS = "maintenance.redact_emails"
    REDACT_EVENTS = "maintenance.redact_events"
    SEND_ALERTS = "maintenance.send_alerts"

    CLOSE_SESSION = "payments.close_session"
    HANDLE_EVENT = "payments.handle_event"
    LOOK_UP_FEE = "payments.look_up_fee"
    LOOK_UP_PAYOUT_ACCOUNT = "payments.look_up_payout_account"
    LOOK_UP_REFUNDS = "payments.look_up_refunds"
    PROCESS_RECORDED_EVENT = "payments.process_recorded_event"
    RECONCILE_NIGHTLY = "payments.reconcile_nightly"
    RECONCILE_RECENT = "payments.reconcile_recent"
    RECOVER_TRANSFER = "payments.recover_transfer"
    RELEASE_HOLD = "payments.release_hold"
    REQUEUE_DUE_EVENTS = "payments.requeue_due_events"
    REQUEUE_DUE_FEES = "payments.requeue_due_fees"
    REQUEUE_DUE_PAYOUT_ACCOUNTS = "payments.requeue_due_payout_accounts"
    REQUEUE_DUE_RECOVERIES = "payments.requeue_due_recoveries"
    REQUEUE_DUE_REFUNDS = "payments.requeue_due_refunds"
    SUBMIT_REFUND = "payments.submit_refund"
    WARN_OF_DISPUTE_DEADLINES = "payments.warn_of_dispute_deadlines"

    PING_EVENTS = "events.ping"
    PING_EMAIL = "email.ping"
    PING_SCHEDULE = "schedule.ping"


PINGS = {
    QueueNames.EVENTS: TaskNames.PING_EVENTS,
    QueueNames.EMAIL: TaskNames.PING_EMAIL,
    QueueNames.SCHEDULE: TaskNames.PING_SCHEDULE,
}
"""The task that shows that a worker reads a queue, by queue."""

MOST_IDS = {TaskNames.DELIVER_EMAIL: 5}
"""The tasks whose job may carry several ids, and how many at most: a message costs as much as a mail.

No more, because a job does one after the other, and a slow mail delays those behind it.
"""
