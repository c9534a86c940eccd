"""Recoveries: transfers from and to coaches' accounts after disputes."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Base, TimestampMixin, enum_column, now
from app.money.money import Money
from app.payments.models import Dispute


class RecoveryKind(StrEnum):
    REVERSAL = "reversal"
    """A reversal after a lost dispute (Stripe: "Reverse transfers")."""
    TRANSFER = "transfer"
    """A new transfer, after a lost dispute was won."""


class RecoveryStatus(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    """The decision was reversed before Stripe made it."""
    FAILED = "failed"
    """The coach's account or the transfer no longer exists at Stripe."""
    DISCARDED = "discarded"
    """An operator discarded it."""


GIVEN_UP = frozenset({RecoveryStatus.FAILED, RecoveryStatus.DISCARDED})
"""Statuses that are not retried automatically."""


class Recovery(TimestampMixin, Base):
    """A recovery: a row first, then the call to Stripe. A dispute has one at a time."""

    __tablename__ = "recovery"
    __table_args__ = (
        CheckConstraint("share_minor > 0", name="share"),
        Index(
            "uq_recovery_pending",
            "dispute_id",
            unique=True,
            postgresql_where=text("status = 'pending'"),
        ),
        Index("ix_recovery_due", "due_at", postgresql_where=text("status = 'pending'")),
        Index("ix_recovery_of_dispute", "dispute_id"),
        Index("ix_recovery_at", "created_at", "id"),
    )

    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("dispute.id"))
    kind: Mapped[RecoveryKind] = mapped_column(enum_column(RecoveryKind, "kind"))
    share_minor: Mapped[int] = mapped_column(BigInteger)
    """The disputed amount that it covers, in the payment's currency, including our commission."""
    status: Mapped[RecoveryStatus] = mapped_column(
        enum_column(RecoveryStatus), default=RecoveryStatus.PENDING
    )
    stripe_id: Mapped[str | None] = mapped_column(unique=True)
    """The id of the reversal or transfer; None if nothing was left to move."""
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(default=now)
    lease_expires_at: Mapped[datetime | None]
    """Until when a worker has claimed it; None if none has."""
    last_error: Mapped[str | None]
    """The last error, or the operator's reason for discarding it."""
    stripe_failures: Mapped[int] = mapped_column(default=0)
    """Stripe's failures so far: each attempt after one needs a new idempotency key."""

    dispute: Mapped[Dispute] = relationship()

    def is_being_moved(self, at: datetime) -> bool:
        """Whether a worker may be submitting it now."""
        return self.lease_expires_at is not None and self.lease_expires_at > at

    @property
    def share(self) -> Money:
        return Money(self.share_minor, self.dispute.currency)
