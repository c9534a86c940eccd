"""Where Stripe pays a coach out to."""

from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, TimestampMixin, db


class PayoutAccount(TimestampMixin, Base):
    """A coach's account at Stripe; its id is the coach's."""

    __tablename__ = "payout_account"
    __table_args__ = (Index("ix_payout_account_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),)

    id: Mapped[UUID] = mapped_column(ForeignKey("coach.id"), primary_key=True)
    country: Mapped[str | None]
    """Where the coach lives; None for the country of our own account. Stripe never changes it."""
    order_id: Mapped[UUID | None]
    """Which order opened it, so that an account that was taken away from a coach is not taken for the next
    one. None of those that were ordered before orders had ids."""
    stripe_account_id: Mapped[str | None] = mapped_column(unique=True)
    """None until Stripe has answered; the account may exist there all the same."""
    charges_enabled: Mapped[bool] = mapped_column(default=False)
    payouts_enabled: Mapped[bool] = mapped_column(default=False)
    details_submitted: Mapped[bool] = mapped_column(default=False)
    takes_transfers: Mapped[bool] = mapped_column(default=False)
    requirements: Mapped[list[str]] = mapped_column(JSONB, default=list)
    disabled_reason: Mapped[str | None]
    refusal: Mapped[str | None]
    """What Stripe said when it would not have a payment sent on here, though the account works."""
    due_at: Mapped[datetime | None]
    """When Stripe is asked next how it stands; None until there is an account."""
    attempts: Mapped[int] = mapped_column(default=0)
    stripe_failures: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often opening it failed at Stripe: each try wants an idempotency key of its own, as Stripe repeats
    a failure for a day."""

    @property
    def is_enabled(self) -> bool:
        """Whether money that is sent to it also reaches the coach."""
        return self.works and self.refusal is None

    @property
    def works(self) -> bool:
        """The same by what Stripe says of the account itself."""
        return self.takes_transfers and self.payouts_enabled

    @classmethod
    def locked(cls, coach_id: UUID) -> Self | None:
        row_lock = select(cls).where(cls.id == coach_id).with_for_update()
        return db.session.scalar(row_lock.execution_options(populate_existing=True))
