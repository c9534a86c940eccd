"""Actions of people, banks and operators. What the application answers is checked elsewhere."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.bookings.random_order.background import newest
from tests.bookings.random_order.world import MINUTE
from tests.payments.random_faults.world import PaymentWorld
from tests.people import Person

HALF_HOUR = 30
ELSEWHERE = "00000000-0000-4000-8000-000000000000"
"""What another deployment on the same Stripe account writes on what it makes."""
PROOF = {"evidence[uncategorized_text]": "They were there.", "submit": "true"}


@dataclass(frozen=True)
class Booking:
    client: Person
    coach: Person
    id: str
    price: int


@dataclass(frozen=True)
class Page:
    """A payment page that a client was sent to."""

    booking: Booking
    payment_id: str
    session_id: str
    url: str


class Actors:
    def __init__(self, world: PaymentWorld) -> None:
        world.begins()
        self.world = world
        self.bookings: list[Booking] = []
        self.pages: list[Page] = []

    def books(self, client: int, coach: int, ahead: int, sessions: int) -> None:
        """One session or a series, each week at the same time."""
        world = self.world
        buyer, seller = world.clients[client], world.coaches[coach]
        at = world.clock.at.replace(minute=0, second=0, microsecond=0) + ahead * HALF_HOUR * MINUTE
        if sessions == 1:
            answer = buyer.wish(seller, at)
        else:
            answer = buyer.wish_series(seller, at, sessions, skip_taken=True)
        if answer.is_success:
            made = answer.json()
            self.bookings += [_booking(buyer, seller, each) for each in made.get("items", [made])]

    def opens_page(self, which: int, url: str) -> None:
        booking = newest(self.bookings, which)
        order = {"booking_id": booking.id, "success_url": url, "cancel_url": url}
        answer = booking.client.post("/payment/checkout", json=order)
        if answer.is_success:
            made = answer.json()
            page = Page(booking, made["payment_id"], made["session_id"], made["url"])
            if page.session_id not in {each.session_id for each in self.pages}:
                self.pages.append(page)

    def pays(self, which: int, card: str) -> None:
        self.world.sandbox.pays({"url": newest(self.pages, which).url}, card)

    def debits(self, which: int, iban: str) -> None:
        self.world.sandbox.debits({"url": newest(self.pages, which).url}, iban)

    def cancels(self, which: int, by_client: bool) -> None:
        booking = newest(self.bookings, which)
        person = booking.client if by_client else booking.coach
        person.post(f"/booking/{booking.id}/cancel", json={})

    def gives_back(self, which: int, part: int | None, by_admin: bool) -> None:
        """By a button of ours: so many hundredths of the price, or what is left."""
        booking = newest(self.bookings, which)
        person = self.world.admin if by_admin else booking.coach
        paid = person.get("/payment", params={"booking_id": booking.id}).json()["items"]
        wish: dict[str, Any] = {"reason": "as agreed", "booking_id": booking.id}
        for payment in paid:
            if part:
                wish["amount"] = _of_hundred(payment["amount"], part)
            person.post(f"/payment/{payment['id']}/refund", json=wish)

    def gives_back_at_stripe(self, which: int, part: int | None) -> None:
        """In Stripe's dashboard."""
        page = newest(self.pages, which)
        body = {"amount": page.booking.price * part // 100} if part else {}
        self.world.button(f"/payments/{page.session_id}/refund", **body)

    def asks_again(self, which: int, times: int) -> None:
        """The operator wants a refund of ours made once more, and presses so often."""
        rows = self.world.select("SELECT id FROM refund ORDER BY created_at, id")
        for _ in range(times if rows else 0):
            self.world.admin.post(f"/admin/refund/{newest(rows, which).id}/retry", json={})

    def another_deployment_refunds(self, which: int, part: int | None) -> None:
        """One on a copy of our database: it knows our payment, and gives it an id of its own."""
        page = newest(self.pages, which)
        sessions = {each["id"]: each for each in self.world.at_stripes("checkout.session")}
        if intent := sessions[page.session_id]["payment_intent"]:
            body = {"amount": str(page.booking.price * part // 100)} if part else {}
            names = {"metadata[deployment_id]": ELSEWHERE, "metadata[refund_id]": ELSEWHERE}
            self._asks_stripe("/v1/refunds", {"payment_intent": intent, **names, **body})

    def another_deployment_sells(self, which: int, is_paid: bool) -> None:
        """The same one: on a page under an id that is also ours, which is paid there, or closed unpaid."""
        page = newest(self.pages, which)
        currency = "jpy" if page.booking.coach is self.world.coaches[1] else "eur"
        names = {"deployment_id": ELSEWHERE, "payment_id": page.payment_id}
        order = {"mode": "payment", "success_url": "https://here.example", "line_items[0][quantity]": "1"}
        price = {"currency": currency, "unit_amount": page.booking.price, "product_data][name": "A session"}
        for prefix in ("metadata", "payment_intent_data[metadata]"):
            order |= {f"{prefix}[{name}]": said for name, said in names.items()}
        order |= {f"line_items[0][price_data][{name}]": str(said) for name, said in price.items()}
        before = {each["id"] for each in self.world.at_stripes("checkout.session")}
        self._asks_stripe("/v1/checkout/sessions", order)
        for session in self.world.at_stripes("checkout.session"):
            if session["id"] not in before and is_paid:
                self.world.sandbox.pays(session)
            elif session["id"] not in before:
                self._asks_stripe(f"/v1/checkout/sessions/{session['id']}/expire", {})

    def status_of(self, which: int) -> str:
        """How the payment behind a page stands here."""
        payment_id = newest(self.pages, which).payment_id
        (row,) = self.world.select(f"SELECT status FROM payment WHERE id = '{payment_id}'")
        return str(row.status)

    def bank_moves_refund(self, which: int, status: str) -> None:
        """Only one that has not arrived can still be asked about or called off."""
        if made := self.world.at_stripes("refund"):
            refund = newest(made, which)
            if status == "failed" or refund["status"] != "succeeded":
                self.world.button(f"/refunds/{refund['id']}/status", status=status)

    def disputes(self, which: int, part: int | None, inquiry: bool) -> None:
        page = newest(self.pages, which)
        body = {"amount": page.booking.price * part // 100} if part else {}
        self.world.button(f"/payments/{page.session_id}/dispute", inquiry=inquiry, **body)

    def bank_goes_on(self, which: int, how: str, keep_fee: bool) -> None:
        """With a dispute: it makes an inquiry a chargeback, decides, or decides the other way after all."""
        if made := self.world.at_stripes("dispute"):
            path = f"/disputes/{newest(made, which)['id']}"
            if how in {"escalate", "overturn"}:
                self.world.button(f"{path}/{how}")
            else:
                self.world.button(f"{path}/close", verdict=how, keep_fee=keep_fee)

    def warns_of_fraud(self, which: int) -> None:
        """The issuer of the card."""
        self.world.button(f"/payments/{newest(self.pages, which).session_id}/fraud-warning")

    def answers_bank(self, which: int, here: bool) -> None:
        """The operator gives evidence, here or on Stripe's page."""
        made = self.world.at_stripes("dispute")
        if not made:
            return
        dispute_id = newest(made, which)["id"]
        if here:
            rows = self.world.select(f"SELECT id FROM dispute WHERE stripe_dispute_id = '{dispute_id}'")
            for row in rows:
                self.world.admin.post(f"/admin/dispute/{row.id}/evidence", json={"text": "They were there."})
        else:
            self._asks_stripe(f"/v1/disputes/{dispute_id}", PROOF)

    def _asks_stripe(self, path: str, form: dict[str, str]) -> None:
        sandbox = self.world.sandbox
        key = {"Authorization": "Bearer sk_test_sandbox"}
        try:
            sandbox.http.post(f"{sandbox.stripe_url}{path}", data=form, headers=key)
        except httpx.RemoteProtocolError:
            return  # Stripe fails its own page too


def _booking(client: Person, coach: Person, made: dict[str, Any]) -> Booking:
    return Booking(client, coach, made["id"], made["amount_minor"])


def _of_hundred(amount: float, part: int) -> int:
    """In whole units, which every currency has."""
    return max(1, int(amount * part / 100))
