"""What ought to become of bookings: slow, obvious, in whole minutes since the story began."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.bookings.status import Status
from tests.bookings.random_order.calendars import Calendars
from tests.coaches.calendars import Calendar

if TYPE_CHECKING:
    from tests.bookings.random_order.payment_model import Page

DAY = 24 * 60
WEEK = 7 * DAY
HOLD, MAX_HOLDS = 15, 3
PRICE_A_MINUTE = 125
KEPT = timedelta(days=2)
"""How long a stay is known that is over, from when the calendar changes."""
TOOK_PLACE = {Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW}


@dataclass(frozen=True)
class Rules:
    """A coach's, in minutes; `late_percent` goes back to a client who cancels within a day."""

    before: int = 0
    after: int = 0
    most_a_day: int | None = None
    late_percent: int = 0


@dataclass(eq=False)
class Entry:
    """A booking."""

    coach: int
    client: int
    start: int
    minutes: int
    made_at: int
    status: Status = Status.PENDING
    series: int | None = None
    hold_until: int = 0
    page: "Page | None" = None
    """The one that paid for it, or the newest."""
    moved_by_coach: bool = False
    percent_at_most: int = 100
    """What goes back to a client who cancels after having moved it late."""
    zone: str = ""
    """Of the clocks that the coach lives by then, as was known when it was made or moved."""
    id: str = ""
    series_id: str = ""

    @property
    def end(self) -> int:
        return self.start + self.minutes

    @property
    def price(self) -> int:
        return self.minutes * PRICE_A_MINUTE

    @property
    def is_alive(self) -> bool:
        return self.status in {Status.PENDING, Status.CONFIRMED}


@dataclass(frozen=True)
class Session:
    """One as a mail says it."""

    at: datetime
    minutes: int
    coach_zone: str
    """Of the clocks that the coach lives by then, as is known when the mail is written."""


