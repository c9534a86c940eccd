"""The interval of recent reconciliations: minutes while money moves, an hour in a quiet shop.

Stripe limits reads by an account's payments (Stripe: "API read request allocations"), and a run takes six or
more. Each run begins where the last one ended, so nothing is left out.
"""

from datetime import datetime, timedelta

from sqlalchemy import exists, func, or_, select

from app.extensions import db, now
from app.payments.events.models import StripeEvent
from app.payments.models import Payment, Refund
from app.payments.reconciliation.differences import Difference
from app.payments.reconciliation.progress import Reconciliation
from app.payments.reconciliation.windows import Window
from app.payments.status import RefundStatus, Status

OFTEN = timedelta(minutes=5)
"""The shortest interval, while something is open: a lost event is found after this."""
SELDOM = timedelta(hours=1)
"""The longest interval: changes at Stripe without an event are found after this."""
SILENT = timedelta(minutes=2)
"""After this time without a step, an unfinished run has stopped: no next turn of it is on the queue."""
EARLY = timedelta(seconds=30)
"""Tolerance for beat's delays: a run may start early rather than one interval later."""


def is_due(window: Window) -> bool:
    """Whether a run is due; also if the last one stopped before its end, or there was none."""
    of_it = Reconciliation.name == window.name
    rows = db.session.scalars(
        select(Reconciliation).where(of_it).execution_options(populate_existing=True)
    ).all()
    if any(not row.is_done for row in rows):
        return max(row.updated_at for row in rows) < now() - SILENT
    return not rows or now() - min(row.started_at for row in rows) + EARLY >= pause()


def pause() -> timedelta:
    """The interval: half of the quiet time, within bounds."""
    if _anything_is_open():
        return OFTEN
    news = _latest_news()
    return SELDOM if news is None else min(max((now() - news) / 2, OFTEN), SELDOM)


def _anything_is_open() -> bool:
    """Whether a payment page or a refund is open. Disputes take months and do not count."""
    paid_on = exists().where(
        Payment.status.in_([Status.PENDING, Status.PROCESSING, Status.FAILED]),
        Payment.session_ended_at.is_(None),
        Payment.stripe_session_id.is_not(None),
    )
    going_back = exists().where(Refund.status.in_([RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION]))
    return bool(db.session.scalar(select(or_(paid_on, going_back))))


def _latest_news() -> datetime | None:
    """When something last happened."""
    times = (StripeEvent.received_at, Payment.created_at, Refund.created_at, Difference.created_at)
    latest = [db.session.scalar(select(func.max(at))) for at in times]
    return max((at for at in latest if at), default=None)
