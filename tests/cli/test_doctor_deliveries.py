"""`flask doctor` sees that deliveries do not arrive, or are not believed, also before one was refused."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.cli import doctor, doctor_deliveries
from app.extensions import db
from app.monitoring import beats
from app.payments.stripe import client as stripe_client
from app.payments.stripe import listing
from tests.cli.doctor_setup import delivery, endpoint, fresh, no_beat, settings, webhook
from tests.shop import Event, Shop

__all__ = ["fresh", "no_beat"]


@pytest.fixture
def missed(fresh: Shop, monkeypatch: pytest.MonkeyPatch) -> Event:
    """An event that an endpoint of ours, where nobody answers, was to be sent some time ago."""
    monkeypatch.setattr(doctor_deliveries, "OLD_ENOUGH", timedelta(seconds=-60))
    endpoint(fresh)
    return event(fresh)


def event(shop: Shop) -> Event:
    """A session at Stripe that expires at once."""
    price = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "An hour"}}
    wanted = {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": price}],
        "success_url": "https://example.com",
    }
    session = stripe_client.v1().checkout.sessions.create(wanted)  # type: ignore[arg-type]
    stripe_client.v1().checkout.sessions.expire(session.id)
    newest: Event = shop.at_stripe("/v1/events?type=checkout.session.expired")["data"][0]
    return newest


def aged(age: timedelta) -> None:
    """As if what is on record came that much later than Stripe made it."""
    db.session.execute(text("UPDATE stripe_event SET received_at = received_at + :age"), {"age": age})
    db.session.commit()


def test_a_secret_that_is_not_the_sandbox_s_is_told_before_anything_is_refused(fresh: Shop) -> None:
    endpoint(fresh)
    assert webhook(fresh).remedy == ""

    found = webhook(fresh, stripe_webhook_secret=("whsec_mistyped",))

    assert "not what the sandbox signs with" in found.seen
    assert "STRIPE_WEBHOOK_SECRET=" in found.remedy
    secret = found.remedy.split("=")[1].split()[0].split(",")[0]
    assert webhook(fresh, stripe_webhook_secret=("whsec_mistyped", secret)).remedy == ""


def test_an_event_that_did_not_arrive_is_told_and_one_that_is_young_is_not(
    missed: Event, fresh: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = webhook(fresh)
    assert missed["id"] in found.seen
    assert "PUBLIC_URL" in found.remedy

    monkeypatch.setattr(doctor_deliveries, "OLD_ENOUGH", timedelta(minutes=10))
    assert webhook(fresh).remedy == ""


def test_an_event_that_only_another_endpoint_has_not_taken_is_no_fault_of_ours(
    missed: Event, fresh: Shop
) -> None:
    fresh.deliver_event(missed)

    assert webhook(fresh).remedy == ""


def test_an_event_that_the_reconciliation_had_to_fetch_did_not_arrive(missed: Event, fresh: Shop) -> None:
    fresh.deliver_event(missed)
    aged(timedelta(minutes=5))

    assert missed["id"] in webhook(fresh).seen


def test_what_was_missed_is_told_no_more_once_a_later_one_has_arrived(missed: Event, fresh: Shop) -> None:
    later = event(fresh)
    assert webhook(fresh).remedy

    fresh.deliver_event({**later, "created": missed["created"] + 1})

    assert webhook(fresh).remedy == ""


def test_one_refusal_is_enough_where_events_did_not_arrive(missed: Event, fresh: Shop) -> None:
    assert delivery(fresh, "whsec_of_another_endpoint") == 400

    found = webhook(fresh)

    assert "signed with a different secret" in found.seen
    assert "STRIPE_WEBHOOK_SECRET" in found.remedy


@pytest.mark.parametrize("path", ["/webhook", "/payment/webhook/", "/payments/webhook", ""])
def test_an_endpoint_with_another_path_is_named(fresh: Shop, path: str) -> None:
    wrong = endpoint(fresh, url=f"{settings(fresh).public_url}{path}")

    found = webhook(fresh)

    assert f"sends to {settings(fresh).public_url}{path}," in found.seen
    assert wrong in found.remedy


def test_an_endpoint_of_another_host_makes_public_url_doubtful(fresh: Shop) -> None:
    endpoint(fresh, url="https://www.example.com/payment/webhook")

    found = webhook(fresh)

    assert "https://www.example.com/payment/webhook" in found.seen
    assert "PUBLIC_URL" in found.remedy
    assert "create-webhook" in found.remedy


def test_no_beat_at_all_is_told_after_a_few_intervals(no_beat: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor.BEAT_SIGNS_WITHIN > beats.PAUSE
    monkeypatch.setattr(doctor, "BEAT_SIGNS_WITHIN", 1)

    (found,) = doctor._beats(settings(no_beat))

    assert "none runs" in found.seen
    assert found.remedy == "Start the Procfile's beat."


def test_an_event_of_a_type_that_stripe_lists_apart_is_told_as_well(
    missed: Event, fresh: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stripe lists so many types at once and no more."""
    monkeypatch.setattr(listing, "MAX_TYPES", 4)

    assert missed["id"] in webhook(fresh).seen
