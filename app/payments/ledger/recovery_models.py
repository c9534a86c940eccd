"""Money of a disputed payment that is taken back from its coach's account at Stripe, or sent there again."""

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
    """A lost dispute's money comes back from the coach (Stripe: "Reverse transfers")."""
    TRANSFER = "transfer"
    """A dispute was won after all: the coach gets it again."""


class RecoveryStatus(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    """The dispute was decided otherwise before Stripe had made it."""
    FAILED = "failed"
    """Stripe does not know the coach's account or the transfer any more."""
    DISCARDED = "discarded"
    """An operator settled it another way."""


GIVEN_UP = frozenset({RecoveryStatus.FAILED, RecoveryStatus.DISCARDED})
"""Not tried again unless an operator asks for it."""


class Recovery(TimestampMixin, Base):
    """A row first, then the call to Stripe: one at a time for a dispute."""

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
    """What of the disputed amount it is for, in the payment's currency; our commission is a part of it."""
    status: Mapped[RecoveryStatus] = mapped_column(
        enum_column(RecoveryStatus), default=RecoveryStatus.PENDING
    )
    stripe_id: Mapped[str | None] = mapped_column(unique=True)
    """Of the reversal or of the transfer; None where nothing was left to move."""
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(default=now)
    lease_expires_at: Mapped[datetime | None]
    """Until when a worker may be asking Stripe for it; None while none is."""
    last_error: Mapped[str | None]
    """Or why an operator discarded it."""
    stripe_failures: Mapped[int] = mapped_column(default=0)
    """How often Stripe broke or refused: each wants an idempotency key of its own."""

    dispute: Mapped[Dispute] = relationship()

    def is_being_moved(self, at: datetime) -> bool:
        """Whether a worker may be asking Stripe for it at this moment."""
        return self.lease_expires_at is not None and self.lease_expires_at > at

    @property
    def share(self) -> Money:
        return Money(self.share_minor, self.dispute.currency)
