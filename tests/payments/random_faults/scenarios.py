"""Troubles that take more than one step, so that each story can be sure to have them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.payments.refunds import manual
from tests.payments.random_faults.background import Backstage
from tests.payments.random_faults.world import Asked, Failing, Refusing
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
class Deal:
    """Who buys what of whom."""

    client: int
    coach: int
    ahead: int


def bought(play: Backstage, deal: Deal, card: str = CARD) -> None:
    play.buys(deal.client, deal.coach, deal.ahead, 1, card)
    play.listens()
    play.hears_all()


def refund_fails(play: Backstage, deal: Deal, part: int | None, failing: Failing) -> None:
    """Stripe fails for as long as the package asks."""
    bought(play, deal)
    play.market.stripe_fails(Asked.A_REFUND, failing, ASKED_AT_ONCE)
    play.gives_back(0, part, by_admin=False)
    play.works_off()


def answers_of_refunds_are_lost(play: Backstage, deal: Deal, part: int, times: int) -> None:
    """Stripe has made each, and is asked again before we hear of it."""
    bought(play, deal)
    for failing in (Failing.HANGS_UP_AFTERWARDS, Failing.BREAKS_AFTERWARDS):
        play.market.stripe_fails(Asked.A_REFUND, failing, times)
        play.gives_back(0, part, by_admin=False)
        play.works_off()
        play.passes(UNTIL_ASKED_AGAIN)
        play.sweeps()


def refunds_are_refused(play: Backstage, deal: Deal, refusals: Sequence[Refusing]) -> None:
    """A part of a payment for each way in which Stripe refuses one; as many payments as that takes."""
    for number, refusing in enumerate(refusals):
        if number % manual.MAX_PARTS == 0:
            bought(play, replace(deal, ahead=deal.ahead + number))
        play.market.stripe_fails(Asked.A_REFUND, refusing, 1)
        play.gives_back(0, 10, by_admin=False)
        play.works_off()


def another_deployment_meddles(play: Backstage, deal: Deal, part: int) -> None:
    """It refunds what was paid to us, and is paid on a page under the id of one of ours, which stays open."""
    bought(play, deal)
    play.another_deployment_refunds(0, part)
    play.listens()
    play.books(deal.client, 1 - deal.coach, deal.ahead + 3, 1)
    play.opens_page(0, "https://here.example")
    for is_paid in (True, False):
        play.another_deployment_sells(0, is_paid)
        play.listens()
        play.hears_all()
        assert play.status_of(0) == "pending"


def decline_is_heard_last(play: Backstage, client: int, ahead: int) -> None:
    """Of an attempt by card, after the payer went on with a debit."""
    play.books(client, IN_EUROS, ahead, 1)
    play.opens_page(0, "https://here.example")
    play.pays(0, DECLINED)
    play.debits(0, DEBIT)
    play.listens()
    while play.waiting:
        play.hears(-1)
    assert play.status_of(0) == "processing"


def page_fails(play: Backstage, deal: Deal, failing: Failing) -> None:
    """Whoever is told to come again does so."""
    play.market.stripe_fails(Asked.A_PAGE, failing, ASKED_AT_ONCE)
    play.buys(deal.client, deal.coach, deal.ahead, 1, CARD)
    if play.bookings:
        play.opens_page(0, "https://here.example")
    if play.pages:
        play.pays(0, CARD)
    play.listens()


def purchase_is_not_heard_of(play: Backstage, deal: Deal) -> None:
    play.buys(deal.client, deal.coach, deal.ahead, 1, CARD)
    play.listens(heard=False)


def refund_is_not_heard_of(play: Backstage, deal: Deal, part: int | None) -> None:
    """Somebody makes it in Stripe's dashboard, and it stays on its way for hours."""
    bought(play, deal, REFUND_TAKES_TIME)
    play.gives_back_at_stripe(0, part)
    play.listens(heard=False)


def all_is_heard_backwards(play: Backstage, deal: Deal, part: int | None) -> None:
    """A refund in Stripe's dashboard, before the payment is known as ours."""
    play.buys(deal.client, deal.coach, deal.ahead, 1, CARD)
    play.gives_back_at_stripe(0, part)
    play.listens()
    while play.waiting:
        play.hears(-1)


def verdict_is_not_heard_of(play: Backstage, deal: Deal, part: int, verdict: str) -> None:
    """A refund waits for it meanwhile."""
    bought(play, deal)
    play.disputes(0, None, inquiry=False)
    play.listens()
    play.hears_all()
    play.gives_back(0, part, by_admin=False)
    play.works_off()
    play.bank_goes_on(0, verdict, keep_fee=False)
    play.listens(heard=False)
