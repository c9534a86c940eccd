"""Every request that asks Stripe for something shares one budget of time among all its calls."""

import time
from collections.abc import Callable
from threading import Event as Signal

import httpx
import pytest

from app.observability import context
from tests.payments.disputes.opened_disputes import disputed, hears
from tests.payments.payouts.connected_accounts import URLS
from tests.people import Person
from tests.shop import Shop
from tests.waiting import wait_until

PAGES = {"success_url": "http://a.example/", "cancel_url": "http://a.example/"}
Ask = Callable[[], httpx.Response]
SILENT = 3.0


@pytest.fixture(params=["a page", "another page", "an account", "an account's next link", "evidence"])
def ask(request: pytest.FixtureRequest, shop: Shop, client: Person, coach: Person, admin: Person) -> Ask:
    """A request that is to wait for Stripe."""
    booking = client.books(coach)
    if request.param == "evidence":
        checkout = client.checks_out(booking)
        shop.deliver_event(shop.paid(checkout))
        disputed(shop, client, checkout)
        dispute = hears(shop, checkout).id
        return lambda: admin.post(f"/admin/dispute/{dispute}/evidence", json={})
    if request.param.startswith("an account"):
        onboard = lambda: coach.post("/coach/me/payout-account", json=URLS)  # noqa: E731
        if request.param != "an account":
            assert onboard().is_success
        return onboard
    if request.param == "another page":
        client.checks_out(booking)
    wish = {"booking_id": booking["id"], **PAGES, "success_url": "http://b.example/"}
    return lambda: client.post("/payment/checkout", json=wish)


@pytest.mark.usefixtures("connect")
@pytest.mark.parametrize("fault", [{"delay_seconds": SILENT}, {"drip_seconds": 0.5}], ids=str)
def test_a_silent_stripe_is_waited_for_no_longer_than_the_budget_and_asked_again(
    shop: Shop, ask: Ask, fault: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "REQUEST_BUDGET", 1.0)
    shop.sandbox.control("/faults", times=3, **fault)
    began = time.monotonic()

    answer = ask()

    assert time.monotonic() - began < 2.5
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
    shop.sandbox.behaves()
    monkeypatch.setattr(context, "REQUEST_BUDGET", 12.0)
    Signal().wait(SILENT)  # what was left behind is done by now
    wait_until(lambda: ask().is_success, timeout=20)
