"""Coaches: profile, prices and availability."""

import json
from datetime import date, datetime, time
from enum import IntEnum, StrEnum
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, JSONB, ExcludeConstraint, Range, insert
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import time_zones
from app.accounts.models import Account
from app.coaches.clocks import Clocks
from app.config.settings import current_settings
from app.extensions import Base, MinorUnits, TimestampMixin, UuidMixin, db, enum_column, now
from app.http.problems import NotFound
from app.money.money import Money
from app.unicode_text import search_form

STANDARD_POLICY: dict[str, Any] = {
    "tiers": [{"hours_before": 24, "refund_percent": 100}, {"hours_before": 0, "refund_percent": 0}],
    "client_notice_minutes": 0,
    "coach_notice_minutes": 0,
}
"""The default policy: a full refund until 24 hours before the start, none later."""


class Weekday(IntEnum):
    """ISO 8601 weekdays."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7


class Approval(StrEnum):
    """The operator's decision on listing a coach."""

    WAITING = "waiting"
    """No operator has reviewed the profile yet."""
    APPROVED = "approved"
    DECLINED = "declined"


def accepted() -> frozenset[Approval]:
    """The decisions with which a coach can be listed. Without COACH_APPROVAL no coach has to wait."""
    waits = current_settings().coach_approval
    return frozenset({Approval.APPROVED} if waits else {Approval.APPROVED, Approval.WAITING})


def of_newcomer() -> Approval:
    """Coaches who join without COACH_APPROVAL stay listed when it is turned on."""
    return Approval.WAITING if current_settings().coach_approval else Approval.APPROVED


def lacks_at_most_approval() -> ColumnElement[bool]:
    """The SQL form of `Coach.is_listed` without the approval, for rows joined to their accounts."""
    return and_(
        Coach.hourly_rate_minor.is_not(None),
        Account.email_verified_at.is_not(None),
        Account.deactivated_at.is_(None),
    )


class Missing(StrEnum):
    """A step that keeps a coach from being listed."""

    RATE = "hourly_rate"
    VERIFIED_ADDRESS = "verified_address"
    APPROVAL = "approval"


_HAS_RATE = text("hourly_rate_minor IS NOT NULL")


