"""The events that Stripe told us, each on record once."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, db, enum_column, now
from app.http.problems import NotFound


class EventStatus(StrEnum):
    RECEIVED = "received"
    PROCESSED = "processed"
    IGNORED = "ignored"
    FAILED = "failed"


MAY_BE_OURS_LATER = text(
    "status = 'ignored' AND (type LIKE 'refund.%' OR type LIKE 'charge.dispute.%'"
    " OR type LIKE 'radar.early_fraud_warning.%')"
)
"""Events that can come before the one by which their payment is known as ours."""
_UNTRIMMED = text("trimmed_at IS NULL")


class StripeEvent(Base):
    """An event as Stripe sent it, once, and what became of it."""

    __tablename__ = "stripe_event"
    __table_args__ = (
        Index("ix_stripe_event_due", "due_at", postgresql_where=text("status = 'received'")),
        Index("ix_stripe_event_at", "received_at", "id"),
        Index("ix_stripe_event_of_type", "type", "received_at", "id"),
        Index(
            "ix_stripe_event_not_processed",
            "status",
            "received_at",
            "id",
            postgresql_where=text("status <> 'processed'"),
        ),
        Index("ix_stripe_event_may_be_ours", "payment_intent_id", postgresql_where=MAY_BE_OURS_LATER),
        # Of what still has personal values: in the order of age, and by whose payment it is about.
        Index("ix_stripe_event_untrimmed", "received_at", "id", postgresql_where=_UNTRIMMED),
        Index("ix_stripe_event_untrimmed_of_payment", "payment_id", postgresql_where=_UNTRIMMED),
        Index("ix_stripe_event_untrimmed_of_intent", "payment_intent_id", postgresql_where=_UNTRIMMED),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    livemode: Mapped[bool]
    payload: Mapped[str]
    """JSON as it was sent: PostgreSQL's own types refuse some of what JSON allows. Trimmed later."""
    api_version: Mapped[str | None]
    """The version of Stripe's API that it is written in."""
    trimmed_at: Mapped[datetime | None]
    """When personal values were taken out of it; what is left can be applied as before."""
    payment_intent_id: Mapped[str | None]
    """Which payment it is about, where its object says so."""
    payment_id: Mapped[UUID | None]
    """The same by our own id, as its object's metadata has it: no word of ours, and perhaps no payment."""
    status: Mapped[EventStatus] = mapped_column(enum_column(EventStatus), default=EventStatus.RECEIVED)
    reason: Mapped[str | None]
    """Why it was ignored."""
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(default=now)
    last_error: Mapped[str | None]
    received_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
    request_id: Mapped[str]

    @classmethod
    def with_id(cls, event_id: str) -> Self:
        """Raises NotFound, also for what could be no id: PostgreSQL takes no NUL."""
        event = db.session.get(cls, event_id) if event_id.isprintable() else None
        if event is None:
            raise NotFound("There is no such event.")
        return event

    @property
    def is_of_coach(self) -> bool:
        """Whether it tells of an account that is connected to ours: only such an event names its account."""
        return bool(json.loads(self.payload).get("account"))

    @property
    def happened_at(self) -> datetime:
        """When it happened, by Stripe's clock; when it was received, where Stripe does not say."""
        try:
            return datetime.fromtimestamp(json.loads(self.payload)["created"], UTC)
        except (KeyError, TypeError, ValueError, OverflowError, OSError):
            return self.received_at

    @property
    def subject(self) -> dict[str, Any]:
        """The object that the event is about, as it was then."""
        subject: dict[str, Any] = json.loads(self.payload)["data"]["object"]
        return subject


EVENTS = StripeEvent.metadata.tables[StripeEvent.__tablename__]
"""For statements that are built once and want no objects."""
