"""Whatever becomes of a payment, at rest our books say to the last minor unit what Stripe's own say."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from app.extensions import db
from app.payments.ledger import stripe_fees
from app.payments.ledger.posting import Entry
from app.payments.models import Payment, Refund
from app.payments.refunds import submission
from app.payments.webhook.inbox import HANDLERS
from tests.configuration import Configure
from tests.example_counts import examples
from tests.payments.payouts.connected_accounts import onboarded
from tests.people import CARD, Checkout, Person
from tests.shop import Event, Shop

EXAMPLES = examples(5, ci=25)
REFUND_PENDS = "4000000000007726"
PAYING, FAILING = "DE89370400440532013000", "DE62370400440532013001"
RATES = {"EUR": 75, "JPY": 7777, "KWD": 23.45, "ISK": 10_155, "HUF": 30_001.5}
STEPS = {"KWD": 10, "ISK": 100}
KEY = {"Authorization": "Bearer sk_test_sandbox"}
ACTS = [
    "settle",
    "hear",
    "refund",
    "refund in the dashboard",
    "refund moves",
    "dispute",
    "inquire",
    "escalate",
    "win",
    "lose",
    "reverse",
    "reverse",
]
MOVES = ["failed", "requires_action", "succeeded", "canceled"]


@dataclass
class Story:
    """One payment, and what is drawn to become of it at Stripe, heard of or not."""

    shop: Shop
    coach: Person
    checkout: Checkout
    chance: Random

    def goes_on(self, act: str) -> None:
        """What cannot be, Stripe or we refuse, and the story goes on."""
        getattr(self, f"_{act.replace(' ', '_')}")()

    def comes_to_rest(self) -> None:
        """Everything is heard and asked for, until nothing more comes of it."""
        self._settle()
        for _ in range(2):
            self._hear(everything=True)

    def at_stripe(self) -> Counter[str]:
        books = self.shop.sandbox.http.get(f"{self.shop.sandbox.stripe_url}/_sandbox/ledger").json()
        (found,) = [each for each in books["payments"] if each["payment_intent"] == self.intent]
        assert found["unsettled"] == 0
        return Counter(
            payment=found["captured"],
            refund=-found["refunded"],
            dispute=-found["disputed"],
            fee=-found["fees"],
            transfer=found["application_fees"] - found["transferred"],
            left=found["net"],
        )

    def in_our_books(self) -> Counter[str]:
        (payment,) = self.shop.rows(Payment)
        found: Counter[str] = Counter(left=0)
        for entry in self.shop.rows(Entry):
            found[entry.kind] += entry.amount_minor
        found["left"] = sum(amount for kind, amount in found.items() if kind != "commission")
        del found["commission"]
        assert not (payment.stripe_destination_id and found["fee"])
        if payment.stripe_destination_id:  # these fees are ours to bear
            borne = (payment.fee_minor or 0) + sum(each.fee_minor or 0 for each in payment.disputes)
            found["fee"] -= borne
            found["left"] -= borne
        return found

    @property
    def intent(self) -> str:
        session = self.shop.at_stripe(f"/v1/checkout/sessions/{self.checkout['session_id']}")
        return str(session["payment_intent"])

    def _amount(self) -> int:
        step = STEPS.get(self.checkout["currency"], 1)
        return int(self.chance.randint(1, self.checkout["amount_minor"] // step)) * step

    def _control(self, path: str, **body: Any) -> None:
        self.shop.sandbox.http.post(f"{self.shop.sandbox.stripe_url}/_sandbox{path}", json=body)

    def _newest(self, kind: str) -> str:
        found = self.shop.at_stripe(f"/v1/{kind}?payment_intent={self.intent}")["data"]
        return str(found[0]["id"]) if found else "none"

    def _settle(self) -> None:
        self._control(f"/payments/{self.checkout['session_id']}/settle")

    def _hear(self, everything: bool = False) -> None:
        events = self._events()
        heard = events if everything else self.chance.sample(events, self.chance.randint(0, len(events)))
        self.chance.shuffle(heard)
        for event in heard:
            self.shop.deliver_event(event)
        self._work()

    def _events(self) -> list[Event]:
        """Of the payment, and of the transfer to the coach."""
        about = [each for each in self.shop.events(self.checkout) if each["type"] in HANDLERS]
        charge = self._charge()["id"]
        latest = self.shop.at_stripe("/v1/events?limit=100")["data"]
        sent_on = [each for each in latest if each["type"] in stripe_fees.HANDLERS and charge in str(each)]
        return about + sent_on

    def _work(self) -> None:
        """What is due, and what will be."""
        for refund in self.shop.rows(Refund):
            self.shop.work(submission.issue, refund.id)
        db.session.execute(text("UPDATE payment SET fee_due_at = now() WHERE fee_due_at IS NOT NULL"))
        db.session.commit()
        self.shop.work(stripe_fees.look_up, UUID(self.checkout["payment_id"]))

    def _refund(self) -> None:
        booking = self.coach.get(f"/payment/{self.checkout['payment_id']}").json()["lines"][0]["booking_id"]
        amount = self.chance.choice([{}, {"amount_minor": self._amount()}])
        wish = {"booking_id": booking, "reason": "drawn", **amount}
        answer = self.coach.post(f"/payment/{self.checkout['payment_id']}/refund", json=wish)
        assert answer.status_code in {202, 409, 422}, answer.text

    def _refund_in_the_dashboard(self) -> None:
        self._control(f"/payments/{self.checkout['session_id']}/refund", amount=self._amount())

    def _refund_moves(self) -> None:
        self._control(f"/refunds/{self._newest('refunds')}/status", status=self.chance.choice(MOVES))

    def _dispute(self, inquiry: bool = False) -> None:
        about = {"amount": self._amount(), "inquiry": inquiry}
        self._control(f"/payments/{self.checkout['session_id']}/dispute", **about)

    def _inquire(self) -> None:
        self._dispute(inquiry=True)

    def _escalate(self) -> None:
        self._control(f"/disputes/{self._newest('disputes')}/escalate")

    def _win(self) -> None:
        keeps = self.chance.choice([True, False])
        self._control(f"/disputes/{self._newest('disputes')}/close", verdict="won", keep_fee=keeps)

    def _lose(self) -> None:
        self._control(f"/disputes/{self._newest('disputes')}/close", verdict="lost")

    def _charge(self) -> dict[str, Any]:
        intent = self.shop.at_stripe(f"/v1/payment_intents/{self.intent}?expand[]=latest_charge")
        charge: dict[str, Any] = intent["latest_charge"]
        return charge

    def _reverse(self) -> None:
        """By hand: the transfer to the coach's account, or a part of it."""
        if transfer := self._charge().get("transfer"):
            url = f"{self.shop.sandbox.stripe_url}/v1/transfers/{transfer}/reversals"
            self.shop.sandbox.http.post(url, data={"amount": self._amount()}, headers=KEY)


