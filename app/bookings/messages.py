"""Mails to clients and coaches about their sessions: one function for each message.

Each inserts its rows into the outbox in the transaction that caused it; jobs send them after the commit.
A repeated call for the same subject and recipient does nothing.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app import time_zones
from app.accounts.models import Account
from app.bookings import manage_links
from app.bookings.models import Booking
from app.bookings.policy import Cancelling
from app.emails import subject_ids
from app.emails.models import Email
from app.emails.outbox import enqueue_email, enqueue_rendered, render
from app.emails.status import UNSENT
from app.unicode_text import isolate

Calendar = Callable[["Account"], str]
"""Creates the iCalendar file for a reader."""


def enqueue_to_parties(kind: str, booking: Booking, subject: str, calendar: "Calendar", **shown: Any) -> None:
    about, mails = subject_ids.of_booking(booking.id, booking.calendar_sequence), []
    sides = parties(booking)
    files = _files(calendar, [reader for reader, _ in sides])
    for reader, other in sides:
        shown |= {
            "booking": booking,
            "other": other,
            "when": format_session(booking, reader),
            "manage": manage_links.address(booking, reader),
        }
        shown["moment"] = partial(_moment_of, booking, reader)
        shown["who"] = actor_name(booking, reader, shown.get("by"))
        title = subject.format(minutes=booking.duration_minutes, name=isolate(other.name))
        mails.append(render(kind, about, reader, title, files[reader.id], other.email, shown))
    enqueue_rendered(mails)


def _files(calendar: "Calendar", readers: Sequence[Account]) -> dict[UUID, str]:
    """The iCalendar file for each reader, by id. It is the same for all verified readers."""
    whole = next((calendar(reader) for reader in readers if reader.email_verified), "")
    return {reader.id: whole if reader.email_verified else calendar(reader) for reader in readers}


@dataclass(frozen=True)
class Other:
    """The other party of a session, as far as the reader may see."""

    name: str
    email: str | None


def seen_by(reader: Account, other: Account) -> Other:
    """The name, or a neutral word for an unverified reader: strangers' names must not reach them."""
    if reader.email_verified:
        return Other(other.name, other.email)
    return Other(f"your {other.role}", None)


def parties(booking: Booking) -> "tuple[tuple[Account, Other], ...]":
    """Both sides, each with the other party."""
    client, coach = booking.client, booking.coach.account
    return (client, seen_by(client, coach)), (coach, seen_by(coach, client))


def actor_name(booking: Booking, reader: Account, by: str | None) -> str:
    """The actor in the reader's words: "you", "your coach" and the like."""
    if by == "admin":
        return "we"
    actor = booking.client if by == "client" else booking.coach.account
    return "you" if actor.id == reader.id else seen_by(reader, actor).name


def zone_of(booking: Booking, reader: Account, at: datetime) -> ZoneInfo:
    """The reader's time zone at that time: a coach may stay abroad."""
    return reader.zone if reader.id == booking.client_id else booking.coach.zone_at(at)


def _moment_of(booking: Booking, reader: Account, at: datetime) -> str:
    return time_zones.moment(at, zone_of(booking, reader, at))


def format_session(booking: Booking, reader: Account) -> dict[str, str]:
    """The time of the session in the reader's zone."""
    return time_zones.span(booking.start, booking.end, zone_of(booking, reader, booking.start))


def booking_confirmed(booking: Booking, invitation: Calendar) -> None:
    """Mail client and coach that the session is confirmed."""
    enqueue_to_parties(
        "booking_confirmed", booking, "Confirmed: {minutes} minutes of coaching with {name}", invitation
    )


def series_confirmed(bookings: Sequence[Booking], invitations: Calendar) -> None:
    """Mail client and coach that a paid series is confirmed, with an invitation for each session."""
    first = bookings[0]
    sides = parties(first)
    files = _files(invitations, [reader for reader, _ in sides])
    for reader, other in sides:
        sessions = [
            format_session(booking, reader) | {"manage": manage_links.address(booking, reader) or ""}
            for booking in bookings
        ]
        enqueue_email(
            "series_confirmed",
            first.payment_id,
            reader,
            f"Confirmed: {len(bookings)} coaching sessions with {isolate(other.name)}",
            calendar=files[reader.id],
            reply_to=other.email,
            first=first,
            other=other,
            sessions=sessions,
            clock=_hour_of(bookings),
            paid=sum((booking.price for booking in bookings[1:]), first.price),
        )


