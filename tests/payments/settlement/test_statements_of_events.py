"""How many statements an event takes: at hundreds of payments a minute each one counts."""

from app.accounts.models import Account
from app.extensions import db, now
from tests.accounts.work_counts import statements
from tests.people import Person
from tests.shop import Shop

PAYS = 19
"""Of an event that pays for one session. Its row is recorded, and locked. Its deployment and its payment are
compared. Coach, both accounts, bookings and payment are locked, and refunds that came earlier are looked for.
Both status changes, their audit rows and the ledger entry are written, and the client's unpaid holds are
deleted. Both mails are counted against their limits and inserted together. The outcome is recorded."""
CHANGES_NOTHING = 5
"""Of an event about a payment that is paid already: it is recorded, locked, compared and ignored."""


def deliver(shop: Shop, event: dict[str, object]) -> int:
    with statements() as seen:
        shop.deliver_event(event)
    assert "INSERT" in seen
    return len([each for each in seen if each not in {"SAVEPOINT", "RELEASE"}])


def test_an_event_takes_few_statements(shop: Shop, client: Person, coach: Person) -> None:
    db.session.query(Account).update({"email_verified_at": now()})  # else the limits count the unproven
    db.session.commit()
    checkout = client.checks_out(client.books(coach))

    assert deliver(shop, shop.paid(checkout)) <= PAYS
    (succeeded,) = shop.events(checkout, "payment_intent.succeeded")
    assert deliver(shop, succeeded) <= CHANGES_NOTHING
