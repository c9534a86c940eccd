"""Clients who have booked, and pay on the page of the sandbox's Stripe."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from bench import asking, free_times, people
from bench.system import System

AT_ONCE = 8
"""So many book at once, and so many pages are asked for."""
MAX_AT_ONCE = 100
"""So many pay at once, where answers come later than payers."""
CARD = {
    "email": "payer@example.com",
    "card_number": "4242424242424242",
    "expiry": "12/40",
    "cvc": "123",
    "name": "Pat Payer",
    "postal_code": "75001",
}
BACK = {"success_url": "https://example.com/paid", "cancel_url": "https://example.com/cancelled"}


@dataclass(frozen=True)
class Payer:
    """Somebody before the payment page."""

    stripe_port: int
    booking_id: UUID
    page: str

    def click(self) -> int:
        """Send the form; what the page answers, after Stripe was told that its webhook arrived."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        with closing(HTTPConnection("127.0.0.1", self.stripe_port, timeout=60)) as connection:
            connection.request("POST", self.page, urlencode(CARD), headers)
            return connection.getresponse().status


def ready(system: System, count: int) -> list[Payer]:
    """So many, each with a booking and a page of their own."""
    badges = people.badges(system.app, free_times.business(count))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda number: _booked(system, number, badges[number]), range(count)))


def one_by_one(payers: Sequence[Payer], rest: Callable[[set[UUID]], None]) -> Iterator[tuple[Payer, float]]:
    """Each payer, and when the button was pressed; the next once all is at rest after it."""
    for payer in payers:
        at = time.time()
        payer.click()
        yield payer, at
        rest({payer.booking_id})


def steadily(payers: Sequence[Payer], a_second: float) -> Iterator[tuple[Payer, float]]:
    """Each payer, and when the button was due to be pressed: nobody waits for anybody else's answer."""
    began = time.time() + 0.1
    due = [began + number / a_second for number in range(len(payers))]
    clicks: list[Future[int]] = []
    with ThreadPoolExecutor(MAX_AT_ONCE) as pool:
        for payer, at in zip(payers, due, strict=True):
            time.sleep(max(0.0, at - time.time()))
            clicks.append(pool.submit(payer.click))
            yield payer, at
    for click in clicks:
        click.result()


def _booked(system: System, number: int, badge: str) -> Payer:
    me = asking.signed_in(badge)
    booking = asking.ask(system.port, "POST", "/booking", me, json.dumps(free_times.wish(number)))
    wanted = {"booking_id": booking["id"], **BACK}
    page = asking.ask(system.port, "POST", "/payment/checkout", me, json.dumps(wanted))["url"]
    return Payer(system.stripe_port, UUID(booking["id"]), urlsplit(page).path)
