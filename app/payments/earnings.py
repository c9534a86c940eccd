"""What a coach earned: totals of the books."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Self
from uuid import UUID

from sqlalchemy import func, select

from app.extensions import db
from app.payments.books import Kind
from app.payments.ledger import Entry


@dataclass
class Totals:
    """What the entries of one currency sum to, in minor units."""

    currency: str
    by_kind: Counter[Kind] = field(default_factory=Counter)

    @classmethod
    def of(cls, amounts: Iterable[tuple[str, Kind, int]]) -> list[Self]:
        """One for each currency, in alphabetical order."""
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
        """To disputes: what was taken, less what was given back."""
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
        """To the coach's own account at Stripe, less what came back from there."""
        return -self.by_kind[Kind.TRANSFER]

    @property
    def owed(self) -> int:
        """What we have of it, and owe the coach; below nothing, what the coach owes us."""
        return self.net - self.transferred


def totals(
    coach_id: UUID, since: date | None, until: date | None, booking_id: UUID | None = None
) -> list[Totals]:
    """What came in and went out from one day to another, both included, or for one booking alone."""
    query = select(Entry.currency, Entry.kind, func.sum(Entry.amount_minor)).where(Entry.coach_id == coach_id)
    if since:
        query = query.where(Entry.day >= since)
    if until:
        query = query.where(Entry.day <= until)
    if booking_id:
        query = query.where(Entry.booking_id == booking_id)
    rows: Sequence[tuple[str, Kind, int]] = [
        (currency, kind, int(amount))
        for currency, kind, amount in db.session.execute(query.group_by(Entry.currency, Entry.kind))
    ]
    return Totals.of(rows)
