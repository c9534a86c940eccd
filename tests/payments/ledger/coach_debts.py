"""Coaches who owe: more went back than they earned."""

from tests.payments.earnings.coach_earnings import pays_out, take_place
from tests.people import Checkout, Person
from tests.shop import Shop


def pays_900(shop: Shop, client: Person, coach: Person) -> Checkout:
    """A session of 900, paid; Stripe's fee is known."""
    coach.open_for_business(hourly_rate=900)
    _, checkout = shop.pays_for(client, coach)
    shop.settles(checkout)
    return checkout


def paid_out(shop: Shop, client: Person, coach: Person, admin: Person, amount: float = 800) -> Checkout:
    """A session of 900 that took place, and so much paid out."""
    checkout = pays_900(shop, client, coach)
    take_place(ago="5 days")
    assert pays_out(admin, coach, amount).status_code == 201
    return checkout


def debts(admin: Person) -> list[tuple[str, float, str]]:
    items = admin.get("/admin/debt").json()["items"]
    assert admin.get("/admin/overview").json()["debts"] == len(items)
    return [(each["coach_id"], each["amount"], each["currency"]) for each in items]
