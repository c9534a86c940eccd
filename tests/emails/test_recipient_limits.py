"""Mails to addresses that nobody has proven to be theirs: few, and without the words of strangers."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from app.accounts import password_reset, registration
from app.emails.models import Email
from app.emails.recipient_limits import MAX_UNPROVEN, WITHHELD
from app.emails.status import EmailStatus
from app.extensions import db
from tests.accounts.two_factor.authenticator import proven
from tests.outbox import Post
from tests.people import Person, next_week

LURE = "open https://evil.example/login"


def leaving(reader: Person) -> int:
    """How many mails have left for somebody, or will."""
    wanted = Email.recipient == reader.email, Email.status != EmailStatus.WITHDRAWN
    return db.session.scalar(select(func.count()).where(*wanted)) or 0


def cancel_holds(client: Person, coach: Person, holds: int) -> None:
    """Each held by the client, and cancelled by the coach in words of their own."""
    for number in range(holds):
        booking = client.books(coach, next_week() + timedelta(hours=number))
        answer = coach.post(f"/booking/{booking['id']}/cancel", json={"reason": LURE})
        assert answer.status_code == 200, answer.text


def test_a_stranger_s_address_gets_few_mails_however_much_is_cancelled(client: Person, coach: Person) -> None:
    cancel_holds(client, coach, MAX_UNPROVEN + 5)

    assert leaving(client) == MAX_UNPROVEN


def test_a_series_of_a_year_fills_no_stranger_s_mailbox(client: Person, coach: Person) -> None:
    series = client.books_series(coach.open_for_business(horizon_days=366), 26)
    for booking in series["items"]:
        coach.post(f"/booking/{booking['id']}/cancel", json={"reason": LURE}).raise_for_status()

    assert leaving(client) == MAX_UNPROVEN


def test_no_stranger_s_words_reach_an_address_before_its_proof(
    client: Person, coach: Person, post: Post
) -> None:
    cancel_holds(client, coach, 1)

    mail = post.delivered(client, "hold_cancelled")

    assert "evil.example" not in post.raw(mail).decode()
    assert "evil.example" not in mail["text"]


def test_after_the_proof_they_do_and_nothing_is_withheld(client: Person, coach: Person) -> None:
    cancel_holds(proven(client), coach, MAX_UNPROVEN + 5)

    mails = db.session.scalars(select(Email).where(Email.recipient == client.email)).all()
    assert len([mail for mail in mails if mail.kind == "hold_cancelled"]) == MAX_UNPROVEN + 5
    assert leaving(client) == len(mails)
    assert LURE in "".join(mail.text_body for mail in mails)


def test_what_is_withheld_stays_on_record_for_the_operator(client: Person, coach: Person) -> None:
    cancel_holds(client, coach, MAX_UNPROVEN + 1)

    kept = Email.recipient == client.email, Email.status == EmailStatus.WITHDRAWN
    withheld = db.session.scalars(select(Email).where(*kept)).all()

    assert {mail.last_error for mail in withheld} == {WITHHELD}
    assert withheld


def test_the_link_that_proves_the_address_still_comes(client: Person, coach: Person) -> None:
    cancel_holds(client, coach, MAX_UNPROVEN + 1)

    assert client.post("/auth/verify/resend").status_code in {202, 204}

    sent = Email.recipient == client.email, Email.kind == "verify_address"
    assert {mail.status for mail in db.session.scalars(select(Email).where(*sent))} == {EmailStatus.QUEUED}


def test_a_day_later_there_is_room_again(client: Person, coach: Person) -> None:
    cancel_holds(client, coach, MAX_UNPROVEN + 1)
    db.session.execute(text("UPDATE email SET created_at = created_at - interval '25 hours'"))
    db.session.commit()
    before = leaving(client)

    booking = client.books(coach, next_week() + timedelta(days=2))
    coach.post(f"/booking/{booking['id']}/cancel", json={"reason": LURE}).raise_for_status()

    assert leaving(client) == before + 1


@pytest.mark.parametrize("role", ["client", "coach"])
def test_one_person_s_bound_takes_nothing_from_another(client: Person, coach: Person, role: str) -> None:
    cancel_holds(client, coach, MAX_UNPROVEN + 1)
    other = Person.registered(client.http, role)

    assert leaving(other) == 1


def test_what_a_stranger_asks_for_takes_nothing_from_the_reader(
    client: Person, coach: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links for a new password, and word of another registration, are had by the address alone."""
    for module in (registration, password_reset):
        monkeypatch.setattr(module, "MAX_MAILS_AN_HOUR", MAX_UNPROVEN)
    again = {"email": client.email, "password": "correct horse battery", "name": "N", "role": "client"}
    for _ in range(MAX_UNPROVEN // 2):
        client.http.post("/auth/password/forgot", json={"email": client.email}).raise_for_status()
        client.http.post("/auth/register", json=again).raise_for_status()
    assert leaving(client) == 1 + MAX_UNPROVEN // 2 * 2

    cancel_holds(client, coach, 1)

    mail = db.session.scalars(select(Email).where(Email.kind == "hold_cancelled")).one()
    assert mail.status is not EmailStatus.WITHDRAWN
