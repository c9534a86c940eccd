"""The request for Stripe's payment page, and its answer."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator

from app.http.return_urls import RedirectUrl
from app.http.schema_types import Body, Identifier, Instant, Major, View
from app.payments.models import Payment

Locale = Literal[
    "auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA",
    "hi-IN", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR",
    "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
]  # fmt: skip
"""Locales of Stripe's payment page."""


class CheckoutRequest(Body):
    """A booking, or a series: all unpaid sessions of a series are paid together."""

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
