"""Lists of payments."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.accounts.models import Account, Role
from app.http.pagination import newest_first
from app.payments.models import Payment, PaymentLine
from app.payments.schemas import PaymentList, PaymentSearch, PaymentView

_WITH_ALL_THAT_IS_SHOWN = (
    selectinload(Payment.lines),
    selectinload(Payment.refunds),
    selectinload(Payment.disputes),
)
_WHOSE = {Role.CLIENT: Payment.client_id, Role.COACH: Payment.coach_id}


def search(account: Account, wish: PaymentSearch) -> PaymentList:
    """One page of the caller's payments (all for an admin), the newest first. Raises Invalid."""
    query = select(Payment).options(*_WITH_ALL_THAT_IS_SHOWN)
    if whose := _WHOSE.get(account.role):
        query = query.where(whose == account.id)
    if wish.booking_id:
        lines = select(PaymentLine.payment_id).where(PaymentLine.booking_id == wish.booking_id)
        query = query.where(Payment.id.in_(lines))
    if wish.status:
        query = query.where(Payment.status == wish.status)
    rows, next_cursor = newest_first(query, Payment.created_at, Payment.id, wish)
    return PaymentList(items=[PaymentView.of(payment, account) for payment in rows], next_cursor=next_cursor)
