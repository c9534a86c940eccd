"""Two deployments on one Stripe account: each keeps to its own, and none lists what is the other's."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import create_engine, text

from app import create_app
from app.config.settings import Settings
from app.extensions import db
from app.payments.events.status import EventStatus
from app.payments.models import Payment, Refund
from app.payments.refunds import submission
from app.payments.stripe import deployment
from app.payments.stripe.deployment import Deployment
from tests.payments.reconciliation.comparisons import differences, forget_payments, reconciled, sql
from tests.people import Person, Sandbox
from tests.shop import Shop, changed


@pytest.fixture(scope="session")
def neighbouring(environment: dict[str, str]) -> Flask:
    """Another deployment with the same key, on a database of its own."""
    server = create_engine(Settings.load().database_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE neighbour"))
    server.dispose()
    url = environment["DATABASE_URL"].replace("/culturebridge?", "/neighbour?")
    url = url.replace("postgresql://", "postgresql+psycopg://")
    app = create_app(Settings.load().model_copy(update={"database_url": url}))
    with app.app_context():
        upgrade()
    return app


class Neighbour(Shop):
    """The other deployment; what it does, it does in its own context."""

    @contextmanager
    def here(self) -> Iterator[None]:
        with self.app.app_context():
            yield
            db.session.remove()


@pytest.fixture
def neighbour(neighbouring: Flask, sandbox: Sandbox) -> Neighbour:
    return Neighbour(neighbouring, sandbox)


def http_of(app: Flask) -> httpx.Client:
    def apart(*call: Any) -> Any:
        return Context().run(app, *call)

    return httpx.Client(transport=httpx.WSGITransport(app=apart), base_url="http://test")


def people(app: Flask) -> tuple[Person, Person]:
    http = http_of(app)
    client = Person.registered(http, "client", "Europe/London")
    return client, Person.registered(http, "coach", "Europe/Paris").open_for_business()


def test_two_deployments_compare_their_books_and_none_lists_the_other_s(
    silent: Shop, neighbour: Neighbour, client: Person, coach: Person
) -> None:
    _, ours = silent.pays_for(client, coach)
    with neighbour.here():
        other_client, other_coach = people(neighbour.app)
        booking, theirs = neighbour.pays_for(other_client, other_coach)
        other_coach.post(f"/booking/{booking['id']}/cancel", json={})
        neighbour.work(submission.issue, db.session.query(Refund.id).one()[0])
        neighbour.sandbox.debits(
            other_client.checks_out(other_client.books(other_coach)), "DE89370400440532013000"
        )

    for shop in (silent, neighbour):
        with shop.app.app_context():
            reconciled(shop)
            assert (differences(shop), shop.ops_mails()) == ([], [])

    for event in [*silent.events(theirs), *silent.events(theirs, "refund.")]:
        silent.deliver_event(event)
        row = silent.event(event)
        if row.status is EventStatus.IGNORED:
            assert row.reason
        assert row.status is not EventStatus.FAILED
    assert [str(payment.id) for payment in silent.rows(Payment)] == [ours["payment_id"]]
    assert silent.rows(Refund) == []


@pytest.mark.parametrize("kind", ["checkout.session.completed", "payment_intent.succeeded", "charge.updated"])
def test_an_event_of_another_deployment_is_left_alone_even_where_a_row_has_its_id(
    shop: Shop, client: Person, coach: Person, kind: str
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    shop.paid(checkout)
    shop.settlement(checkout)
    event = shop.events(checkout, kind)[0]
    metadata = {**event["data"]["object"]["metadata"], "deployment_id": str(uuid4())}
    foreign = changed(event, metadata=metadata)

    shop.deliver_event(foreign)

    row = shop.event(foreign)
    assert (row.status, "another deployment" in (row.reason or "")) == (EventStatus.IGNORED, True)
    assert client.booking(booking)["status"] == "pending"
    assert shop.ops_mails() == []


def test_what_lost_its_backup_is_still_found(silent: Shop, client: Person, coach: Person) -> None:
    checkout = client.checks_out(client.books(coach))
    silent.paid(checkout)
    at_stripe = silent.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}")
    assert at_stripe["metadata"]["deployment_id"] == str(deployment.current_id())
    forget_payments()

    reconciled(silent)

    assert differences(silent) == [("checkout.session", "paid, 75.00 EUR", "there is no such payment")]


def test_what_was_made_before_there_were_ids_is_ours_where_we_know_it(
    silent: Shop, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    event = silent.paid(client.checks_out(booking))
    del event["data"]["object"]["metadata"]["deployment_id"]

    silent.deliver_event(event)

    assert client.booking(booking)["status"] == "confirmed"


def test_a_copy_of_a_database_leaves_the_other_s_alone_once_it_has_an_id_of_its_own(
    silent: Shop, client: Person, coach: Person
) -> None:
    checkout = client.checks_out(client.books(coach))
    silent.paid(checkout)
    result = silent.app.test_cli_runner().invoke(args=["deployment", "renew", "--reason", "a laptop's copy"])
    assert result.exit_code == 0, result.output
    forget_payments()

    reconciled(silent)

    assert (differences(silent), silent.ops_mails()) == ([], [])


def test_an_old_backup_takes_its_id_back_and_finds_what_was_lost(
    silent: Shop, client: Person, coach: Person
) -> None:
    silent.paid(client.checks_out(client.books(coach)))
    before = str(deployment.current_id())
    forget_payments()
    sql("DELETE FROM deployment")
    reconciled(silent)
    assert differences(silent) == []

    run = silent.app.test_cli_runner().invoke
    result = run(args=["deployment", "renew", "--id", before, "--reason", "restored an old backup"])
    assert (result.exit_code, before in result.output) == (0, True)
    assert before in run(args=["deployment", "show"]).output
    reconciled(silent)

    assert [kind for kind, *_ in differences(silent)] == ["checkout.session"]


def test_everything_that_we_make_at_stripe_carries_our_id(shop: Shop, client: Person, coach: Person) -> None:
    booking, checkout = shop.pays_for(client, coach)
    coach.post(f"/booking/{booking['id']}/cancel", json={})
    (refund,) = shop.rows(Refund)
    shop.work(submission.issue, refund.id)

    session = shop.at_stripe(f"/v1/checkout/sessions/{checkout['session_id']}")
    intent = shop.at_stripe(f"/v1/payment_intents/{session['payment_intent']}")
    charge = shop.at_stripe(f"/v1/charges/{intent['latest_charge']}")
    made = shop.at_stripe(f"/v1/refunds/{shop.rows(Refund)[0].stripe_refund_id}")
    found = {thing["metadata"].get("deployment_id") for thing in (session, intent, charge, made)}
    assert found == {str(deployment.current_id())}


def test_the_id_is_made_once_though_many_ask_at_once(neighbour: Neighbour) -> None:
    found: list[UUID] = []

    def ask() -> None:
        with neighbour.app.app_context():
            mine = deployment.current_id()
            db.session.commit()
            found.append(mine)

    with neighbour.here():
        sql("DELETE FROM deployment")
    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert (len(found), len(set(found))) == (8, 1)
    with neighbour.here():
        assert [row.id for row in db.session.query(Deployment)] == found[:1]