@pytest.fixture
def connect_is(configure: Configure) -> Callable[[bool], None]:
    """Sets STRIPE_CONNECT, and a commission."""

    def of(on: bool) -> None:
        configure(stripe_connect=on, commission_percent=Decimal("7.77"))

    return of


def paid(shop: Shop, drawn: st.DataObject, client: Person, coach: Person) -> Checkout:
    currency = drawn.draw(st.sampled_from(sorted(RATES)))
    coach.open_for_business(currency=currency, hourly_rate=RATES[currency])
    is_series = drawn.draw(st.booleans())
    checkout = client.checks_out(client.books_series(coach) if is_series else client.books(coach))
    by_debit = drawn.draw(st.sampled_from([None, True, False])) if currency == "EUR" else None
    if by_debit is None:
        shop.sandbox.pays(checkout, drawn.draw(st.sampled_from([CARD, REFUND_PENDS])))
        return checkout
    shop.sandbox.debits(checkout, PAYING if by_debit else FAILING)
    if drawn.draw(st.booleans()):
        shop.sandbox.control(f"/payments/{checkout['session_id']}/settle")
    shop.sandbox.control(
        f"/payments/{checkout['session_id']}/debit", outcome="succeeded" if by_debit else "failed"
    )
    return checkout


def connection() -> Connection:
    """The one that all is done on, and undone at the end."""
    found = db.engines[None]
    assert isinstance(found, Connection)
    return found


def moved(books: Counter[str]) -> dict[str, int]:
    return {kind: amount for kind, amount in books.items() if amount}


@given(drawn=st.data())
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,  # a change is judged by the same stories each time
    suppress_health_check=list(HealthCheck),
)
def test_at_rest_our_books_are_stripes(
    unhurried: Shop, client: Person, coach: Person, connect_is: Callable[[bool], None], drawn: st.DataObject
) -> None:
    db.session.remove()
    shop, savepoint = unhurried, connection().begin_nested()
    try:
        is_on = drawn.draw(st.booleans())
        connect_is(is_on)
        if is_on:
            onboarded(shop, coach)
        checkout = paid(shop, drawn, client, coach)
        story = Story(shop, coach, checkout, drawn.draw(st.randoms(use_true_random=False)))
        for act in drawn.draw(st.lists(st.sampled_from(ACTS), max_size=6)):
            story.goes_on(act)
        story.comes_to_rest()
        assert moved(story.in_our_books()) == moved(story.at_stripe())
    finally:
        db.session.remove()
        savepoint.rollback()
