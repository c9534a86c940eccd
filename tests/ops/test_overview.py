"""What an operator sees at a glance, and what Prometheus sees."""

from typing import Any

import pytest
from flask import Flask
from kombu import Connection
from pydantic import SecretStr
from sqlalchemy import text

from app import jobs
from app.extensions import db
from app.payments import inbox
from tests.payments.conftest import Shop
from tests.people import Person

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


@pytest.mark.parametrize(("sent", "status"), [("", 401), ("Bearer wrong", 401), ("Basic x", 401)])
def test_the_token_guards_the_metrics(
    app: Flask, admin: Person, monkeypatch: pytest.MonkeyPatch, sent: str, status: int
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "metrics_token", SecretStr("for Prometheus"))

    refused = admin.http.get("/metrics", headers={"Authorization": sent})
    let_in = admin.http.get("/metrics", headers={"Authorization": "Bearer for Prometheus"})

    assert (refused.status_code, let_in.status_code) == (status, 200)


def test_a_broker_that_is_away_is_said_and_the_rest_is_shown(
    admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = Connection("redis://127.0.0.1:1/0")
    monkeypatch.setattr(jobs.queue, "connection_for_write", lambda **_: nobody)

    assert admin.get("/admin/overview").json()["queues"] is None
