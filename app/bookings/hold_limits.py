"""Limits of unpaid holds per client, and pauses after holds that lapsed.

Holds are free and anyone can open accounts, so clients with a verified address or a payment may hold more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from math import ceil

from sqlalchemy import func, select

from app.accounts.models import Account
from app.bookings import calendar_share
from app.bookings.models import Booking
from app.bookings.status import AGREED, Status
from app.bookings.unpaid_holds import UnpaidHold, current_network
from app.coaches.models import Coach
from app.config.settings import current_settings
from app.extensions import db
from app.http.problems import Problem
from app.http.schema_types import counted

MAX_HOLDS = 3


class TooManyHolds(Problem):
    status, slug, title = 409, "too-many-holds", "Too many unpaid holds"
    meaning = (
        "You have reached the limit of unpaid bookings, or would exceed it. Each session of a series"
        " counts. The limit is lower until you verify your e-mail address."
    )
    remedy = (
        "Pay for one of them, cancel one, or wait until one expires: `hold_expires_at` of the booking says"
        " when. To hold more, verify your e-mail address (`POST /auth/verify/resend` sends the mail again)."
    )


class HoldsPaused(Problem):
    status, slug, title = 429, "holds-paused", "Pause after unpaid holds"
    meaning = (
        "Several of your unpaid bookings expired or were cancelled, or those of several people in your"
        " network."
    )
    remedy = (
        "Wait for the seconds in the Retry-After header. You can still pay for what you hold, and a payment"
        " ends your pause. To leave out a network's pause, verify your e-mail address"
        " (`POST /auth/verify/resend` sends the mail again)."
    )


class Standing(IntEnum):
    """How much a client is trusted."""

    UNVERIFIED = 0
    VERIFIED = 1
    """The e-mail address is verified."""
    PAID = 2
    """Has paid for a session that is confirmed or took place."""

    @classmethod
    def of(cls, client: Account) -> "Standing":
        of_client = Booking.client_id == client.id, Booking.status.in_(AGREED)
        paid = select(Booking.id).where(*of_client).limit(1)
        if db.session.scalar(paid):
            return cls.PAID
        return cls.VERIFIED if client.email_verified else cls.UNVERIFIED


@dataclass(frozen=True)
class Pauses:
    """The pause after this many lapses. Each further one doubles it."""

    counted_for: timedelta
    free: int
    """Lapses without a consequence."""
    first: timedelta
    longest: timedelta

    def after(self, lapses: int) -> timedelta:
        if lapses <= self.free:
            return timedelta()
        return min(self.longest, self.first * (1 << min(lapses - self.free - 1, 16)))


OF_A_PERSON = Pauses(timedelta(days=1), 2, timedelta(minutes=5), timedelta(hours=1))
OF_A_NETWORK = Pauses(timedelta(hours=1), 4, timedelta(minutes=1), timedelta(minutes=15))
"""Counts clients, not their holds, so that one person cannot block a whole office."""


def check(client: Account, coach: Coach, starts: Sequence[datetime], minutes: int, at: datetime) -> None:
    """Check whether a client may hold sessions at these starts. The rows of coach and client are locked.

    Raises TooManyHolds, HoldsPaused, CalendarHeld.
    """
    holds, sessions = _running(client, at)
    if holds >= MAX_HOLDS:
        raise TooManyHolds(f"You hold {MAX_HOLDS} unpaid times already. Pay for one, or let it run out.")
    if not current_settings().rate_limits:
        return
    standing, network = Standing.of(client), current_network()
    _check_sessions(standing, sessions, len(starts))
    _check_own_pause(client, at)
    is_unverified = standing is Standing.UNVERIFIED
    if is_unverified and network:
        _check_pause_of_network(client, network, at)
    if standing is not Standing.PAID:
        calendar_share.check(coach, starts, minutes, at, unverified=is_unverified, network=network)


def delayed_for(client: Account) -> timedelta:
    """How long sessions are held for a client with a pending bank payment."""
    settings = current_settings()
    is_unverified = Standing.of(client) is Standing.UNVERIFIED
    days = settings.unverified_delayed_hold_days if is_unverified else settings.delayed_hold_days
    return timedelta(days=days)


def _running(client: Account, at: datetime) -> tuple[int, int]:
    """The client's unpaid holds (a series counts once) and their sessions."""
    hold, runs = func.coalesce(Booking.series_id, Booking.id), Booking.hold_expires_at > at
    # The conditions are not in WHERE, where the planner would scan all running holds.
    both = select(func.count(hold.distinct()).filter(runs), func.count(Booking.id).filter(runs))
    of_client = both.where(Booking.client_id == client.id, Booking.status == Status.PENDING)
    holds, sessions = db.session.execute(of_client).one()
    return holds, sessions


def _check_sessions(standing: Standing, held: int, wanted: int) -> None:
    settings, is_unverified = current_settings(), standing is Standing.UNVERIFIED
    most = settings.unverified_hold_sessions if is_unverified else settings.hold_sessions
    if held + wanted > most:
        until = " until you verify your e-mail address" if is_unverified else ""
        raise TooManyHolds(
            f"You may hold {counted(most, 'session')} unpaid{until}: you hold {held}, and ask for"
            f" {wanted} more."
        )


def _check_own_pause(client: Account, at: datetime) -> None:
    counts = UnpaidHold.client_id == client.id, UnpaidHold.lapsed_at > at - OF_A_PERSON.counted_for
    lapses, last = db.session.execute(
        select(func.count(UnpaidHold.id), func.max(UnpaidHold.lapsed_at)).where(*counts)
    ).one()
    _check_pause(OF_A_PERSON, lapses, last, at, f"{lapses} times that you held came to nothing.")


def _check_pause_of_network(client: Account, network: str, at: datetime) -> None:
    counts = UnpaidHold.network == network, UnpaidHold.lapsed_at > at - OF_A_NETWORK.counted_for
    people, last = db.session.execute(
        select(func.count(UnpaidHold.client_id.distinct()), func.max(UnpaidHold.lapsed_at)).where(
            *counts, UnpaidHold.client_id != client.id
        )
    ).one()
    why = f"Times that {people} others in your network held came to nothing."
    _check_pause(OF_A_NETWORK, people, last, at, f"{why} Verify your e-mail address, or wait.")


def _check_pause(pauses: Pauses, lapses: int, last: datetime | None, at: datetime, why: str) -> None:
    until = last + pauses.after(lapses) if last else at
    if until > at:
        seconds = ceil((until - at).total_seconds())
        wait = f"You can hold another in {counted(ceil(seconds / 60), 'minute')}."
        raise HoldsPaused(f"{why} {wait}", {"Retry-After": str(seconds)})
