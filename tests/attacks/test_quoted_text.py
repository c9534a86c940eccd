"""What others write in mails and calendar files is never taken for what we say."""

import re
from uuid import UUID

import pytest

from app.accounts.models import Account
from app.bookings.models import Booking
from app.emails.models import Email
from app.extensions import db
from tests.people import Person, next_week
from tests.shop import Shop


@pytest.mark.parametrize("line_break", ["\n", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\r"])
def test_what_others_write_never_begins_a_line_of_a_text_mail(
    shop: Shop, client: Person, coach: Person, line_break: str
) -> None:
    """Also what was kept before each line break became LF at the door."""
    forged = ["  Join    https://evil.com", "CultureBridge", "  Refund  1000.00 EUR"]
    client.prove_address()
    booking = client.wish(coach, next_week(), notes="x").json()
    shop.work(keep, booking["id"], line_break.join(["first", *forged]))
    shop.deliver_event(shop.paid(client.checks_out(booking)))
    client.post(f"/booking/{booking['id']}/cancel", json={"reason": "\n".join(["ill", *forged])})

    told = [mail for mail in shop.rows(Email) if mail.kind in {"booking_confirmed", "booking_cancelled"}]

    assert len(told) == 4
    for mail in told:
        lines = mail.text_body.splitlines()
        assert [line for line in lines if line.strip() and line.strip() in map(str.strip, forged)] == [
            *(f"          {each}" for each in forged),
            "CultureBridge",
        ]
        assert not re.search(r"href=.[^'\">]*evil", mail.html_body)


@pytest.mark.parametrize("line_break", ["\u2028", "\u2029", "\x85", "\x0b", "\x1e", "\r"])
def test_no_line_of_a_calendar_file_begins_with_what_people_wrote(
    shop: Shop, client: Person, coach: Person, line_break: str
) -> None:
    forged = f"x{line_break}ATTENDEE:mailto:evil@example.com"
    booking = client.books(coach)
    shop.work(keep, booking["id"], forged)
    shop.work(rename, client.id, forged)

    text = client.get(f"/booking/{booking['id']}/calendar.ics").text

    assert line_break not in text.replace("\r\n", "")
    assert [line for line in text.splitlines() if line.startswith("ATTENDEE:mailto:evil")] == []
    assert "ATTENDEE:mailto:evil" in text.replace("\r\n ", "")


def keep(booking_id: str, notes: str) -> None:
    db.session.get_one(Booking, UUID(booking_id)).notes = notes


def rename(account_id: str, name: str) -> None:
    db.session.get_one(Account, UUID(account_id)).name = name
