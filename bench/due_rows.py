"""Rows that are due, for each sweep: written by SQL, each session with a coach and a client of its own."""

from collections.abc import Mapping

from sqlalchemy import text

from app.extensions import db
from bench.stripe_lists import Payments

TABLES = "booking, booking_move, payment, payment_line, refund, dispute, stripe_event, email, sweep"
_BOOKINGS = """
INSERT INTO booking (id, coach_id, client_id, period, busy, status, hold_expires_at, next_reminder_at,
  amount_minor, currency, coach_time_zone, client_time_zone, policy, notes, refund_percent_at_most,
  calendar_sequence, created_at, updated_at)
SELECT md5('booking ' || n)::uuid, md5('coach ' || n)::uuid, md5('client ' || n)::uuid, period, period,
  {status}, {held}, {reminded}, 7500, 'EUR', 'Europe/Paris', 'Europe/London', '{{}}', '', 100, 1, now(), now()
FROM generate_series(0, :rows - 1) AS n,
  LATERAL (SELECT tstzrange(now() + {start}, now() + {start} + interval '1 hour') AS period) AS one
"""
_PAST = _BOOKINGS.format(
    status="'confirmed'", held="NULL", reminded="NULL", start="- interval '3 days' - n * interval '1 second'"
)
_MAILS = """
INSERT INTO email (id, kind, subject_id, recipient, recipient_name, subject, text_body, html_body, status,
  attempts, due_at, request_id, copies)
SELECT md5('mail ' || n)::uuid, 'reminder', md5('booking ' || n)::uuid || ':1:24h',
  'client-' || n || '@example.com', '', '', 'x', 'x', 'queued', 0, now(), '', 0
FROM generate_series(0, :rows - 1) AS n
"""
_EVENTS = """
INSERT INTO stripe_event (id, type, livemode, payload, status, attempts, due_at, received_at, request_id)
SELECT 'evt_' || n, 'charge.updated', false, '{{}}', '{status}', 1, now() - n * interval '1 second',
  now() - interval '{age}', ''
FROM generate_series(0, :rows - 1) AS n
"""
_PAYMENTS = """
INSERT INTO payment (id, created_at, updated_at, coach_id, client_id, amount_minor, currency, status,
  amount_refunded_minor, locale, success_url, cancel_url, session_expires_at, stripe_session_id,
  stripe_payment_intent_id, stripe_charge_id)
SELECT md5('payment ' || n)::uuid, at, now(), md5('coach 0')::uuid, md5('client 0')::uuid, 7500, 'EUR',
  'succeeded', 0, 'auto', '', '', at + interval '30 minutes', 'cs_bench_' || lpad(n::text, 8, '0'),
  'pi_bench_' || lpad(n::text, 8, '0'), 'ch_bench_' || lpad(n::text, 8, '0')
FROM generate_series(0, :rows - 1) AS n,
  LATERAL (SELECT to_timestamp(:since - 0.4 + floor(n / :a_second)) AS at) AS one -- before its object
"""
_DISPUTES = """
INSERT INTO dispute (id, created_at, updated_at, payment_id, stripe_dispute_id, status, amount_minor,
  currency, reason, is_charge_refundable, opened_at, due_by, submissions, fund_moves, withdrawn_minor,
  evidence, told_deadline_at, warn_at)
SELECT md5('dispute ' || n)::uuid, now(), now(), md5('payment ' || n)::uuid, 'dp_' || n, 'needs_response',
  7500, 'EUR', 'general', false, now(), now() + interval '2 days', 0, 0, 0, '',
  now() - interval '5 days', now() - interval '1 hour'
FROM generate_series(0, :rows - 1) AS n
"""
_LINES = """
INSERT INTO payment_line (payment_id, booking_id, amount_minor)
SELECT md5('payment ' || n)::uuid, md5('booking ' || n)::uuid, 7500 FROM generate_series(0, :rows - 1) AS n
"""
_APPLIED_EVENTS = """
INSERT INTO stripe_event (id, type, livemode, payload, status, attempts, due_at, received_at, request_id)
SELECT 'evt_bench_' || lpad(n::text, 8, '0'), 'charge.updated', false, '{}', 'processed', 1, now(),
  to_timestamp(:since + floor(n / 3 / :a_second)), ''
FROM generate_series(0, 3 * :rows - 1) AS n
"""
FILLS: Mapping[str, tuple[str, ...]] = {
    "past sessions": (_PAST,),
    "late reminders": (_PAST, _MAILS),
    "due reminders": (
        _BOOKINGS.format(
            status="'confirmed'",
            held="NULL",
            reminded="now() - interval '1 minute'",
            start="interval '23 hours 59 minutes'",
        ),
    ),
    "expired holds": (
        _BOOKINGS.format(
            status="'pending'",
            held="now() - n * interval '1 second'",
            reminded="NULL",
            start="interval '3 days'",
        ),
    ),
    "due events": (_EVENTS.format(status="received", age="1 hour"),),
    "old events": (_EVENTS.format(status="processed", age="400 days"),),
    "dispute deadlines": (_PAST, _PAYMENTS, _LINES, _DISPUTES),
    "payments at Stripe": (_PAYMENTS, _APPLIED_EVENTS),
}
"""The statements that write the rows of a kind."""


def fill(kind: str, payments: Payments) -> None:
    """Put rows of one kind into the tables, and none of another. Commits."""
    db.session.execute(text("SET LOCAL session_replication_role = replica"))  # history refuses it otherwise
    db.session.execute(text(f"TRUNCATE {TABLES} CASCADE"))
    values = {"rows": payments.count, "since": payments.since, "a_second": payments.a_second}
    for statement in FILLS[kind]:
        db.session.execute(text(statement), values)
    db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
