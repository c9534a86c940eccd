"""Early fraud warnings: the card's issuer suspects fraud."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Base, TimestampMixin, enum_column
from app.payments.models import Payment
from app.payments.status import FraudWarningStatus


class FraudWarning(TimestampMixin, Base):
    """Stripe's early fraud warning about a payment of ours."""

    __tablename__ = "fraud_warning"
    __table_args__ = (
        Index("ix_fraud_warning_at", "created_at", "id"),
        Index("ix_fraud_warning_open", "created_at", "id", postgresql_where=text("status = 'open'")),
    )

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"), index=True)
    stripe_warning_id: Mapped[str] = mapped_column(unique=True)
    status: Mapped[FraudWarningStatus] = mapped_column(enum_column(FraudWarningStatus))
    fraud_type: Mapped[str]
    """The issuer's reason, in Stripe's terms."""
    warned_at: Mapped[datetime]

    payment: Mapped[Payment] = relationship()
