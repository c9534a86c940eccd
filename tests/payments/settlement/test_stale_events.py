"""News that comes late, or once more under another id: what Stripe said since stands."""

from itertools import product

import pytest

from app.payments.models import Refund
from app.payments.status import NOT_REFUNDED, OPEN_REFUNDS, RefundStatus
from tests.payments.events.stored_books import books
from tests.payments.scenarios import STORIES, TOLD_BY_EVENTS_ALONE, Story
from tests.people import Person
from tests.shop import Event, Shop, changed

Stage = RefundStatus | None
LATER = (RefundStatus.REQUIRES_ACTION, RefundStatus.SUCCEEDED, *sorted(NOT_REFUNDED))


@pytest.mark.parametrize("story", [*STORIES, *TOLD_BY_EVENTS_ALONE], ids=lambda story: story.name)
def test_what_stripe_tells_once_more_under_another_id_changes_nothing(
    unhurried: Shop, client: Person, coach: Person, story: Story
) -> None:
    """One occurrence may bring two events (Stripe: "Handle duplicate events")."""
    events = story.events(unhurried, client, coach)
    for event in events:
        unhurried.deliver_event(event)
    before = books(unhurried)

    for event in events:
        unhurried.deliver_event(changed(event))
        assert books(unhurried) == before, event["type"]


def said(event: Event, status: Stage, second: int) -> Event:
    """That a refund stands so, told so many seconds after it was made."""
    return {**changed(event, "refund.updated", status=status), "created": event["created"] + second}


def stages(shop: Shop) -> list[RefundStatus]:
    return [refund.status for refund in shop.rows(Refund)]


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        *((later, earlier) for later, earlier in product(LATER, (*OPEN_REFUNDS, None)) if later != earlier),
        (RefundStatus.FAILED, RefundStatus.SUCCEEDED),
        (RefundStatus.CANCELED, RefundStatus.SUCCEEDED),
    ],
)
@pytest.mark.parametrize("seconds_between", [0, 60])
def test_a_refund_stays_as_stripe_said_last(
    shop: Shop, client: Person, coach: Person, later: Stage, earlier: Stage, seconds_between: int
) -> None:
    _, checkout = shop.pays_for(client, coach)
    made = shop.refunds_by_hand(checkout, 2500)[0]
    shop.deliver_event(said(made, later, 60))
    before = books(shop)

    shop.deliver_event(said(made, earlier, 60 - seconds_between))

    assert (stages(shop), books(shop)) == ([later], before)


def test_a_refund_that_waits_for_the_payer_no_longer_is_pending_again(
    shop: Shop, client: Person, coach: Person
) -> None:
    """The payer has said where the money is to go; the news of having been asked comes late, twice."""
    _, checkout = shop.pays_for(client, coach)
    made = shop.refunds_by_hand(checkout, 2500)[0]
    asked, answered = RefundStatus.REQUIRES_ACTION, RefundStatus.PENDING

    for status, second in ((answered, 0), (asked, 30), (answered, 60), (asked, 30), (answered, 0)):
        shop.deliver_event(said(made, status, second))

    assert stages(shop) == [answered]


def test_a_receipt_is_not_lost_by_news_from_before_there_was_one(
    shop: Shop, client: Person, coach: Person
) -> None:
    _, checkout = shop.pays_for(client, coach)
    settled = shop.settlement(checkout)
    shop.deliver_event(settled)
    receipt = client.payment(checkout)["receipt_url"]

    shop.deliver_event(changed(settled, receipt_url=None))

    assert receipt
    assert client.payment(checkout)["receipt_url"] == receipt


def test_a_charge_that_is_not_paid_has_no_receipt(shop: Shop, client: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(client, coach)
    unpaid = changed(shop.settlement(checkout), paid=False)

    shop.deliver_event(unpaid)

    assert shop.event(unpaid).status == "ignored"
    assert client.payment(checkout)["receipt_url"] is None
