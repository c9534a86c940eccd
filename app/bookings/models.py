"""Bookings and what became of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from psycopg.errors import ExclusionViolation
from sqlalchemy import ColumnElement, ForeignKey, Index, ScalarSelect, func, or_, select, text
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import REMINDER_HOURS, Account, Role
from app.audit import AuditRow
from app.bookings.policy import Policy
from app.bookings.status import AGREED, Status, check_transition
from app.coaches.models import Coach
from app.extensions import Base, MinorUnits, TimestampMixin, UuidMixin, db, enum_column
from app.money.money import Money

_ALIVE = text("status IN ('pending', 'confirmed')")
_START = text("lower(period)")


NO_CLIENT_TWICE = "no_client_twice"

Id = UUID | ScalarSelect[UUID]
"""Of a row, or a query for it."""


def overlap_refused(error: IntegrityError) -> str | None:
    """The exclusion constraint that refused an overlap; None when it was something else."""
    return error.orig.diag.constraint_name if isinstance(error.orig, ExclusionViolation) else None


def lock_people(coach_id: Id, client_id: Id) -> tuple[Coach | None, Account | None]:
    """The coach, locked, and both accounts, until the transaction ends: before any row of their bookings.

    Who holds both waits for nobody who waits for them. A client in two places at once would be seen by the
    constraint too, but two transactions may then wait for each other.
    """
    coach = Coach.locked(coach_id)
    both = or_(Account.id == coach_id, Account.id == client_id)
    accounts = select(Account).where(both).order_by(Account.id).with_for_update(key_share=True)
    found = db.session.scalars(accounts.execution_options(populate_existing=True)).all()
    return coach, next((account for account in found if coach and account.id != coach.id), None)


class Party(StrEnum):
    """Which part somebody has in a booking."""

    CLIENT = "client"
    COACH = "coach"
    ADMIN = "admin"


class Booking(TimestampMixin, Base):
    __tablename__ = "booking"
    __table_args__ = (
        ExcludeConstraint(("coach_id", "="), ("busy", "&&"), where=_ALIVE, name="no_coach_twice"),
        ExcludeConstraint(("client_id", "="), ("period", "&&"), where=_ALIVE, name=NO_CLIENT_TWICE),
        # In the order of each list: a client's, a coach's, everybody's, with a status and without.
        Index("ix_booking_of_client", "client_id", _START, "id"),
        Index("ix_booking_of_client_by_status", "client_id", "status", _START, "id"),
        Index("ix_booking_of_coach", "coach_id", _START, "id"),
        Index("ix_booking_of_coach_by_status", "coach_id", "status", _START, "id"),
        Index("ix_booking_by_start", _START, "id"),
        Index("ix_booking_by_status", "status", _START, "id"),
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
    """Until when a pending booking keeps its time; None once it is no longer pending."""
    series_id: Mapped[UUID | None] = mapped_column(ForeignKey("booking_series.id"))
    """The weekly series that it was booked in."""
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment.id", use_alter=True))
    """The payment that paid for it, or the newest try; the sessions of a series share one."""
    policy: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The coach's cancellation policy when it was booked."""
    moved_by: Mapped["Party | None"] = mapped_column(enum_column(Party, "moved_by"))
    """Who moved it last; None as long as it has the time that the client chose."""
    refund_percent_at_most: Mapped[int] = mapped_column(default=100)
    """A client who moves it late keeps the refund of that moment: moving on does not win it back."""
    next_reminder_at: Mapped[datetime | None]
    """When both are to be reminded next; None when they were, or there is nothing to be reminded of."""
    cancelled_by: Mapped["Party | None"] = mapped_column(enum_column(Party, "cancelled_by"))
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    cancel_refund_percent: Mapped[int | None]
    calendar_sequence: Mapped[int] = mapped_column(default=0)
    """SEQUENCE of its iCalendar event (RFC 5545), rising with each change that calendars must hear of."""

    coach: Mapped[Coach] = relationship()
    client: Mapped[Account] = relationship()
    moves: Mapped[list["BookingTransition"]] = relationship(
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

    def concerns(self, account: Account) -> bool:
        """Whether this person may see it: its client, its coach, an admin."""
        return account.role is Role.ADMIN or account.id in {self.client_id, self.coach_id}

    def party(self, account: Account) -> Party:
        """The part of somebody whom it concerns."""
        if account.id == self.client_id:
            return Party.CLIENT
        return Party.COACH if account.id == self.coach_id else Party.ADMIN

    @property
    def cancellation_policy(self) -> Policy:
        return Policy.of(self.policy)

    def holds(self, at: datetime) -> bool:
        """Whether it is an unpaid booking whose hold has not run out."""
        return (
            self.status is Status.PENDING and self.hold_expires_at is not None and self.hold_expires_at > at
        )

    @property
    def was_confirmed(self) -> bool:
        """Whether it was paid for, whatever became of it: from then on the two know each other's address."""
        return self.status in AGREED or any(move.after is Status.CONFIRMED for move in self.moves)

    def transition_to(self, status: Status, reason: str = "") -> None:
        """The only writer of `status`, and of the audit row. Raises IllegalTransition. Calendars follow."""
        check_transition(self.status, status)
        db.session.add(BookingTransition(booking_id=self.id, before=self.status, after=status, reason=reason))
        self.status = status
        self.calendar_sequence += 1
        self.hold_expires_at = self.next_reminder_at = None

    def why(self, move: "BookingTransition") -> str:
        """Why it moved so. What people wrote stands here alone: nothing can be erased from the trail."""
        is_cancelling = move.after is Status.CANCELLED and move.before is not Status.CANCELLED
        return (self.cancel_reason or "") if is_cancelling else move.reason

    def plan_reminder(self, at: datetime) -> None:
        """The next reminder is the first that still lies ahead at `at`."""
        times = [self.start - timedelta(hours=hours) for hours in REMINDER_HOURS]
        self.next_reminder_at = min((time for time in times if time > at), default=None)

    @classmethod
    def locked(cls, booking_id: UUID) -> Self | None:
        """The booking, with its coach's, its client's and its own row locked in this order until the end."""
        of_it = cls.id == booking_id
        lock_people(
            select(cls.coach_id).where(of_it).scalar_subquery(),
            select(cls.client_id).where(of_it).scalar_subquery(),
        )
        return next(iter(cls.lock_rows(of_it)), None)

    @classmethod
    def lock_rows(cls, which: ColumnElement[bool]) -> Sequence[Self]:
        """Bookings of one coach and one client, who are locked already: locked too, the earliest first."""
        rows = select(cls).where(which).order_by(func.lower(cls.period)).with_for_update(of=cls)
        return db.session.scalars(rows.execution_options(populate_existing=True)).all()


class BookingSeries(UuidMixin, Base):
    """Sessions at the same hour, week by week, booked in one request and paid for together."""

    __tablename__ = "booking_series"

    coach_id: Mapped[UUID] = mapped_column(ForeignKey("coach.id"))
    client_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))

    bookings: Mapped[list[Booking]] = relationship(order_by=func.lower(Booking.period), viewonly=True)

    def concerns(self, account: Account) -> bool:
        """Whether this person may see it: its client, its coach, an admin."""
        return account.role is Role.ADMIN or account.id in {self.client_id, self.coach_id}


class BookingTransition(AuditRow, Base):
    """Who moved a booking from which status to which, when, and on whose request."""

    __tablename__ = "booking_move"

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("booking.id"), index=True)
    before: Mapped[Status | None] = mapped_column(enum_column(Status, "before"))
    after: Mapped[Status] = mapped_column(enum_column(Status, "after"))
