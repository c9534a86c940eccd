from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from app.bookings.models import Booking
from app.bookings.status import Status
from app.coaches.schemas import Minutes
from app.fields import Body, Instant, Major, Text, View


class BookingRequest(Body):
    coach_id: UUID
    session_datetime: Instant
    duration_minutes: Minutes
    notes: Annotated[Text, Field(max_length=2000)] = ""


class Cancellation(View):
    by: str
    reason: str
    at: Instant
    refund_percent: int


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
            hold_expires_at=booking.hold_expires_at,
            cancellation=None,
            video_url=booking.video_url if booking.status is Status.CONFIRMED else None,
            created_at=booking.created_at,
            updated_at=booking.updated_at,
        )
