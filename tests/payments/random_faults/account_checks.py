"""At rest what coaches have at Stripe, and what they owe us, is what our books say."""

from collections import Counter
from typing import Any

from app.payments.ledger.recovery_models import GIVEN_UP
from tests.payments.payouts.connected_accounts import account_id
from tests.payments.random_faults.world import PaymentWorld

SENT_ON = """
    SELECT coach_id, sum(-amount_minor) AS amount FROM ledger_entry
    WHERE kind = 'transfer' GROUP BY coach_id"""
AT_REST = """
    SELECT payment.id, sum(ledger_entry.amount_minor) AS owed
    FROM payment JOIN ledger_entry ON payment_id = payment.id AND ledger_entry.currency = payment.currency
    WHERE stripe_destination_id IS NOT NULL
        AND payment.status IN ('succeeded', 'partially_refunded', 'refunded')
        AND NOT EXISTS (SELECT FROM refund WHERE refund.payment_id = payment.id
            AND (cause = 'dashboard' OR from_ours OR status <> 'succeeded'))
        AND NOT EXISTS (SELECT FROM dispute LEFT JOIN recovery ON dispute_id = dispute.id
            WHERE dispute.payment_id = payment.id
                AND (dispute.status <> 'lost' OR recovery.status IN ('failed', 'discarded')))
    GROUP BY payment.id"""
"""Of what was sent on and that nobody moved past us: what was won again may have settled another debt."""
RECOVERED = """
    SELECT dispute.id, dispute.status, withdrawn_minor,
        coalesce(sum(CASE kind WHEN 'reversal' THEN share_minor ELSE -share_minor END)
            FILTER (WHERE recovery.status = 'succeeded'), 0) AS taken,
        coalesce(bool_or(recovery.status IN ('failed', 'discarded')), false) AS is_given_up
    FROM dispute JOIN payment ON payment.id = payment_id LEFT JOIN recovery ON dispute_id = dispute.id
    WHERE stripe_destination_id IS NOT NULL GROUP BY dispute.id"""
OWED = """
    SELECT coach_id, currency, sum(amount_minor) AS amount FROM (
        SELECT coach_id, currency, amount_minor FROM ledger_entry
        UNION ALL SELECT coach_id, currency, -amount_minor FROM payout) moves
    GROUP BY coach_id, currency"""
ROUNDED = 3
"""Minor units that may be left where each of several moves was rounded."""


def check_accounts(world: PaymentWorld) -> None:
    _check_sent_on(world)
    _check_recoveries(world)
    debts = {(row.coach_id, row.currency): row.amount_minor for row in world.select("SELECT * FROM debt")}
    owed = world.select(OWED)
    assert debts == {(row.coach_id, row.currency): -row.amount for row in owed if row.amount < 0}


def _check_sent_on(world: PaymentWorld) -> None:
    """What the coach has who gets it from Stripe: all of what was kept, and nothing of what was not."""
    coach = world.coaches[2]
    accounts = world.stripes_books()["accounts"]
    at_stripe = accounts[account_id(world, coach)].get("eur", {"net": 0})["net"]
    ours = {str(row.coach_id): row.amount for row in world.select(SENT_ON)}
    assert ours.keys() <= {coach.id}
    assert ours.get(coach.id, 0) == at_stripe
    for row in world.select(AT_REST):
        assert abs(row.owed) <= ROUNDED, row


def _check_recoveries(world: PaymentWorld) -> None:
    """Each was made once at most; an operator may have given up one whose answer was lost."""
    rows = {str(row.id): row for row in world.select("SELECT * FROM recovery")}
    made = Counter(
        each["metadata"]["recovery_id"]
        for kind in ("transfer_reversal", "transfer")
        for each in world.at_stripes(kind)
        if "recovery_id" in (each["metadata"] or {})
    )
    assert set(made.values()) <= {1}, made
    done = {name for name, row in rows.items() if row.stripe_id}
    assert done <= made.keys()
    assert all(_is_given_up(rows[name]) for name in made.keys() - done)
    assert not [row for row in rows.values() if row.status == "pending"]
    for row in world.select(RECOVERED):
        wanted = row.withdrawn_minor if row.status == "lost" else 0
        assert row.is_given_up or row.taken == wanted, row


def _is_given_up(row: Any) -> bool:
    return row.status in GIVEN_UP
