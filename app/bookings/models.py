"""Bookings, series and their transitions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from psycopg.errors import ExclusionViolation
from sqlalchemy import (
    CTE,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    bindparam,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from app.accounts.models import Account
from app.audit import TransitionRow, record_transition, signature
from app.bookings.locks import PeopleLock
from app.bookings.policy import Policy
from app.bookings.status import AGREED, Status, check_transition
from app.coaches.models import Coach
from app.extensions import Base, MinorUnits, TimestampMixin, UuidMixin, db, enum_column
from app.money.money import Money

_ALIVE = text("status IN ('pending', 'confirmed')")
_START = text("lower(period)")
_NOT_COMPLETED = text("status <> 'completed'")
_UNATTENDED = text("status IN ('cancelled', 'expired', 'no_show')")


NO_CLIENT_TWICE = "no_client_twice"


def overlap_refused(error: IntegrityError) -> str | None:
    """The exclusion constraint that an error violates, or None."""
    return error.orig.diag.constraint_name if isinstance(error.orig, ExclusionViolation) else None


class Party(StrEnum):
    """A person's role in a booking."""

    CLIENT = "client"
    COACH = "coach"
    ADMIN = "admin"


class Booking(TimestampMixin, Base):
    __tablename__ = "booking"
    __table_args__ = (
        ExcludeConstraint(("coach_id", "="), ("busy", "&&"), where=_ALIVE, name="no_coach_twice"),
        ExcludeConstraint(("client_id", "="), ("period", "&&"), where=_ALIVE, name=NO_CLIENT_TWICE),
        # for the lists of a client, a coach and the operator, with and without a status; the exclusion
        # constraints find a person's pending and confirmed bookings
        Index("ix_booking_of_client", "client_id", _START, "id"),
        Index(
            "ix_booking_of_client_unattended",
            *("client_id", "status", _START, "id"),
            postgresql_where=_UNATTENDED,
        ),
        Index("ix_booking_of_coach", "coach_id", _START, "id"),
        Index(
            "ix_booking_of_coach_unattended",
            *("coach_id", "status", _START, "id"),
            postgresql_where=_UNATTENDED,
        ),
        Index("ix_booking_by_start", _START, "id"),
        Index("ix_booking_not_completed", "status", _START, "id", postgresql_where=_NOT_COMPLETED),
        Index("ix_booking_reminder", "next_reminder_at", postgresql_where=text("status = 'confirmed'")),
        Index("ix_booking_running_hold", "hold_expires_at", postgresql_where=text("status = 'pending'")),
        Index("ix_booking_of_series", "series_id", postgresql_where=text("series_id IS NOT NULL")),
    )

    coach_id: Mapped[UUID] = mapped_column(ForeignKey("coach.id"))
    client_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    """The session, [start, end)."""
    busy: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    """The session with the coach's buffers."""
    status: Mapped[Status] = mapped_column(enum_column(Status), default=Status.PENDING)
    notes: Mapped[str] = mapped_column(default="")
    amount_minor: Mapped[MinorUnits]
    currency: Mapped[str]
    coach_time_zone: Mapped[str]
    client_time_zone: Mapped[str]
    video_url: Mapped[str | None]
    hold_expires_at: Mapped[datetime | None]
    """When the hold of a pending booking expires; None once it is no longer pending."""
    series_id: Mapped[UUID | None] = mapped_column(ForeignKey("booking_series.id"))
    """The weekly series, if it was booked in one."""
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment.id", use_alter=True))
    """Its payment: the successful or newest one. The sessions of a series share it."""
    policy: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The coach's cancellation policy at booking time."""
    moved_by: Mapped["Party | None"] = mapped_column(enum_column(Party, "moved_by"))
    """Who moved it last; None if it was never moved."""
    refund_percent_at_most: Mapped[int] = mapped_column(default=100)
    """The highest refund percentage after a late move by the client: a later date does not raise it again."""
    next_reminder_at: Mapped[datetime | None]
    """When the next reminder is due; None if there is none."""
    cancelled_by: Mapped["Party | None"] = mapped_column(enum_column(Party, "cancelled_by"))
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    cancel_refund_percent: Mapped[int | None]
    calendar_sequence: Mapped[int] = mapped_column(default=0)
    """SEQUENCE of its iCalendar event (RFC 5545), increased by each change that calendars show."""

    link_generation: Mapped[int] = mapped_column(default=0, server_default="0")
    """Of the links in mails, only those of this generation work."""

    coach: Mapped[Coach] = relationship()
    client: Mapped[Account] = relationship()
    transitions: Mapped[list["BookingTransition"]] = relationship(
        order_by="BookingTransition.created_at", viewonly=True
    )

    @property
    def start(self) -> datetime:
        assert self.period.lower
        return self.period.lower

    @property
    def end(self) -> datetime:
        assert self.period.upper
        return self.period.upper

    @property
    def duration_minutes(self) -> int:
        return (self.end - self.start) // timedelta(minutes=1)

    @property
    def price(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def cancellation_policy(self) -> Policy:
        return Policy.of(self.policy)

    def holds(self, at: datetime) -> bool:
        """Whether it is an unpaid booking with a running hold."""
        return (
            self.status is Status.PENDING and self.hold_expires_at is not None and self.hold_expires_at > at
        )

    @property
    def was_confirmed(self) -> bool:
        """Whether it was ever paid. Only then do both sides see each other's address."""
        return self.status in AGREED or any(
            transition.after is Status.CONFIRMED for transition in self.transitions
        )

    def transition_to(self, status: Status, reason: str = "") -> None:
        """Change the status and write the audit row. Only this writes `status`. Raises IllegalTransition."""
        check_transition(self.status, status)
        self.record_transition(status, reason)
        self.status = status
        self.raise_sequence()
        self.hold_expires_at = self.next_reminder_at = None

    @classmethod
    def transition_all(cls, which: Select[UUID], before: Status, after: Status, reason: str) -> int:
        """Do for many bookings what `transition_to` does for one, in one statement.

        `which` selects and locks the ids. Bookings with another status than `before` stay as they are, and so
        do objects in memory. Returns the number of bookings. Raises IllegalTransition.
        """
        check_transition(before, after)
        # otherwise the planner may run the subquery once for each row
        locked = which.cte("locked").prefix_with("MATERIALIZED")
        changed = (
            update(cls)
            .where(cls.id.in_(select(locked.c.id)), cls.status == before)
            .values(
                status=after,
                calendar_sequence=cls.calendar_sequence + 1,
                hold_expires_at=None,
                next_reminder_at=None,
            )
            .returning(cls.id)
        )
        return BookingTransition.record_all(changed.cte("changed"), before, after, reason)

    def record_transition(self, after: Status, reason: str) -> None:
        """Write the audit row of a change: of the status, or of the time while the status stays."""
        record_transition(
            BookingTransition, booking_id=self.id, before=self.status, after=after, reason=reason
        )

    def raise_sequence(self) -> None:
        """Count a change that calendars show: they take an event with a higher SEQUENCE only."""
        self.calendar_sequence += 1

    def why(self, transition: "BookingTransition") -> str:
        """The reason of a change. People's own texts are stored on the booking, as the trail is immutable."""
        is_cancelling = transition.after is Status.CANCELLED and transition.before is not Status.CANCELLED
        return (self.cancel_reason or "") if is_cancelling else transition.reason

    @classmethod
    def locked(cls, booking_id: UUID) -> Self | None:
        """Lock coach, client and booking, in this order, until the transaction ends."""
        coach, client = _LOCK_PEOPLE.take(booking=booking_id)
        booking = next(iter(cls.lock_rows(cls.id == booking_id)), None)
        if booking and coach and client:  # reuse the rows that the locks have read
            set_committed_value(booking, "coach", coach)
            set_committed_value(booking, "client", client)
        return booking

    @classmethod
    def lock_rows(cls, which: ColumnElement[bool]) -> Sequence[Self]:
        """Lock bookings of one coach and one client, who are already locked, the earliest first."""
        rows = select(cls).where(which).order_by(func.lower(cls.period)).with_for_update(of=cls)
        return db.session.scalars(rows.execution_options(populate_existing=True)).all()


_LOCK_PEOPLE = PeopleLock(
    select(Booking.coach_id).where(Booking.id == bindparam("booking")).scalar_subquery(),
    select(Booking.client_id).where(Booking.id == bindparam("booking")).scalar_subquery(),
)


class BookingSeries(UuidMixin, Base):
    """A weekly series: sessions at the same local time, booked and paid together."""

    __tablename__ = "booking_series"

    coach_id: Mapped[UUID] = mapped_column(ForeignKey("coach.id"))
    client_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))

    bookings: Mapped[list[Booking]] = relationship(order_by=func.lower(Booking.period), viewonly=True)


class BookingTransition(TransitionRow):
    """A change of a booking's status: from, to, when, by whom and in which request."""

    __tablename__ = "booking_move"

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("booking.id"), index=True)
    before: Mapped[Status | None] = mapped_column(enum_column(Status, "before"))
    after: Mapped[Status] = mapped_column(enum_column(Status, "after"))

    @classmethod
    def record_all(cls, changed: CTE, before: Status, after: Status, reason: str) -> int:
        """Write the audit row of each booking whose id a statement returns. Returns their number."""
        values = {"before": before, "after": after, "reason": reason, **signature()}
        columns = cls.metadata.tables[cls.__tablename__].c
        same = [literal(value, columns[name].type) for name, value in values.items()]
        rows = select(func.gen_random_uuid(), changed.c.id, *same)
        new = insert(cls).from_select(["id", "booking_id", *values], rows)
        return len(db.session.scalars(new.returning(cls.id)).all())
