"""Everybody who may call a route, and something of each kind to call it about."""

from uuid import UUID

import httpx
import pytest

from app.extensions import db
from app.payments.fraud.models import FraudWarning
from app.payments.ledger.recovery_models import Recovery, RecoveryKind
from tests.accounts.access_table import CALLERS
from tests.bookings.manage_tokens import manage_token
from tests.payments.disputes.opened_disputes import disputed
from tests.people import PASSWORD, Person, next_week
from tests.shop import Shop, become_admin

World = dict[str, str]


@pytest.fixture
def people(http: httpx.Client, client: Person, coach: Person) -> dict[str, Person | None]:
    """One for each column of the table. What the others ask about is the client's and the coach's."""
    admin = Person.registered(http, "client")
    become_admin(admin)
    others = (None, Person.registered(http, "client"), Person.registered(http, "coach"), admin, client, coach)
    return dict(zip(CALLERS, others, strict=True))


@pytest.fixture
def world(shop: Shop, client: Person, coach: Person) -> World:
    """Something of each kind that a path can name."""
    booking, checkout = shop.pays_for(client, coach)
    shop.deliver_event(shop.refunds_by_hand(checkout, 1000)[0])
    shop.sandbox.control(f"/payments/{checkout['session_id']}/fraud-warning")
    shop.deliver_event(shop.events(checkout, "radar.early_fraud_warning.created")[0])
    disputed(shop, client, checkout)
    (created,) = shop.events(checkout, "charge.dispute.created")
    shop.deliver_event(created)
    away = {"local_start": "2027-03-01T09:00", "local_end": "2027-03-02T09:00"}
    series = client.wish_series(coach, next_week(15)).json()
    payment = client.payment(checkout)
    return {
        "account_id": Person.registered(client.http, "client").id,
        "booking_id": booking["id"],
        "session_id": another_session(client),
        "payment_id": payment["id"],
        "coach_id": coach.id,
        "series_id": series["id"],
        "period_id": coach.post("/coach/me/time-off", json=away).json()["id"],
        "refund_id": payment["refunds"][0]["id"],
        "recovery_id": recovery_of(shop, payment["disputes"][0]["id"]),
        "dispute_id": payment["disputes"][0]["id"],
        "warning_id": str(shop.rows(FraudWarning)[0].id),
        "email_id": str(shop.mails("booking_confirmed")[0].id),
        "event_id": created["id"],
        "month": "2026-10",
        "name": "nothing.js",
        "filename": "nothing.js",
        "slug": "slot-taken",
        "token": manage_token(booking["id"], client),
        "coach_slug": coach.get("/coach/me").json()["slug"],
    }


def recovery_of(shop: Shop, dispute_id: str) -> str:
    recovery = Recovery(dispute_id=UUID(dispute_id), kind=RecoveryKind.REVERSAL, share_minor=100)
    db.session.add(recovery)
    db.session.commit()
    return str(recovery.id)


def another_session(person: Person) -> str:
    """The id of a sign-in that the person does not use."""
    Person.signed_in(person.http, person.email, PASSWORD)
    items = person.get("/auth/session").json()["items"]
    return next(str(each["id"]) for each in items if not each["current"])
