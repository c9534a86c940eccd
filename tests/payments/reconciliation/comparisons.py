"""Comparing with Stripe, as an operator or beat does it."""

from sqlalchemy import select

from app.extensions import db
from app.payments.reconciliation import run as reconciliation_run
from app.payments.reconciliation.differences import Difference
from app.payments.reconciliation.windows import Stage, Window, asked
from tests.shop import Shop

PATIENCE = 30.0


def compared(shop: Shop, window: Window) -> dict[Stage, tuple[int, int]]:
    """Which stages settled how many, and found how many that still differ."""

    def run() -> dict[Stage, tuple[int, int]]:
        *_, stages = reconciliation_run.run(window, PATIENCE)
        assert all(row.is_done for row in stages)
        return {row.stage: (row.settled, row.differing) for row in stages if row.settled or row.differing}

    return shop.work(run)


def reconciled(shop: Shop, since: str = "1h") -> dict[Stage, tuple[int, int]]:
    return compared(shop, asked(since))


def differences(shop: Shop) -> list[tuple[str, str, str]]:
    """What is open: the kind, what Stripe says, what we say."""
    db.session.expire_all()
    rows = db.session.scalars(select(Difference).where(Difference.resolved_at.is_(None)))
    return sorted((row.kind, row.stripe_says, row.we_say) for row in rows)
