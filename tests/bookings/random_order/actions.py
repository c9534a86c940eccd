"""Actions of clients, coaches and payers: each is done in the application and in the model."""

from dataclasses import dataclass
from datetime import timedelta

import httpx

from app.bookings.status import Status
from tests.bookings.random_order.background import BackgroundWork, newest
from tests.bookings.random_order.booking_model import Entry
from tests.bookings.random_order.payment_model import Page
from tests.bookings.random_order.scenes import Hours, Stays, availability, dated
from tests.coaches.calendars import Calendar, every_day
from tests.people import DECLINED, Person

HALF_HOUR = 30
END_IN = {Status.COMPLETED: "complete", Status.NO_SHOW: "no-show"}


@dataclass(frozen=True)
class StartOffset:
    """Which start is meant: the coach's next from so many minutes after now, or after the clocks change."""

    minutes: int
    of_change: bool = False
    on_grid: bool = True


class Actors(BackgroundWork):
    def _start(self, coach: int, ahead: StartOffset) -> int:
        now = self.change if ahead.of_change else -(-self.model.at // HALF_HOUR) * HALF_HOUR
        start = now + ahead.minutes
        return self.model.next_start(coach, start) if ahead.on_grid else start

    def requests(self, client: int, coach: int, ahead: StartOffset, minutes: int) -> bool:
        return self._requests_at(client, coach, self._start(coach, ahead), minutes)

    def _requests_at(self, client: int, coach: int, start: int, minutes: int) -> bool:
        refusal = self.model.request(coach, client, start, minutes)
        wish = self.world.clients[client].wish(self.world.coaches[coach], self.world.at(start), minutes)
        _check(wish, refusal)
        if refusal is None:
            self.entries[-1].id = wish.json()["id"]
        return refusal is None

    def requests_series(
        self, client: int, coach: int, ahead: StartOffset, minutes: int, sessions: int, skip_taken: bool
    ) -> bool:
        start, before = self._start(coach, ahead), len(self.entries)
        refusal = self.model.request_series(coach, client, start, minutes, sessions, skip_taken)
        answer = self.world.clients[client].wish_series(
            self.world.coaches[coach],
            self.world.at(start),
            sessions,
            duration_minutes=minutes,
            skip_taken=skip_taken,
        )
        _check(answer, refusal)
        series = answer.json()
        if refusal in {None, "series-not-free"}:
            named = [(each["session_datetime"], each["type"]) for each in series["left_out"]]
            assert named == [
                (f"{self.world.at(at):%Y-%m-%dT%H:%M:%SZ}", f"/problems/{why}")
                for at, why in self.model.left_out
            ]
        if refusal is None:
            for entry, item in zip(self.entries[before:], series["items"], strict=True):
                entry.id, entry.series_id = item["id"], series["id"]
        return refusal is None

    def checks_out(self, which: int, url: str, series: bool = False) -> bool:
        entry = newest(self.entries, which, self.model.runs)
        series = series and entry.series is not None
        refusal = self.model.check_out(entry, url, series)
        order = {"series_id": entry.series_id} if series else {"booking_id": entry.id}
        answer = self.world.clients[entry.client].post(
            "/payment/checkout", json={**order, "success_url": url, "cancel_url": url}
        )
        _check(answer, refusal)
        if refusal is None:
            self._opened(answer)
        self.collect_events()
        return refusal is None

    def _opened(self, answer: httpx.Response) -> None:
        """A page that the model has just opened has no ID yet; any other is found by its ID."""
        checkout = answer.json()
        if not self.pages[-1].id:
            assert answer.status_code == 201
            self.pages[-1].id = checkout["payment_id"]
        else:
            assert answer.status_code == 200
        page = next(page for page in self.pages if page.id == checkout["payment_id"])
        assert checkout["amount_minor"] == sum(entry.price for entry in page.entries)
        page.session_id, page.address = checkout["session_id"], checkout["url"]

    def pays(self, which: int, card: str) -> Page:
        page = newest(self.pages, which, lambda page: page.at_stripe == "open")
        goes_through = page.at_stripe == "open" and card != DECLINED
        _shown(page, self.world.sandbox.pays({"url": page.address}, card), goes_through)
        if goes_through:
            self.model.pay(page)
        self.collect_events()
        return page

    def pays_shortly_before_expiry(self, which: int, card: str, rival: int | None) -> None:
        """Paid in time, but nobody hears of it before the hold has run out: it is swept, or wanted."""
        entry = self.pays(which, card).entries[-1]
        self.passes(55)
        if rival is None:
            self.sweeps_holds()
        else:
            self._requests_at(rival, entry.coach, entry.start, entry.minutes)

    def cancels_right_after_payment(self, which: int, card: str, by_client: bool) -> None:
        """Paid, but nobody hears of it before it is called off."""
        self._cancels(self.pays(which, card).entries[-1], by_client)

    def debits(self, which: int, bank_pays: bool) -> None:
        page = newest(self.pages, which, lambda page: page.at_stripe == "open")
        goes_through = page.at_stripe == "open"
        _shown(page, self.world.debits(page.address, bank_pays), goes_through)
        if goes_through:
            self.model.debit(page, bank_pays)
        self.collect_events()

    def cancels(self, which: int, by_client: bool, paid: bool) -> None:
        wanted = Status.CONFIRMED if paid else Status.PENDING
        self._cancels(newest(self.entries, which, lambda entry: entry.status is wanted), by_client)

    def _cancels(self, entry: Entry, by_client: bool) -> None:
        refusal = self.model.cancel(entry, by_client)
        _check(self._side(entry, by_client).post(f"/booking/{entry.id}/cancel", json={}), refusal)

    def reschedules(self, which: int, by_client: bool, ahead: StartOffset) -> None:
        entry = newest(self.entries, which, _is_confirmed)
        start = self._start(entry.coach, ahead)
        refusal = self.model.reschedule(entry, start, by_client)
        wish = {"session_datetime": self.world.at(start).isoformat()}
        _check(self._side(entry, by_client).post(f"/booking/{entry.id}/reschedule", json=wish), refusal)

    def ends(self, which: int, status: Status) -> None:
        begun = [entry for entry in self.entries if _is_confirmed(entry) and entry.start <= self.model.at]
        entry = newest(self.entries, which, begun.__contains__)
        refusal = self.model.end(entry, status)
        _check(self.world.coaches[entry.coach].post(f"/booking/{entry.id}/{END_IN[status]}"), refusal)

    def takes_time_off(self, coach: int, ahead: StartOffset, hours: int) -> None:
        """By the clocks on the wall, from a full hour on."""
        local = self.model.wall(coach, self._start(coach, ahead)).replace(minute=0)
        until = local + timedelta(hours=hours)
        in_it = self.model.take_time_off(coach, local, until)
        wish = {"local_start": f"{local:%Y-%m-%dT%H:%M}", "local_end": f"{until:%Y-%m-%dT%H:%M}"}
        _check_named(self.world.coaches[coach].post("/coach/me/time-off", json=wish), in_it)

    def changes_calendar(self, coach: int, hours: Hours, stays: Stays) -> None:
        """Other hours on every day, and stays elsewhere around the night in which the clocks change."""
        calendar = Calendar("", weekly=every_day(*hours), stays=dated(stays, self.scene.night))
        stranded = self.model.change_calendar(coach, calendar)
        answer = self.world.coaches[coach].ask("PUT", "/coach/me/availability", json=availability(calendar))
        _check_named(answer, stranded)

    def _side(self, entry: Entry, by_client: bool) -> Person:
        return self.world.clients[entry.client] if by_client else self.world.coaches[entry.coach]


def _is_confirmed(entry: Entry) -> bool:
    return entry.status is Status.CONFIRMED


def _check_named(answer: httpx.Response, entries: list[Entry]) -> None:
    """The sessions that a change of the calendar gets in the way of."""
    assert answer.is_success, answer.text
    assert [each["id"] for each in answer.json()["collides_with"]] == [each.id for each in entries]


def _shown(page: Page, answer: httpx.Response, goes_through: bool) -> None:
    assert page.at_stripe == "complete" or (answer.status_code == 303) == goes_through, answer.text


def _check(answer: httpx.Response, refusal: str | None) -> None:
    found = None if answer.is_success else answer.json()["type"].removeprefix("/problems/")
    assert found == refusal, answer.text
