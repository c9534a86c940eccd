"""Checkout sessions at Stripe."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import stripe
from stripe.params.checkout import (
    SessionCreateParams,
    SessionCreateParamsLineItem,
    SessionCreateParamsPaymentIntentData,
)

from app.money.money import Money
from app.payments.events.payloads import required
from app.payments.stripe import client as stripe_client
from app.payments.stripe.client import StripeAway, StripeBroke, StripeRefused

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class OrderLine:
    """A line of the page: one coaching session."""

    title: str
    description: str
    price: Money


@dataclass(frozen=True)
class CheckoutOrder:
    """The order of a Checkout session. The same order always returns the same session."""

    deployment_id: UUID
    payment_id: UUID
    booking_id: UUID
    """The first booking that is paid."""
    lines: Sequence[OrderLine]
    customer_email: str
    """The address for Stripe's receipt."""
    destination: str | None
    """The coach's account to which Stripe transfers the money, less the commission."""
    commission: Money
    locale: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    excluded_methods: Sequence[str]
    """Payment methods that the page does not offer, even if Stripe's dashboard enables them."""


@dataclass(frozen=True)
class CheckoutSession:
    id: str
    url: str | None


class ClocksDiffer(StripeAway):
    """Stripe refuses the expiry: its clock and ours are minutes apart.

    Deliveries are refused then too, so no payment should be made before the clock is corrected.
    """

    def __init__(self, error: StripeRefused) -> None:
        super().__init__(
            "Payments are not set up correctly, and the operator is notified. Nothing was charged.", 60
        )
        log.error(
            "no page to pay on opens, as the clocks of Stripe and this machine are minutes apart: set the "
            "wrong one, by NTP; `flask doctor` compares them, and the sandbox's is set on its page: %s",
            error,
        )


class StillOpen(StripeAway):
    """Stripe was asked to close a session, and it is still open."""


def open_session(order: CheckoutOrder) -> CheckoutSession:
    """Open a Checkout session. Raises StripeAway, ClocksDiffer, StripeRefused.

    https://docs.stripe.com/api/checkout/sessions/create
    """
    ids = {
        "deployment_id": str(order.deployment_id),
        "payment_id": str(order.payment_id),
        "booking_id": str(order.booking_id),
    }
    params: SessionCreateParams = {
        "mode": "payment",
        "line_items": [_line_item(line) for line in order.lines],
        "customer_email": order.customer_email,
        "client_reference_id": str(order.booking_id),
        "metadata": ids,
        "payment_intent_data": _intent(order, ids),
        "locale": cast("Any", order.locale),
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
        "expires_at": int(order.expires_at.timestamp()),
        # the dashboard decides both if they are omitted
        "excluded_payment_method_types": cast("Any", list(order.excluded_methods)),
        "adaptive_pricing": {"enabled": False},  # otherwise the payer may pay in another currency
    }
    key: stripe.RequestOptions = {"idempotency_key": f"checkout-{order.payment_id}"}
    try:
        return stripe_client.call(lambda: _session(stripe_client.v1().checkout.sessions.create(params, key)))
    except StripeRefused as error:
        if error.param == "expires_at":
            raise ClocksDiffer(error) from error
        raise


def _intent(order: CheckoutOrder, ids: dict[str, str]) -> SessionCreateParamsPaymentIntentData:
    """https://docs.stripe.com/connect/destination-charges"""
    intent: SessionCreateParamsPaymentIntentData = {
        "metadata": ids,
        "description": order.lines[0].title,
        "receipt_email": order.customer_email,
    }
    if order.destination:
        intent["transfer_data"] = {"destination": order.destination}
        if order.commission.amount:
            intent["application_fee_amount"] = order.commission.amount
    return intent


def close_session(session_id: str) -> bool:
    """Close a Checkout session. Returns whether it is complete instead.

    Complete means paid or being paid. A session that Stripe does not know, as after a change of key, cannot
    be paid either. Raises StillOpen in all other cases, and StripeAway.
    """
    sessions = stripe_client.v1().checkout.sessions
    try:
        status = stripe_client.call(lambda: sessions.expire(session_id).status)
    except StripeRefused:  # only an open session can be expired: fetch its status
        status = _status(session_id)
    if status not in {"complete", "expired"}:
        log.warning("session %s is %s after Stripe was asked to close it", session_id, status)
        raise StillOpen("Stripe has not closed the payment page yet. Nothing was charged; try again.")
    return status == "complete"


def _status(session_id: str) -> str | None:
    try:
        return stripe_client.call(lambda: stripe_client.v1().checkout.sessions.retrieve(session_id).status)
    except StripeRefused as error:
        if error.code != "resource_missing":
            raise StillOpen("Stripe does not show the payment page. Nothing was charged.") from error
        log.warning("Stripe knows no session %s, so no payment can arrive in it: %s", session_id, error)
        return "expired"


def _line_item(line: OrderLine) -> SessionCreateParamsLineItem:
    return {
        "quantity": 1,
        "price_data": {
            "currency": line.price.currency.lower(),
            "unit_amount": line.price.amount,
            "product_data": {"name": line.title, "description": line.description},
        },
    }


def _session(answer: stripe.checkout.Session) -> CheckoutSession:
    if answer.url is None:  # as of one that has ended: an answer under the same key is an old one
        raise StripeBroke("Stripe opened no payment page. Nothing was charged; try again in a moment.")
    return CheckoutSession(required(answer.to_dict(), "id", str), answer.url)
