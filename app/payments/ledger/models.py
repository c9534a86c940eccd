"""Manual payouts to coaches."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, MinorUnits, UuidMixin
from app.money.money import Money

PAYOUT = "payout"
"""The label in a statement."""


class Payout(UuidMixin, Base):
    """A payout to a coach; negative if the coach paid us."""

    __tablename__ = "payout"
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="amount"),
        UniqueConstraint("coach_id", "reference"),
    )

    coach_id: Mapped[UUID] = mapped_column(ForeignKey("coach.id"))
    day: Mapped[date]
    """The day on which it was recorded, by the rule of ledger entries."""
    amount_minor: Mapped[MinorUnits]
    currency: Mapped[str]
    reference: Mapped[str]
    """The bank's or our reference, unique for each coach."""

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)
