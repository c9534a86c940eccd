"""Every route, called by everybody, compared with the table beside this file."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest
from flask import Flask
from werkzeug.routing import Rule

from app.extensions import db
from app.payments.fraud.models import FraudWarning
from app.payments.ledger.recovery_models import Recovery, RecoveryKind
from tests.accounts.access_table import CALLERS, TABLE
from tests.payments.disputes.opened_disputes import disputed
from tests.people import PAID, PASSWORD, Person, next_week
from tests.shop import Shop, become_admin

WRITING = {"POST", "PUT", "PATCH", "DELETE"}
END_THE_SIGN_IN = {"DELETE /auth/sign-in", "POST /auth/logout"}
ENDS_IT_ALL = "DELETE /auth/me"
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
    shop.told(shop.refunds_by_hand(checkout, 1000)[0])
    shop.sandbox.control(f"/payments/{checkout['session_id']}/fraud-warning")
    shop.told(shop.events(checkout, "radar.early_fraud_warning.created")[0])
    disputed(shop, client, checkout)
    (created,) = shop.events(checkout, "charge.dispute.created")
    shop.told(created)
    away = {"local_start": "2027-03-01T09:00", "local_end": "2027-03-02T09:00"}
    series = client.wish_series(coach, next_week(15)).json()
    payment = client.payment(checkout)
    return {
        "account_id": Person.registered(client.http, "client").id,
        "booking_id": booking["id"],
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
        "slug": "slot-taken",
    }


def recovery_of(shop: Shop, dispute_id: str) -> str:
    recovery = Recovery(dispute_id=UUID(dispute_id), kind=RecoveryKind.REVERSAL, share_minor=100)
    db.session.add(recovery)
    db.session.commit()
    return str(recovery.id)


def bodies(world: World) -> dict[str, Any]:
    """Good ones, so that who may not do it is refused for that."""
    urls = {"success_url": PAID, "cancel_url": PAID}
    reason = {"reason": "asked for"}
    return {
        "POST /booking/<uuid:booking_id>/reschedule": {"session_datetime": next_week(20).isoformat()},
        "POST /payment/checkout": {"booking_id": world["booking_id"], **urls},
        "POST /payment/<uuid:payment_id>/refund": {"amount": 1, **reason},
    } | {
        f"POST /admin/{lever}": reason
        for lever in (
            "account/<uuid:account_id>/deactivate",
            "account/<uuid:account_id>/reactivate",
            "email/<uuid:email_id>/discard",
            "email/<uuid:email_id>/resend",
            "recovery/<uuid:recovery_id>/discard",
            "recovery/<uuid:recovery_id>/retry",
            "refund/<uuid:refund_id>/discard",
            "refund/<uuid:refund_id>/retry",
            "stripe-event/<event_id>/discard",
            "stripe-event/<event_id>/replay",
        )
    }


def asked(person: Person | None, http: httpx.Client, route: str, world: World, body: Any) -> str:
    """The status where it is one of access, else `in`."""
    method, _, rule = route.partition(" ")
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda named: world[named[1]], rule)
    if route == ENDS_IT_ALL:
        body = {"password": PASSWORD}
    sent = {"json": body} if method in WRITING else {}
    if person and route in {*END_THE_SIGN_IN, ENDS_IT_ALL}:
        person = Person.signed_in(http, person.email, PASSWORD)
    answer = person.ask(method, path, **sent) if person else http.request(method, path, **sent)
    assert answer.status_code != 500, (route, answer.text)
    return str(answer.status_code) if answer.status_code in {401, 403, 404} else "in"


def routes(app: Flask) -> list[str]:
    """Those that end a sign-in come last, each with a new one; then the one after which there is nobody."""

    def spelled(rule: Rule) -> list[str]:
        return [f"{method} {rule.rule}" for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]

    found = [route for rule in app.url_map.iter_rules() for route in spelled(rule)]
    return sorted(found, key=lambda route: (route == ENDS_IT_ALL, route in END_THE_SIGN_IN, route))


def test_each_route_lets_in_whom_the_table_names(
    app: Flask, http: httpx.Client, people: dict[str, Person | None], world: World
) -> None:
    good = bodies(world)
    seen = {
        route: " ".join(asked(person, http, route, world, good.get(route, {})) for person in people.values())
        for route in routes(app)
    }

    assert seen == TABLE
