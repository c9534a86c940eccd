"""Weekly series: the same hour with a coach, week after week, held in one request."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text

from app.accounts.models import Account
from app.bookings.lifecycle import SlotTaken
from app.bookings.models import Booking, BookingSeries
from app.bookings.reservation import ClientBusy, Time, check_holds, expire_stale_holds, in_line, take
from app.bookings.schemas import LeftOut, SeriesRequest
from app.coaches.models import Coach
from app.coaches.pricing import price
from app.extensions import db, now
from app.money import BadAmount, Money
from app.problems import Invalid, NotFound, Problem

# The hour stays on the coach's wall clock over a change of the clocks, as the coach's hours do.
_WEEKLY = text(
    "SELECT ((:first ::timestamptz AT TIME ZONE :zone) + week * interval '7 days') AT TIME ZONE :zone"
    " FROM generate_series(1, :sessions - 1) AS week"
)


class SeriesNotFree(Problem):
    status, slug, title = 409, "series-not-free", "Series not free"
    meaning = "Some times of this weekly series cannot be booked, so none of it is held."
    remedy = (
        "Look at `left_out` for each time and its reason. Send `skip_taken: true` to book the others, or"
        " move the series."
    )


@dataclass
class Held:
    """A series, and those of its times that were not to be had."""

    series: BookingSeries
    bookings: list[Booking] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def request(client: Account, wish: SeriesRequest) -> Held:
    """Hold the same hour week by week for 15 minutes: every time, or with `skip_taken` those that are free.

    Raises SeriesNotFree naming the times that are not, TooManyHolds, NotFound, and Invalid for a length that
    the coach does not offer or a sum that Stripe would not charge.
    """
    coach, at = in_line(wish.coach_id, client), now()
    check_holds(client, at)
    _check_sum(price(coach, wish.duration_minutes), wish.sessions)
    series = BookingSeries(id=uuid4(), coach_id=coach.id, client_id=client.id)
    db.session.add(series)
    db.session.flush()
    held = Held(series)
    starts = _weekly(coach, wish.session_datetime, wish.sessions)
    times = [Time.of(coach, start, wish.duration_minutes) for start in starts]
    expire_stale_holds(coach, client, [time.busy for time in times], at)
    for time in times:
        _hold(held, coach, client, time, wish.notes, at)
    if not held.bookings or (held.left_out and not wish.skip_taken):
        raise _not_free(coach, held)
    return held


def seen_by(account: Account, series_id: UUID) -> BookingSeries:
    """A series as its client, its coach or an admin may see it. Raises NotFound for everybody else."""
    series = db.session.get(BookingSeries, series_id)
    if series is None or not series.concerns(account):
        raise NotFound("There is no such series.")
    return series


def _weekly(coach: Coach, first: datetime, sessions: int) -> Sequence[datetime]:
    rules = {"first": first, "zone": coach.time_zone, "sessions": sessions}
    return [first, *db.session.scalars(_WEEKLY, rules)]


def _check_sum(each: Money, sessions: int) -> None:
    try:
        Money(each.amount * sessions, each.currency).check_chargeable()
    except BadAmount as error:
        raise Invalid("/sessions", f"{error} (all sessions are paid for together)") from None


def _hold(held: Held, coach: Coach, client: Account, time: Time, notes: str, at: datetime) -> None:
    try:
        held.bookings.append(take(coach, client, time, notes, at, held.series.id))
    except (SlotTaken, ClientBusy, Invalid) as refusal:
        held.left_out.append(LeftOut.of(time.start, refusal))


def _not_free(coach: Coach, held: Held) -> SeriesNotFree:
    wished = len(held.bookings) + len(held.left_out)
    remedy = " Move the series, or send skip_taken to book the others." if held.bookings else ""
    return SeriesNotFree(
        f"{len(held.left_out)} of these {wished} times with {coach.name} cannot be booked; nothing is held."
        f" They are listed under left_out.{remedy}",
        left_out=[each.model_dump(mode="json") for each in held.left_out],
    )
