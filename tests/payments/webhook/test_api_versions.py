"""Events that are written in a version of Stripe's API that we do not speak are never read as they stand."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.extensions import db
from app.payments.events.models import StripeEvent
from app.payments.events.payloads import Mismatch
from app.payments.events.status import EventStatus
from app.payments.models import Refund
from app.payments.refunds import charge_refunds
from app.payments.stripe import client as stripe_client
from app.payments.webhook import api_versions, inbox
from tests.payments.reconciliation.comparisons import reconciled
from tests.people import DECLINED, Person
from tests.shop import Event, Shop, changed

RELEASE = stripe_client.API_VERSION.partition(".")[2]
OLD = [
    "2015-10-16",
    "2020-08-27",
    "2022-11-15",
    "2024-09-30.acacia",
    "2099-01-01.zebra",
    f"2099-01-01.{RELEASE}.preview",
    "2099-01-01.preview",
    "",
]


def written_in(version: str | None, event: Event, **changes: Any) -> Event:
    return changed(event, **changes) | {"api_version": version}


def nonsense(event: Event, version: str) -> Event:
    """Of its object only its kind and id are as we know them: all else has moved or means another thing."""
    subject = {name: event["data"]["object"][name] for name in ("object", "id")}
    other = written_in(version, event)
    other["data"]["object"] = {
        **subject,
        "status": "open",
        "amount": 1,
        "amount_total": -1,
        "currency": "xxx",
    }
    return other


@pytest.mark.parametrize("version", OLD)
def test_what_it_is_about_is_fetched_anew(shop: Shop, client: Person, coach: Person, version: str) -> None:
    booking = client.books(coach)
    event = nonsense(shop.paid(client.checks_out(booking)), version)

    shop.deliver_event(event)

    assert client.booking(booking)["status"] == "confirmed"
    row = shop.event(event)
    assert (row.status, row.api_version) == (EventStatus.PROCESSED, version)


@pytest.mark.parametrize(
    "event_type", ["checkout.session.completed", "payment_intent.succeeded", "charge.updated"]
)
def test_so_it_is_for_each_kind_of_object(shop: Shop, client: Person, coach: Person, event_type: str) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    shop.paid(checkout)
    shop.settlement(checkout)
    event = nonsense(shop.events(checkout, event_type)[0], OLD[0])

    shop.deliver_event(event)

    assert shop.event(event).status is EventStatus.PROCESSED
    assert (client.booking(booking)["status"] == "confirmed") is (event_type != "charge.updated")


def test_so_it_is_for_refunds(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    for event in shop.refunds_by_hand(checkout, 1000):
        shop.deliver_event(nonsense(event, OLD[1]))

    assert [refund.amount_minor for refund in shop.rows(Refund)] == [1000]
    charge = shop.events(checkout, "charge.refunded")[0]
    shop.deliver_event(nonsense(charge, OLD[1]))
    (payment,) = {refund.payment for refund in shop.rows(Refund)}
    assert charge_refunds.known(payment) == 1000


def test_of_an_intent_that_has_gone_on_the_present_counts(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    shop.sandbox.pays(checkout, DECLINED)
    declined = shop.events(checkout, "payment_intent.payment_failed")[0]
    shop.paid(checkout)

    shop.deliver_event(nonsense(declined, OLD[1]))

    assert client.payment(checkout)["status"] == "succeeded"
    assert client.booking(booking)["status"] == "confirmed"


def test_a_decline_that_is_still_the_last_word_is_one(shop: Shop, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))
    shop.sandbox.pays(checkout, DECLINED)

    shop.deliver_event(nonsense(shop.events(checkout, "payment_intent.payment_failed")[0], OLD[1]))

    payment = client.payment(checkout)
    assert (payment["status"], payment["failure"]["code"]) == ("failed", "generic_decline")


def test_one_about_what_stripe_does_not_show_is_told_to_the_operator(
    shop: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    event = nonsense(shop.paid(client.checks_out(booking)), OLD[1])
    event["data"]["object"]["id"] = "cs_test_unknown"

    shop.deliver_event(event)

    assert shop.event(event).status is EventStatus.FAILED
    (told,) = shop.ops_mails()
    assert OLD[1] in told
    assert "cs_test_unknown" in told
    assert client.booking(booking)["status"] == "pending"


def test_while_stripe_is_away_it_waits(shop: Shop, client: Person, coach: Person) -> None:
    booking = client.books(coach)
    event = nonsense(shop.paid(client.checks_out(booking)), OLD[1])
    shop.sandbox.control("/faults", path="/v1/checkout/sessions/*", status=503, times=10)

    wait = shop.deliver_event(event)

    assert wait
    assert wait > timedelta()
    assert shop.event(event).status is EventStatus.RECEIVED
    shop.sandbox.behaves()
    db.session.execute(text("UPDATE stripe_event SET due_at = received_at"))
    db.session.commit()
    shop.work(inbox.process, shop.work(inbox.claim, event["id"]))
    assert client.booking(booking)["status"] == "confirmed"


def test_a_worker_that_fails_too_late_unsays_nothing(
    shop: Shop, client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = nonsense(shop.paid(client.checks_out(client.books(coach))), OLD[1])

    def apply_elsewhere(_: api_versions.NotOurVersion) -> None:
        shop.work(lambda: StripeEvent.locked(event["id"]).finish(EventStatus.PROCESSED))
        raise Mismatch("Stripe's answer came after the lease of this worker had run out")

    monkeypatch.setattr(api_versions, "fetched", apply_elsewhere)

    assert shop.deliver_event(event) is None

    row = shop.event(event)
    assert (row.status, row.last_error) == (EventStatus.PROCESSED, None)
    assert shop.ops_mails() == []


@pytest.mark.parametrize(
    "version", [stripe_client.API_VERSION, f"2026-01-01.{RELEASE}", f"2031-01-01.{RELEASE}", None]
)
def test_one_of_our_release_is_read_and_stripe_is_not_asked(
    shop: Shop, client: Person, coach: Person, version: str | None
) -> None:
    booking = client.books(coach)
    event = written_in(version, shop.paid(client.checks_out(booking)))
    shop.sandbox.control("/faults", path="/v1/checkout/sessions/*", status=503, times=10)

    shop.deliver_event(event)

    assert client.booking(booking)["status"] == "confirmed"
    assert shop.event(event).api_version == version


def test_events_that_are_listed_in_the_account_s_old_version_are_fetched_anew(
    shop: Shop, client: Person, coach: Person
) -> None:
    shop.sandbox.control("/api-version", default=OLD[1])
    booking = client.books(coach)
    event = shop.paid(client.checks_out(booking))
    assert event["api_version"] == OLD[1]

    reconciled(shop)

    assert client.booking(booking)["status"] == "confirmed"
    row = shop.event(event)
    assert row.api_version == OLD[1]
    assert row.status in {EventStatus.PROCESSED, EventStatus.IGNORED}  # its intent's event said the same
    assert shop.ops_mails() == []
