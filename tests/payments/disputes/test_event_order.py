"""Whatever order a dispute's events come in, and however often: the same row, the same mails, each once."""

from collections import Counter
from collections.abc import Iterable
from itertools import permutations
from typing import Any

import pytest

from app.emails.models import Email
from app.payments.ledger.posting import Entry
from app.payments.models import Dispute, Payment, Refund
from tests.payments.disputes.opened_disputes import OPS, answered, decided, disputed, word_of
from tests.payments.settlement.event_orders import undone
from tests.people import Person
from tests.shop import Event, Shop, changed

Books = dict[str, Any]
_WHEN = {
    "id",
    "created_at",
    "updated_at",
    "told_deadline_at",
    "decided_at",
    "evidence_submitted_at",
    "evidence",
}


def books(shop: Shop) -> Books:
    """What stands in the end, moments apart."""
    (dispute,), (payment,), found = shop.rows(Dispute), shop.rows(Payment), shop.rows(Refund)
    row = {column.name: getattr(dispute, column.name) for column in dispute.__table__.columns}
    return {
        "dispute": {name: value for name, value in row.items() if name not in _WHEN},
        "decided": dispute.decided_at is not None,
        "answered": dispute.evidence_submitted_at is not None,
        "kept": payment.kept,
        "entries": sum_by_kind(shop),
        "refunds": [(refund.status, refund.failure_reason) for refund in found],
        "mails": sorted((mail.kind, mail.subject) for mail in shop.rows(Email) if mail.recipient == OPS),
    }


def sum_by_kind(shop: Shop) -> dict[str, int]:
    """Of the coach's books."""
    found: Counter[str] = Counter()
    for entry in shop.rows(Entry):
        found[entry.kind] += entry.amount_minor
    return {kind: amount for kind, amount in found.items() if amount}


def check_every_order(shop: Shop, events: list[Event], repeats: int = 1) -> Books:
    """Each order of them, each told so many times, ends in the same books."""
    ends: list[Books] = []
    for order in permutations(events):
        with undone():
            deliver_copies(shop, [event for _ in range(repeats) for event in order])
            ends.append(books(shop))
        assert ends[-1] == ends[0], [event["type"] for event in order]
    return ends[0]


def deliver_copies(shop: Shop, events: Iterable[Event]) -> None:
    for event in events:
        shop.deliver_event(changed(event))  # one occurrence may even yield two events


@pytest.fixture
def owing(shop: Shop, client: Person, coach: Person) -> dict[str, Any]:
    """The checkout of a session that its coach called off: a refund is owed, and not asked for yet."""
    booking, checkout = shop.pays_for(client, coach)
    assert coach.post(f"/booking/{booking['id']}/cancel", json={}).status_code == 200
    return checkout


def test_won(shop: Shop, client: Person, owing: dict[str, Any]) -> None:
    decided(shop, disputed(shop, client, owing), "won")
    events = word_of(shop, owing)

    end = check_every_order(shop, events)

    assert len(events) == 4
    assert end["dispute"]["status"] == "won"
    assert (end["kept"].amount, end["answered"], end["decided"]) == (7500, False, True)
    assert [kind for kind, _ in end["mails"]] == ["dispute_decided", "dispute_opened"]
    assert end["refunds"] == [("pending", None)]


def test_answered_and_lost(shop: Shop, client: Person, owing: dict[str, Any]) -> None:
    dispute = disputed(shop, client, owing)
    answered(shop, dispute)
    decided(shop, dispute, "lost")
    events = word_of(shop, owing)

    end = check_every_order(shop, events)

    assert len(events) == 4
    assert (end["dispute"]["status"], end["dispute"]["withdrawn_minor"]) == ("lost", 7500)
    assert end["answered"]
    assert end["entries"] == {"payment": 7500, "dispute": -7500, "fee": -1500}
    assert end["refunds"] == [("canceled", "the client has this money by a dispute")]
    assert [kind for kind, _ in end["mails"]] == ["dispute_decided", "dispute_opened"]


def test_asked_answered_and_asked_no_longer(shop: Shop, client: Person, owing: dict[str, Any]) -> None:
    dispute = disputed(shop, client, owing, inquiry=True)
    answered(shop, dispute)
    decided(shop, dispute, "won")

    end = check_every_order(shop, word_of(shop, owing), repeats=3)

    assert (end["dispute"]["status"], end["kept"].amount) == ("warning_closed", 7500)
    assert [kind for kind, _ in end["mails"]] == ["dispute_decided", "dispute_opened"]


def test_an_inquiry_that_became_a_dispute_ends_alike(
    shop: Shop, client: Person, owing: dict[str, Any]
) -> None:
    """Its first mail is left out where the inquiry is told after what became of it."""
    dispute = disputed(shop, client, owing, inquiry=True)
    shop.sandbox.control(f"/disputes/{dispute['id']}/escalate")
    decided(shop, dispute, "lost")
    events, ends = word_of(shop, owing), []
    assert len(events) == 4

    for order in permutations(events):
        with undone():
            deliver_copies(shop, order)
            ends.append(books(shop))

    told = [end.pop("mails") for end in ends]
    assert all(end == ends[0] for end in ends)
    for mails in told:
        news = [subject.partition(":")[0] for _, subject in mails if not subject.startswith("Inquiry")]
        assert news == ["Dispute lost", "Payment disputed"]