class Coach(TimestampMixin, Base):
    """A coach's profile; its id is the account's."""

    __tablename__ = "coach"
    __table_args__ = (
        CheckConstraint("hourly_rate_minor > 0", name="hourly_rate"),
        CheckConstraint("slot_step_minutes between 5 and 240", name="slot_step"),
        CheckConstraint("buffer_before_minutes between 0 and 240", name="buffer_before"),
        CheckConstraint("buffer_after_minutes between 0 and 240", name="buffer_after"),
        CheckConstraint("max_per_day between 1 and 100", name="max_per_day"),
        Index(
            "ix_coach_search_text",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
        Index(
            "ix_coach_link_changed", "link_changed_at", postgresql_where=text("link_changed_at IS NOT NULL")
        ),
        Index("ix_coach_listed", "created_at", "id", postgresql_where=_HAS_RATE),
        Index("ix_coach_by_rate", "currency", "hourly_rate_minor", postgresql_where=_HAS_RATE),
        Index("ix_coach_search_languages", "search_languages", postgresql_using="gin"),
        # For the operator's list: all coaches, and the few that are not approved.
        Index("ix_coach_at", "created_at", "id"),
        Index(
            "ix_coach_not_approved",
            "approval",
            "created_at",
            "id",
            postgresql_where=text("approval <> 'approved'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    slug: Mapped[str | None]
    """The name of the coach's page; a row of CoachSlug has it too. None until the first change."""
    headline: Mapped[str] = mapped_column(default="")
    search_text: Mapped[str] = mapped_column(default="", server_default="")
    """Name and headline in the normalised form that the search uses."""
    bio: Mapped[str] = mapped_column(default="")
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    search_languages: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    """The languages in the form that the search uses."""
    hourly_rate_minor: Mapped[MinorUnits | None]
    currency: Mapped[str] = mapped_column(default="EUR")
    durations: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=lambda: [30, 60, 90])
    prices_minor: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict, server_default="{}")
    """Prices for single lengths: minutes (as text) to minor units."""
    time_zone: Mapped[str]
    buffer_before_minutes: Mapped[int] = mapped_column(default=0)
    buffer_after_minutes: Mapped[int] = mapped_column(default=0)
    minimum_notice_minutes: Mapped[int] = mapped_column(default=120)
    horizon_days: Mapped[int] = mapped_column(default=60)
    slot_step_minutes: Mapped[int] = mapped_column(default=30)
    max_per_day: Mapped[int | None]
    cancellation_policy: Mapped[dict[str, Any]] = mapped_column(
        JSONB, default=STANDARD_POLICY, server_default=json.dumps(STANDARD_POLICY)
    )
    video_url: Mapped[str | None]
    link_changed_at: Mapped[datetime | None]
    """When the video link last changed; None once all upcoming sessions carry it."""
    approval: Mapped[Approval] = mapped_column(
        enum_column(Approval, "approval"), server_default=Approval.APPROVED
    )
    decline_reason: Mapped[str | None]
    """The operator's reason for declining, as the coach reads it."""

    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)
    weekly_hours: Mapped[list["WeeklyHours"]] = relationship(
        cascade="all, delete-orphan",
        order_by="(WeeklyHours.weekday, WeeklyHours.start_time)",
        passive_deletes=True,
    )
    overrides: Mapped[list["DateOverride"]] = relationship(
        cascade="all, delete-orphan", order_by="DateOverride.local_date", passive_deletes=True
    )
    stays: Mapped[list["Stay"]] = relationship(
        cascade="all, delete-orphan", order_by="Stay.dates", passive_deletes=True
    )

    @property
    def name(self) -> str:
        return self.account.name

    @property
    def zone(self) -> ZoneInfo:
        return time_zones.zone(self.time_zone)

    @property
    def clocks(self) -> Clocks:
        """The coach's clocks: the zone of a stay on its dates, otherwise the home zone."""
        stays = [(stay.dates.lower, stay.dates.upper, stay.time_zone) for stay in self.stays]
        return Clocks(
            self.time_zone, [(first, after, zone) for first, after, zone in stays if first and after]
        )

    def zone_at(self, at: datetime) -> ZoneInfo:
        """The time zone in force for the coach at an instant."""
        return self.clocks.zone_at(at)

    @property
    def is_gone(self) -> bool:
        """Whether the account is deactivated. Existing bookings stand; new ones are refused."""
        return self.account.deactivated_at is not None

    @property
    def missing(self) -> list[Missing]:
        """The steps that keep an active coach from being listed."""
        lacks = {
            Missing.RATE: self.hourly_rate_minor is None,
            Missing.VERIFIED_ADDRESS: not self.account.email_verified,
            Missing.APPROVAL: self.approval not in accepted(),
        }
        return [each for each, is_missing in lacks.items() if is_missing]

    @property
    def is_listed(self) -> bool:
        """Whether clients see the coach, and can book."""
        return not self.is_gone and not self.missing

    @property
    def hourly_rate(self) -> Money | None:
        return None if self.hourly_rate_minor is None else Money(self.hourly_rate_minor, self.currency)

    @property
    def own_prices(self) -> dict[int, Money]:
        """Prices by length in minutes."""
        return {int(minutes): Money(minor, self.currency) for minutes, minor in self.prices_minor.items()}

    def price_of(self, duration_minutes: int) -> Money | None:
        """The price of a session of this length: its own, or by the hourly rate. None without either."""
        by_the_hour = self.hourly_rate and self.hourly_rate.for_minutes(duration_minutes)
        return self.own_prices.get(duration_minutes, by_the_hour)

    @property
    def session_prices(self) -> list[tuple[int, Money]]:
        """The offered lengths in minutes with their prices, shortest first. Empty without a rate."""
        lengths = sorted(self.durations)
        return [(minutes, price) for minutes in lengths if (price := self.price_of(minutes))]

    @classmethod
    def of(cls, account: Account) -> Self:
        """The profile of a coach's account, created on first use."""
        profile = db.session.get(cls, account.id)
        if profile is None:
            new = insert(cls).values(
                id=account.id,
                time_zone=account.time_zone,
                search_text=search_form(account.name),
                approval=of_newcomer(),
            )
            db.session.execute(
                new.on_conflict_do_nothing()
            )  # two concurrent first requests must not conflict
            profile = db.session.get_one(cls, account.id)
        return profile

    @classmethod
    def bookable(cls, coach_id: UUID) -> Self:
        """A coach whom clients may see. Raises NotFound."""
        coach = db.session.get(cls, coach_id)
        if coach is None or not coach.is_listed:
            raise NotFound("There is no such coach.")
        return coach

    @staticmethod
    def locked(coach_id: UUID) -> "Coach | None":
        """The coach's row, locked until the transaction ends, so that bookings of one coach are serialized.

        The exclusion constraint alone gives the guarantee too, but deadlocks under load.
        """
        return db.session.scalar(_LOCK, {"coach": coach_id})


_LOCK = (
    select(Coach)
    .where(Coach.id == bindparam("coach"))
    .with_for_update(of=Coach, key_share=True)
    .execution_options(populate_existing=True)
)


def lock_own(coach: Coach) -> None:
    """Lock the coach's row for a change. Raises Unauthorized if the account was erased concurrently."""
    Coach.locked(coach.id)
    coach.account.check_not_erased()


class CoachSlug(Base):
    """A present or former name of a coach's page."""

    __tablename__ = "coach_slug"

    slug: Mapped[str] = mapped_column(primary_key=True)
    coach_id: Mapped[UUID] = mapped_column(ForeignKey("coach.id", ondelete="CASCADE"), index=True)
    taken_at: Mapped[datetime] = mapped_column(default=now, server_default=func.now())


class WeeklyHours(UuidMixin, Base):
    """A wall-clock range of one weekday. It runs past midnight if it ends at or before its start."""

    __tablename__ = "weekly_hours"
    __table_args__ = (CheckConstraint("weekday between 1 and 7", name="weekday"),)

    coach_id: Mapped[UUID] = mapped_column(ForeignKey("coach.id", ondelete="CASCADE"), index=True)
    weekday: Mapped[int] = mapped_column(SmallInteger)
    start_time: Mapped[time]
    end_time: Mapped[time]


class DateOverride(UuidMixin, Base):
    """The hours of one date in place of the weekly hours. An empty list is a closed day."""

    __tablename__ = "date_override"
    __table_args__ = (UniqueConstraint("coach_id", "local_date"),)

    coach_id: Mapped[UUID] = mapped_column(ForeignKey("coach.id", ondelete="CASCADE"))
    local_date: Mapped[date]
    hours: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    """Each range's `start_time` and `end_time` as HH:MM."""


class Stay(UuidMixin, Base):
    """Dates on which the coach stays in another time zone."""

    __tablename__ = "stay"
    __table_args__ = (ExcludeConstraint(("coach_id", "="), ("dates", "&&"), name="no_two_stays_at_once"),)

    coach_id: Mapped[UUID] = mapped_column(ForeignKey("coach.id", ondelete="CASCADE"))
    dates: Mapped[Range[date]] = mapped_column(DATERANGE)
    time_zone: Mapped[str]


class TimeOff(UuidMixin, Base):
    """A period without sessions, in wall-clock time; each end in the zone in force on its date."""

    __tablename__ = "time_off"
    __table_args__ = (
        CheckConstraint("local_start < local_end", name="order"),
        Index("ix_time_off_of_coach", "coach_id", "local_start", "id"),
    )

    coach_id: Mapped[UUID] = mapped_column(ForeignKey("coach.id", ondelete="CASCADE"))
    local_start: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    local_end: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    reason: Mapped[str]
