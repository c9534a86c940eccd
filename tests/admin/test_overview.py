"""What an operator sees at a glance, and what Prometheus sees."""

from typing import Any

import httpx
import pytest
from flask import Flask
from kombu import Connection
from pydantic import SecretStr
from sqlalchemy import text

from app import alerts
from app.alerts import AlertKind
from app.config.environment import Environment
from app.config.settings import settings_of
from app.extensions import db
from app.payments.webhook import inbox
from app.queue.enqueue import queue
from tests.history import rewrite
from tests.payments.disputes.opened_disputes import disputed, hears
from tests.people import Person
from tests.shop import Shop

ODD = '{"id": "evt_odd", "type": "checkout.session.completed", "data": {"object": {"id": "cs_1"}}}'


def change(statement: str) -> None:
    db.session.execute(text(statement))
    db.session.commit()


def metric(admin: Person, name: str, **labels: str) -> float:
    spelled = ",".join(f'{label}="{value}"' for label, value in labels.items())
    lines = admin.http.get("/metrics").text.splitlines()
    return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name}{{{spelled}}}"))


def test_what_waits_and_what_failed_is_counted_with_its_age(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    shop.work(inbox.record, ODD)
    change("UPDATE stripe_event SET received_at = now() - interval '90 seconds'")
    change("UPDATE email SET status = 'failed'")
    client.books(coach)

    seen: dict[str, Any] = admin.get("/admin/overview").json()

    assert (seen["stripe_events"]["waiting"], seen["stripe_events"]["failed"]) == (1, 0)
    assert 89 < seen["stripe_events"]["oldest_waiting_seconds"] < 120
    assert (seen["emails"]["waiting"], seen["emails"]["failed"]) == (0, 3)
    assert seen["holds"] == {"running": 1, "run_out": 0}
    assert set(seen["queues"]) == {"events", "email", "schedule"}


def test_holds_that_ran_out_show_until_they_are_released(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    client.books(coach)
    change("UPDATE booking SET hold_expires_at = now() - interval '1 minute'")

    assert admin.get("/admin/overview").json()["holds"] == {"running": 0, "run_out": 1}


def test_prometheus_sees_the_same_and_the_requests_by_route(shop: Shop, admin: Person) -> None:
    shop.work(inbox.record, ODD)
    route = {"method": "GET", "route": "/coach/<uuid:coach_id>", "status": "404"}
    admin.get("/coach/00000000-0000-0000-0000-000000000000")
    before = metric(admin, "culturebridge_requests_total", **route)
    admin.get("/coach/00000000-0000-0000-0000-000000000001")

    assert metric(admin, "culturebridge_requests_total", **route) == before + 1
    assert metric(admin, "culturebridge_waiting", kind="stripe_event") == 1
    assert metric(admin, "culturebridge_oldest_waiting_seconds", kind="refund") == 0


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("", 401),
        ("Bearer wrong", 401),
        ("Basic x", 401),
        ("bearer wrong", 401),
        ("Basic for Prometheus", 401),
        ("for Prometheus", 401),
    ],
)
def test_the_token_guards_the_metrics(
    app: Flask, admin: Person, monkeypatch: pytest.MonkeyPatch, sent: str, status: int
) -> None:
    monkeypatch.setattr(settings_of(app), "metrics_token", SecretStr("for Prometheus"))

    refused = admin.http.get("/metrics", headers={"Authorization": sent})
    assert refused.status_code == status
    for scheme in ("Bearer", "bearer", "BEARER"):  # RFC 9110, 11.1
        sent = f"{scheme} for Prometheus"
        assert admin.http.get("/metrics", headers={"Authorization": sent}).status_code == 200


@pytest.mark.parametrize("sent", ["", "Bearer ", "Bearer None", "Bearer guessed"])
def test_without_a_token_there_are_no_metrics_in_production(
    app: Flask, http: httpx.Client, monkeypatch: pytest.MonkeyPatch, sent: str
) -> None:
    monkeypatch.setattr(settings_of(app), "app_env", Environment.PRODUCTION)

    refused = http.get("/metrics", headers={"Authorization": sent} if sent else {})

    assert (refused.status_code, "culturebridge_" in refused.text) == (404, False)


def test_a_broker_that_is_away_is_said_and_the_rest_is_shown(
    admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = Connection("redis://127.0.0.1:1/0")
    monkeypatch.setattr(queue, "connection_for_write", lambda **_: nobody)

    assert admin.get("/admin/overview").json()["queues"] is None


def test_money_is_shown_by_day_and_currency_the_latest_first(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    _, first = shop.pays_for(client, coach)
    shop.settles(first)
    for refund in shop.refunds_by_hand(first, 2500):
        shop.deliver_event(refund)
    rewrite("UPDATE ledger_entry SET day = day - 2")
    dollars = Person.registered(client.http, "coach").open_for_business(currency="USD")
    shop.pays_for(Person.registered(client.http, "client"), dollars)

    latest, earlier = admin.get("/admin/overview").json()["days"]

    nothing = {"refunded": 0.0, "disputed": 0.0, "fees": 0.0}
    assert latest["currencies"] == [{"currency": "USD", "taken": 75.0, **nothing}]
    (euros,) = earlier["currencies"]
    assert (euros["currency"], euros["taken"], euros["refunded"]) == ("EUR", 75.0, 25.0)
    assert euros["fees"] > 0
    assert latest["day"] > earlier["day"]


def test_days_before_the_last_seven_are_not_shown(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    shop.pays_for(client, coach)
    rewrite("UPDATE ledger_entry SET day = day - 9")

    assert admin.get("/admin/overview").json()["days"] == []


def test_a_dispute_counts_until_it_is_decided_and_what_it_took_is_shown(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    disputed(shop, client, checkout)
    hears(shop, checkout)

    seen = admin.get("/admin/overview").json()
    change("UPDATE dispute SET status = 'lost'")

    assert seen["disputes"] == 1
    assert seen["days"][0]["currencies"][0]["disputed"] == 75.0
    assert admin.get("/admin/overview").json()["disputes"] == 0


def test_the_newest_troubles_are_shown_with_when_they_were_told(shop: Shop, admin: Person) -> None:
    shop.work(alerts.record, AlertKind.STRIPE_EVENT, "evt_told", "it broke")
    shop.ops_mails()
    for number in range(5):
        shop.work(alerts.record, AlertKind.EMAIL, f"mail_{number}", "it bounced")
    change("UPDATE trouble SET created_at = now() - interval '1 hour' WHERE subject_id = 'mail_0'")

    seen = admin.get("/admin/overview").json()["alerts"]

    assert seen["untold"] == 5
    assert {each["subject_id"] for each in seen["newest"]} == {
        "evt_told",
        *(f"mail_{n}" for n in range(1, 5)),
    }
    assert {each["subject_id"] for each in seen["newest"] if each["told_at"]} == {"evt_told"}
    assert metric(admin, "culturebridge_untold", kind="email") == 5
    assert metric(admin, "culturebridge_untold", kind="stripe_event") == 0
