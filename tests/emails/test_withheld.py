"""What was withheld until the address is proven, and leaves then if it still matters."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.bookings import reminders
from app.bookings.models import Booking
from app.emails.status import EmailStatus
from app.extensions import db
from tests.accounts.account_mails import forgets, mails
from tests.emails.unproven_recipients import LURE, cancel_holds, works
from tests.outbox import Post
from tests.people import Person, next_week

NEW = "seven green umbrellas"


def proves(client: Person) -> None:
    client.prove_address()


def takes_over(client: Person) -> None:
    reset = {"token": forgets(client), "password": NEW}
    assert client.http.post("/auth/password/reset", json=reset).status_code == 204


def in_the_past(booking_id: str) -> None:
    earlier = "tstzrange(lower(period) - interval '30 days', upper(period) - interval '30 days')"
    over = f"UPDATE booking SET period = {earlier}, busy = {earlier} WHERE id = :id"
    db.session.execute(text(over), {"id": booking_id})
    db.session.commit()


def is_reminded(post: Post, client: Person, coach: Person) -> str:
    """The confirmed session of which a reminder is withheld."""
    booking_id = client.books(coach)["id"]
    db.session.execute(text("UPDATE booking SET status = 'confirmed' WHERE id = :id"), {"id": booking_id})
    db.session.commit()

    def tell() -> None:
        booking = Booking.locked(UUID(booking_id))
        assert booking
        reminders.enqueue(booking, booking.client, 24)

    post.work(tell)
    (mail,) = mails(client, "reminder")
    assert mail.status is EmailStatus.WITHDRAWN
    return str(booking_id)


@pytest.mark.parametrize("proof", [proves, takes_over])
def test_once_the_address_is_proven_it_comes_in_one_mail(
    post: Post, client: Person, coach: Person, proof: Callable[[Person], None]
) -> None:
    cancel_holds(client, coach, 3)
    works(post)
    before = len(post.arrived(client))

    proof(client)
    works(post)

    (together,) = mails(client, "gathered")
    assert (together.status, together.subject[:10]) == (EmailStatus.SENT, "3 messages")
    assert all(mail.text_body in together.text_body for mail in mails(client, "hold_cancelled"))
    assert LURE not in together.text_body
    told_of_takeover = len(mails(client, "account_taken_over") + mails(client, "password_changed"))
    of_reset = len(mails(client, "reset_password"))
    assert len(post.arrived(client)) == before + 1 + told_of_takeover + of_reset


def test_one_alone_comes_as_it_is(post: Post, client: Person, coach: Person) -> None:
    cancel_holds(client, coach, 1)

    proves(client)
    works(post)

    (mail,) = mails(client, "hold_cancelled")
    assert (mail.status, mail.held_back, mail.last_error) == (EmailStatus.SENT, False, None)


def test_of_a_session_that_is_over_nothing_comes(post: Post, client: Person, coach: Person) -> None:
    cancel_holds(client, coach, 1)
    (mail,) = mails(client, "hold_cancelled")
    in_the_past(mail.subject_id)

    proves(client)

    assert mails(client, "hold_cancelled")[0].status is EmailStatus.WITHDRAWN


def test_a_reminder_of_what_is_ahead_comes(post: Post, client: Person, coach: Person) -> None:
    is_reminded(post, client, coach)

    proves(client)
    works(post)

    assert mails(client, "reminder")[0].status is EmailStatus.SENT


@pytest.mark.parametrize("outdated", ["cancel", "reschedule"])
def test_a_reminder_of_what_is_off_or_elsewhere_does_not(
    post: Post, client: Person, coach: Person, outdated: str
) -> None:
    booking_id = is_reminded(post, client, coach)
    change = {"session_datetime": (next_week() + timedelta(days=2)).isoformat()}
    body = change if outdated == "reschedule" else {}
    coach.post(f"/booking/{booking_id}/{outdated}", json=body).raise_for_status()

    proves(client)

    assert mails(client, "reminder")[0].status is EmailStatus.WITHDRAWN


def test_nothing_else_that_was_withheld_leaves(post: Post, client: Person) -> None:
    change = {"current_password": "correct horse battery", "new_password": NEW}
    client.post("/auth/password/change", json=change).raise_for_status()

    proves(client)

    assert mails(client, "password_changed")[0].status is EmailStatus.WITHDRAWN
