"""Every field of Stripe's that is read may be null, missing, or have a value that Stripe adds tomorrow.

Which fields are read is not listed here: it is recorded while the true event is applied.
"""

from copy import deepcopy
from typing import Any
from uuid import uuid4

import pytest

from app.alerts import Alert
from app.payments.events.models import StripeEvent
from app.payments.events.status import EventStatus
from app.payments.models import Refund
from app.payments.refunds import submission
from app.payments.status import RefundStatus
from app.payments.webhook.inbox import HANDLERS
from tests.configuration import Configure
from tests.payments.events.stored_books import Books, books
from tests.payments.scenarios import STORIES, TOLD_BY_EVENTS_ALONE
from tests.payments.settlement.event_orders import undone
from tests.people import Person
from tests.shop import Event, Shop, changed

Path = tuple[str | int, ...]
NEW = "a_value_of_tomorrow"


NO_TEXT, NO_NUMBER = "a\0b\ud800", 10**30
"""What JSON can spell, and no column of ours can hold."""


MISSING = object()
ODD: dict[Path, tuple[object, ...]] = {
    ("id",): (None, MISSING),  # a new one is of another object
}


TOLD_BY_NO_STORY = {"charge.dispute.updated"}
"""What the word of an opened dispute goes through, too."""


UNDECIDED = {(kind, ("status",)) for kind in ("refund.created", "refund.updated", "refund.failed")}
"""Null is a word of Stripe's here: it has not decided."""


class Recorded(dict[str, Any]):
    """An object of Stripe's that notes which of its fields are read."""

    def __init__(self, thing: dict[str, Any], read: set[Path], path: Path = ()) -> None:
        super().__init__({name: _noting(value, read, (*path, name)) for name, value in thing.items()})
        self._read, self._path = read, path

    def __getitem__(self, name: str) -> Any:
        self._read.add((*self._path, name))
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._read.add((*self._path, name))
        return super().get(name, default)


def _noting(value: Any, read: set[Path], path: Path) -> Any:
    if isinstance(value, dict):
        return Recorded(value, read, path)
    if isinstance(value, list):
        return [_noting(each, read, (*path, place)) for place, each in enumerate(value)]
    return value


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> set[Path]:
    """Collects what is read of the events that are applied."""
    found: set[Path] = set()
    plain = StripeEvent.subject.fget
    assert plain
    monkeypatch.setattr(StripeEvent, "subject", property(lambda event: Recorded(plain(event), found)))
    return found


def odd(event: Event, path: Path, value: object) -> Event:
    """The same word of Stripe's with one field that says something else."""
    other = deepcopy(event) | {"id": f"evt_{uuid4().hex}"}
    thing: Any = other["data"]["object"]
    for name in path[:-1]:
        thing = thing[name]
    if value is MISSING:
        thing.pop(path[-1], None)
    else:
        thing[path[-1]] = value
    return other


def check(shop: Shop, event: Event, true: Event, before: Books, after: Books, may_wait: bool) -> None:
    """It was applied whole or not at all, it does not come again, and the operator knows if it is to be."""
    assert shop.deliver_event(event) is None
    row, now = shop.event(event), books(shop)
    if row.status is EventStatus.PROCESSED:
        assert now == after or may_wait
    else:
        assert now == before
        assert row.reason or row.last_error
        told = {trouble.subject_id for trouble in shop.rows(Alert)}
        assert row.status is EventStatus.IGNORED or event["id"] in told
    shop.deliver_event(true)
    assert books(shop) == after  # nothing was lost


STORY = {story.name: story for story in [*STORIES, *TOLD_BY_EVENTS_ALONE]}
STORIES_OF_TYPES = {
    "paid": {"checkout.session.completed", "payment_intent.succeeded", "charge.updated"},
    "declined, then paid": {"payment_intent.payment_failed"},
    "debited": {"payment_intent.processing", "checkout.session.async_payment_succeeded"},
    "the debit was returned": {"checkout.session.async_payment_failed"},
    "never paid": {"checkout.session.expired", "payment_intent.canceled"},
    "refunded in parts": {"refund.created"},
    "the refund came back": {"refund.updated", "refund.failed"},
    "disputed and won": {
        f"charge.dispute.{kind}"
        for kind in ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")
    },
    "warned of fraud, then disputed": {
        "radar.early_fraud_warning.created",
        "radar.early_fraud_warning.updated",
    },
}


@pytest.mark.timeout(300)  # ten seconds, unless the machine is busy
@pytest.mark.parametrize("name", STORIES_OF_TYPES)
def test_an_odd_value_is_applied_whole_or_set_aside_and_told(
    unhurried: Shop, client: Person, coach: Person, read: set[Path], name: str
) -> None:
    to_check = set(STORIES_OF_TYPES[name])
    for event in STORY[name].events(unhurried, client, coach):
        if event["type"] in to_check:
            to_check.remove(event["type"])
            _check_each_field(unhurried, event, read)
        unhurried.deliver_event(event)
    assert to_check <= TOLD_BY_NO_STORY


