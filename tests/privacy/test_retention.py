"""What is old and dealt with is forgotten; what failed waits for a person."""

import json

import pytest
from flask import Flask
from sqlalchemy import text

from app import alerts
from app.alerts import AlertKind
from app.extensions import db
from app.payments.webhook import inbox
from app.privacy import retention
from tests.people import Person
from tests.shop import Shop

BEFORE = "now() - interval '180 days'"


def grown(table: str, **values: str) -> None:
    """Make the table's rows older, or otherwise."""
    changes = ", ".join(f"{column} = {value}" for column, value in values.items())
    db.session.execute(text(f"UPDATE {table} SET {changes}"))
    db.session.commit()


def count(table: str) -> int:
    return int(db.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def recorded(shop: Shop, event_id: str) -> None:
    body = {"id": event_id, "type": "customer.created", "data": {"object": {"id": "cus_1"}}}
    shop.work(inbox.record, json.dumps(body))


@pytest.fixture
def event(shop: Shop) -> None:
    recorded(shop, "evt_1")


@pytest.mark.parametrize("status", ["processed", "ignored"])
def test_an_event_that_is_dealt_with_goes_when_its_time_is_over(app: Flask, event: None, status: str) -> None:
    grown("stripe_event", status=f"'{status}'", received_at=f"{BEFORE} + interval '1 minute'")
    assert retention.delete_events() == 0

    grown("stripe_event", received_at=f"{BEFORE} - interval '1 minute'")
    assert retention.delete_events() == 1
    assert count("stripe_event") == 0


@pytest.mark.parametrize("status", ["received", "failed"])
def test_an_event_that_is_not_stays(app: Flask, event: None, status: str) -> None:
    grown("stripe_event", status=f"'{status}'", received_at=f"{BEFORE} - interval '1 year'")

    assert retention.delete_events() == 0


def test_mails_that_have_left_go_and_those_that_failed_stay(app: Flask, client: Person) -> None:
    grown("email", status="'failed'", created_at=f"{BEFORE} - interval '1 minute'")
    assert retention.delete_emails() == 0

    grown("email", status="'sent'")
    assert retention.delete_emails() == 1
    assert count("email") == 0


@pytest.mark.parametrize("joined", ["as it likes", "by nested loops"])
def test_many_are_forgotten_in_portions(shop: Shop, monkeypatch: pytest.MonkeyPatch, joined: str) -> None:
    """PostgreSQL may look for the oldest once for each row, and finds others each time."""
    for event_id in ("evt_1", "evt_2", "evt_3"):
        recorded(shop, event_id)
    grown("stripe_event", status="'processed'", received_at=f"{BEFORE} - interval '1 minute'")
    monkeypatch.setattr(retention, "MOST", 1)
    if joined == "by nested loops":
        for how in ("hashjoin", "mergejoin", "material", "hashagg", "sort"):
            db.session.execute(text(f"SET enable_{how} = off"))
        db.session.commit()

    assert [shop.work(retention.delete_events) for _ in range(4)] == [1, 1, 1, 0]


def test_troubles_that_were_told_go_as_their_mail_does_and_untold_ones_stay(app: Flask) -> None:
    for subject in ("evt_1", "evt_2"):
        alerts.record(AlertKind.STRIPE_EVENT, subject, "it broke")
        grown("trouble", told_at=f"{BEFORE} + interval '1 minute'")
    alerts.record(AlertKind.STRIPE_EVENT, "evt_untold", "it broke")
    assert retention.delete_alerts() == 0

    grown("trouble", created_at=f"{BEFORE} - interval '1 year'", told_at="told_at - interval '2 minutes'")
    assert retention.delete_alerts() == 2
    assert db.session.scalar(text("SELECT subject_id FROM trouble")) == "evt_untold"