class BookingModel(Calendars):
    """Each verb answers with the slug of its refusal, or with None when it is granted and was done."""

    def __init__(self, begins: datetime, calendars: Sequence[Calendar], coaches: Sequence[Rules]) -> None:
        super().__init__(begins, calendars)
        self.at = 0
        self.coaches = coaches
        self.entries: list[Entry] = []
        for coach, calendar in enumerate(calendars):
            self.change_calendar(coach, calendar)
        self.mails: Counter[tuple[str, object]] = Counter()
        """How many of each kind, and about what, somebody ought to have got."""
        self.mailed_sessions: dict[tuple[str, Any], list[list[Session]]] = {}
        """Of those that say when a session is: the sessions of each, in order."""
        self.left_out: list[tuple[int, str]] = []
        """Of the series that was asked for last: the start and the slug of each that was not to be had."""
        self._series = 0

    def runs(self, entry: Entry) -> bool:
        """Whether it keeps its time: a hold that ran out does not."""
        return entry.status is Status.CONFIRMED or (
            entry.status is Status.PENDING and entry.hold_until > self.at
        )

    def stale(self) -> list[Entry]:
        return [each for each in self.entries if each.status is Status.PENDING and not self.runs(each)]

    def is_free(self, coach: int, start: int, minutes: int, apart_from: Entry | None = None) -> bool:
        wish = Entry(coach, -1, start, minutes, self.at)
        return (
            start > self.at
            and not self._is_taken(wish, apart_from)
            and not self._is_full(wish, apart_from)
            and self.offers(coach, start, minutes)
        )

    def _is_taken(self, wish: Entry, apart_from: Entry | None) -> bool:
        others = [each for each in self.entries if each.coach == wish.coach and each is not apart_from]
        return any(self.runs(each) and self._clash(each, wish) for each in others)

    def _is_full(self, wish: Entry, apart_from: Entry | None) -> bool:
        """Whether a day of the coach's, as long as the clocks make it, has as many as the coach takes."""
        most = self.coaches[wish.coach].most_a_day
        if most is None:
            return False
        others = [each for each in self.entries if each.coach == wish.coach and each is not apart_from]
        starts = [each.start for each in others if self.runs(each) or each.status in TOOK_PLACE]
        days = self.days_of(wish.coach, wish.start)
        return any(sum(begins <= start < ends for start in starts) >= most for begins, ends in days)

    def _clash(self, one: Entry, other: Entry) -> bool:
        """Whether both cannot be: one coach, buffers counted, or one client."""
        rules = self.coaches[one.coach]
        buffers = rules.before + rules.after if one.coach == other.coach else 0
        near = one.start < other.end + buffers and other.start < one.end + buffers
        return near and (one.coach == other.coach or one.client == other.client)

    def overlaps(self, entry: Entry) -> Iterator[Entry]:
        """The others, pending or confirmed, that it cannot be together with."""
        for each in self.entries:
            if each is not entry and each.is_alive and self._clash(each, entry):
                yield each

    def request(self, coach: int, client: int, start: int, minutes: int) -> str | None:
        wish = Entry(coach, client, start, minutes, self.at)
        refusal = self._refuse_time(wish, wish)
        if refusal not in {"invalid", "slot-taken"} and self._holds_enough(client):
            return "too-many-holds"
        refusal = self._hold(wish)
        if refusal is None:
            self.make_room(wish)
        return refusal

    def request_series(
        self, coach: int, client: int, start: int, minutes: int, sessions: int, skip_taken: bool
    ) -> str | None:
        """All of them, or with `skip_taken` those that can be had; else as if none had been asked for."""
        if self._holds_enough(client):
            return "too-many-holds"
        self._series += 1
        weeks = self.hours[coach].weekly(self.moment(start), minutes, sessions)
        wishes = [
            Entry(coach, client, self.minute(each.at), minutes, self.at, series=self._series)
            for each in weeks
        ]
        before = len(self.entries)
        refusals = [
            "invalid" if each.is_skipped else self._hold(wish)
            for each, wish in zip(weeks, wishes, strict=True)
        ]
        self.left_out = [(wish.start, why) for wish, why in zip(wishes, refusals, strict=True) if why]
        if all(refusals) or (any(refusals) and not skip_taken):
            del self.entries[before:]
            return "series-not-free"
        for wish in wishes:
            self.make_room(wish)
        return None

    def _holds_enough(self, client: int) -> bool:
        held = [each for each in self.entries if each.status is Status.PENDING and self.runs(each)]
        return len({each.series or each for each in held if each.client == client}) >= MAX_HOLDS

    def _hold(self, wish: Entry) -> str | None:
        refusal = self._refuse_time(wish, wish)
        if refusal is None:
            wish.hold_until = self.at + HOLD
            wish.zone = self.zone_at(wish.coach, wish.start)
            self.entries.append(wish)
        return refusal

    def reschedule(self, entry: Entry, start: int, by_client: bool) -> str | None:
        if refusal := self.may_change(entry):
            return refusal
        if start == entry.start:
            return None
        wish = Entry(entry.coach, entry.client, start, entry.minutes, self.at)
        refusal = self._refuse_time(wish, entry) if by_client else self._refuse_own(wish, entry)
        if refusal:
            return refusal
        self.make_room(wish)
        if by_client:
            entry.percent_at_most = self.client_percent(entry)
        entry.start, entry.moved_by_coach = start, not by_client
        entry.zone = self.zone_at(entry.coach, start)
        self.expect_mail("booking_moved", entry, [entry])
        return None

    def expect_mail(self, kind: str, subject: object, sessions: Sequence[Entry]) -> None:
        """The client, and maybe the coach, gets a mail that says when these sessions are."""
        self.mails[kind, subject] += 1
        said = [
            Session(self.moment(each.start), each.minutes, self.zone_at(each.coach, each.start))
            for each in sessions
        ]
        self.mailed_sessions.setdefault((kind, subject), []).append(said)

    def _refuse_time(self, wish: Entry, apart_from: Entry) -> str | None:
        if wish.start <= self.at:
            return "invalid"
        if not self.is_free(wish.coach, wish.start, wish.minutes, apart_from):
            in_hours = self.offers(wish.coach, wish.start, wish.minutes)
            return "slot-taken" if in_hours or self._is_taken(wish, apart_from) else "invalid"
        return self._refuse_client(wish, apart_from)

    def _refuse_own(self, wish: Entry, entry: Entry) -> str | None:
        """A coach is bound by no hours; the client has a day to hear of an earlier time."""
        if wish.start <= self.at or wish.start < min(entry.start, self.at + DAY):
            return "invalid"
        if self._is_full(wish, entry) or self._is_taken(wish, entry):
            return "slot-taken"
        return self._refuse_client(wish, entry)

    def _refuse_client(self, wish: Entry, apart_from: Entry) -> str | None:
        in_the_way = [each for each in self.overlaps(wish) if each is not apart_from]
        return "client-busy" if any(self.runs(each) for each in in_the_way) else None

    def make_room(self, wish: Entry) -> None:
        """The holds that ran out and are in the way, or the client's own, end."""
        for each in self.stale():
            if self._clash(each, wish) or each.client == wish.client:
                each.status = Status.EXPIRED

    def client_percent(self, entry: Entry) -> int:
        """What goes back to a client who cancels now: all, if the coach chose the time."""
        late = entry.start - self.at <= DAY
        percent = self.coaches[entry.coach].late_percent if late else 100
        return 100 if entry.moved_by_coach else min(percent, entry.percent_at_most)

    def may_change(self, entry: Entry) -> str | None:
        if entry.status is not Status.CONFIRMED:
            return "wrong-status"
        return "too-late" if self.at >= entry.start else None

    def end(self, entry: Entry, status: Status) -> str | None:
        if entry.status is not Status.CONFIRMED:
            return "wrong-status"
        if self.at < entry.start:
            return "too-early"
        entry.status = status
        return None

    def past(self) -> list[Entry]:
        """Over for a day, and nobody said how it went."""
        confirmed = [entry for entry in self.entries if entry.status is Status.CONFIRMED]
        return [entry for entry in confirmed if entry.end + DAY <= self.at]

    def complete_past(self) -> None:
        for entry in self.past():
            entry.status = Status.COMPLETED

    def take_time_off(self, coach: int, start: datetime, end: datetime) -> list[Entry]:
        """From one local time to another; the sessions that lie in it or reach into it."""
        leaves, returns = self.take_off(coach, start, end)
        return [each for each in self._coming(coach) if max(leaves, each.start) < min(returns, each.end)]

    def change_calendar(self, coach: int, calendar: Calendar) -> list[Entry]:
        """Other hours and stays; the sessions to come that lie outside of them."""
        today = self.moment(self.at).date()
        kept = [stay for stay in calendar.stays if stay[1] >= today - KEPT]
        self.change(coach, weekly=calendar.weekly, stays=kept)
        coming = [each for each in self._coming(coach) if each.end > self.at]
        return [each for each in coming if not self.holds(coach, each.start, each.minutes)]

    def _coming(self, coach: int) -> list[Entry]:
        running = [each for each in self.entries if each.coach == coach and self.runs(each)]
        return sorted(running, key=lambda each: each.start)
