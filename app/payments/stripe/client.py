"""The Stripe client, and the three kinds of failures."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

import stripe
from flask import Flask, current_app

from app.config.settings import Settings
from app.http.problems import Unavailable
from app.observability import context
from app.payments.events.payloads import Unreadable

log = logging.getLogger(__name__)

TIMEOUT = 10
"""Read timeout in seconds. A request also never waits longer than its time budget."""
RETRIES = 2
"""Retries by Stripe's package, under the same idempotency key."""
API_VERSION: str = stripe.api_version
"""The API version of the package, in which events are expected."""

NOT_CONNECTED = "account_invalid"
"""Stripe's code for an account that ours cannot access."""

UNREADABLE = (Unreadable, AttributeError, LookupError, TypeError, ValueError)
"""What reading raises where a field is missing or null, or the answer is no object of Stripe's."""
Answer = TypeVar("Answer")


def speaks(version: str | None) -> bool:
    """Whether objects of this API version read like ours.

    They do within one release (`….endive`), whose versions only add fields (Stripe: "API versions"). Stripe
    names the version of each event since 2014; an event without one is read as ours.
    """
    release = API_VERSION.partition(".")[2]
    return version is None or version.partition(".")[2] == release


class StripeAway(Unavailable):
    """Stripe did not answer, or asked for a later retry."""

    slug, title = "payments-unavailable", "Stripe away"
    meaning = "Stripe, our payment provider, does not answer or asks us to wait. Nothing was charged."
    remedy = "Send the same request again after the seconds in the Retry-After header."


class StripeBusy(StripeAway):
    """Stripe's rate limit."""

    def __init__(self, error: stripe.RateLimitError) -> None:
        super().__init__("Stripe is busy. Nothing was charged; try again in a moment.")
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        told = headers.get("retry-after", "")
        self.retry_after = float(told) if told.isdigit() else None
        """Seconds to wait, if Stripe says."""


class StripeBroke(StripeAway):
    """A server error of Stripe, which it would repeat under the same idempotency key."""


class StripeRefused(Exception):
    """Stripe refuses permanently; message and code are Stripe's."""

    def __init__(self, error: stripe.StripeError) -> None:
        super().__init__(error.user_message or str(error))
        body = error.json_body.get("error") if isinstance(error.json_body, dict) else None
        told = body if isinstance(body, dict) else {}
        # Some refusals have no `code`, but a `message_code` that Stripe does not document.
        self.code: str = error.code or told.get("message_code") or ""
        self.param: str = told.get("param") or ""
        """The refused parameter, if Stripe names it."""


class KeyRefused(StripeAway):
    """STRIPE_SECRET_KEY is wrong, or restricted without the permission in `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "Payments are not set up correctly, and the operator is notified. Nothing was charged.", 60
        )
        self.reason = reason


def init_app(app: Flask, settings: Settings) -> None:
    """Register the application's Stripe client: the sandbox's exactly if the key is the sandbox's."""
    app.extensions["stripe"] = stripe.StripeClient(
        settings.stripe_secret_key.get_secret_value(),
        base_addresses={"api": settings.sandbox_stripe_url} if settings.uses_sandbox else {},
        http_client=stripe.RequestsClient(timeout=TIMEOUT, verify_ssl_certs=True),
        max_network_retries=RETRIES,
    )


def v1() -> stripe.V1Services:
    """Stripe's API. Use it through `call`."""
    return client().v1


def client() -> stripe.StripeClient:
    """The application's client, for requests whose answers stay plain JSON. Use it through `call`."""
    registered: stripe.StripeClient = current_app.extensions["stripe"]
    return registered


_callers = ThreadPoolExecutor(max_workers=32, thread_name_prefix="stripe")
"""Threads for calls within requests: a slow call is abandoned, and the request goes on."""


def _within(seconds: float | None, ask: Callable[[], Answer]) -> Answer:
    """The answer within the time limit, retries and slow reads included. Raises TimeoutError.

    Stripe may still complete an abandoned call: it is repeated under the same idempotency key.
    """
    if seconds is None:
        return ask()
    answer = _callers.submit(copy_context().run, ask)
    try:
        return answer.result(seconds)
    except TimeoutError:
        answer.cancel()
        raise


def call(ask: Callable[[], Answer]) -> Answer:
    """What `ask` reads of Stripe's answer, within what a request has left of its time.

    Raises StripeAway, StripeRefused.
    """
    try:
        return _read(ask)
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        if error.error and error.error.code == NOT_CONNECTED:  # the package leaves `code` of a 403 empty
            raise StripeRefused(error) from error
        log.error("Stripe refuses STRIPE_SECRET_KEY, or the key lacks a permission: %s", error)
        raise KeyRefused(str(error)) from error
    except stripe.RateLimitError as error:
        raise StripeBusy(error) from error
    except stripe.APIConnectionError as error:
        raise StripeAway("Stripe does not answer. Nothing was charged; try again in a moment.") from error
    except stripe.StripeError as error:
        if error.http_status == 409:
            raise StripeAway("Stripe is at work on the same request; try again in a moment.") from error
        if isinstance(error, stripe.IdempotencyError):
            raise StripeBroke("The request has changed since an answer was lost; try again.") from error
        if isinstance(error, stripe.APIError):  # trouble of its own, or a proxy's answer in its place
            raise StripeBroke(
                "Stripe reports an error. Nothing was charged; try again in a moment."
            ) from error
        raise StripeRefused(error) from error


def _read(ask: Callable[[], Answer]) -> Answer:
    """Raises StripeAway, stripe.StripeError, and StripeBroke for an answer that lacks what is read of it."""
    try:
        return _within(context.time_left(), ask)
    except TimeoutError as error:
        raise StripeAway("Stripe does not answer in time. Nothing was charged; try again soon.") from error
    except UNREADABLE as error:
        log.exception("Stripe gives an answer that cannot be read")
        raise StripeBroke("Stripe's answer cannot be read. Nothing was charged; try again soon.") from error
