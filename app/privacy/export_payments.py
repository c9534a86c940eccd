"""Sections of the export about payments made and received."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.accounts.models import Account
from app.extensions import db
from app.http.schema_types import Instant, Major, View
from app.money.money import Money
from app.payments.ledger.models import Payout
from app.payments.ledger.posting import Entry
from app.payments.models import Payment
from app.payments.payouts.account import PayoutAccount
from app.payments.payouts.schemas import PayoutAccountView
from app.payments.schemas import PaymentView
from app.privacy.export_sections import Shown, portions


class EntryView(View):
    """An entry of a coach's ledger."""

    at: Instant
    day: date
    kind: str
    payment_id: UUID
    booking_id: UUID | None
    amount: Major
    amount_minor: int
    currency: str


class PayoutView(View):
    at: Instant
    day: date
    amount: Major
    amount_minor: int
    currency: str
    reference: str


def payments(account: Account) -> Iterator[Shown]:
    """Payments made and received, with their refunds and disputes."""
    shown = selectinload(Payment.lines), selectinload(Payment.refunds), selectinload(Payment.disputes)
    for whose in (Payment.client_id, Payment.coach_id):
        query = select(Payment).where(whose == account.id).options(*shown)
        for portion in portions(query, Payment.created_at, Payment.id):
            for payment in portion:
                yield PaymentView.of(payment, account).model_dump(mode="json")


def ledger(account: Account) -> Iterator[Shown]:
    """A coach's ledger entries."""
    query = select(Entry).where(Entry.coach_id == account.id)
    for portion in portions(query, Entry.day, Entry.id):
        for entry in portion:
            yield _money(EntryView, entry)


def payouts(account: Account) -> Iterator[Shown]:
    """Manual payouts to a coach."""
    query = select(Payout).where(Payout.coach_id == account.id)
    for payout in db.session.scalars(query.order_by(Payout.created_at, Payout.id)):
        yield _money(PayoutView, payout)


def payout_account(account: Account) -> Shown | None:
    """A coach's account at Stripe."""
    row = db.session.get(PayoutAccount, account.id)
    if row is None:
        return None
    seen = PayoutAccountView.of(row).model_dump(mode="json")
    return seen | {"country": row.country, "stripe_account_id": row.stripe_account_id}


def _money(view: type[View], row: Any) -> Shown:
    computed = {"at": row.created_at, "amount": Money(row.amount_minor, row.currency).major}
    plain = {name: getattr(row, name) for name in view.model_fields if name not in computed}
    return view(**plain, **computed).model_dump(mode="json")
