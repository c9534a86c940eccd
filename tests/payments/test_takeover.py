"""A stranger opens a coach's account with somebody's address, and is paid out; then its owner comes."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.audit import AuditEntry
from app.bookings import video_links
from app.extensions import db
from app.payments.checkout import expiry
from app.payments.models import Payment
from app.payments.payouts.account import PayoutAccount
from app.payments.stripe import connect as connect_gateway
from tests.accounts.account_mails import NEW, mails, with_new_password
from tests.accounts.two_factor.authenticator import proven, unproven
from tests.payments.payouts.connected_accounts import (
    URLS,
    account_id,
    deliver_account_events,
    link,
    onboarded,
    standing,
    stripe_finds,
)
from tests.people import Person
from tests.shop import Shop

pytestmark = pytest.mark.usefixtures("connect")


def taken_over(stranger: Person) -> Person:
    """The owner of the address, which the stranger never proved, signed in after a new password by mail."""
    return with_new_password(unproven(stranger))


def destination(shop: Shop, client: Person, coach: Person) -> str | None:
    checkout = client.checks_out(client.books(coach))
    return db.session.get_one(Payment, UUID(checkout["payment_id"])).stripe_destination_id


def test_no_payment_goes_to_the_stranger_s_account_any_more(
    shop: Shop, client: Person, coach: Person
) -> None:
    stranger = onboarded(shop, coach)
    theirs = account_id(shop, coach)
    owner = taken_over(stranger)

    assert owner.get("/coach/me/payout-account").status_code == 404
    assert destination(shop, client, owner.open_for_business()) is None
    entry = select(AuditEntry).where(AuditEntry.action == "payout_account.detach")
    assert [(each.subject, each.reason) for each in db.session.scalars(entry)] == [
        (f"account:{coach.id}", theirs)
    ]


def test_the_owner_is_told_what_was_taken_away(shop: Shop, coach: Person) -> None:
    taken_over(onboarded(shop, coach))

    (told,) = mails(coach, "account_taken_over")
    for body in (told.text_body, told.html_body):
        assert "open another one to be paid out" in " ".join(body.split())
        assert "clients cannot book you until you set a price" in " ".join(body.split())


def test_the_owner_opens_another_account_whatever_stripe_says_of_the_stranger_s(
    shop: Shop, coach: Person
) -> None:
    stranger = onboarded(shop, coach)
    theirs = account_id(shop, coach)
    late = stripe_finds(shop, coach, "complete")
    owner = taken_over(stranger)
    shop.sandbox.control("/faults", path="/v1/accounts", close_connection=True, after_work=True, times=3)
    assert owner.post("/coach/me/payout-account", json=URLS | {"password": NEW}).status_code == 503

    deliver_account_events(shop, coach, late)
    assert db.session.get_one(PayoutAccount, UUID(coach.id)).stripe_account_id is None
    link(owner, password=NEW)

    assert account_id(shop, owner) != theirs
    assert standing(onboarded(shop, owner, password=NEW))["is_enabled"] is True


def test_an_account_that_stripe_opens_while_the_owner_comes_is_nobody_s(
    shop: Shop, coach: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_account = connect_gateway.open_account

    def slowly(order: Any) -> Any:
        made = open_account(order)
        shop.work(lambda: taken_over(coach))
        return made

    monkeypatch.setattr(connect_gateway, "open_account", slowly)

    assert coach.post("/coach/me/payout-account", json=URLS).status_code == 401
    assert shop.rows(PayoutAccount) == []


def test_a_page_that_pays_the_stranger_is_closed_and_the_next_does_not(
    shop: Shop, client: Person, coach: Person
) -> None:
    stranger = onboarded(shop, coach)
    booking = client.books(stranger)
    open_page = client.checks_out(booking)
    taken_over(stranger)
    shop.work(expiry.close, UUID(open_page["payment_id"]))

    assert shop.at_stripe(f"/v1/checkout/sessions/{open_page['session_id']}")["status"] == "expired"
    again = client.checks_out(booking)
    assert again["session_id"] != open_page["session_id"]
    assert db.session.get_one(Payment, UUID(again["payment_id"])).stripe_destination_id is None
    shop.deliver_event(shop.paid(again))
    assert client.booking(booking)["status"] == "confirmed"


def test_whoever_was_booked_hears_that_the_stranger_s_link_is_gone(
    shop: Shop, client: Person, coach: Person
) -> None:
    coach.open_for_business(video_url="https://meet.example.com/trap", headline="Trust me", bio="All of it")
    shop.pays_for(client, coach)

    owner = taken_over(coach)
    shop.work(video_links.renew, UUID(coach.id))

    profile = owner.get("/coach/me").json()
    assert [profile[field] for field in ("headline", "bio", "video_url", "hourly_rate")] == [
        "",
        "",
        None,
        None,
    ]
    assert client.get(f"/coach/{coach.id}").status_code == 404
    assert "trap" not in client.get("/booking").text


def test_who_proved_the_address_before_keeps_it_all(shop: Shop, coach: Person) -> None:
    proven(onboarded(shop, coach))

    owner = with_new_password(coach)

    assert standing(owner)["is_enabled"] is True
    assert mails(coach, "account_taken_over") == []
    assert owner.get("/coach/me").json()["hourly_rate"] == 75
