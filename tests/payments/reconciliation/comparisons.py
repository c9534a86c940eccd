"""Comparing with Stripe, as an operator or beat does it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, text

from app.extensions import db, now
from app.payments.reconciliation import run as reconciliation_run
from app.payments.reconciliation.differences import Difference
from app.payments.reconciliation.windows import Stage, Window, asked
from tests.shop import Shop
from tests.waiting import wait_until

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


def sql(statement: str, **values: Any) -> None:
    db.session.execute(text(statement), values)
    db.session.commit()


def forget_payments() -> None:
    """As a database does that was restored from before they were made."""
    db.session.execute(text("SET LOCAL session_replication_role = replica"))  # its history refuses it else
    sql("TRUNCATE payment, stripe_event CASCADE")


def later_than_all_of_it() -> Window:
    """A window that begins after everything so far."""
    after = now() + timedelta(seconds=1)
    wait_until(lambda: now() > after + timedelta(seconds=1))
    return asked(after.isoformat())


def requests(shop: Shop, path: str) -> list[dict[str, Any]]:
    """What was asked of Stripe, the oldest first."""
    log = shop.sandbox.http.get(f"{shop.sandbox.stripe_url}/_sandbox/requests", params={"path": path})
    asked_for: list[dict[str, Any]] = log.json()["requests"]
    return asked_for[::-1]


def forget_requests(shop: Shop) -> None:
    shop.sandbox.http.delete(f"{shop.sandbox.stripe_url}/_sandbox/requests")
