"""Whose Stripe account ours is, and where it sends its events: for the operator."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import stripe
from stripe.params import WebhookEndpointCreateParams

from app.payments.gateway import call, v1

API_VERSION: str = stripe.api_version
"""The version of Stripe's API that the package speaks and that events are expected in."""


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
    account = call(v1().accounts.retrieve_current)
    return f"{account.id} ({account.email})" if account.email else account.id


def webhook_endpoints() -> list[WebhookEndpoint]:
    """The endpoints that Stripe sends events to. Raises StripeAway, StripeRefused."""
    found = call(lambda: list(v1().webhook_endpoints.list({"limit": 100}).auto_paging_iter()))
    return [_endpoint(endpoint) for endpoint in found]


def create_webhook_endpoint(url: str, events: Iterable[str]) -> WebhookEndpoint:
    """Have Stripe send these events to `url`, as of the API version that our package speaks.

    Raises StripeAway, StripeRefused.
    """
    params: WebhookEndpointCreateParams = {
        "url": url,
        "enabled_events": cast("Any", sorted(events)),
        "api_version": cast("Any", API_VERSION),
        "description": "CultureBridge",
    }
    return _endpoint(call(lambda: v1().webhook_endpoints.create(params)))


def _endpoint(found: stripe.WebhookEndpoint) -> WebhookEndpoint:
    return WebhookEndpoint(
        url=found.url,
        enabled=found.status == "enabled",
        events=frozenset(found.enabled_events),
        api_version=found.api_version,
        secret=getattr(found, "secret", None),
    )
