"""What ought to become of bookings: slow, obvious, in whole minutes since the diary began."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.bookings.status import Status

if TYPE_CHECKING:
    from tests.bookings.random_order.payment_model import Page

DAY = 24 * 60
WEEK = 7 * DAY
BEGINS = 8 * 60
"""The minute of its day in which the diary begins, UTC."""
HOLD, MAX_HOLDS = 15, 3
PRICE_A_MINUTE = 125
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


class Diary:
    """Each verb answers with the slug of its refusal, or with None when it is granted and was done."""

    def __init__(self, *coaches: Rules) -> None:
        self.at = 0
        self.coaches = coaches
        self.entries: list[Entry] = []
        self.mails: Counter[tuple[str, object]] = Counter()
        """How many of each kind, and about what, somebody ought to have got."""
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
        others = [each for each in self.entries if each.coach == coach and each is not apart_from]
        in_the_way = any(self.runs(each) and self._clash(each, wish) for each in others)
        return start > self.at and not in_the_way and not self._is_full(wish, others)

    def _is_full(self, wish: Entry, others: list[Entry]) -> bool:
        that_day = [each for each in others if (each.start + BEGINS) // DAY == (wish.start + BEGINS) // DAY]
        counted = [each for each in that_day if self.runs(each) or each.status in TOOK_PLACE]
        most = self.coaches[wish.coach].most_a_day
        return most is not None and len(counted) >= most

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
        starts = [start + week * WEEK for week in range(sessions)]
        wishes = [Entry(coach, client, each, minutes, self.at, series=self._series) for each in starts]
        before = len(self.entries)
        refusals = [self._hold(wish) for wish in wishes]
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
            self.entries.append(wish)
        return refusal

    def reschedule(self, entry: Entry, start: int, by_client: bool) -> str | None:
        if refusal := self.may_change(entry):
            return refusal
        if start == entry.start:
            return None
        wish = Entry(entry.coach, entry.client, start, entry.minutes, self.at)
        if not by_client and start < min(entry.start, self.at + DAY):
            return "invalid"  # the client has a day to hear of an earlier time
        if refusal := self._refuse_time(wish, entry):
            return refusal
        self.make_room(wish)
        if by_client:
            entry.percent_at_most = self.client_percent(entry)
        entry.start, entry.moved_by_coach = start, not by_client
        self.mails["booking_moved", entry] += 1
        return None

    def _refuse_time(self, wish: Entry, apart_from: Entry) -> str | None:
        if wish.start <= self.at:
            return "invalid"
        if not self.is_free(wish.coach, wish.start, wish.minutes, apart_from):
            return "slot-taken"
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
