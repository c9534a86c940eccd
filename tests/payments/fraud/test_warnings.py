"""Early fraud warnings: the operator hears of each once, and answers with one refund."""

import json
from typing import Any

import httpx
import pytest
from flask import Flask
from sqlalchemy import text

from app.emails.models import Email
from app.extensions import db
from app.payments.events import redaction
from app.payments.fraud.models import FraudWarning
from app.payments.models import Refund
from app.payments.webhook import inbox
from tests.payments.disputes.opened_disputes import disputed
from tests.payments.reconciliation.comparisons import reconciled
from tests.people import Checkout, Person
from tests.shop import Event, Shop

WARNING = "radar.early_fraud_warning"


def warned(shop: Shop, checkout: Checkout) -> Event:
    """A card's issuer warns Stripe; what Stripe says of it, still on its way."""
    made = shop.sandbox.control(f"/payments/{checkout['session_id']}/fraud-warning")
    told = shop.events(checkout, f"{WARNING}.created")
    return next(event for event in told if event["data"]["object"]["id"] == made["id"])


def warning(admin: Person, **wish: Any) -> dict[str, Any]:
    (only,) = admin.get("/admin/fraud-warning", params=wish).json()["items"]
    found: dict[str, Any] = admin.get(f"/admin/fraud-warning/{only['id']}").json()
    assert found == only
    return found


def refunds_all(admin: Person, shown: dict[str, Any], **headers: str) -> httpx.Response:
    path = f"/admin/fraud-warning/{shown['id']}/refund"
    return admin.post(path, json={"reason": "never heard of them"}, headers=headers)


def mails_to(shop: Shop, person: Person) -> list[Email]:
    return [mail for mail in shop.rows(Email) if mail.recipient == person.email]


