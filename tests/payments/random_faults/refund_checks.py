"""At rest nobody's money is kept without a session behind it, and none goes back that is not owed."""

from collections import Counter
from typing import Any
from uuid import UUID

from app.money.money import Money
from tests.payments.random_faults.world import PaymentWorld

LINES = """
    SELECT line.payment_id, line.booking_id, line.amount_minor AS share, payment.currency, booking.status,
        booking.cancel_refund_percent AS percent, booking.payment_id = payment.id AND EXISTS (
            SELECT FROM booking_move WHERE booking_id = booking.id AND after = 'confirmed'
        ) AS was_on
    FROM payment_line line JOIN payment ON payment.id = line.payment_id
        JOIN booking ON booking.id = line.booking_id
    WHERE payment.status IN ('succeeded', 'partially_refunded', 'refunded')"""
TAKEN = """
    SELECT payment.id, payment.amount_minor - coalesce((
        SELECT sum(withdrawn_minor) FROM dispute WHERE payment_id = payment.id
    ), 0) AS amount FROM payment"""
ENDED = ("failed", "canceled")


def check_owed(world: PaymentWorld) -> None:
    lines = world.select(LINES)
    refunds = world.select("SELECT * FROM refund")
    left = {row.id: row.amount - _gone(refunds, row.id) for row in world.select(TAKEN)}
    for line in lines:
        _check_line(line, [each for each in refunds if each.payment_id == line.payment_id], left)
    late = world.select("SELECT * FROM booking WHERE status = 'pending'")
    assert not [row for row in late if row.hold_expires_at < world.clock.at]


def _gone(refunds: list[Any], payment_id: UUID) -> int:
    return sum(
        each.amount_minor for each in refunds if each.payment_id == payment_id and each.status not in ENDED
    )


def _check_line(line: Any, refunds: list[Any], left: dict[UUID, int]) -> None:
    mine = [each for each in refunds if each.booking_id == line.booking_id and each.status not in ENDED]
    kept = min(line.share - sum(each.amount_minor for each in mine), left[line.payment_id])
    failed = sum(each.amount_minor for each in refunds if each.status in ENDED)
    assert kept <= _to_keep(line) + failed, f"{kept} are kept of {line}"
    made: Counter[str] = Counter()  # one that waits for a dispute's end may be called off by it
    for each in mine:
        made[each.cause] += each.amount_minor if each.stripe_refund_id else 0
    assert made.total() <= line.share, f"{made} went back of {line}"
    assert made["cancelled"] + made["returned"] <= line.share - _to_keep(line), f"{made} went back of {line}"


def _to_keep(line: Any) -> int:
    """Ours of a share, unless somebody gives it back."""
    if not line.was_on:
        return 0
    if line.status != "cancelled":
        return int(line.share)
    return int(line.share) - Money(line.share, line.currency).percent(line.percent).amount
