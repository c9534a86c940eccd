"""A shop at the fake Stripe whose events arrive when a test says so."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
import pytest
from flask import Flask
from sqlalchemy import select, text

from app.accounts.models import Account, Role
from app.admin import alert_mail
from app.alerts import Alert
from app.emails.models import Email
from app.extensions import Base, db, now
from app.payments.events.models import StripeEvent
from app.payments.ledger import stripe_fees
from app.payments.webhook import inbox
from tests.application import Application
from tests.configuration import Configure
from tests.people import CARD, Checkout, Person, Sandbox
from tests.stripe_contract import check_log

Row = TypeVar("Row", bound=Base)
Event = dict[str, Any]
Commission = Callable[[str], None]


class Shop(Application):
    """The application in this process together with the fake Stripe."""

    def rows(self, table: type[Row]) -> list[Row]:
        """All rows as they are now."""
        db.session.expire_all()
        return list(db.session.scalars(select(table)))

    def mails(self, kind: str) -> list[Email]:
        """What was put into the outbox of one kind."""
        return [mail for mail in self.rows(Email) if mail.kind == kind]

    def ops_mails(self) -> list[str]:
        """What the operator was told once beat has come by, each in one mail and in no other."""
        self.operator_hears()
        troubles = [row.what for row in self.rows(Alert)]
        mails = [mail.text_body for mail in self.mails("needs_attention")]
        for what in troubles:
            assert sum(" ".join(what.split())[:300] in mail for mail in mails) == 1, what
        return troubles

    def operator_hears(self) -> None:
        """Beat comes by, and the last mail is long ago."""
        self.work(_operator_hears)

    def event(self, event: Event) -> StripeEvent:
        """Its row as it is now."""
        db.session.expire_all()
        return db.session.get_one(StripeEvent, event["id"])

    def events(self, checkout: dict[str, Any], event_type: str = "") -> list[Event]:
        """What Stripe has to say of a payment, the oldest first."""
        intent = self.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}")["payment_intent"]
        names = {checkout["session_id"], intent} - {None}
        everything = self.at_stripe("/v1/events?limit=100")["data"][::-1]
        about = [event for event in everything if any(name in json.dumps(event) for name in names)]
        found = [event for event in about if event["type"].startswith(event_type)]
        assert found, f"Stripe says nothing of {event_type}"
        return found

    def at_stripe(self, path: str) -> Any:
        """What Stripe's API answers."""
        key = {"Authorization": "Bearer sk_test_sandbox"}
        return (
            self.sandbox.http.get(f"{self.sandbox.stripe_url}{path}", headers=key).raise_for_status().json()
        )

    def deliver_event(self, event: Event, **changes: Any) -> timedelta | None:
        """Let an event arrive; with changes, one that says these of its object."""
        if changes:
            event = changed(event, **changes)
        return self.work(inbox.process, self.work(inbox.record, json.dumps(event)))

    def paid(self, checkout: dict[str, Any], card: str = CARD) -> Event:
        """The payer pays; what Stripe says of the session, still on its way."""
        assert self.sandbox.pays(checkout, card).status_code == 303
        (completed,) = self.events(checkout, "checkout.session.completed")
        return completed

    def settlement(self, checkout: Checkout) -> Event:
        """Stripe settles a payment that was paid; what it says of it, still on its way."""
        self.sandbox.control(f"/payments/{checkout['session_id']}/settle")
        return self.events(checkout, "charge.updated")[0]

    def settles(self, checkout: Checkout) -> None:
        """Stripe settles a payment, and its fee is looked up."""
        self.deliver_event(self.settlement(checkout))
        self.work(stripe_fees.look_up, UUID(checkout["payment_id"]))

    def refunds_by_hand(self, checkout: Checkout, amount: int | None = None) -> list[Event]:
        """Somebody refunds in Stripe's dashboard; what Stripe says of it, still on its way."""
        body = {"amount": amount} if amount else {}
        made = self.sandbox.control(f"/payments/{checkout['session_id']}/refund", **body)
        events = self.events(checkout, "refund.")
        return [event for event in events if event["data"]["object"]["id"] == made["id"]]

    def pays_for(self, client: Person, coach: Person) -> tuple[dict[str, Any], dict[str, Any]]:
        """A booking that is paid and confirmed, and its checkout."""
        booking = client.books(coach)
        checkout = client.checks_out(booking)
        self.deliver_event(self.paid(checkout))
        return booking, checkout


def _operator_hears() -> None:
    """Beat comes by when the last mail is long ago."""
    db.session.execute(text("UPDATE trouble SET told_at = told_at - interval '10 minutes'"))
    alert_mail.send_digest()


def become_admin(person: Person) -> None:
    """There is no way to this over HTTP, on purpose."""
    db.session.query(Account).filter_by(email=person.email).one().role = Role.ADMIN
    db.session.commit()


def prove(person: Person) -> None:
    """As if the person had opened the link of the first mail."""
    db.session.query(Account).filter_by(email=person.email).one().email_verified_at = now()
    db.session.commit()


def changed(event: Event, event_type: str | None = None, **changes: Any) -> Event:
    """An event of its own that says something else of the same object."""
    other = deepcopy(event)
    other["id"] = f"evt_{uuid4().hex}"
    other["type"] = event_type or event["type"]
    other["data"]["object"] |= changes
    return other


@pytest.fixture
def admin(http: httpx.Client) -> Person:
    """Somebody who runs this."""
    person = Person.registered(http, "client", name="Olu Operator")
    become_admin(person)
    return person


@pytest.fixture
def commission(configure: Configure) -> Commission:
    """Sets COMMISSION_PERCENT, as a restart with another value would."""

    def of(percent: str) -> None:
        configure(commission_percent=Decimal(percent))

    return of


@pytest.fixture
def connect(configure: Configure) -> None:
    """As STRIPE_CONNECT=true."""
    configure(stripe_connect=True)


@pytest.fixture
def shop(app: Flask, sandbox: Sandbox, configure: Configure) -> Iterator[Shop]:
    """A Stripe that starts empty. All that it and we say to each other must be what its own package names."""
    configure(stripe_reads_per_second=100)  # it need not be spared, and a comparison asks it ten times
    said = f"{sandbox.stripe_url}/_sandbox/requests"
    sandbox.behaves()
    sandbox.control("/reset")
    sandbox.control("/deliveries/rule", mode="drop")
    yield Shop(app, sandbox)
    assert check_log(sandbox.http.get(said).json()["requests"]) == []
    sandbox.behaves()


@pytest.fixture
def unhurried(shop: Shop) -> Iterator[Shop]:
    """At this Stripe nothing happens by itself."""
    pace = f"{shop.sandbox.stripe_url}/_sandbox/pace"
    usual = shop.sandbox.http.get(pace).json()
    shop.sandbox.control("/pace", **dict.fromkeys(usual))
    yield shop
    shop.sandbox.control("/pace", **usual)
