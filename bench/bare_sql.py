"""The rows of a payment that came, written by nothing but SQL: the least that they cost."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import psycopg

from bench.unpaid import Unpaid

Share = tuple[str, Sequence[Unpaid], str, Mapping[str, Any]]

_EVENT = b"""
INSERT INTO stripe_event (id, type, livemode, payload, payment_intent_id, status, attempts, due_at,
  received_at, finished_at, request_id)
VALUES ('evt_' || %(payment)s, 'checkout.session.completed', false, %(payload)s, 'pi_' || %(payment)s,
  'processed', 1, now(), now(), now(), 'bench')
"""
_PAYMENT = b"""
UPDATE payment SET status = 'succeeded', stripe_payment_intent_id = 'pi_' || %(payment)s, updated_at = now()
WHERE id = %(payment)s
"""
_BOOKING = b"""
UPDATE booking SET status = 'confirmed', hold_expires_at = NULL, next_reminder_at = lower(period),
  updated_at = now()
WHERE id = %(booking)s
"""
_MAIL = b"""
INSERT INTO email (id, created_at, updated_at, kind, subject_id, recipient, recipient_name, subject,
  text_body, html_body, calendar, status, attempts, copies, due_at, request_id)
VALUES (gen_random_uuid(), now(), now(), 'booking_confirmed', %(booking)s, %(reader)s, 'A name', 'A subject',
  %(text)s, %(html)s, %(calendar)s, 'queued', 0, 0, now(), 'bench')
"""
READERS = ("client@example.com", "coach@example.com")


def rate(url: str, unpaid: Sequence[Unpaid], payload: str, mail: Mapping[str, Any], writers: int) -> float:
    """How many a second come in, one transaction each, by so many processes at once."""
    shares = [(url, unpaid[n::writers], payload, mail) for n in range(writers)]
    with ProcessPoolExecutor(writers, get_context("spawn")) as pool:
        took = list(pool.map(_write_all, shares))
    return sum(len(share[1]) / seconds for share, seconds in zip(shares, took, strict=True))


def _write_all(share: Share) -> float:
    """Seconds for all, after a first one that nobody counts."""
    url, unpaid, payload, mail = share
    with psycopg.connect(url) as connection:
        for number, each in enumerate(unpaid):
            if number == 1:
                started = time.perf_counter()
            known = {**mail, "payment": each.payment_id, "booking": each.booking_id, "payload": payload}
            with connection.transaction():
                for statement in (_EVENT, _PAYMENT, _BOOKING):
                    connection.execute(statement, known)
                for reader in READERS:
                    connection.execute(_MAIL, {**known, "reader": reader})
    return time.perf_counter() - started
