from typing import Self
from uuid import UUID

from app.accounts.models import Account
from app.bookings.models import Booking
from app.http.pagination import Page
from app.http.schema_types import Identifier, Instant, Major, View
from app.payments.models import Dispute, Payment, Refund
from app.payments.status import DisputeStatus, RefundCause, RefundStatus, Status


class PaymentSearch(Page):
    booking_id: Identifier | None = None
    status: Status | None = None


class Failure(View):
    code: str
    message: str


class RefundView(View):
    id: UUID
    payment_id: UUID
    booking_id: UUID | None
    amount: Major
    amount_minor: int
    currency: str
    status: RefundStatus
    cause: RefundCause
    reason: str
    stripe_refund_id: str | None
    failure_reason: str | None
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, refund: Refund) -> Self:
        plain = {field: getattr(refund, field) for field in cls.model_fields if field != "amount"}
        return cls(amount=refund.money.major, **plain)

    def without_card(self) -> Self:
        """Whether to omit the bank's reason for a decline, such as a stolen card."""
        return self.model_copy(update={"failure_reason": None})


class DisputeView(View):
    """A dispute by the payer's bank. A `warning_*` status is an inquiry, which moves no money."""

    id: UUID
    status: DisputeStatus
    amount: Major
    amount_minor: int
    currency: str
    reason: str
    due_by: Instant | None
    opened_at: Instant

    @classmethod
    def of(cls, dispute: Dispute) -> Self:
        plain = {field: getattr(dispute, field) for field in cls.model_fields if field != "amount"}
        return cls(amount=dispute.money.major, **plain)


class LineView(View):
    """The amount of a payment for one booking, and its refunds, made and pending."""

    booking_id: UUID
    amount: Major
    amount_minor: int
    left_minor: int

    @classmethod
    def of(cls, payment: Payment, booking: Booking) -> Self:
        share = payment.share(booking)
        return cls(
            booking_id=booking.id,
            amount=share.major,
            amount_minor=share.amount,
            left_minor=payment.left_of(booking).amount,
        )


class PaymentList(View):
    items: list["PaymentView"]
    next_cursor: str | None


class PaymentView(View):
    id: UUID
    booking_id: UUID
    """The booking, or the first one of a series; `lines` has all."""
    lines: list[LineView]
    amount: Major
    amount_minor: int
    amount_refunded: Major
    amount_refunded_minor: int
    currency: str
    status: Status
    failure: Failure | None
    stripe_session_id: str | None
    stripe_payment_intent_id: str | None
    receipt_url: str | None
    """For the payer only: Stripe's receipt names the card. Null for the coach, like `failure`."""
    refunds: list[RefundView]
    disputes: list[DisputeView]
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, payment: Payment, reader: Account) -> Self:
        """The payment as this account may see it: the coach does not see the bank's words about the card."""
        is_coach = reader.id == payment.coach_id
        refunds = [RefundView.of(refund) for refund in payment.refunds]
        computed = {
            "amount": payment.price.major,
            "amount_refunded": payment.refunded.major,
            "failure": None if is_coach else payment.failure,
            "receipt_url": None if is_coach else payment.receipt_url,
            "booking_id": payment.bookings[0].id,
            "lines": [LineView.of(payment, booking) for booking in payment.bookings],
            "refunds": [refund.without_card() for refund in refunds] if is_coach else refunds,
            "disputes": [DisputeView.of(dispute) for dispute in payment.disputes],
        }
        plain = {field: getattr(payment, field) for field in cls.model_fields if field not in computed}
        return cls(**plain, **computed)
