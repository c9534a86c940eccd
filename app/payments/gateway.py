"""The door to Stripe: its client, its failures in our words, and the calls that move money."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import stripe
from flask import Flask, current_app
from stripe.params.checkout import SessionCreateParams, SessionCreateParamsLineItem

from app.config import Settings
from app.money import Money
from app.problems import Unavailable

log = logging.getLogger(__name__)

TIMEOUT = 10
"""Seconds for a call; a request waits for it, a client behind it."""
RETRIES = 2
"""Stripe's package tries again under the same idempotency key, with pauses."""
Answer = TypeVar("Answer")


class StripeAway(Unavailable):
    """Stripe did not answer, or asked to come again later."""

    slug = "payments-unavailable"


class StripeBusy(StripeAway):
    """Stripe was asked too often in a short time."""

    def __init__(self, error: stripe.RateLimitError) -> None:
        super().__init__("Stripe is busy. Nothing was charged; try again in a moment.")
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        told = headers.get("retry-after", "")
        self.retry_after = float(told) if told.isdigit() else None
        """Seconds to wait, where Stripe says."""


class StripeBroke(StripeAway):
    """Stripe answered with a failure of its own, which it would repeat under the same idempotency key."""


class StripeRefused(Exception):
    """Stripe said no, and would again: the message and the code are its own."""

    def __init__(self, error: stripe.StripeError) -> None:
        super().__init__(error.user_message or str(error))
        self.code = error.code or ""


@dataclass(frozen=True)
class OrderLine:
    """One session, as the payer reads it on the page."""

    title: str
    description: str
    price: Money


@dataclass(frozen=True)
class CheckoutOrder:
    """What a Checkout session is to be opened for. The same order always gives the same session."""

    payment_id: UUID
    booking_id: UUID
    """The first of those that are paid for."""
    lines: Sequence[OrderLine]
    customer_email: str
    success_url: str
    cancel_url: str
    expires_at: datetime


@dataclass(frozen=True)
class CheckoutSession:
    id: str
    url: str | None


@dataclass(frozen=True)
class StripeRefund:
    id: str
    status: str
    failure_reason: str | None


@dataclass(frozen=True)
class Fee:
    """What Stripe kept of a payment and what that left, in the currency that it settles in."""

    balance_transaction_id: str
    fee: Money
    net: Money


def init_app(app: Flask, settings: Settings) -> None:
    """Give the application its Stripe client: the sandbox's, exactly when the key is the sandbox's."""
    app.extensions["stripe"] = stripe.StripeClient(
        settings.stripe_secret_key.get_secret_value(),
        base_addresses={"api": settings.sandbox_stripe_url} if settings.uses_sandbox else {},
        http_client=stripe.RequestsClient(timeout=TIMEOUT),
        max_network_retries=RETRIES,
    )


def open_session(order: CheckoutOrder) -> CheckoutSession:
    """Open a Checkout session. Raises StripeAway, StripeRefused.

    https://docs.stripe.com/api/checkout/sessions/create
    """
    ids = {"payment_id": str(order.payment_id), "booking_id": str(order.booking_id)}
    params: SessionCreateParams = {
        "mode": "payment",
        "line_items": [_line_item(line) for line in order.lines],
        "customer_email": order.customer_email,
        "client_reference_id": str(order.booking_id),
        "metadata": ids,
        "payment_intent_data": {"metadata": ids, "description": order.lines[0].title},
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
        "expires_at": int(order.expires_at.timestamp()),
    }
    return _session(
        call(
            lambda: v1().checkout.sessions.create(params, {"idempotency_key": f"checkout-{order.payment_id}"})
        )
    )


def close_session(session_id: str) -> bool:
    """Close a Checkout session, so that nobody can pay in it; whether it is complete instead.

    Complete means that it was paid or is being paid. One that Stripe does not know, as after a change of key,
    cannot be paid in either. Raises StripeAway.
    """
    sessions = v1().checkout.sessions
    try:
        call(lambda: sessions.expire(session_id))
    except StripeRefused:  # only an open session can be expired: see how this one stands
        return _is_complete(session_id)
    return False


