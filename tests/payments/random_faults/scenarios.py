"""Troubles that take more than one step, so that each story can be sure to have them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.payments.refunds import manual
from tests.payments.random_faults.background import BackgroundWork
from tests.payments.random_faults.world import Failure, Refusal, StripeCall
from tests.payments.scenarios import DEBIT
from tests.people import CARD, DECLINED

REFUND_TAKES_TIME = "4000000000007726"
ASKED_AT_ONCE = 3
"""So often Stripe's package asks."""
UNTIL_ASKED_AGAIN = 10
"""Minutes."""
IN_EUROS = 0
"""The coach whose pages offer a debit: there is none in yen."""


@dataclass(frozen=True)
class Purchase:
    """Who buys what of whom."""

    client: int
    coach: int
    ahead: int


def bought(simulation: BackgroundWork, purchase: Purchase, card: str = CARD) -> None:
    simulation.buys(purchase.client, purchase.coach, purchase.ahead, 1, card)
    simulation.collect_events()
    simulation.deliver_all()


def refund_fails(simulation: BackgroundWork, purchase: Purchase, part: int | None, failure: Failure) -> None:
    """Stripe fails for as long as the package asks."""
    bought(simulation, purchase)
    simulation.world.stripe_fails(StripeCall.A_REFUND, failure, ASKED_AT_ONCE)
    simulation.gives_back(0, part, by_admin=False)
    simulation.works_off()


def answers_of_refunds_are_lost(
    simulation: BackgroundWork, purchase: Purchase, part: int, times: int
) -> None:
    """Stripe has made each, and is asked again before we hear of it."""
    bought(simulation, purchase)
    for failure in (Failure.HANGS_UP_AFTERWARDS, Failure.BREAKS_AFTERWARDS):
        simulation.world.stripe_fails(StripeCall.A_REFUND, failure, times)
        simulation.gives_back(0, part, by_admin=False)
        simulation.works_off()
        simulation.passes(UNTIL_ASKED_AGAIN)
        simulation.sweeps()


def refunds_are_refused(simulation: BackgroundWork, purchase: Purchase, refusals: Sequence[Refusal]) -> None:
    """A part of a payment for each way in which Stripe refuses one; as many payments as that takes."""
    for number, refusal in enumerate(refusals):
        if number % manual.MAX_PARTS == 0:
            bought(simulation, replace(purchase, ahead=purchase.ahead + number))
        simulation.world.stripe_fails(StripeCall.A_REFUND, refusal, 1)
        simulation.gives_back(0, 10, by_admin=False)
        simulation.works_off()


def another_deployment_meddles(simulation: BackgroundWork, purchase: Purchase, part: int) -> None:
    """It refunds what was paid to us, and is paid on a page under the id of one of ours, which stays open."""
    bought(simulation, purchase)
    simulation.another_deployment_refunds(0, part)
    simulation.collect_events()
    simulation.books(purchase.client, 1 - purchase.coach, purchase.ahead + 3, 1)
    simulation.opens_page(0, "https://here.example")
    for is_paid in (True, False):
        simulation.another_deployment_sells(0, is_paid)
        simulation.collect_events()
        simulation.deliver_all()
        assert simulation.status_of(0) == "pending"


def decline_is_heard_last(simulation: BackgroundWork, client: int, ahead: int) -> None:
    """Of an attempt by card, after the payer went on with a debit."""
    simulation.books(client, IN_EUROS, ahead, 1)
    simulation.opens_page(0, "https://here.example")
    simulation.pays(0, DECLINED)
    simulation.debits(0, DEBIT)
    simulation.collect_events()
    while simulation.waiting:
        simulation.deliver(-1)
    assert simulation.status_of(0) == "processing"


def page_fails(simulation: BackgroundWork, purchase: Purchase, failure: Failure) -> None:
    """Whoever is told to come again does so."""
    simulation.world.stripe_fails(StripeCall.A_PAGE, failure, ASKED_AT_ONCE)
    simulation.buys(purchase.client, purchase.coach, purchase.ahead, 1, CARD)
    if simulation.bookings:
        simulation.opens_page(0, "https://here.example")
    if simulation.pages:
        simulation.pays(0, CARD)
    simulation.collect_events()


def purchase_is_not_heard_of(simulation: BackgroundWork, purchase: Purchase) -> None:
    simulation.buys(purchase.client, purchase.coach, purchase.ahead, 1, CARD)
    simulation.collect_events(heard=False)


def refund_is_not_heard_of(simulation: BackgroundWork, purchase: Purchase, part: int | None) -> None:
    """Somebody makes it in Stripe's dashboard, and it stays on its way for hours."""
    bought(simulation, purchase, REFUND_TAKES_TIME)
    simulation.gives_back_at_stripe(0, part)
    simulation.collect_events(heard=False)


def all_is_heard_backwards(simulation: BackgroundWork, purchase: Purchase, part: int | None) -> None:
    """A refund in Stripe's dashboard, before the payment is known as ours."""
    simulation.buys(purchase.client, purchase.coach, purchase.ahead, 1, CARD)
    simulation.gives_back_at_stripe(0, part)
    simulation.collect_events()
    while simulation.waiting:
        simulation.deliver(-1)


def verdict_is_not_heard_of(simulation: BackgroundWork, purchase: Purchase, part: int, verdict: str) -> None:
    """A refund waits for it meanwhile."""
    bought(simulation, purchase)
    simulation.disputes(0, None, inquiry=False)
    simulation.collect_events()
    simulation.deliver_all()
    simulation.gives_back(0, part, by_admin=False)
    simulation.works_off()
    simulation.bank_goes_on(0, verdict, keep_fee=False)
    simulation.collect_events(heard=False)
