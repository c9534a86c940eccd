"""Events from Stripe, each recorded once."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Index, bindparam, or_, select, text, update
from sqlalchemy.orm import Mapped, aliased, mapped_column
from sqlalchemy.orm.attributes import set_committed_value

from app.accounts.models import Account
from app.extensions import Base, db, enum_column, now
from app.http.problems import NotFound
from app.payments.events.redaction import redacted
from app.payments.events.status import EventStatus, check_transition
from app.payments.models import Payment

MAY_BE_OURS_LATER = text(
    "status = 'ignored' AND (type LIKE 'refund.%' OR type LIKE 'charge.dispute.%'"
    " OR type LIKE 'radar.early_fraud_warning.%')"
)
"""Ignored events that may have come before the one that identifies their payment."""
_UNTRIMMED = text("trimmed_at IS NULL")


@lru_cache(maxsize=1)
def _parsed(payload: str) -> dict[str, Any]:
    """The content of a payload, which is read several times while its event is applied."""
    content: dict[str, Any] = json.loads(payload)
    return content


class StripeEvent(Base):
    """An event as Stripe sent it, with its status."""

    __tablename__ = "stripe_event"
    __table_args__ = (
        Index("ix_stripe_event_due", "due_at", postgresql_where=text("status = 'received'")),
        Index("ix_stripe_event_at", "received_at", "id"),
        # the two types that every payment has are found among all events
        Index(
            "ix_stripe_event_of_other_type",
            *("type", "received_at", "id"),
            postgresql_where=text("type NOT IN ('checkout.session.completed', 'payment_intent.succeeded')"),
        ),
        Index(
            "ix_stripe_event_failed_or_ignored",
            *("status", "received_at", "id"),
            postgresql_where=text("status IN ('failed', 'ignored')"),
        ),
        Index("ix_stripe_event_may_be_ours", "payment_intent_id", postgresql_where=MAY_BE_OURS_LATER),
        # events that are not redacted yet: by age, and by payment
        Index("ix_stripe_event_untrimmed", "received_at", "id", postgresql_where=_UNTRIMMED),
        Index("ix_stripe_event_untrimmed_of_payment", "payment_id", postgresql_where=_UNTRIMMED),
        Index("ix_stripe_event_untrimmed_of_intent", "payment_intent_id", postgresql_where=_UNTRIMMED),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    livemode: Mapped[bool]
    payload: Mapped[str]
    """JSON as it was sent: PostgreSQL's JSON types refuse some valid JSON. Redacted later."""
    api_version: Mapped[str | None]
    """The version of Stripe's API in which it is rendered."""
    trimmed_at: Mapped[datetime | None]
    """When it was redacted; it can still be applied."""
    payment_intent_id: Mapped[str | None]
    """The payment intent that its object names."""
    payment_id: Mapped[UUID | None]
    """The payment id in its object's metadata: unverified, and perhaps no payment of ours."""
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
        """Find an event. Raises NotFound, also for ids with NUL, which PostgreSQL refuses."""
        event = db.session.get(cls, event_id) if event_id.isprintable() else None
        if event is None:
            raise NotFound("There is no such event.")
        return event

    @staticmethod
    def locked(event_id: str) -> "StripeEvent":
        """The event's row, re-read and locked until the transaction ends."""
        return db.session.scalars(_LOCK, {"event": event_id}).one()

    def transition_to(self, status: EventStatus) -> None:
        """Raises IllegalTransition. Nothing but this and the two statements below writes `status`."""
        check_transition(self.status, status)
        self.status = status

    def finish(self, status: EventStatus, reason: str | None = None, error: str | None = None) -> None:
        """Record the outcome; the row is locked. Raises IllegalTransition.

        Redacts events that need no personal data any more: about payments of erased accounts, and about
        coaches' accounts at Stripe, whose state is fetched.
        """
        check_transition(self.status, status)
        outcome = {"status": status, "reason": reason, "last_error": error, "finished_at": now()}
        is_of_erased = db.session.scalar(_FINISH, {"event": self.id, **outcome})
        for name, value in outcome.items():
            set_committed_value(self, name, value)
        if self.is_of_coach or is_of_erased:
            self.payload, self.trimmed_at = redacted(self.payload), now()

    @classmethod
    def requeue_ignored(cls, payment_intent_id: str) -> Sequence[str]:
        """Make events due again that were ignored before their payment was known. Returns their ids."""
        return db.session.scalars(_REQUEUE_IGNORED, {"intent": payment_intent_id, "at": now()}).all()

    @property
    def is_of_coach(self) -> bool:
        """Whether it is about a connected account: only such events name an account."""
        return bool(_parsed(self.payload).get("account"))

    @property
    def happened_at(self) -> datetime:
        """When it happened by Stripe's clock; otherwise when it was received."""
        try:
            return datetime.fromtimestamp(_parsed(self.payload)["created"], UTC)
        except (KeyError, TypeError, ValueError, OverflowError, OSError):
            return self.received_at

    @property
    def subject(self) -> dict[str, Any]:
        """The event's object, as it was then."""
        subject: dict[str, Any] = _parsed(self.payload)["data"]["object"]
        return subject


EVENTS = StripeEvent.metadata.tables[StripeEvent.__tablename__]
"""The table, for Core statements that are built once."""

_LOCK = (
    select(StripeEvent)
    .where(StripeEvent.id == bindparam("event"))
    .with_for_update()
    .execution_options(populate_existing=True)
)

_CLIENT, _COACH = aliased(Account), aliased(Account)
_IS_OF_ERASED = (
    select(Payment.id)
    .join(_CLIENT, _CLIENT.id == Payment.client_id)
    .join(_COACH, _COACH.id == Payment.coach_id)
    .where(
        or_(
            Payment.id == StripeEvent.payment_id,
            Payment.stripe_payment_intent_id == StripeEvent.payment_intent_id,
        ),
        or_(_CLIENT.erased_at.is_not(None), _COACH.erased_at.is_not(None)),
    )
    .correlate(StripeEvent)
    .exists()
)
"""SQL: whether the event is about a payment of an erased account."""
_FINISH = update(EVENTS).where(EVENTS.c.id == bindparam("event")).returning(_IS_OF_ERASED)
"""Its other parameters are the values to set. One statement, because every event runs it."""
_REQUEUE_IGNORED = (
    update(EVENTS)
    .where(MAY_BE_OURS_LATER, EVENTS.c.payment_intent_id == bindparam("intent"))
    .values(status=EventStatus.RECEIVED, due_at=bindparam("at"), attempts=0)
    .returning(EVENTS.c.id)
)
