"""At rest everybody was told what happened, each thing once."""

from collections import Counter
from typing import Any

from tests.payments.random_faults.world import PaymentWorld

TROUBLES = "SELECT kind, subject_id, what FROM trouble"
MAILS = "SELECT kind, split_part(subject_id, ':', 1) AS about, subject_id, recipient FROM email"
REFUNDS = """
    SELECT refund.*, account.email AS client FROM refund
    JOIN payment ON payment.id = payment_id JOIN account ON account.id = client_id"""
CONFIRMED = """
    SELECT payment.id, client.email AS client, coach.email AS coach, array_agg(booking.id) AS bookings
    FROM payment JOIN booking ON booking.payment_id = payment.id
        JOIN account client ON client.id = payment.client_id JOIN account coach ON coach.id = payment.coach_id
    WHERE EXISTS (SELECT FROM booking_move WHERE booking_id = booking.id AND after = 'confirmed')
    GROUP BY payment.id, client.email, coach.email"""
CANCELLED = """
    SELECT booking.id, client.email AS client, coach.email AS coach FROM booking
        JOIN account client ON client.id = client_id JOIN account coach ON coach.id = coach_id
    WHERE status = 'cancelled'
        AND EXISTS (SELECT FROM booking_move WHERE booking_id = booking.id AND after = 'confirmed')"""
RETURNED = """
    SELECT DISTINCT payment_id AS id, reason, account.email AS client FROM refund
    JOIN payment ON payment.id = payment_id JOIN account ON account.id = client_id WHERE cause = 'returned'"""
INQUIRIES = ("warning_needs_response", "warning_under_review", "warning_closed")
DECIDED = ("won", "lost", "warning_closed")
ENDED = ("failed", "canceled")
KINDS = {
    "booking_confirmed",
    "series_confirmed",
    "booking_cancelled",
    "payment_returned",
    "refund_issued",
    "refund_failed",
    "dispute_opened",
}
WAITS = "unfunded_refund"
UNCOUNTED = {WAITS, "recovery", "debt", "fraud_warning"}
"""Troubles that may be over by now."""
OPS = "ops@culturebridge.example"
Mail = tuple[str, str, str]


def check_messages(world: PaymentWorld) -> None:
    expected: Counter[Mail] = Counter()
    for found in (_of_bookings, _of_refunds, _of_disputes):
        expected += found(world)
    told = Counter(_mail(row) for row in world.select(MAILS) if row.kind in KINDS)
    world.operator_hears()
    troubles = world.select(TROUBLES)
    _check_alerts(world, troubles)
    told.update((row.kind, row.subject_id, OPS) for row in troubles if row.kind not in UNCOUNTED)
    # What waited for balance is told once, and may have been made since.
    waited = Counter(row.subject_id for row in troubles if row.kind == WAITS)
    assert waited <= Counter(str(row.id) for row in world.select(REFUNDS)), waited
    assert told == expected, f"not told: {expected - told}; nobody's business: {told - expected}"
    _check_verdicts(world)


def _check_alerts(world: PaymentWorld, troubles: list[Any]) -> None:
    """Each in one mail; a debt that fell meanwhile may have grown to the same amount twice."""
    mails = world.select("SELECT text_body FROM email WHERE kind = 'needs_attention'")
    for row in troubles:
        times = sum(" ".join(row.what.split())[:300] in mail.text_body for mail in mails)
        assert times == 1 or (row.kind == "debt" and times > 1), f"told {times} times: {row.what}"


def _check_verdicts(world: PaymentWorld) -> None:
    """The last one was told, and of those before, which may have come too late, none more often than made."""
    names = {row.stripe_dispute_id: row for row in world.select("SELECT * FROM dispute")}
    made: Counter[tuple[str, str]] = Counter()
    for event in world.at_stripes("event"):
        thing = event["data"]["object"]
        if thing["object"] == "dispute" and "status" in (event["data"].get("previous_attributes") or {}):
            made[str(names[thing["id"]].id), thing["status"]] += 1
    mails = [row.subject_id.split(":") for row in world.select(MAILS) if row.kind == "dispute_decided"]
    told = Counter((dispute_id, status) for dispute_id, status, *_ in mails)
    assert told <= made, f"told too often: {told - made}"
    last = {(str(row.id), row.status) for row in names.values() if row.status in DECIDED}
    assert last <= told.keys(), f"not told: {last - told.keys()}"


def _mail(row: Any) -> Mail:
    return row.kind, row.subject_id if row.kind == "dispute_opened" else row.about, row.recipient


def _of_bookings(world: PaymentWorld) -> Counter[Mail]:
    found: Counter[Mail] = Counter()
    for row in world.select(CONFIRMED):
        one = len(row.bookings) == 1
        what = ("booking_confirmed", str(row.bookings[0])) if one else ("series_confirmed", str(row.id))
        found.update((*what, person) for person in (row.client, row.coach))
    for row in world.select(CANCELLED):
        found.update(("booking_cancelled", str(row.id), person) for person in (row.client, row.coach))
    for row in world.select(RETURNED):
        found["payment_returned", str(row.id), row.client] += 1
    return found


def _of_refunds(world: PaymentWorld) -> Counter[Mail]:
    found: Counter[Mail] = Counter()
    for row in world.select(REFUNDS):
        if row.stripe_refund_id and row.cause != "returned":
            found["refund_issued", str(row.id), row.client] += 1
        if row.failure_reason == "charge_already_refunded":
            continue  # nobody is owed anything
        if row.status == "failed" or (row.status == "canceled" and row.stripe_refund_id):
            found["failed_refund", str(row.id), OPS] += 1
            found["refund_failed", str(row.id), row.client] += 1
    return found


def _of_disputes(world: PaymentWorld) -> Counter[Mail]:
    """Of an inquiry that is a chargeback by now, we may have heard when it was one already."""
    found: Counter[Mail] = Counter()
    mails = {row.subject_id for row in world.select(MAILS)}
    for row in world.select("SELECT id, status FROM dispute"):
        inquiry, chargeback = f"{row.id}:inquiry", f"{row.id}:chargeback"
        if row.status not in INQUIRIES:
            found["dispute_opened", chargeback, OPS] += 1
        if row.status in INQUIRIES or inquiry in mails:
            found["dispute_opened", inquiry, OPS] += 1
    return found
