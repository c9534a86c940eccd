"""Stripe sends each event to an address once, however often somebody had it told to."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from app.payments.stripe import webhook_endpoints
from app.payments.webhook.inbox import SUBSCRIBED
from tests.shop import Shop

URL = "https://api.example.com/levers/webhook"
KEY = {"Authorization": "Bearer sk_test_sandbox"}


def endpoints(shop: Shop) -> list[dict[str, Any]]:
    return [each for each in shop.at_stripe("/v1/webhook_endpoints")["data"] if each["url"] == URL]


def delete(shop: Shop) -> None:
    for each in endpoints(shop):
        path = f"{shop.sandbox.stripe_url}/v1/webhook_endpoints/{each['id']}"
        shop.sandbox.http.delete(path, headers=KEY).raise_for_status()


@pytest.fixture(autouse=True)
def none_is_left(shop: Shop) -> Iterator[None]:
    yield
    delete(shop)


def creates(app: Flask, command: str = "create-webhook") -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=["stripe", command, URL])
    return done.exit_code, done.output


def secret(output: str) -> str:
    found = re.search(r"whsec_\w+", output)
    assert found, output
    return found[0]


def test_a_second_one_is_refused_and_the_first_is_named(shop: Shop, app: Flask) -> None:
    assert creates(app)[0] == 0

    status, output = creates(app)

    (made,) = endpoints(shop)
    assert (status, made["id"] in output) == (1, True)
    assert "Traceback" not in output


def test_of_two_at_once_both_are_told_the_secret_of_one(shop: Shop, app: Flask) -> None:
    looked = Barrier(2)
    listed = webhook_endpoints.webhook_endpoints

    def look_together() -> list[webhook_endpoints.WebhookEndpoint]:
        found = listed()
        looked.wait(10)
        return found

    def create(_: int) -> webhook_endpoints.WebhookEndpoint:
        with app.app_context():
            return webhook_endpoints.create_webhook_endpoint(URL, SUBSCRIBED)

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(webhook_endpoints, "webhook_endpoints", look_together)
        one, other = pool.map(create, range(2))

    assert (one.id, one.secret) == (other.id, other.secret)
    assert [each["id"] for each in endpoints(shop)] == [one.id]


def test_one_that_was_deleted_is_made_anew_with_a_secret_of_its_own(shop: Shop, app: Flask) -> None:
    secrets = set()
    for _ in range(3):
        status, output = creates(app)
        assert (status, len(endpoints(shop))) == (0, 1), output
        secrets.add(secret(output))
        delete(shop)

    assert len(secrets) == 3


def test_that_of_coaches_accounts_may_have_the_same_address(shop: Shop, app: Flask) -> None:
    assert creates(app)[0] == 0
    assert creates(app, "create-connect-webhook")[0] == 0

    assert creates(app, "create-connect-webhook")[0] == 1
    assert len(endpoints(shop)) == 2