def _hour_of(bookings: Sequence[Booking]) -> str:
    """09:00 (Europe/Paris; on 9 February 2027 Asia/Tokyo): the local time of a series for its coach."""
    local = [each.start.astimezone(each.coach.zone_at(each.start)) for each in bookings]
    usual, _ = Counter((f"{at:%H:%M}", str(at.tzinfo)) for at in local).most_common(1)[0]
    others: dict[tuple[str, str], list[str]] = {}
    for at in local:
        others.setdefault((f"{at:%H:%M}", str(at.tzinfo)), []).append(f"{at.day} {at:%B %Y}")
    del others[usual]
    hour, zone = usual
    exceptions = [
        f"; on {', '.join(dates)} {f'{other} ' if other != hour else ''}{where}"
        for (other, where), dates in others.items()
    ]
    return f"{hour} ({zone}{''.join(exceptions)})"


def booking_moved(booking: Booking, before: datetime, by: str, invitation: Calendar) -> None:
    """Mail both sides that the session moved, and who moved it. Outdated mails do not leave."""
    _withdraw_outdated(booking)
    enqueue_to_parties(
        "booking_moved",
        booking,
        "Moved: {minutes} minutes of coaching with {name}",
        invitation,
        by=by,
        before=before,
    )


def video_link_changed(
    bookings: Sequence[Booking], at: datetime, invitations: Callable[[Sequence[Booking]], str]
) -> None:
    """Mail the coach and each client once about a new video link, with updated calendar events."""
    coach = bookings[0].coach.account
    by_client: dict[UUID, list[Booking]] = {}
    for booking in bookings:
        by_client.setdefault(booking.client_id, []).append(booking)
    for sessions in (bookings, *by_client.values()):
        reader = coach if sessions is bookings else sessions[0].client
        if not reader.email_verified:  # unverified readers find the link in their account only
            continue
        of_coach = Email.subject_id.startswith(subject_ids.of_video_links(coach.id, reader.id))
        to_reader = Email.recipient == reader.email, Email.kind == "video_link_changed"
        Email.withdraw(*to_reader, of_coach, Email.status.in_(UNSENT))
        enqueue_email(
            "video_link_changed",
            subject_ids.of_video_link(coach.id, reader.id, at),
            reader,
            "New video link for your coaching",
            calendar=invitations(sessions),
            reply_to=None if reader is coach else coach.email,
            coach=coach,
            video_url=bookings[0].video_url,
            sessions=[(format_session(booking, reader), booking.client) for booking in sessions],
        )


def booking_cancelled(
    booking: Booking, by: str, cancelling: Cancelling, no_refund: str | None, cancellation: Calendar
) -> None:
    """Mail both sides that the session is cancelled, by whom, and the refund or why there is none.

    Outdated mails do not leave.
    """
    _withdraw_outdated(booking)
    enqueue_to_parties(
        "booking_cancelled",
        booking,
        "Cancelled: {minutes} minutes of coaching with {name}",
        cancellation,
        by=by,
        cancelling=cancelling,
        no_refund=no_refund,
    )


def hold_cancelled(booking: Booking, by: str) -> None:
    """Mail the client that an unpaid hold was cancelled."""
    coach = seen_by(booking.client, booking.coach.account)
    enqueue_email(
        "hold_cancelled",
        booking.id,
        booking.client,
        f"Cancelled: your unpaid booking with {isolate(coach.name)}",
        booking=booking,
        other=coach,
        who=actor_name(booking, booking.client, by),
        when=format_session(booking, booking.client),
    )


def _withdraw_outdated(booking: Booking) -> None:
    """Withdraw held back confirmations and moves of a session: they would leave after the newer mail."""
    outdated = Email.kind.in_(["booking_confirmed", "booking_moved"]), Email.held_back.is_(True)
    sequences = range(booking.calendar_sequence + 1)
    ever = [subject_ids.of_booking(booking.id, sequence) for sequence in sequences]
    Email.withdraw(Email.subject_id.in_(ever), *outdated, Email.status.in_(UNSENT))