def _check_each_field(shop: Shop, event: Event, read: set[Path]) -> None:
    before = books(shop)
    read.clear()
    with undone():
        shop.deliver_event(event)
        after = books(shop)
    assert read, event["type"]
    for path in sorted(read, key=str):
        for value in ODD.get(path, (None, MISSING, NEW, NO_TEXT, NO_NUMBER)):
            may_wait = value is None and (event["type"], path) in UNDECIDED
            with undone():
                check(shop, odd(event, path, value), event, before, after, may_wait)


def test_every_type_that_is_applied_is_tried_with_odd_values() -> None:
    """Those of coaches' accounts have a test of their own, and so has a charge's sum of refunds."""
    assert HANDLERS["charge.dispute.updated"] is HANDLERS["charge.dispute.created"]
    tried = set().union(*STORIES_OF_TYPES.values())
    of_their_own = {"account.updated", "transfer.reversed", "application_fee.refunded", "charge.refunded"}
    assert set(HANDLERS) - tried == of_their_own


@pytest.mark.parametrize("kind", ["account.updated", "transfer.reversed", "application_fee.refunded"])
@pytest.mark.parametrize("value", [None, 7, NEW, NO_TEXT, NO_NUMBER, {"id": None}, []], ids=ascii)
@pytest.mark.parametrize("field", ["id", "metadata", "source_transaction", "charge"])
def test_odd_values_of_coaches_accounts_are_set_aside(
    shop: Shop, configure: Configure, kind: str, field: str, value: object
) -> None:
    configure(stripe_connect=True)
    subject = {"id": "x_1", "object": kind.rpartition(".")[0], field: value}
    event = {"id": "evt_odd", "type": kind, "livemode": False, "data": {"object": subject}}

    assert shop.deliver_event(event) is None

    assert shop.event(event).status in {EventStatus.IGNORED, EventStatus.FAILED}


@pytest.mark.parametrize("status", [None, NEW, "no_payment_required", "partially_paid", ""])
@pytest.mark.parametrize("kind", ["completed", "async_payment_succeeded"])
def test_only_a_session_that_is_paid_confirms_a_booking(
    shop: Shop, client: Person, coach: Person, kind: str, status: str | None
) -> None:
    booking = client.books(coach)
    event = shop.paid(client.checks_out(booking))
    event = changed(event, f"checkout.session.{kind}", payment_status=status)

    assert shop.deliver_event(event) is None

    assert client.booking(booking)["status"] == "pending"
    assert shop.event(event).status is EventStatus.FAILED
    assert any(event["id"] in what for what in shop.ops_mails())


def test_a_session_of_somebody_else_with_an_odd_status_wakes_nobody(
    shop: Shop, client: Person, coach: Person
) -> None:
    event = shop.paid(client.checks_out(client.books(coach)))
    foreign = changed(event, id="cs_foreign", payment_intent="pi_foreign", metadata={}, payment_status=NEW)

    shop.deliver_event(foreign)

    assert (shop.event(foreign).status, shop.ops_mails()) == (EventStatus.IGNORED, [])


def test_a_refund_that_stripe_has_not_decided_is_pending_until_it_has(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    event = shop.refunds_by_hand(checkout, 2500)[0]

    undecided = changed(event, "refund.updated", status=None)
    assert shop.deliver_event(undecided) is None

    (refund,) = shop.rows(Refund)
    assert (refund.status, shop.event(undecided).status) == (RefundStatus.PENDING, EventStatus.PROCESSED)
    shop.deliver_event(event)
    assert [refund.status for refund in shop.rows(Refund)] == [RefundStatus.SUCCEEDED]
    shop.deliver_event(changed(event, "refund.updated", status=None))
    assert [refund.status for refund in shop.rows(Refund)] == [RefundStatus.SUCCEEDED]


@pytest.mark.parametrize(
    "differs",
    [{"currency": "usd"}, {"currency": None}, {"amount": None}, {"amount": "2500"}, {"status": "reviewing"}],
    ids=str,
)
def test_a_refund_that_does_not_fit_its_payment_is_told_and_not_put_on_record(
    shop: Shop, client: Person, coach: Person, differs: dict[str, Any]
) -> None:
    _, checkout = shop.pays_for(client, coach)
    event = changed(shop.refunds_by_hand(checkout, 2500)[0], **differs)

    assert shop.deliver_event(event) is None

    assert (shop.event(event).status, shop.rows(Refund)) == (EventStatus.FAILED, [])
    assert len(shop.ops_mails()) == 1


@pytest.mark.parametrize("differs", [{"currency": "usd"}, {"amount": 1}], ids=str)
def test_a_refund_of_ours_that_stripe_tells_with_other_money_is_told(
    shop: Shop, client: Person, coach: Person, differs: dict[str, Any]
) -> None:
    booking, checkout = shop.pays_for(client, coach)
    coach.post(f"/booking/{booking['id']}/cancel", json={})
    (refund,) = shop.rows(Refund)
    shop.sandbox.control("/faults", path="/v1/refunds", method="POST", after_work=True, status=503, times=9)
    shop.work(submission.issue, refund.id)
    event = changed(shop.events(checkout, "refund.created")[0], **differs)

    shop.deliver_event(event)

    assert shop.event(event).status is EventStatus.FAILED
    assert [row.status for row in shop.rows(Refund)] == [RefundStatus.PENDING]
