"""What we have paid out to coaches by ourselves."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, MinorUnits, UuidMixin
from app.money.money import Money

PAYOUT = "payout"
"""What a statement calls it."""


class Payout(UuidMixin, Base):
    """Money that left us for a coach; less than nothing, where it came back or the coach paid us."""

    __tablename__ = "payout"
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="amount"),
        UniqueConstraint("coach_id", "reference"),
    )

    coach_id: Mapped[UUID] = mapped_column(ForeignKey("coach.id"))
    day: Mapped[date]
    """On which it was put on record, as of a ledger's entries."""
    amount_minor: Mapped[MinorUnits]
    currency: Mapped[str]
    reference: Mapped[str]
    """The bank's or our own, by which it is found again: there is no second of the same."""

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)
