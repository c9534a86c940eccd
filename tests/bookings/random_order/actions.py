"""Clients, coaches and payers: each deed is done in the world and written into the diary."""

import httpx

from app.bookings.status import Status
from tests.bookings.random_order.background import Backstage, newest
from tests.bookings.random_order.booking_model import Entry
from tests.bookings.random_order.payment_model import Page
from tests.people import DECLINED, Person

HALF_HOUR = 30
END_IN = {Status.COMPLETED: "complete", Status.NO_SHOW: "no-show"}


class Players(Backstage):
    def _start(self, ahead: int) -> int:
        return -(-self.till.at // HALF_HOUR) * HALF_HOUR + ahead

    def requests(self, client: int, coach: int, ahead: int, minutes: int) -> bool:
        return self._requests_at(client, coach, self._start(ahead), minutes)

    def _requests_at(self, client: int, coach: int, start: int, minutes: int) -> bool:
        refusal = self.till.request(coach, client, start, minutes)
        wish = self.world.clients[client].wish(self.world.coaches[coach], self.world.at(start), minutes)
        _check(wish, refusal)
        if refusal is None:
            self.entries[-1].id = wish.json()["id"]
        return refusal is None

    def requests_series(
        self, client: int, coach: int, ahead: int, minutes: int, sessions: int, skip_taken: bool
    ) -> bool:
        start, before = self._start(ahead), len(self.entries)
        refusal = self.till.request_series(coach, client, start, minutes, sessions, skip_taken)
        answer = self.world.clients[client].wish_series(
            self.world.coaches[coach],
            self.world.at(start),
            sessions,
            duration_minutes=minutes,
            skip_taken=skip_taken,
        )
        _check(answer, refusal)
        if refusal is None:
            series = answer.json()
            for entry, item in zip(self.entries[before:], series["items"], strict=True):
                entry.id, entry.series_id = item["id"], series["id"]
        return refusal is None

    def checks_out(self, which: int, url: str, series: bool = False) -> bool:
        entry = newest(self.entries, which, self.till.runs)
        series = series and entry.series is not None
        refusal = self.till.check_out(entry, url, series)
        order = {"series_id": entry.series_id} if series else {"booking_id": entry.id}
        answer = self.world.clients[entry.client].post(
            "/payment/checkout", json={**order, "success_url": url, "cancel_url": url}
        )
        _check(answer, refusal)
        if refusal is None:
            self._opened(answer)
        self.listen()
        return refusal is None

    def _opened(self, answer: httpx.Response) -> None:
        """A page that the till has just opened has no name yet; any other is known by it."""
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
            self.till.pay(page)
        self.listen()
        return page

    def slips(self, which: int, card: str, rival: int | None) -> None:
        """Paid in time, but nobody hears of it before the hold has run out: it is swept, or wanted."""
        entry = self.pays(which, card).entries[-1]
        self.passes(55)
        if rival is None:
            self.sweeps_holds()
        else:
            self._requests_at(rival, entry.coach, entry.start, entry.minutes)

    def regrets(self, which: int, card: str, by_client: bool) -> None:
        """Paid, but nobody hears of it before it is called off."""
        self._cancels(self.pays(which, card).entries[-1], by_client)

    def debits(self, which: int, bank_pays: bool) -> None:
        page = newest(self.pages, which, lambda page: page.at_stripe == "open")
        goes_through = page.at_stripe == "open"
        _shown(page, self.world.debits(page.address, bank_pays), goes_through)
        if goes_through:
            self.till.debit(page, bank_pays)
        self.listen()

    def cancels(self, which: int, by_client: bool, paid: bool) -> None:
        wanted = Status.CONFIRMED if paid else Status.PENDING
        self._cancels(newest(self.entries, which, lambda entry: entry.status is wanted), by_client)

    def _cancels(self, entry: Entry, by_client: bool) -> None:
        refusal = self.till.cancel(entry, by_client)
        _check(self._side(entry, by_client).post(f"/booking/{entry.id}/cancel", json={}), refusal)

    def reschedules(self, which: int, by_client: bool, ahead: int) -> None:
        entry, start = newest(self.entries, which, _is_confirmed), self._start(ahead)
        refusal = self.till.reschedule(entry, start, by_client)
        wish = {"session_datetime": self.world.at(start).isoformat()}
        _check(self._side(entry, by_client).post(f"/booking/{entry.id}/reschedule", json=wish), refusal)

    def ends(self, which: int, status: Status) -> None:
        begun = [entry for entry in self.entries if _is_confirmed(entry) and entry.start <= self.till.at]
        entry = newest(self.entries, which, begun.__contains__)
        refusal = self.till.end(entry, status)
        _check(self.world.coaches[entry.coach].post(f"/booking/{entry.id}/{END_IN[status]}"), refusal)

    def _side(self, entry: Entry, by_client: bool) -> Person:
        return self.world.clients[entry.client] if by_client else self.world.coaches[entry.coach]


def _is_confirmed(entry: Entry) -> bool:
    return entry.status is Status.CONFIRMED


def _shown(page: Page, answer: httpx.Response, goes_through: bool) -> None:
    assert page.at_stripe == "complete" or (answer.status_code == 303) == goes_through, answer.text


def _check(answer: httpx.Response, refusal: str | None) -> None:
    found = None if answer.is_success else answer.json()["type"].removeprefix("/problems/")
    assert found == refusal, answer.text
