"""The operator's lists show rows as their own routes do, with as many statements for many as for one."""

import pytest

from tests.payments.fraud.test_warnings import warned
from tests.payments.ledger.lost_disputes import lost
from tests.payments.payouts.connected_accounts import onboarded, paid
from tests.people import Person
from tests.shop import Shop
from tests.statements import queries


def others(client: Person) -> tuple[Person, Person]:
    """Another client, and another coach."""
    return (
        Person.registered(client.http, "client"),
        Person.registered(client.http, "coach").open_for_business(),
    )


def check(admin: Person, path: str, count: int) -> None:
    with queries() as of_one:
        assert len(admin.get(f"{path}?limit=1").json()["items"]) == 1
    with queries() as of_all:
        items = admin.get(path).json()["items"]
    assert (len(items), len(of_all)) == (count, len(of_one))
    assert items == [admin.get(f"{path}/{each['id']}").json() for each in items]


def test_early_fraud_warnings(shop: Shop, admin: Person, client: Person, coach: Person) -> None:
    for payer, paid_one in ((client, coach), others(client)):
        _, checkout = shop.pays_for(payer, paid_one)
        shop.deliver_event(warned(shop, checkout))

    check(admin, "/admin/fraud-warning", 2)


@pytest.mark.usefixtures("connect")
def test_recoveries(shop: Shop, admin: Person, client: Person, coach: Person) -> None:
    for payer, paid_one in ((client, coach), others(client)):
        lost(shop, payer, paid(shop, payer, onboarded(shop, paid_one)))

    check(admin, "/admin/recovery", 2)
