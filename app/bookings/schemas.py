from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from app.bookings.models import Booking, BookingSeries, BookingTransition, Party
from app.bookings.policy import Cancelling
from app.bookings.status import Status
from app.coaches.schemas import Minutes
from app.http.pagination import Cursor
from app.http.problems import Problem
from app.http.schema_types import WHOLE, Body, Flag, Identifier, Instant, InstantOrDate, Major, Text, View
from app.money.money import Money

MAX_SESSIONS = 52
"""Sessions of a series: a year of weeks, and fewer than the lines of a Stripe Checkout session."""


class BookingRequest(Body):
    coach_id: Identifier
    session_datetime: Instant
    duration_minutes: Minutes
    notes: Annotated[Text, Field(max_length=2000)] = ""


class SeriesRequest(BookingRequest):
    """`session_datetime` is the first session; the others follow at the same local time of the coach."""

    sessions: Annotated[int, Field(ge=2, le=MAX_SESSIONS), WHOLE]
    skip_taken: Flag = False


class CancelRequest(Body):
    reason: Annotated[Text, Field(max_length=1000)] = ""


class RescheduleRequest(Body):
    session_datetime: Instant


class BookingSearch(Body):
    party: Annotated[Literal[Party.CLIENT, Party.COACH] | None, Field(alias="as")] = None
    status: Status | None = None
    since: Annotated[InstantOrDate | None, Field(alias="from")] = None
    until: Annotated[InstantOrDate | None, Field(alias="to")] = None
    sort: Literal["session_datetime", "-session_datetime"] = "session_datetime"
    limit: Annotated[int, Field(ge=1, le=100), WHOLE] = 20
    cursor: Cursor | None = None

    @property
    def newest_first(self) -> bool:
        return self.sort.startswith("-")


class CancellationPreview(View):
    refund_percent: int
    refund_amount: Major
    refund_amount_minor: int
    currency: str

    @classmethod
    def of(cls, cancelling: Cancelling) -> Self:
        return cls(
            refund_percent=cancelling.percent,
            refund_amount=cancelling.refund.major,
            refund_amount_minor=cancelling.refund.amount,
            currency=cancelling.refund.currency,
        )


class Cancellation(View):
    by: Party
    reason: str
    at: Instant
    refund_percent: int

    @classmethod
    def of(cls, booking: Booking) -> Self | None:
        if booking.cancelled_by is None or booking.cancelled_at is None:
            return None
        return cls(
            by=booking.cancelled_by,
            reason=booking.cancel_reason or "",
            at=booking.cancelled_at,
            refund_percent=booking.cancel_refund_percent or 0,
        )


class BookingView(View):
    id: UUID
    coach_id: UUID
    client_id: UUID
    session_datetime: Instant
    end_datetime: Instant
    duration_minutes: int
    status: Status
    notes: str
    amount: Major
    amount_minor: int
    currency: str
    payment_id: UUID | None
    series_id: UUID | None
    hold_expires_at: Instant | None
    cancellation: Cancellation | None
    video_url: str | None
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, booking: Booking) -> Self:
        return cls(
            id=booking.id,
            coach_id=booking.coach_id,
            client_id=booking.client_id,
            session_datetime=booking.start,
            end_datetime=booking.end,
            duration_minutes=booking.duration_minutes,
            status=booking.status,
            notes=booking.notes,
            amount=booking.price.major,
            amount_minor=booking.amount_minor,
            currency=booking.currency,
            payment_id=booking.payment_id,
            series_id=booking.series_id,
            hold_expires_at=booking.hold_expires_at,
            cancellation=Cancellation.of(booking),
            video_url=booking.video_url if booking.status is Status.CONFIRMED else None,
            created_at=booking.created_at,
            updated_at=booking.updated_at,
        )


class BookingList(View):
    items: list[BookingView]
    next_cursor: str | None


class LeftOut(View):
    """A time of a series that is not available, and why."""

    session_datetime: Instant
    type: str
    detail: str
    nearest_free: list[str]

    @classmethod
    def of(cls, start: datetime, refusal: Problem) -> Self:
        return cls(
            session_datetime=start,
            type=f"/problems/{refusal.slug}",
            detail=refusal.detail,
            nearest_free=refusal.extra.get("nearest_free", []),
        )


class SeriesView(View):
    """A weekly series; `amount` is the total of its sessions."""

    id: UUID
    coach_id: UUID
    client_id: UUID
    amount: Major
    amount_minor: int
    currency: str
    items: list[BookingView]
    left_out: list[LeftOut] | None
    """Present only in the answer to the request."""
    created_at: Instant

    @classmethod
    def of(
        cls, series: BookingSeries, bookings: Sequence[Booking], left_out: list[LeftOut] | None = None
    ) -> Self:
        currency = bookings[0].currency
        total = Money(sum(booking.amount_minor for booking in bookings), currency)
        return cls(
            id=series.id,
            coach_id=series.coach_id,
            client_id=series.client_id,
            amount=total.major,
            amount_minor=total.amount,
            currency=currency,
            items=[BookingView.of(booking) for booking in bookings],
            left_out=left_out,
            created_at=series.created_at,
        )


class HistoryItem(View):
    at: Instant
    by: str
    """Who did it: client, coach, admin, or a system part (job:…, stripe:…)."""
    before: Status | None
    after: Status
    reason: str

    @classmethod
    def of(cls, booking: Booking, transition: BookingTransition) -> Self:
        people = {f"account:{booking.client_id}": "client", f"account:{booking.coach_id}": "coach"}
        by = people.get(
            transition.actor, "admin" if transition.actor.startswith("account:") else transition.actor
        )
        return cls(
            at=transition.created_at,
            by=by,
            before=transition.before,
            after=transition.after,
            reason=booking.why(transition),
        )


class HistoryView(View):
    items: list[HistoryItem]

    @classmethod
    def of(cls, booking: Booking) -> Self:
        return cls(items=[HistoryItem.of(booking, transition) for transition in booking.transitions])
