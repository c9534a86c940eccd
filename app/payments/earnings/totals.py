"""A coach's earnings: totals of the ledger."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Self
from uuid import UUID

from sqlalchemy import BigInteger, cast, func, select

from app.extensions import db
from app.payments.ledger.entries import Kind
from app.payments.ledger.models import PAYOUT, Payout
from app.payments.ledger.posting import Entry


@dataclass
class Totals:
    """Sums of the entries in one currency, in minor units."""

    currency: str
    by_kind: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, amounts: Iterable[tuple[str, str, int]]) -> list[Self]:
        """Totals by currency, in alphabetical order."""
        found: dict[str, Self] = {}
        for currency, kind, amount in amounts:
            found.setdefault(currency, cls(currency)).by_kind[kind] += amount
        return [found[currency] for currency in sorted(found)]

    @property
    def gross(self) -> int:
        return self.by_kind[Kind.PAYMENT]

    @property
    def refunded(self) -> int:
        return -self.by_kind[Kind.REFUND]

    @property
    def lost(self) -> int:
        """Lost to disputes, less what was returned."""
        return -self.by_kind[Kind.DISPUTE]

    @property
    def fees(self) -> int:
        return -self.by_kind[Kind.FEE]

    @property
    def commission(self) -> int:
        return -self.by_kind[Kind.COMMISSION]

    @property
    def net(self) -> int:
        return self.gross - self.refunded - self.lost - self.fees - self.commission

    @property
    def transferred(self) -> int:
        """Transferred to the coach's account at Stripe, less reversals."""
        return -self.by_kind[Kind.TRANSFER]

    @property
    def paid_out(self) -> int:
        """Paid out by us, less what the coach paid back."""
        return -self.by_kind[PAYOUT]

    @property
    def owed(self) -> int:
        """What we hold and owe the coach; negative, the coach's debt."""
        return self.net - self.transferred - self.paid_out


def totals(
    coach_id: UUID, since: date | None, until: date | None, booking_id: UUID | None = None
) -> list[Totals]:
    """Totals from one day to another, both included, or of one booking."""
    query = select(Entry.currency, Entry.kind, cast(func.sum(Entry.amount_minor), BigInteger)).where(
        Entry.coach_id == coach_id
    )
    if since:
        query = query.where(Entry.day >= since)
    if until:
        query = query.where(Entry.day <= until)
    if booking_id:
        query = query.where(Entry.booking_id == booking_id)
    rows: list[tuple[str, str, int]] = [
        (currency, kind, int(amount))
        for currency, kind, amount in db.session.execute(query.group_by(Entry.currency, Entry.kind))
    ]
    paid_out = [] if booking_id else payouts(coach_id, since, until)
    return Totals.of([*rows, *((each.currency, PAYOUT, -each.amount_minor) for each in paid_out)])


def payouts(coach_id: UUID, since: date | None, until: date | None) -> Sequence[Payout]:
    """Manual payouts from one day to another, both included."""
    query = select(Payout).where(Payout.coach_id == coach_id)
    if since:
        query = query.where(Payout.day >= since)
    if until:
        query = query.where(Payout.day <= until)
    return db.session.scalars(query.order_by(Payout.day, Payout.created_at, Payout.id)).all()
