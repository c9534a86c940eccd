"""The calendar files of each kind of mail, opened by mail programs with three different parsers."""

from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest

from app.bookings import video_links
from tests.bookings.calendar_files import cancels, files, moves
from tests.bookings.mail_clients import PARSERS, Parser, Program
from tests.bookings.paid_bookings import paid
from tests.outbox import Post
from tests.people import Person, next_week
from tests.shop import Shop

AT_TEN, AT_THREE = (next_week(10), next_week(11)), (next_week(15), next_week(16))

by_each = pytest.mark.parametrize("parser", PARSERS.values(), ids=PARSERS)


@by_each
def test_a_session_that_is_booked_moved_and_called_off_leaves_an_empty_calendar(
    shop: Shop, post: Post, client: Person, coach: Person, parser: Parser
) -> None:
    calendars = {reader.email: Program(parser) for reader in (client, coach)}
    booking_id = paid(shop, client, coach, next_week(10))

    def opens(kind: str) -> list[list[object]]:
        for reader in (client, coach):
            (file,) = files(post, reader, kind)
            calendars[reader.email].opens([file])
        return [list(program.shows) for program in calendars.values()]

    assert opens("booking_confirmed") == [[AT_TEN], [AT_TEN]]
    moves(client, booking_id, 15)
    assert opens("booking_moved") == [[AT_THREE], [AT_THREE]]
    cancels(coach, booking_id)
    assert opens("booking_cancelled") == [[], []]


@by_each
def test_in_whatever_order_the_mails_are_opened_it_is_empty_in_the_end(
    shop: Shop, post: Post, client: Person, coach: Person, parser: Parser
) -> None:
    booking_id = paid(shop, client, coach, next_week(10))
    moves(coach, booking_id, 15)
    cancels(client, booking_id)
    kinds = ("booking_confirmed", "booking_moved", "booking_cancelled")
    got = [file for kind in kinds for file in files(post, client, kind)]

    for order in permutations(got):
        program = Program(parser)
        program.opens([*order, *order[:1]])  # one is opened twice
        assert program.shows == []


@by_each
def test_each_file_of_a_series_holds_one_event_and_one_session_can_be_called_off(
    shop: Shop, post: Post, client: Person, coach: Person, parser: Parser
) -> None:
    series = client.books_series(coach, 3)
    shop.deliver_event(shop.paid(client.checks_out(series)))
    invited = files(post, client, "series_confirmed")
    heard = [parser(file) for file in invited]
    assert [len(events) for events in heard] == [1, 1, 1]
    assert len({events[0].uid for events in heard}) == 3
    program = Program(parser)
    program.opens(invited)

    cancels(client, series["items"][1]["id"])
    program.opens(files(post, client, "booking_cancelled"))

    weeks = [timedelta(weeks=0), timedelta(weeks=2)]
    assert program.shows == [(AT_TEN[0] + week, AT_TEN[1] + week) for week in weeks]


@by_each
def test_a_new_link_for_many_sessions_changes_each_of_them_and_adds_none(
    shop: Shop, post: Post, client: Person, coach: Person, parser: Parser
) -> None:
    shop.deliver_event(shop.paid(client.checks_out(client.books_series(coach, 3))))
    program = Program(parser)
    program.opens(files(post, coach, "series_confirmed"))
    before = program.shows

    coach.ask("PATCH", "/coach/me", json={"video_url": "https://meet.example.com/new"})
    shop.work(video_links.renew, UUID(coach.id))

    changed = files(post, coach, "video_link_changed")
    assert [len(parser(file)) for file in changed] == [1, 1, 1]
    program.opens(changed)
    assert (len(before), program.shows) == (3, before)


@by_each
@pytest.mark.parametrize(
    "kind", ["booking_confirmed", "booking_moved", "video_link_changed", "booking_cancelled"]
)
def test_the_file_of_each_kind_of_mail_says_who_and_when_and_whether_it_is_on(
    shop: Shop, post: Post, client: Person, coach: Person, parser: Parser, kind: str
) -> None:
    client.ask("PATCH", "/auth/me", json={"name": 'Zoë "Z"; Müller, Łódź אבג'})
    booking_id = paid(shop, client, coach, next_week(10))
    if kind == "booking_moved":
        moves(client, booking_id, 15)
    elif kind == "video_link_changed":
        coach.ask("PATCH", "/coach/me", json={"video_url": "https://meet.example.com/a;b,c?d=e&f"})
        shop.work(video_links.renew, UUID(coach.id))
    elif kind == "booking_cancelled":
        cancels(client, booking_id)

    (file,) = files(post, coach, kind)
    (event,) = parser(file)

    is_off = kind == "booking_cancelled"
    assert (event.method, event.status) == (("CANCEL", "CANCELLED") if is_off else ("REQUEST", "CONFIRMED"))
    assert event.uid == f"booking-{booking_id}@culturebridge"
    assert (event.start, event.end) == (AT_THREE if kind == "booking_moved" else AT_TEN)
    assert event.guests == 2
    assert 'Zoë "Z"; Müller, Łódź אבג' in event.summary


@by_each
@pytest.mark.parametrize("letters", ["ü" * 117, "👩🏽‍🏫" * 15, "שלום " * 20 + "12", "字" * 117, "x" * 117])
def test_names_of_many_bytes_are_read_letter_for_letter(
    shop: Shop, post: Post, client: Person, coach: Person, parser: Parser, letters: str
) -> None:
    assert client.ask("PATCH", "/auth/me", json={"name": letters}).status_code == 200
    client.prove_address()
    booking = client.wish(coach, next_week(10), notes="字x " * 660).json()
    shop.deliver_event(shop.paid(client.checks_out(booking)))

    (file,) = files(post, coach, "booking_confirmed")
    (event,) = parser(file)

    assert all(len(line) <= 75 for line in file.encode().split(b"\r\n"))
    assert letters.strip() in event.summary
    assert (event.guests, event.start, event.end) == (2, *AT_TEN)
