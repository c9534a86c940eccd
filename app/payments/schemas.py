from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from app.accounts.models import Account
from app.bookings.models import Booking
from app.http import return_urls
from app.http.pagination import Page
from app.http.schema_types import Amount, Body, Flag, Identifier, Instant, Major, Text, View
from app.payments.models import Dispute, Payment, Refund
from app.payments.status import DisputeStatus, RefundCause, RefundStatus, Status

RedirectUrl = Annotated[str, Field(max_length=2000), AfterValidator(return_urls.leads_to_us)]


Locale = Literal[
    "auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA",
    "hi-IN", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR",
    "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
]  # fmt: skip
"""Stripe's, of its payment page."""


class CheckoutRequest(Body):
    """One booking, or a series: all that is still unpaid of a series is paid for together."""

    booking_id: Identifier | None = None
    series_id: Annotated[Identifier | None, Field(validate_default=True)] = None
    success_url: RedirectUrl
    cancel_url: RedirectUrl
    locale: Locale = "auto"

    @field_validator("series_id")
    @classmethod
    def _is_one_order(cls, series_id: UUID | None, info: ValidationInfo) -> UUID | None:
        if "booking_id" in info.data and (series_id is None) is (info.data["booking_id"] is None):
            raise ValueError("is for one order: send either booking_id or series_id")
        return series_id


class RefundRequest(Body):
    """`amount` in major units; left out, all that is left of the session's share goes back."""

    amount: Amount | None = None
    reason: Annotated[Text, Field(min_length=1, max_length=500)]
    booking_id: Identifier | None = None
    fraudulent: Flag = False
    """For an admin alone: Stripe blocks the payer's card and address from then on."""


class PaymentSearch(Page):
    booking_id: Identifier | None = None
    status: Status | None = None


class CheckoutView(View):
    session_id: str
    url: str
    payment_id: UUID
    amount: Major
    amount_minor: int
    currency: str
    expires_at: Instant

    @classmethod
    def of(cls, payment: Payment) -> Self:
        return cls(
            session_id=payment.stripe_session_id,
            url=payment.session_url,
            payment_id=payment.id,
            amount=payment.price.major,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            expires_at=payment.session_expires_at,
        )


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
        """Without what the payer's bank says of the card, such as that it was stolen."""
        return self.model_copy(update={"failure_reason": None})


class DisputeView(View):
    """A payment's money that the payer's bank asks back; `warning_*` is an inquiry, and moves no money."""

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
    """What of a payment is for one booking, and what of that went back or is going."""

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


class RefundWork(RefundView):
    """A refund as the operator sees it."""

    attempts: int
    due_at: Instant
    last_error: str | None
    follows_id: UUID | None
    """The failed refund that this one was made in place of."""


class RefundList(View):
    items: list[RefundWork]
    next_cursor: str | None


class PaymentList(View):
    items: list["PaymentView"]
    next_cursor: str | None


class PaymentView(View):
    id: UUID
    booking_id: UUID
    """The first session of a series; `lines` names them all."""
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
    """For who paid: Stripe's page names the card. Null for the coach, as `failure` is."""
    refunds: list[RefundView]
    disputes: list[DisputeView]
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, payment: Payment, reader: Account) -> Self:
        """As this person may see it: what a bank says of the payer's card is not for the coach."""
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
