"""Test events told to a live key, and live ones to a test key: a secret set wrong, or Connect."""

from typing import Any

from pydantic import SecretStr

from app.payments.events.status import EventStatus
from app.payments.models import Refund
from tests.configuration import Configure
from tests.people import Person
from tests.shop import Shop

Event = dict[str, Any]


def test_a_live_event_does_nothing_for_a_test_key_and_is_told(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    event = shop.paid(checkout) | {"livemode": True}

    assert shop.deliver_event(event) is None

    row = shop.event(event)
    assert (row.status, row.livemode) == (EventStatus.FAILED, True)
    assert "live mode, and our key is not" in (row.last_error or "")
    assert client.booking(booking)["status"] == "pending"
    (mail,) = shop.ops_mails()
    assert event["id"] in mail


def test_a_test_event_does_nothing_for_a_live_key(
    shop: Shop, client: Person, coach: Person, configure: Configure
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    event = shop.paid(checkout)
    configure(stripe_secret_key=SecretStr("sk_live_1"))

    shop.deliver_event(event)

    assert "test mode, and our key is not" in (shop.event(event).last_error or "")
    assert client.booking(booking)["status"] == "pending"


def test_a_refund_of_the_other_mode_is_not_put_on_record(shop: Shop, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))
    shop.deliver_event(shop.paid(checkout))
    (refunded, *_) = shop.refunds_by_hand(checkout)

    shop.deliver_event(refunded | {"livemode": True})

    assert shop.event(refunded).status is EventStatus.FAILED
    assert shop.rows(Refund) == []
    assert client.payment(checkout)["status"] == "succeeded"


def test_of_coaches_accounts_stripe_tells_in_both_modes_and_the_other_is_left_alone(shop: Shop) -> None:
    account = {"id": "acct_1", "object": "account", "charges_enabled": False}
    event = {"id": "evt_of_a_coach", "type": "account.updated", "account": "acct_1", "livemode": True}

    shop.deliver_event(event | {"data": {"object": account}})

    row = shop.event(event)
    assert row.status is EventStatus.IGNORED
    assert row.reason == "it is of live mode, and our key is not"
    assert shop.ops_mails() == []
