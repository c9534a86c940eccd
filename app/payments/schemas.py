from typing import Annotated, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field

from app.fields import Body, Instant, Major, View
from app.payments.models import Payment, Refund
from app.payments.status import RefundStatus, Status


def _http_url(url: str) -> str:
    parts = urlsplit(url)
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.username
        or any(c.isspace() for c in url)
    ):
        raise ValueError(
            "must be an http(s) URL such as https://example.com/paid?session={CHECKOUT_SESSION_ID}"
        )
    return url


RedirectUrl = Annotated[str, Field(max_length=2000), AfterValidator(_http_url)]


class CheckoutRequest(Body):
    booking_id: UUID
    success_url: RedirectUrl
    cancel_url: RedirectUrl


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
    amount: Major
    amount_minor: int
    currency: str
    status: RefundStatus
    reason: str
    stripe_refund_id: str | None
    failure_reason: str | None
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, refund: Refund) -> Self:
        plain = {field: getattr(refund, field) for field in cls.model_fields if field != "amount"}
        return cls(amount=refund.money.major, **plain)


class PaymentView(View):
    id: UUID
    booking_id: UUID
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
    refunds: list[RefundView]
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, payment: Payment) -> Self:
        computed = {
            "amount": payment.price.major,
            "amount_refunded": payment.refunded.major,
            "failure": payment.failure,
            "refunds": [RefundView.of(refund) for refund in payment.refunds],
        }
        plain = {field: getattr(payment, field) for field in cls.model_fields if field not in computed}
        return cls(**plain, **computed)
