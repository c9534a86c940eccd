"""Each kind of mail with calendar files, read by three parsers until the last session is cancelled.

A kind that is not listed cannot carry a calendar; a listed kind that is not tested here fails the first test.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app.bookings import video_links
from app.emails import digest
from app.emails.models import WITH_CALENDAR, Email
from app.emails.outbox import Recipient, enqueue_email
from app.extensions import db
from tests.bookings.calendar_files import cancels, files, moves
from tests.bookings.mail_clients import PARSERS, Parser, Program
from tests.bookings.paid_bookings import paid
from tests.outbox import Post
from tests.people import Person, next_week
from tests.shop import Shop


@dataclass
class Practice:
    """A coach and a client, and the sessions that they agree on."""

    shop: Shop
    post: Post
    client: Person
    coach: Person

    def confirms(self) -> None:
        paid(self.shop, self.client, self.coach, next_week(10))

    def moves(self) -> None:
        self.confirms()
        moves(self.client, self.sessions()[0], 12)

    def cancels(self) -> None:
        self.confirms()
        cancels(self.client, self.sessions()[0])

    def confirms_series(self) -> None:
        series = self.client.books_series(self.coach, 3)
        self.shop.deliver_event(self.shop.paid(self.client.checks_out(series)))

    def changes_link(self) -> None:
        self.confirms_series()
        self.coach.ask("PATCH", "/coach/me", json={"video_url": "https://meet.example.com/new"})
        self.shop.work(video_links.renew, UUID(self.coach.id))

    def has_too_many_mails(self) -> None:
        """All that wait leave in one."""
        self.moves()
        db.session.execute(text("UPDATE email SET held_back = true, due_at = now() - interval '1 minute'"))
        db.session.commit()
        for reader in (self.client, self.coach):
            waiting = select(Email.id).where(Email.recipient == reader.email)
            self.post.work(digest.gather, db.session.scalars(waiting).all()[0])

    def sessions(self) -> list[str]:
        """Those that are on."""
        found = self.client.get("/booking", params={"status": "confirmed"}).json()["items"]
        return [booking["id"] for booking in found]

    def calendars(self, reader: Person) -> list[str]:
        """All files that a reader got, the oldest first."""
        rows = select(Email.kind).where(Email.recipient == reader.email, Email.calendar.is_not(None))
        sent = rows.where(Email.held_back.is_(False)).order_by(Email.created_at)
        kinds = dict.fromkeys(db.session.scalars(sent))
        return [file for kind in kinds for file in files(self.post, reader, kind)]


BROUGHT_ABOUT_BY: dict[str, Callable[[Practice], None]] = {
    "booking_confirmed": Practice.confirms,
    "booking_moved": Practice.moves,
    "booking_cancelled": Practice.cancels,
    "series_confirmed": Practice.confirms_series,
    "video_link_changed": Practice.changes_link,
    "gathered": Practice.has_too_many_mails,
}


@pytest.fixture
def practice(shop: Shop, post: Post, client: Person, coach: Person) -> Practice:
    client.prove_address()
    return Practice(shop, post, client, coach)


def test_each_kind_that_carries_calendars_is_opened_here() -> None:
    assert set(BROUGHT_ABOUT_BY) == WITH_CALENDAR


def test_no_other_kind_gets_a_calendar(client: Person) -> None:
    with pytest.raises(AssertionError, match="calendar of account_reactivated"):
        enqueue_email("account_reactivated", "1", Recipient(client.email, ""), "", "BEGIN:VCALENDAR")


def _opened(practice: Practice, reader: Person, parser: Parser) -> Program:
    program = Program(parser)
    program.opens(practice.calendars(reader))
    return program


@pytest.mark.parametrize("kind", BROUGHT_ABOUT_BY)
def test_each_file_has_one_event_and_all_are_gone_in_the_end(practice: Practice, kind: str) -> None:
    BROUGHT_ABOUT_BY[kind](practice)
    sessions = practice.sessions()

    for reader in (practice.client, practice.coach):
        for file in files(practice.post, reader, kind):
            for parser in PARSERS.values():
                (event,) = parser(file)
                assert event.method == ("CANCEL" if kind == "booking_cancelled" else "REQUEST")
        for parser in PARSERS.values():
            assert len(_opened(practice, reader, parser).shows) == len(sessions)

    for number, session in enumerate(sessions):
        moves(practice.client, session, 14 + 2 * number)
        cancels(practice.coach, session)

    for reader in (practice.client, practice.coach):
        for parser in PARSERS.values():
            assert _opened(practice, reader, parser).shows == []
