"""Lists of payments."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam, select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from app.accounts.models import Account, Role
from app.bookings.models import Booking
from app.extensions import db
from app.http.pagination import newest_first
from app.payments.models import Dispute, Payment, PaymentLine, Refund
from app.payments.schemas import PaymentList, PaymentSearch, PaymentView

_THESE = any_(bindparam("payment_ids", type_=ARRAY(Uuid())))
_SHOWN: dict[str, Select[Any]] = {
    "lines": select(PaymentLine)
    .where(PaymentLine.payment_id == _THESE)
    .options(joinedload(PaymentLine.booking, innerjoin=True).load_only(Booking.period)),
    "refunds": select(Refund).where(Refund.payment_id == _THESE).order_by(Refund.created_at),
    "disputes": select(Dispute).where(Dispute.payment_id == _THESE).order_by(Dispute.opened_at),
}
"""The relationships that a page shows. `selectinload` builds its statements for each page: twice the time."""
_WHOSE = {Role.CLIENT: Payment.client_id, Role.COACH: Payment.coach_id}


def search(account: Account, wish: PaymentSearch) -> PaymentList:
    """One page of the caller's payments (all for an admin), the newest first. Raises Invalid."""
    query = select(Payment)
    if whose := _WHOSE.get(account.role):
        query = query.where(whose == account.id)
    if wish.booking_id:
        lines = select(PaymentLine.payment_id).where(PaymentLine.booking_id == wish.booking_id)
        query = query.where(Payment.id.in_(lines))
    if wish.status:
        query = query.where(Payment.status == wish.status)
    rows, next_cursor = newest_first(query, Payment.created_at, Payment.id, wish)
    _load_shown(rows)
    return PaymentList(items=[PaymentView.of(payment, account) for payment in rows], next_cursor=next_cursor)


def _load_shown(payments: Iterable[Payment]) -> None:
    by_id = {payment.id: payment for payment in payments}
    for relationship, query in _SHOWN.items():
        found = defaultdict(list)
        for row in db.session.scalars(query, {"payment_ids": list(by_id)}):
            found[row.payment_id].append(row)
        for payment in by_id.values():
            set_committed_value(payment, relationship, found[payment.id])
