"""A deployment as `flask doctor` finds it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe
from redis import Redis

from app.cli import doctor_stripe
from app.cli.findings import Finding
from app.config.settings import settings_of
from app.monitoring import beats
from app.payments.stripe import client as stripe_client
from app.payments.webhook import inbox, signature_failures
from tests.shop import Shop

HERE = Path(__file__).parent.parent.parent


@pytest.fixture
def fresh(shop: Shop) -> Iterator[Shop]:
    """No endpoint at Stripe, and no delivery refused."""
    redis = redis_of(shop)
    with shop.app.app_context():
        redis.delete(signature_failures.KEY)
        for endpoint in stripe_client.v1().webhook_endpoints.list().data:
            stripe_client.v1().webhook_endpoints.delete(endpoint.id)
        yield shop
        redis.delete(signature_failures.KEY)
    shop.sandbox.control("/reset")


def redis_of(shop: Shop) -> Redis:
    return Redis.from_url(settings_of(shop.app).redis_url, decode_responses=True)


def settings(shop: Shop, **changes: Any) -> Any:
    return settings_of(shop.app).model_copy(update=changes)


def endpoint(shop: Shop, **changes: Any) -> str:
    """One at our address, with all that is wanted but for the changes."""
    url = f"{settings(shop).public_url}/payment/webhook"
    wanted = {
        "url": url,
        "enabled_events": sorted(inbox.SUBSCRIBED),
        "api_version": stripe_client.API_VERSION,
    }
    return str(stripe_client.v1().webhook_endpoints.create({**wanted, **changes}).id)  # type: ignore[typeddict-item]


def webhook(shop: Shop, **changes: Any) -> Finding:
    return doctor_stripe.webhook(settings(shop, **changes))


def delivery(shop: Shop, secret: str) -> int:
    """What a delivery signed with this secret is answered."""
    body = '{"id": "evt_1", "type": "charge.updated", "data": {"object": {"id": "ch_1"}}}'
    signed = stripe.WebhookSignature.generate_signature_header(body, secret)
    headers = {"Stripe-Signature": signed, "Content-Type": "application/json"}
    return shop.app.test_client().post("/payment/webhook", data=body, headers=headers).status_code


@pytest.fixture
def no_beat(shop: Shop) -> Iterator[Shop]:
    yield shop
    redis = redis_of(shop)
    for key in redis.scan_iter(f"{beats.PREFIX}*"):
        redis.delete(key)
