"""What operators decide about coaches: who waits, approving, declining, and what becomes of bookings."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from flask import Flask

from app.bookings import lifecycle
from app.coaches import listing
from app.payments.models import Refund
from tests.accounts.account_mails import with_new_password
from tests.coaches.listed_coaches import missing
from tests.configuration import Configure
from tests.payments.checkout.expired_holds import let_holds_run_out
from tests.people import PASSWORD, Person, next_week
from tests.shop import Shop

REASON = "Please say in your profile where you were trained."


@pytest.fixture
def newcomer(configure: Configure, http: httpx.Client) -> Person:
    """A coach who waits for an operator."""
    configure(coach_approval=True)
    return Person.registered(http, "coach", name="Nora Newcomer").open_for_business()


def found(admin: Person, **wish: Any) -> list[str]:
    answer = admin.get("/admin/coach", params=wish)
    assert answer.status_code == 200, answer.text
    return [coach["id"] for coach in answer.json()["items"]]


def approves(admin: Person, coach: Person, **wish: str) -> httpx.Response:
    return admin.post(f"/admin/coach/{coach.id}/approve", json=wish)


def declines(admin: Person, coach: Person, **wish: str) -> httpx.Response:
    return admin.post(f"/admin/coach/{coach.id}/decline", json={"reason": REASON} | wish)


def entries(admin: Person, coach: Person) -> list[tuple[str, str]]:
    log = admin.get("/admin/audit", params={"subject": f"coach:{coach.id}"}).json()["items"]
    return [(entry["action"], entry["reason"]) for entry in reversed(log)]


def test_the_operator_is_told_once_who_waits(shop: Shop, admin: Person, newcomer: Person) -> None:
    Person.registered(admin.http, "coach", proven=False).open_for_business()
    Person.registered(admin.http, "coach").get("/coach/me")
    gone = Person.registered(admin.http, "coach").open_for_business()
    gone.post("/auth/me/deactivate", json={"password": PASSWORD})

    assert [shop.work(listing.note_waiting) for _ in range(2)] == [1, 0]

    assert shop.ops_mails() == [f"Coach {newcomer.id} waits to be approved"]
    (mail,) = shop.mails("needs_attention")
    assert "/admin/coach/{id}/approve" in mail.text_body
    assert admin.get("/admin/overview").json()["coaches_waiting"] == 1
    assert found(admin, status="waiting") == [newcomer.id]


def test_an_approved_coach_is_listed_and_hears_of_it_once(
    shop: Shop, client: Person, admin: Person, newcomer: Person
) -> None:
    shop.work(listing.note_waiting)

    answers = [approves(admin, newcomer, reason="looks good") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert (answers[0].json()["status"], answers[0].json()["listed"]) == ("approved", True)
    assert client.wish(newcomer, next_week()).status_code == 201
    (mail,) = shop.mails("coach_approved")
    assert (mail.recipient, mail.subject) == (newcomer.email, "You are listed")
    assert entries(admin, newcomer) == [("coach.approve", "looks good")]
    assert shop.ops_mails() == [], "nobody waits any more"
    assert admin.get("/admin/overview").json()["coaches_waiting"] == 0


def test_who_is_approved_too_early_hears_what_is_left(shop: Shop, admin: Person, newcomer: Person) -> None:
    early = Person.registered(admin.http, "coach", proven=False)
    early.get("/coach/me")

    assert approves(admin, early).json()["listed"] is False

    (mail,) = shop.mails("coach_approved")
    assert mail.subject == "You are approved"
    assert "confirm your e-mail address" in mail.text_body
    assert "hourly rate" in mail.text_body


def test_a_declined_coach_hears_why_and_what_to_do(
    shop: Shop, client: Person, admin: Person, newcomer: Person
) -> None:
    answers = [declines(admin, newcomer), declines(admin, newcomer, reason="another one")]

    assert [(answer.status_code, answer.json()["decline_reason"]) for answer in answers] == [
        (200, REASON)
    ] * 2
    assert client.wish(newcomer, next_week()).status_code == 404
    assert missing(newcomer) == ["approval"]
    assert REASON in newcomer.get("/coach/me").json()["to_be_listed"][0]["what_to_do"]
    (mail,) = shop.mails("coach_declined")
    assert (mail.recipient, REASON in mail.text_body) == (newcomer.email, True)
    assert entries(admin, newcomer) == [("coach.decline", REASON)]
    assert (found(admin, status="waiting"), found(admin, status="declined")) == ([], [newcomer.id])


def test_who_decides_on_an_old_state_is_told_of_the_new_one(admin: Person, newcomer: Person) -> None:
    assert approves(admin, newcomer).status_code == 200

    refused = declines(admin, newcomer)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/decided-otherwise")
    assert refused.json()["current_status"] == "approved"
    assert declines(admin, newcomer, current_status="approved").status_code == 200

    assert approves(admin, newcomer).json()["current_status"] == "declined"
    assert approves(admin, newcomer, current_status="declined").json()["listed"] is True
    assert missing(newcomer) == []


@pytest.mark.parametrize(("decide", "after"), [(approves, "waiting"), (declines, "declined")])
def test_an_approval_is_not_for_whoever_takes_the_account_over(
    admin: Person, newcomer: Person, decide: Callable[..., httpx.Response], after: str
) -> None:
    stranger = Person.registered(admin.http, "coach", proven=False).open_for_business()
    assert decide(admin, stranger).status_code == 200

    owner = with_new_password(stranger)

    assert owner.get("/coach/me").json()["approval"] == after


def test_what_is_booked_with_a_coach_who_is_declined_later_stays(
    shop: Shop, admin: Person, client: Person, coach: Person
) -> None:
    """Also where COACH_APPROVAL is off."""
    booking, _ = shop.pays_for(client, coach)
    hold = client.books(coach, next_week(15))
    completed = shop.paid(client.checks_out(hold))

    assert declines(admin, coach, current_status="approved").status_code == 200

    assert client.wish(coach, next_week(12)).status_code == 404
    assert client.wish_series(coach, next_week(12)).status_code == 404
    shop.deliver_event(completed)
    assert client.booking(hold)["status"] == "confirmed"
    moved = {"session_datetime": next_week(20).isoformat()}
    assert client.post(f"/booking/{booking['id']}/reschedule", json=moved).status_code == 200
    (mail,) = shop.mails("coach_declined")
    assert mail.subject == "Your profile is no longer listed"


def test_money_that_comes_after_the_hold_ran_out_goes_back(
    shop: Shop, admin: Person, client: Person, coach: Person
) -> None:
    """Such a time would be booked anew."""
    booking = client.books(coach)
    completed = shop.paid(client.checks_out(booking))
    let_holds_run_out()
    shop.work(lambda: [lifecycle.expire(each) for each in shop.rows(lifecycle.Booking)])
    declines(admin, coach, current_status="approved")

    shop.deliver_event(completed)

    assert client.booking(booking)["status"] == "expired"
    assert [refund.amount_minor for refund in shop.rows(Refund)] == [7500]
    (told,) = shop.mails("payment_returned")
    assert "no longer accepts bookings" in " ".join(told.text_body.split())
    assert "is free at these times" not in told.text_body


def test_the_same_on_the_command_line(app: Flask, admin: Person, newcomer: Person) -> None:
    def flask(*words: str) -> tuple[int, str]:
        done = app.test_cli_runner().invoke(args=["coach", *words])
        return done.exit_code, done.output

    listed = f"{newcomer.id}  {newcomer.email}  lacks approval\n"
    assert flask("list") == (0, listed)
    assert flask("approve", newcomer.email) == (0, f"{newcomer.email} is approved.\n")
    assert flask("list") == (0, "No coach is waiting.\n")
    assert flask("list", "--status", "approved")[1].startswith(f"{newcomer.id}  {newcomer.email}  listed")
    code, said = flask("decline", newcomer.id, "--reason", REASON)
    assert (code, "is approved, and not waiting" in said) == (1, True)
    decline = ("decline", newcomer.id, "--reason", REASON, "--current-status", "approved")
    assert flask(*decline) == (0, f"{newcomer.email} is declined.\n")
    assert flask("approve", "nobody@example.com")[0] == 1
    assert flask("approve", str(UUID(int=7))) == (1, "Error: There is no such coach.\n")
    assert [action for action, _ in entries(admin, newcomer)] == ["coach.approve", "coach.decline"]


def test_who_is_not_there_or_erased_is_not_found(admin: Person, newcomer: Person) -> None:
    erased = Person.registered(admin.http, "coach").open_for_business()
    assert erased.ask("DELETE", "/auth/me", json={"password": PASSWORD}).status_code == 204

    for coach in (erased, admin):
        answers = [
            admin.get(f"/admin/coach/{coach.id}"),
            approves(admin, coach),
            declines(admin, coach, current_status="approved"),
        ]
        assert [answer.status_code for answer in answers] == [404] * 3
    assert found(admin) == [newcomer.id]
    shown = admin.get(f"/admin/coach/{newcomer.id}").json()
    assert (shown["email"], shown["profile"]["hourly_rate"]) == (newcomer.email, 75)


@pytest.mark.parametrize("wish", [{"status": "king"}, {"cursor": "x"}, {"approval": "waiting"}])
def test_what_cannot_be_looked_for_is_refused(admin: Person, wish: dict[str, str]) -> None:
    assert admin.get("/admin/coach", params=wish).status_code == 422
