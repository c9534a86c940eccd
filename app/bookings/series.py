"""Weekly series: sessions at the same local time of the coach, held in one request."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from app import time_zones
from app.accounts.models import Account
from app.bookings import hold_limits, unpaid_holds
from app.bookings.lifecycle import SlotTaken
from app.bookings.models import Booking, BookingSeries
from app.bookings.reservation import ClientBusy, expire_stale_holds, find_offer, lock_parties, place_hold
from app.bookings.schemas import LeftOut, SeriesRequest
from app.coaches import recurrence
from app.coaches.models import Coach
from app.coaches.offers import TimeRange
from app.coaches.pricing import price
from app.coaches.recurrence import WeeklyStart
from app.extensions import db, now
from app.http.problems import Invalid, Problem
from app.money.money import BadAmount, Money


class SeriesNotFree(Problem):
    status, slug, title = 409, "series-not-free", "Series not free"
    meaning = "Some times of this weekly series cannot be booked, so nothing is held."
    remedy = (
        "Look at `left_out` for each time and its reason. Send `skip_taken: true` to book the others, or"
        " move the series."
    )


@dataclass
class Held:
    """A series, and its times that are not available."""

    series: BookingSeries
    bookings: list[Booking] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def request(client: Account, wish: SeriesRequest) -> Held:
    """Hold a weekly series for 15 minutes: every time, or with `skip_taken` those that are free.

    Raises SeriesNotFree with the times that are not, TooManyHolds, HoldsPaused, CalendarHeld, NotFound, and
    Invalid for a length that the coach does not offer or a sum that Stripe would not charge.
    """
    coach, at = lock_parties(wish.coach_id, client), now()
    _check_sum(price(coach, wish.duration_minutes), wish.sessions)
    starts = recurrence.starts(coach, wish.session_datetime, wish.duration_minutes, wish.sessions)
    times = [TimeRange.of(coach, start.at, wish.duration_minutes) for start in starts]
    expire_stale_holds(coach, client, [time.busy for time in times], at)
    hold_limits.check(client, coach, [time.start for time in times], wish.duration_minutes, at)
    series = BookingSeries(id=uuid4(), coach_id=coach.id, client_id=client.id)
    db.session.add(series)
    db.session.flush()
    unpaid_holds.record(series.id, client.id)
    held = Held(series)
    for start, time in zip(starts, times, strict=True):
        with _left_out_if_refused(held, time):
            _check_not_skipped(start)
            offer = find_offer(coach, start.at, wish.duration_minutes, at)
            held.bookings.append(place_hold(coach, client, offer, wish.notes, at, series.id))
    if not held.bookings or (held.left_out and not wish.skip_taken):
        raise _not_free(coach, held)
    return held


def _check_sum(each: Money, sessions: int) -> None:
    try:
        Money(each.amount * sessions, each.currency).check_chargeable()
    except BadAmount as error:
        raise Invalid("/sessions", f"{error} (all sessions are paid for together)") from None


@contextmanager
def _left_out_if_refused(held: Held, time: TimeRange) -> Iterator[None]:
    try:
        yield
    except (SlotTaken, ClientBusy, Invalid) as refusal:
        held.left_out.append(LeftOut.of(time.start, refusal))


def _check_not_skipped(start: WeeklyStart) -> None:
    """Raises Invalid if a clock change skips this time."""
    if start.is_skipped:
        hour = f"{start.local:%H:%M} on {time_zones.day(start.local)}"
        raise Invalid(
            "/session_datetime", f"does not exist: the clocks of {start.zone.key} go forward and skip {hour}"
        )


def _not_free(coach: Coach, held: Held) -> SeriesNotFree:
    wished = len(held.bookings) + len(held.left_out)
    remedy = " Move the series, or send skip_taken to book the others." if held.bookings else ""
    return SeriesNotFree(
        f"{len(held.left_out)} of these {wished} times with {coach.name} cannot be booked; nothing is held."
        f" They are listed under left_out.{remedy}",
        left_out=[each.model_dump(mode="json") for each in held.left_out],
    )
