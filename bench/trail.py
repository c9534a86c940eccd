"""What bookings leave behind: a payment each, refunds, Stripe's events, mails, the audit log.

In proportion, but lean: payloads and bodies are a line long, as nothing that is measured reads them.
"""

from datetime import datetime
from typing import Any

from psycopg import Connection

TABLES = ("payment", "payment_line", "refund", "stripe_event", "email", "audit_entry")
FORGOTTEN = 20
"""Of each kind that a sweep looks for, however large the business."""

_PAYMENTS = b"""
INSERT INTO payment (id, created_at, updated_at, coach_id, client_id, amount_minor, currency, status,
  amount_refunded_minor, fee_minor, net_minor, fee_currency, locale, success_url, cancel_url,
  session_expires_at, stripe_session_id, stripe_payment_intent_id, stripe_charge_id)
SELECT payment_id, created_at, updated_at, coach_id, client_id, amount_minor, currency,
  CASE status WHEN 'pending' THEN status WHEN 'expired' THEN status WHEN 'cancelled' THEN 'refunded'
    ELSE 'succeeded' END,
  CASE status WHEN 'cancelled' THEN amount_minor ELSE 0 END,
  CASE WHEN paid THEN 138 END, CASE WHEN paid THEN amount_minor - 138 END,
  CASE WHEN paid THEN currency END, 'auto', 'https://example.com/paid', 'https://example.com/cancelled',
  created_at + interval '30 minutes',
  'cs_test_' || payment_id, CASE WHEN paid THEN 'pi_' || payment_id END,
  CASE WHEN paid THEN 'ch_' || payment_id END
FROM booking, LATERAL (SELECT status NOT IN ('pending', 'expired') AS paid) AS _
"""
_LINES = b"""
INSERT INTO payment_line (payment_id, booking_id, amount_minor)
SELECT payment_id, id, amount_minor FROM booking
"""
_REFUNDS = b"""
INSERT INTO refund (id, created_at, updated_at, payment_id, booking_id, amount_minor, currency, status,
  reason, cause, stripe_refund_id, attempts, due_at, stripe_failures)
SELECT gen_random_uuid(), created_at, created_at, payment_id, id, amount_minor, currency, 'succeeded',
  'the booking was cancelled', 'cancelled', 're_' || id, 1, created_at, 0
FROM booking WHERE status = 'cancelled'
"""
_EVENTS = b"""
INSERT INTO stripe_event (id, type, livemode, payload, payment_intent_id, status, attempts, due_at,
  received_at, finished_at, request_id)
SELECT 'evt_' || md5(type || id), type, false,
  '{"data": {"object": {"metadata": {"payment_id": "' || id || '"}}}}',
  stripe_payment_intent_id, 'processed', 1, created_at, created_at, created_at, id
FROM payment JOIN (VALUES
  ('succeeded', 'checkout.session.completed'), ('succeeded', 'payment_intent.succeeded'),
  ('refunded', 'checkout.session.completed'), ('refunded', 'payment_intent.succeeded'),
  ('refunded', 'refund.created'), ('expired', 'checkout.session.expired')
) AS told (status, type) USING (status)
"""
_MAILS = b"""
INSERT INTO email (id, created_at, updated_at, kind, subject_id, recipient, recipient_name, subject,
  text_body, html_body, status, attempts, copies, due_at, sent_at,
  request_id)
SELECT md5(kind || booking.id || email)::uuid, booking.created_at, booking.created_at, kind,
  booking.id || told.suffix, email, name, 'Coaching', 'A line of text', '<p>A line of text</p>',
  'sent', 1, 0, booking.created_at, booking.created_at, booking.id
FROM booking JOIN (VALUES
  ('confirmed', 'booking_confirmed', ':0'), ('completed', 'booking_confirmed', ':0'),
  ('completed', 'reminder', ':0:24h'), ('no_show', 'booking_confirmed', ':0'),
  ('no_show', 'reminder', ':0:24h'), ('cancelled', 'booking_confirmed', ':0'),
  ('cancelled', 'booking_cancelled', ':1')
) AS told (status, kind, suffix) USING (status)
CROSS JOIN LATERAL (VALUES (client_id), (coach_id)) AS reader (id) JOIN account ON account.id = reader.id
"""
_AUDIT = b"""
INSERT INTO audit_entry (id, created_at, reason, actor, request_id, action, subject, address)
SELECT gen_random_uuid(), created_at, '', 'client:' || client_id, id, 'booking.cancel', 'booking:' || id, '-'
FROM booking WHERE status = 'cancelled'
"""
# Their jobs were lost a moment ago: what each of the sweeps has to find.
_FORGET = (
    b"UPDATE booking SET hold_expires_at = %(at)s"
    b" WHERE id IN (SELECT id FROM booking WHERE status = 'pending' LIMIT %(most)s)",
    b"UPDATE booking SET next_reminder_at = %(at)s"
    b" WHERE id IN (SELECT id FROM booking WHERE status = 'confirmed' LIMIT %(most)s)",
    b"UPDATE coach SET link_changed_at = %(at)s WHERE id IN (SELECT id FROM coach LIMIT %(most)s)",
    b"UPDATE refund SET status = 'pending', stripe_refund_id = NULL, attempts = 0, due_at = %(at)s"
    b" WHERE id IN (SELECT id FROM refund LIMIT %(most)s)",
    b"UPDATE payment SET fee_minor = NULL, net_minor = NULL, fee_currency = NULL, fee_due_at = %(at)s"
    b" WHERE id IN (SELECT id FROM payment WHERE status = 'succeeded' LIMIT %(most)s)",
    b"UPDATE stripe_event SET status = 'received', finished_at = NULL, attempts = 0, due_at = %(at)s"
    b" WHERE id IN (SELECT id FROM stripe_event LIMIT %(most)s)",
    b"UPDATE email SET status = 'queued', sent_at = NULL, attempts = 0, due_at = %(at)s"
    b" WHERE id IN (SELECT id FROM email WHERE kind = 'booking_confirmed' LIMIT %(most)s)",
)


def leave(connection: Connection[Any], at: datetime) -> None:
    """Write what the bookings in the database left behind until `at`."""
    for statement in (_PAYMENTS, _LINES, _REFUNDS, _EVENTS, _MAILS, _AUDIT):
        connection.execute(statement)
    for statement in _FORGET:
        connection.execute(statement, {"at": at, "most": FORGOTTEN})
