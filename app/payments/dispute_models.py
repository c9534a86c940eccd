"""Payments whose money a bank asks back."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, exists, text
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column, relationship

from app.extensions import Base, MinorUnits, TimestampMixin, enum_column
from app.money.money import Money
from app.payments.models import Payment
from app.payments.status import AWAITS_EVIDENCE, DECIDED, GIVEN_BACK, INQUIRIES, DisputeStatus

WARNED_BEFORE = (timedelta(days=3), timedelta(days=1))
"""How long before a dispute's deadline the operator is told again."""


class Dispute(TimestampMixin, Base):
    """The payer's bank asks a payment's money back, or asks about it: an inquiry."""

    __tablename__ = "dispute"
    __table_args__ = (
        Index("ix_dispute_at", "created_at", "id"),
        Index("ix_dispute_by_status", "status", "created_at", "id"),
        Index("ix_dispute_decided_at", "decided_at"),
        Index("ix_dispute_with_evidence", "decided_at", postgresql_where=text("evidence <> ''")),
        Index("ix_dispute_to_warn_of", "warn_at", postgresql_where=text("warn_at IS NOT NULL")),
    )

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"), index=True)
    stripe_dispute_id: Mapped[str] = mapped_column(unique=True)
    status: Mapped[DisputeStatus] = mapped_column(enum_column(DisputeStatus))
    amount_minor: Mapped[MinorUnits]
    currency: Mapped[str]
    reason: Mapped[str]
    is_charge_refundable: Mapped[bool]
    opened_at: Mapped[datetime]
    due_by: Mapped[datetime | None]
    """Until when evidence can be submitted; None where none can be."""
    submissions: Mapped[int]
    """How often evidence was submitted, as Stripe counts it."""
    fund_moves: Mapped[int]
    """How often its money went, or came back; the count only grows."""
    withdrawn_minor: Mapped[MinorUnits]
    """What Stripe has taken for it and not given back, its fees apart."""
    fee_minor: Mapped[MinorUnits | None]
    """What Stripe keeps for handling it; None while no money has moved."""
    fee_currency: Mapped[str | None]
    """What Stripe settles in."""
    evidence: Mapped[str]
    """The booking's history, as packed when the dispute opened or, later, as it was submitted from here."""
    evidence_submitted_at: Mapped[datetime | None]
    evidence_lease_expires_at: Mapped[datetime | None]
    """Until when somebody may be submitting it; None while nobody is."""
    evidence_failures: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often Stripe answered it with a failure of its own: each wants an idempotency key of its own."""
    told_deadline_at: Mapped[datetime]
    """When the operator was last told of the deadline."""
    warn_at: Mapped[datetime | None]
    """When the operator is to be told of it again."""
    decided_at: Mapped[datetime | None]

    payment: Mapped[Payment] = relationship(back_populates="disputes")

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def withdrawn(self) -> Money:
        return Money(self.withdrawn_minor, self.currency)

    @property
    def lacks_fee(self) -> bool:
        """Whether its money moved before its fee was kept here: Stripe is to tell it again."""
        return self.fund_moves > 0 and self.fee_minor is None

    @property
    def is_inquiry(self) -> bool:
        return self.status in INQUIRIES

    @property
    def is_decided(self) -> bool:
        return self.status in DECIDED

    @property
    def awaits_evidence(self) -> bool:
        return self.status in AWAITS_EVIDENCE and self.evidence_submitted_at is None

    @property
    def given_back_minor(self) -> int:
        """What the client has by it: all of it when it is lost, until Stripe says what it took."""
        if self.status not in GIVEN_BACK:
            return 0
        return self.withdrawn_minor if self.fund_moves else self.amount_minor

    def plan_warning(self) -> None:
        """The next is the first that comes after what the operator was told already."""
        times = [self.due_by - before for before in WARNED_BEFORE] if self.due_by else []
        ahead = [time for time in times if time > self.told_deadline_at]
        self.warn_at = min(ahead, default=None) if self.awaits_evidence else None

    @property
    def holds_money(self) -> bool:
        """Whether Stripe refunds nothing of its payment until it is decided."""
        return not self.is_decided and not self.is_charge_refundable

    @classmethod
    def holding(cls, payment_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
        """The same, in a query: whether there is a dispute that holds a payment's money."""
        return exists().where(
            cls.payment_id == payment_id, cls.status.not_in(DECIDED), cls.is_charge_refundable.is_(False)
        )
