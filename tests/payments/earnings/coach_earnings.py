"""A coach's earnings, as the API and the ledger show them."""

from collections import Counter
from typing import Any

import httpx
from sqlalchemy import text

from app.extensions import db
from app.payments.ledger.posting import Entry
from app.payments.models import Payment, Refund
from app.payments.refunds import submission
from tests.people import Checkout, Person
from tests.shop import Shop


def earnings(coach: Person, **query: str) -> list[dict[str, Any]]:
    answer = coach.get("/coach/me/earnings", params=query)
    assert answer.status_code == 200, answer.text
    totals: list[dict[str, Any]] = answer.json()["totals"]
    return totals


def figures(totals: dict[str, Any]) -> tuple[int, ...]:
    """Gross, refunded, lost, fees, commission, net, in minor units."""
    names = ("gross", "refunded", "lost", "fees", "commission", "net")
    return tuple(totals[f"{name}_minor"] for name in names)


def of_each_booking(shop: Shop, kind: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for entry in shop.rows(Entry):
        if entry.kind == kind:
            found[str(entry.booking_id)] += entry.amount_minor
    return found


def settled(shop: Shop, client: Person, coach: Person) -> dict[str, Any]:
    """A checkout that is paid, and whose fee is known."""
    _, checkout = shop.pays_for(client, coach)
    shop.settles(checkout)
    return checkout


def fee_of(shop: Shop, checkout: dict[str, Any]) -> int:
    (payment,) = [row for row in shop.rows(Payment) if str(row.id) == checkout["payment_id"]]
    assert payment.fee_minor
    return payment.fee_minor


def deliver_events(shop: Shop, events: list[dict[str, Any]]) -> None:
    for event in events:
        shop.deliver_event(event)


def pays_out(admin: Person, coach: Person, amount: Any, **more: str) -> httpx.Response:
    wish = {"amount": amount, "currency": "EUR", "reference": "SEPA 2031-01"} | more
    return admin.post(f"/admin/coach/{coach.id}/payout", json=wish)


def take_place(booking: dict[str, Any] | None = None, ago: str = "1 minute") -> None:
    """A session ended so long ago; unless it is named, each of them, one before the other."""
    which = f"WHERE id = '{booking['id']}'" if booking else ""
    numbered = f"SELECT id, row_number() OVER (ORDER BY period DESC) - 1 AS place FROM booking {which}"
    ended = f"now() - interval '{ago}' - place * interval '2 hours'"
    past = f"tstzrange({ended} - interval '1 hour', {ended})"
    of_each = f"FROM ({numbered}) AS past WHERE past.id = booking.id"
    db.session.execute(text(f"UPDATE booking SET period = {past}, busy = {past} {of_each}"))
    db.session.commit()


def standing(coach: Person) -> tuple[int, ...]:
    """Owed, payable, not yet payable, debt."""
    (totals,) = earnings(coach)
    return tuple(totals[f"{name}_minor"] for name in ("owed", "payable", "not_yet_payable", "debt"))


def refunded(shop: Shop, coach: Person, checkout: Checkout, **wish: Any) -> None:
    path = f"/payment/{checkout['payment_id']}/refund"
    answer = coach.post(path, json={"reason": "a favour"} | wish)
    assert answer.status_code == 202, answer.text
    issued(shop)


def issued(shop: Shop) -> None:
    for refund in shop.rows(Refund):
        shop.work(submission.issue, refund.id)