def test_the_operator_hears_of_it_once_and_what_to_do(
    shop: Shop, admin: Person, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    created = warned(shop, checkout)

    shop.deliver_event(created)
    shop.deliver_event({**created, "id": "evt_of_the_same"})

    shown = warning(admin, status="open")
    assert (shown["payment_id"], shown["left"]) == (checkout["payment_id"], 75)
    assert shown["fraud_type"] == "unauthorized_use_of_card"
    (what,) = shop.ops_mails()
    assert f"of payment {checkout['payment_id']}: 75.00 EUR can be returned" in what
    (mail,) = shop.mails("needs_attention")
    assert "/admin/fraud-warning/{id}/refund" in mail.text_body
    assert admin.get("/admin/overview").json()["fraud_warnings"] == 1


def test_one_press_returns_what_is_left_and_cancels_and_accuses_nobody(
    shop: Shop, admin: Person, client: Person, coach: Person
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    shop.deliver_event(shop.refunds_by_hand(checkout, 1000)[0])
    shop.deliver_event(warned(shop, checkout))

    answers = [refunds_all(admin, warning(admin), **{"Idempotency-Key": "once"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert (answers[0].json()["status"], answers[0].json()["left"]) == ("refunded", 0)
    given = [row for row in shop.rows(Refund) if row.cause == "by_hand"]
    assert [(row.amount_minor, row.stripe_reason) for row in given] == [(6500, "fraudulent")]
    assert client.booking(booking)["status"] == "cancelled"
    assert {mail.recipient for mail in shop.mails("booking_cancelled")} == {client.email, coach.email}
    words = " ".join(
        mail.subject + mail.text_body for mail in [*mails_to(shop, client), *mails_to(shop, coach)]
    )
    assert "The payment for this session was returned." in words
    assert not [word for word in ("fraud", "suspect", "warn") if word in words.lower()]
    (entry,) = admin.get("/admin/audit", params={"action": "fraud_warning.refund"}).json()["items"]
    assert entry["subject"] == f"payment:{checkout['payment_id']}"
    assert entry["reason"] == "65.00 EUR: never heard of them"
    assert shop.ops_mails() == [], "it was answered before anybody was told"

    again = refunds_all(admin, warning(admin))
    assert (again.status_code, again.json()["type"]) == (409, "/problems/nothing-to-return")


def test_of_a_series_all_is_returned_and_what_took_place_stands(
    shop: Shop, admin: Person, client: Person, coach: Person
) -> None:
    series = client.books_series(coach, 2)
    checkout = client.checks_out(series)
    shop.deliver_event(shop.paid(checkout))
    past = "tstzrange(now() - interval '61 minutes', now() - interval '1 minute')"
    first = {"id": series["items"][0]["id"]}
    db.session.execute(text(f"UPDATE booking SET period = {past}, busy = {past} WHERE id = :id"), first)
    db.session.commit()
    shop.deliver_event(warned(shop, checkout))

    assert refunds_all(admin, warning(admin)).status_code == 202

    assert [row.amount_minor for row in shop.rows(Refund)] == [7500, 7500]
    assert [client.booking(each)["status"] for each in series["items"]] == ["confirmed", "cancelled"]


@pytest.mark.parametrize("how", ["refunded", "disputed"])
def test_of_what_went_back_or_was_disputed_nothing_is_left(
    shop: Shop, admin: Person, client: Person, coach: Person, how: str
) -> None:
    _, checkout = shop.pays_for(client, coach)
    if how == "refunded":
        for event in shop.refunds_by_hand(checkout):
            shop.deliver_event(event)
    else:
        disputed(shop, client, checkout)
        shop.deliver_event(shop.events(checkout, "charge.dispute.created")[0])

    shop.deliver_event(warned(shop, checkout))

    assert warning(admin)["status"] == "not_actionable"
    refused = refunds_all(admin, warning(admin))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/nothing-to-return")
    assert [what for what in shop.ops_mails() if "nothing is left to refund" in what]


@pytest.mark.parametrize("order", [1, -1], ids=["in order", "the other way round"])
def test_a_warning_is_over_when_stripe_says_so(
    shop: Shop, admin: Person, client: Person, coach: Person, order: int
) -> None:
    _, checkout = shop.pays_for(client, coach)
    warned(shop, checkout)
    shop.refunds_by_hand(checkout)

    told = shop.events(checkout, WARNING)
    assert [event["type"].removeprefix(WARNING) for event in told] == [".created", ".updated"]
    for event in told[::order]:
        shop.deliver_event(event)

    assert warning(admin)["status"] == "not_actionable"
    assert admin.get("/admin/overview").json()["fraud_warnings"] == 0


def test_what_is_refunded_from_here_stays_so(
    shop: Shop, admin: Person, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    created = warned(shop, checkout)
    shop.deliver_event(created)
    assert refunds_all(admin, warning(admin)).status_code == 202
    shop.refunds_by_hand(checkout)  # as our own will

    (updated,) = shop.events(checkout, f"{WARNING}.updated")
    shop.deliver_event(updated)

    assert warning(admin)["status"] == "refunded"


def test_a_warning_about_a_payment_that_is_not_ours_is_left_alone(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    created = warned(shop, checkout)

    shop.deliver_event(created, payment_intent="pi_of_others", charge="ch_of_others")

    assert shop.rows(FraudWarning) == []


def test_what_is_kept_of_its_event_says_it_all(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    created = warned(shop, checkout)

    kept = json.loads(redaction.redacted(json.dumps(created)))

    assert kept["data"]["object"] == created["data"]["object"]


def test_a_warning_whose_event_was_lost_is_found(
    unhurried: Shop, admin: Person, client: Person, coach: Person
) -> None:
    unhurried.sandbox.control("/reset")
    _, checkout = unhurried.pays_for(client, coach)
    created = warned(unhurried, checkout)
    assert {f"{WARNING}.created", f"{WARNING}.updated"} <= inbox.SUBSCRIBED

    reconciled(unhurried)

    assert warning(admin)["stripe_warning_id"] == created["data"]["object"]["id"]


def test_the_same_on_the_command_line(
    shop: Shop, app: Flask, admin: Person, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    shop.deliver_event(warned(shop, checkout))

    def flask(name: str) -> tuple[int, str]:
        done = app.test_cli_runner().invoke(args=["stripe", "refund-fraud", name])
        return done.exit_code, done.output

    name = warning(admin)["stripe_warning_id"]
    assert flask(name) == (0, f"The payment {checkout['payment_id']} is being refunded.\n")
    assert flask(warning(admin)["id"])[0] == 1
    assert flask("issfr_nobody") == (1, "Error: There is no fraud warning issfr_nobody.\n")
    assert len(shop.rows(Refund)) == 1
