"""Webhook endpoints, permissions and clock of our Stripe account."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any, cast

import stripe
from stripe.params import WebhookEndpointCreateParams
from stripe.params.checkout import SessionCreateParams

from app.http.problems import Problem
from app.payments.stripe import client as stripe_client
from app.payments.stripe.client import API_VERSION


@dataclass(frozen=True)
class WebhookEndpoint:
    id: str
    url: str
    enabled: bool
    events: frozenset[str]
    api_version: str | None
    """The API version of its events; None is the account's default."""
    connect: bool
    """Whether it gets events of connected accounts only."""
    secret: str | None = None
    """Known only when the endpoint was just created."""


NOBODY = "culturebridge_doctor"
"""A placeholder id of no object, so that permission checks change nothing."""


class EndpointExists(Problem):
    """An endpoint with this URL already exists: a second one would double every event."""

    status, slug, title = 409, "webhook-endpoint-exists", "Endpoint already exists"
    meaning = "Stripe already has an enabled webhook endpoint with this URL, and would send each event twice."
    remedy = "Keep the endpoint that is there, or delete it in Stripe's dashboard and create it again."


def account_name() -> str:
    """The account id of our key; empty if a restricted key may not read it.

    Raises StripeAway, StripeRefused.
    """
    try:
        account = stripe_client.call(stripe_client.v1().accounts.retrieve_current)
    except stripe_client.KeyRefused as error:
        if isinstance(error.__cause__, stripe.PermissionError):
            return ""
        raise
    return f"{account.id} ({account.email})" if account.email else account.id


def server_time() -> float | None:
    """Stripe's time, by its answer's Date (RFC 9110, 6.6.1). Raises StripeAway, StripeRefused."""
    answer = stripe_client.call(lambda: stripe_client.v1().events.list({"limit": 1}).last_response)
    date = answer.headers.get("Date") if answer else None
    return parsedate_to_datetime(date).timestamp() if date else None


def missing_permissions(*, connect: bool) -> list[str]:
    """The permissions that a restricted key lacks, in Stripe's words. Raises StripeAway, StripeRefused.

    Stripe checks the key before it looks for the object.
    """
    refused = [_refused(ask) for ask in (*_reads(), *_writes(), *(_of_connect() if connect else ()))]
    return list(dict.fromkeys(reason for reason in refused if reason))


def _reads() -> Sequence[Callable[[], object]]:
    v1 = stripe_client.v1()
    return (
        lambda: v1.checkout.sessions.list({"limit": 1}),
        lambda: v1.payment_intents.list({"limit": 1}),
        lambda: v1.charges.list({"limit": 1}),
        lambda: v1.refunds.list({"limit": 1}),
        lambda: v1.disputes.list({"limit": 1}),
        lambda: v1.events.list({"limit": 1}),
        lambda: v1.balance_transactions.list({"limit": 1}),
    )


def _writes() -> Sequence[Callable[[], object]]:
    v1 = stripe_client.v1()
    no_price: SessionCreateParams = {
        "mode": "payment",
        "line_items": [{"price": f"price_{NOBODY}", "quantity": 1}],
        "success_url": "https://example.com",
    }
    return (
        lambda: v1.checkout.sessions.create(no_price),
        lambda: v1.checkout.sessions.expire(f"cs_{NOBODY}"),
        lambda: v1.refunds.create({"payment_intent": f"pi_{NOBODY}"}),
        lambda: v1.disputes.update(f"dp_{NOBODY}", {}),
    )


def _of_connect() -> Sequence[Callable[[], object]]:
    v1, page = stripe_client.v1(), "https://example.com"
    return (
        lambda: v1.transfers.create({"amount": 100, "currency": "eur", "destination": f"acct_{NOBODY}"}),
        lambda: v1.transfers.reversals.create(f"tr_{NOBODY}", {}),
        lambda: v1.application_fees.list({"limit": 1}),
        lambda: v1.account_links.create(
            {
                "account": f"acct_{NOBODY}",
                "type": "account_onboarding",
                "refresh_url": page,
                "return_url": page,
            }
        ),
    )


def _refused(ask: Callable[[], object]) -> str:
    """Why the key may not; an unknown object proves that it may."""
    try:
        stripe_client.call(ask)
    except stripe_client.KeyRefused as error:
        return error.reason
    except stripe_client.StripeRefused:
        return ""
    return ""


def sandbox_webhook_secrets() -> Sequence[str]:
    """The sandbox's signing secrets, its own first. Stripe itself does not reveal them.

    Raises StripeAway, StripeRefused.
    """
    answer = stripe_client.call(
        lambda: stripe_client.client().raw_request("get", "/_sandbox/webhook-secrets")
    )
    secrets: list[str] = json.loads(answer.body)["secrets"]
    return secrets


def webhook_endpoints() -> list[WebhookEndpoint]:
    """The webhook endpoints. Raises StripeAway, StripeRefused."""
    endpoints = stripe_client.v1().webhook_endpoints
    return stripe_client.call(
        lambda: [_endpoint(each) for each in endpoints.list({"limit": 100}).auto_paging_iter()]
    )


def create_webhook_endpoint(url: str, events: Iterable[str]) -> WebhookEndpoint:
    """Create an endpoint for these events at `url`, in our API version.

    Raises EndpointExists, StripeAway, StripeRefused.
    """
    return _create(_params(url, events))


def create_connect_endpoint(url: str, events: Iterable[str]) -> WebhookEndpoint:
    """Create an endpoint for these events of connected accounts, which no other endpoint gets.

    Raises EndpointExists, StripeAway, StripeRefused. https://docs.stripe.com/connect/webhooks
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
    """Create one endpoint; concurrent callers get the same one with its secret."""
    wanted = set(params["enabled_events"])
    for known in webhook_endpoints():
        if known.url == params["url"] and (wanted & known.events or "*" in known.events):
            raise EndpointExists(
                f"Stripe sends these events to {known.url} already: endpoint {known.id}. Its secret stands in"
                " Stripe's dashboard; delete the endpoint there to have another made."
            )
    key = f"webhook-{sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()}"
    made = _made(params, key)
    while not _is_there(
        made
    ):  # Stripe repeats its answer for a day, even if the endpoint was deleted meanwhile
        key = f"webhook-after-{made.id}"
        made = _made(params, key)
    return made


def _made(params: WebhookEndpointCreateParams, key: str) -> WebhookEndpoint:
    options: stripe.RequestOptions = {"idempotency_key": key}
    return stripe_client.call(lambda: _endpoint(stripe_client.v1().webhook_endpoints.create(params, options)))


def _is_there(endpoint: WebhookEndpoint) -> bool:
    try:
        stripe_client.call(lambda: stripe_client.v1().webhook_endpoints.retrieve(endpoint.id))
    except stripe_client.StripeRefused as error:
        if error.code == "resource_missing":
            return False
        raise
    return True


def _endpoint(found: stripe.WebhookEndpoint) -> WebhookEndpoint:
    return WebhookEndpoint(
        id=found.id,
        url=found.url,
        enabled=found.status == "enabled",
        events=frozenset(found.enabled_events),
        api_version=found.api_version,
        connect=found.application is not None,
        secret=getattr(found, "secret", None),
    )
