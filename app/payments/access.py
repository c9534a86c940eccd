"""Access to payments: who may see one. Who may refund one: `refunds.manual.give`."""

from uuid import UUID

from app.accounts.models import Account, Role
from app.extensions import db
from app.http.problems import NotFound
from app.payments.models import Payment


def may_see(account: Account, payment: Payment) -> bool:
    """Whether the account is its client, its coach or an admin."""
    return account.role is Role.ADMIN or account.id in {payment.client_id, payment.coach_id}


def visible_payment(account: Account, payment_id: UUID) -> Payment:
    """A payment for its client, its coach or an admin. Raises NotFound for all others."""
    payment = db.session.get(Payment, payment_id)
    if payment is None or not may_see(account, payment):
        raise NotFound("There is no such payment.")
    return payment