def _is_complete(session_id: str) -> bool:
    try:
        return call(lambda: v1().checkout.sessions.retrieve(session_id)).status == "complete"
    except StripeRefused as error:
        log.warning("Stripe knows no session %s, so nobody can pay in it: %s", session_id, error)
        return False


def refund(refund_id: UUID, payment_intent_id: str, amount: Money, failures: int) -> StripeRefund:
    """Send money back, once however often it is asked for. Raises StripeAway, StripeRefused.

    `failures` counts the times that Stripe broke: it would break again under the same idempotency key.
    """
    made = call(
        lambda: v1().refunds.create(
            {
                "payment_intent": payment_intent_id,
                "amount": amount.amount,
                "metadata": {"refund_id": str(refund_id)},
            },
            {"idempotency_key": f"refund-{refund_id}-{failures}"},
        )
    )
    return _refund(made)


def find_refund(refund_id: UUID, payment_intent_id: str) -> StripeRefund | None:
    """The refund that Stripe made for us although it broke in answering. Raises StripeAway, StripeRefused."""
    made = call(lambda: list(v1().refunds.list({"payment_intent": payment_intent_id}).auto_paging_iter()))
    ours = (
        each for each in made if each.metadata and each.metadata.to_dict().get("refund_id") == str(refund_id)
    )
    return next((_refund(each) for each in ours), None)


def fee(payment_intent_id: str) -> Fee | None:
    """What Stripe kept of a payment; None as long as it has not settled it. Raises StripeAway, StripeRefused.

    https://docs.stripe.com/expand/use-cases#stripe-fee-for-payment
    """
    intents, path = v1().payment_intents, "latest_charge.balance_transaction"
    charge = call(lambda: intents.retrieve(payment_intent_id, {"expand": [path]})).latest_charge
    settled = charge.balance_transaction if isinstance(charge, stripe.Charge) else None
    if not isinstance(settled, stripe.BalanceTransaction):
        return None
    currency = settled.currency.upper()
    return Fee(settled.id, Money(settled.fee, currency), Money(settled.net, currency))


def v1() -> stripe.V1Services:
    """All of Stripe's API; what is asked of it goes through `call`."""
    client: stripe.StripeClient = current_app.extensions["stripe"]
    return client.v1


def call(ask: Callable[[], Answer]) -> Answer:
    """Stripe's answer. Raises StripeAway, StripeRefused."""
    try:
        return ask()
    except stripe.RateLimitError as error:
        raise StripeBusy(error) from error
    except stripe.APIConnectionError as error:
        raise StripeAway("Stripe does not answer. Nothing was charged; try again in a moment.") from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        log.error("Stripe refuses STRIPE_SECRET_KEY, or the key lacks a permission: %s", error)
        raise StripeAway("Payments are not set up right; we are told. Nothing was charged.", 60) from error
    except stripe.IdempotencyError as error:
        if error.http_status == 409:
            raise StripeAway("Stripe is at work on the same request; try again in a moment.") from error
        raise StripeBroke("What is asked has changed since an answer was lost; try again.") from error
    except stripe.StripeError as error:
        if error.http_status == 409:
            raise StripeAway("Stripe is at work on the same request; try again in a moment.") from error
        if (error.http_status or 500) >= 500:
            raise StripeBroke("Stripe has trouble. Nothing was charged; try again in a moment.") from error
        raise StripeRefused(error) from error


def _line_item(line: OrderLine) -> SessionCreateParamsLineItem:
    return {
        "quantity": 1,
        "price_data": {
            "currency": line.price.currency.lower(),
            "unit_amount": line.price.amount,
            "product_data": {"name": line.title, "description": line.description},
        },
    }


def _refund(made: stripe.Refund) -> StripeRefund:
    return StripeRefund(made.id, made.status or "pending", getattr(made, "failure_reason", None))


def _session(answer: stripe.checkout.Session) -> CheckoutSession:
    return CheckoutSession(answer.id, answer.url)
