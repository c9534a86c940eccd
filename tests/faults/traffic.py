"""A steady flow of people who register, book, pay, cancel and are paid back."""

import itertools
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from tests.faults.retrying_client import Answers, Caller, GaveUp
from tests.people import CARD, DECLINED, PAID, PASSWORD, Checkout, Person, Sandbox, next_week

PAIRS = 2
"""Coaches; each is wanted by two traders, at the same times."""
BETWEEN_VISITS = 0.35
"""Seconds, from half of it to twice as much."""
VISITS_A_CLIENT = 12


@dataclass
class Traffic:
    """What was asked for and what was promised; traders add to it."""

    url: str
    sandbox: Sandbox
    answers: Answers = field(default_factory=Answers)
    held: dict[str, Any] = field(default_factory=dict)
    """Bookings that were answered 201, by id."""
    paid: set[str] = field(default_factory=set)
    """Sessions whose payer saw the page of thanks."""
    ends: Counter[str] = field(default_factory=Counter)
    """How visits ended."""
    errors: list[str] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    visiting: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_quiet(self) -> bool:
        return self.visiting == 0

    def pause(self) -> None:
        """No new visits; those under way come to their end."""
        self.open.clear()

    def go_on(self) -> None:
        self.open.set()


@contextmanager
def traffic_to(url: str, sandbox: Sandbox) -> Iterator[Traffic]:
    """A traffic that is under way."""
    traffic = Traffic(url, sandbox)
    coaches = [_coach(traffic) for _ in range(PAIRS)]
    starts = [next_week(0) for _ in coaches]
    traders = [
        TrafficSource(traffic, coach, start, seed)
        for coach, start in zip(coaches, starts, strict=True)
        for seed in range(2)
    ]
    threads = [threading.Thread(target=trader.run, name="trader") for trader in traders]
    traffic.go_on()
    for thread in threads:
        thread.start()
    try:
        yield traffic
    finally:
        traffic.over.set()
        traffic.go_on()
        for thread in threads:
            thread.join()


def _coach(traffic: Traffic) -> Person:
    http = Caller(traffic.url, traffic.answers)
    return registered(http, "coach").open_for_business()


def registered(http: httpx.Client, role: str, email: str = "") -> Person:
    """Somebody new. Where an answer was lost, asking again changes nothing of what they have by then."""
    email = email or address(role)
    person = {"email": email, "password": PASSWORD, "name": f"{role.title()} {email[-16:-12]}", "role": role}
    answer = http.post("/auth/register", json={**person, "time_zone": "UTC"})
    assert answer.status_code == 201, answer.text
    somebody = Person.signed_in(http, email, PASSWORD)
    if role == "coach":
        somebody.prove_address()
    return somebody


def address(role: str) -> str:
    """A new one."""
    return f"{role}-{uuid4().hex[:12]}@example.com"


class TrafficSource:
    """One visit after the other, each by somebody, to one coach, half an hour later each time."""

    def __init__(self, traffic: Traffic, coach: Person, start: datetime, seed: int) -> None:
        self.traffic, self.coach, self.seed = traffic, coach, seed
        self.times = (start + timedelta(minutes=30 * n) for n in itertools.count())
        self.drawn = random.Random(f"{coach.id}{seed}")
        self.http = Caller(traffic.url, traffic.answers)
        self.client: Person | None = None
        self.visits = 0

    def run(self) -> None:
        while not self.traffic.over.is_set():
            self.traffic.open.wait()
            with self._counted():
                self._visit()
            self.traffic.over.wait(BETWEEN_VISITS * self.drawn.uniform(0.5, 2))
        self.http.close()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self.traffic.lock:
            self.traffic.visiting += 1
        try:
            yield
        finally:
            with self.traffic.lock:
                self.traffic.visiting -= 1

    def _visit(self) -> None:
        try:
            end = (
                self._bought()
                if self.traffic.open.is_set() and not self.traffic.over.is_set()
                else "not begun"
            )
        except GaveUp as error:
            end = f"gave up: {str(error)[:80]}"
        except Exception as error:  # a visit that breaks is a finding, and the others go on
            end = "broke"
            self.traffic.errors.append(repr(error))
        with self.traffic.lock:
            self.traffic.ends[end] += 1

    def _bought(self) -> str:
        client = self._somebody()
        asked = client.wish(self.coach, next(self.times), 30)
        if asked.status_code != 201:
            return f"not held: {asked.json()['type']}"
        booking = asked.json()
        self.traffic.held[booking["id"]] = booking
        drawn = self.drawn.random()
        if drawn < 0.1:
            return self._cancelled(client, booking, "called off unpaid")
        checkout = _checkout(client, booking)
        if isinstance(checkout, str):
            return checkout
        if drawn < 0.2:
            self.traffic.sandbox.pays(checkout, DECLINED)
        self._pay(checkout)
        if drawn > 0.8:
            return self._cancelled(client, booking, "cancelled")
        if drawn > 0.7:
            return self._given_back(checkout)
        return "paid"

    def _somebody(self) -> Person:
        if self.client is None or self.visits % VISITS_A_CLIENT == 0:
            self.client = registered(self.http, "client")
        self.visits += 1
        return self.client

    def _pay(self, checkout: Checkout) -> None:
        answer = self.traffic.sandbox.pays(checkout, CARD)
        if answer.status_code == 303:
            self.traffic.paid.add(checkout["session_id"])

    def _cancelled(self, client: Person, booking: dict[str, Any], end: str) -> str:
        answer = client.post(f"/booking/{booking['id']}/cancel", json={"reason": "changed my mind"})
        assert answer.status_code == 200 or "is cancelled" in answer.text, answer.text
        return end

    def _given_back(self, checkout: Checkout) -> str:
        """The coach gives some back, once the payment is known; who comes too early leaves it."""
        coach = Person(self.http, self.coach.id, self.coach.email, self.coach.token)
        answer = coach.post(
            f"/payment/{checkout['payment_id']}/refund", json={"amount": 10, "reason": "we ended early"}
        )
        assert answer.status_code in {202, 409}, answer.text
        return "paid, and some given back" if answer.status_code == 202 else "paid"


def _checkout(client: Person, booking: dict[str, Any]) -> Checkout | str:
    wish = {"booking_id": booking["id"], "success_url": PAID, "cancel_url": "https://example.com/cancelled"}
    answer = client.post("/payment/checkout", json=wish)
    return answer.json() if answer.is_success else f"no page: {answer.json()['type']}"
