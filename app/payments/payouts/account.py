"""Payout accounts: coaches' accounts at Stripe Connect."""

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
    """The coach's country; None for that of our own account. Stripe never changes it."""
    order_id: Mapped[UUID | None]
    """The id of the order that opened it, so that a coach's earlier account is not mistaken for the next one.

    None for accounts ordered before orders had ids."""
    stripe_account_id: Mapped[str | None] = mapped_column(unique=True)
    """None until Stripe has answered; the account may already exist there."""
    charges_enabled: Mapped[bool] = mapped_column(default=False)
    payouts_enabled: Mapped[bool] = mapped_column(default=False)
    details_submitted: Mapped[bool] = mapped_column(default=False)
    takes_transfers: Mapped[bool] = mapped_column(default=False)
    requirements: Mapped[list[str]] = mapped_column(JSONB, default=list)
    disabled_reason: Mapped[str | None]
    refusal: Mapped[str | None]
    """Stripe's reason for refusing transfers to this account although it is active."""
    due_at: Mapped[datetime | None]
    """When its state is next fetched from Stripe; None until there is an account."""
    attempts: Mapped[int] = mapped_column(default=0)
    stripe_failures: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often opening it failed: each attempt needs its own idempotency key, because Stripe repeats a
    failure for a day."""

    @property
    def is_enabled(self) -> bool:
        """Whether transfers to it reach the coach."""
        return self.works and self.refusal is None

    @property
    def works(self) -> bool:
        """Whether they do by the account's state at Stripe."""
        return self.takes_transfers and self.payouts_enabled

    @classmethod
    def locked(cls, coach_id: UUID) -> Self | None:
        row_lock = select(cls).where(cls.id == coach_id).with_for_update()
        return db.session.scalar(row_lock.execution_options(populate_existing=True))
