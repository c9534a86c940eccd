"""How soon beat compares again: every few minutes while money moves, once an hour in a quiet shop.

Stripe gives an account so many reads a month for its payments (Stripe: "API read request allocations"), and
a comparison is six or more of them. The next one goes back to where the last ended, so nothing is left out.
"""

from datetime import datetime, timedelta

from sqlalchemy import exists, func, or_, select

from app.extensions import db, now
from app.payments.events.models import StripeEvent
from app.payments.models import Payment, Refund
from app.payments.reconciliation.differences import Difference
from app.payments.reconciliation.progress import Reconciliation, ReconciliationStatus
from app.payments.reconciliation.windows import Window
from app.payments.status import RefundStatus, Status

OFTEN = timedelta(minutes=5)
"""As often as beat comes by: an end that was lost is found after this, while something is open."""
SELDOM = timedelta(hours=1)
"""What happens at Stripe by itself, and is told by no event, is found after this at the latest."""
EARLY = timedelta(seconds=30)
"""Beat and its jobs are never quite on time; a comparison is rather made early than one beat later."""


def is_due(window: Window) -> bool:
    """Whether it is time to compare; also where the last one was not finished, or there was none."""
    of_it = Reconciliation.name == window.name
    rows = db.session.execute(select(Reconciliation.started_at, Reconciliation.status).where(of_it)).all()
    if not rows or any(status is ReconciliationStatus.RUNNING for _, status in rows):
        return True
    return now() - min(began for began, _ in rows) + EARLY >= pause()


def pause() -> timedelta:
    """From one comparison to the next: half of how long it has been quiet, within bounds."""
    if _anything_is_open():
        return OFTEN
    news = _latest_news()
    return SELDOM if news is None else min(max((now() - news) / 2, OFTEN), SELDOM)


def _anything_is_open() -> bool:
    """Whether the end of a page or a refund is still to be told; a dispute's takes months, and can wait."""
    paid_on = exists().where(
        Payment.status.in_([Status.PENDING, Status.PROCESSING, Status.FAILED]),
        Payment.session_ended_at.is_(None),
        Payment.stripe_session_id.is_not(None),
    )
    going_back = exists().where(Refund.status.in_([RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION]))
    return bool(db.session.scalar(select(or_(paid_on, going_back))))


def _latest_news() -> datetime | None:
    """When something last happened, as far as we know."""
    times = (StripeEvent.received_at, Payment.created_at, Refund.created_at, Difference.created_at)
    latest = [db.session.scalar(select(func.max(at))) for at in times]
    return max((at for at in latest if at), default=None)
