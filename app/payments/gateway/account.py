"""What our account at Stripe is set up for."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import stripe
from stripe.params import WebhookEndpointCreateParams

from app.payments.gateway import api
from app.payments.gateway.api import API_VERSION


@dataclass(frozen=True)
class WebhookEndpoint:
    url: str
    enabled: bool
    events: frozenset[str]
    api_version: str | None
    """The version that its events are written in; None is the account's default."""
    secret: str | None = None
    """Only known when the endpoint has just been made."""


def account_name() -> str:
    """Whose key ours is. Raises StripeAway, StripeRefused."""
    account = api.call(api.v1().accounts.retrieve_current)
    return f"{account.id} ({account.email})" if account.email else account.id


def missing_permissions() -> list[str]:
    """What Stripe says a restricted key may not read, though we need it. Raises StripeAway, StripeRefused."""
    v1 = api.v1()
    reads: Sequence[Callable[[], object]] = (
        lambda: v1.checkout.sessions.list({"limit": 1}),
        lambda: v1.payment_intents.list({"limit": 1}),
        lambda: v1.refunds.list({"limit": 1}),
        lambda: v1.disputes.list({"limit": 1}),
        lambda: v1.events.list({"limit": 1}),
        lambda: v1.balance_transactions.list({"limit": 1}),
    )
    return [reason for read in reads if (reason := _refused(read))]


def _refused(read: Callable[[], object]) -> str:
    try:
        api.call(read)
    except api.KeyRefused as error:
        return error.reason
    return ""


def webhook_endpoints() -> list[WebhookEndpoint]:
    """The endpoints that Stripe sends events to. Raises StripeAway, StripeRefused."""
    found = api.call(lambda: list(api.v1().webhook_endpoints.list({"limit": 100}).auto_paging_iter()))
    return [_endpoint(endpoint) for endpoint in found]


def create_webhook_endpoint(url: str, events: Iterable[str]) -> WebhookEndpoint:
    """Have Stripe send these events to `url`, as of the API version that our package speaks.

    Raises StripeAway, StripeRefused.
    """
    return _create(_params(url, events))


def create_connect_endpoint(url: str, events: Iterable[str]) -> WebhookEndpoint:
    """Have Stripe send these events of the accounts that are connected to ours, which no other endpoint gets.

    Raises StripeAway, StripeRefused. https://docs.stripe.com/connect/webhooks
    """
    return _create({**_params(url, events), "connect": True})


def _params(url: str, events: Iterable[str]) -> WebhookEndpointCreateParams:
    return {
        "url": url,
        "enabled_events": cast("Any", sorted(events)),
        "api_version": cast("Any", API_VERSION),
        "description": "CultureBridge",
    }


def _create(params: WebhookEndpointCreateParams) -> WebhookEndpoint:
    return _endpoint(api.call(lambda: api.v1().webhook_endpoints.create(params)))


def _endpoint(found: stripe.WebhookEndpoint) -> WebhookEndpoint:
    return WebhookEndpoint(
        url=found.url,
        enabled=found.status == "enabled",
        events=frozenset(found.enabled_events),
        api_version=found.api_version,
        secret=getattr(found, "secret", None),
    )
