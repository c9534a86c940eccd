"""Whatever people do and whatever fails meanwhile: at rest our books are Stripe's.

A longer look: STORIES=500 pytest tests/payments/random_faults tells other stories each time.
"""

import os
import sys

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from tests.bookings.random_order.booking_model import DAY
from tests.example_counts import examples
from tests.payments.random_faults import concurrent_actions, races, scenarios
from tests.payments.random_faults.background import Backstage
from tests.payments.random_faults.checks import check_books
from tests.payments.random_faults.concurrent_actions import DEEDS
from tests.payments.random_faults.drawing import (
    AHEAD,
    CARDS,
    CLIENTS,
    COACHES,
    DEALS,
    PARTS,
    PAUSES,
    SOMETHING,
    SPANS,
    STATUSES,
    URLS,
    VERDICTS,
    WHICH,
    when,
)
from tests.payments.random_faults.interleaving import Pause, Stopped
from tests.payments.random_faults.scenarios import Deal
from tests.payments.random_faults.world import OF_REFUNDS, OF_TRANSFERS, Asked, Failing, Market, Refusing
from tests.payments.scenarios import DEBIT, FAILING_DEBIT

STORIES, STEPS = examples(2, ci=5), 20
LONG = os.environ.get("STORIES")


class AnyFault(RuleBasedStateMachine):
    def __init__(self, market: Market) -> None:
        super().__init__()
        self.play = Backstage(market)

    @initialize(
        client=CLIENTS,
        coach=COACHES,
        part=st.sampled_from([30, 50]),
        back=PARTS,
        times=st.integers(3, 4),
        refusals=st.permutations(OF_REFUNDS),
        stop=st.sampled_from([races.RIGHT_BEFORE, races.RIGHT_AFTER]),
    )
    def begin(
        self,
        client: int,
        coach: int,
        part: int,
        back: int | None,
        times: int,
        refusals: list[Refusing],
        stop: Stopped,
    ) -> None:
        """What seldom comes by chance: two do the same at once, money moves, and only Stripe knows."""
        races.each(self.play, client, coach, times, stop)
        deals = [Deal(client, coach, ahead) for ahead in (2, 30, 60, 90, 120, 150, 160)]
        scenarios.all_is_heard_backwards(self.play, deals[4], back)
        scenarios.refunds_are_refused(self.play, deals[5], refusals)
        scenarios.another_deployment_meddles(self.play, deals[6], part)
        scenarios.decline_is_heard_last(self.play, client, 170)
        self._rests(by_events=False)  # nothing was lost, so that nothing is compared
        scenarios.answers_of_refunds_are_lost(self.play, deals[0], 30, times)
        scenarios.purchase_is_not_heard_of(self.play, deals[1])
        scenarios.refund_is_not_heard_of(self.play, deals[2], part)
        scenarios.verdict_is_not_heard_of(self.play, deals[3], part, "won")
        self._rests(by_events=False)

    @rule(client=CLIENTS, coach=COACHES, ahead=AHEAD, sessions=st.sampled_from([1, 1, 2, 3]), card=CARDS)
    def buy(self, client: int, coach: int, ahead: int, sessions: int, card: str) -> None:
        self.play.buys(client, coach, ahead, sessions, card)
        self.play.listens()

    @rule(which=WHICH, url=URLS)
    @when(lambda self: self.play.bookings)
    def open_page(self, which: int, url: str) -> None:
        self.play.opens_page(which, url)
        self.play.listens()

    @rule(which=WHICH, card=CARDS)
    @when(lambda self: self.play.pages)
    def pay(self, which: int, card: str) -> None:
        self.play.pays(which, card)
        self.play.listens()

    @rule(
        client=CLIENTS, coach=COACHES, ahead=AHEAD, which=WHICH, iban=st.sampled_from([DEBIT, FAILING_DEBIT])
    )
    def debit(self, client: int, coach: int, ahead: int, which: int, iban: str) -> None:
        self.play.books(client, coach, ahead, 1)
        if self.play.bookings:
            self.play.opens_page(which, "https://here.example")
        if self.play.pages:
            self.play.debits(0, iban)
        self.play.listens()

    @rule(which=WHICH, by_client=st.booleans())
    @when(lambda self: self.play.bookings)
    def cancel(self, which: int, by_client: bool) -> None:
        self.play.cancels(which, by_client)

    @rule(which=WHICH, part=PARTS, by_admin=st.booleans())
    @when(lambda self: self.play.pages)
    def give_back(self, which: int, part: int | None, by_admin: bool) -> None:
        self.play.gives_back(which, part, by_admin)

    @rule(which=WHICH, part=PARTS, heard=st.booleans())
    @when(lambda self: self.play.pages)
    def give_back_at_stripe(self, which: int, part: int | None, heard: bool) -> None:
        self.play.gives_back_at_stripe(which, part)
        self.play.listens(heard)

    @rule(which=WHICH, times=st.integers(1, 2))
    @when(lambda self: self.play.pages)
    def ask_again(self, which: int, times: int) -> None:
        self.play.asks_again(which, times)

    @rule(which=WHICH, part=PARTS, is_paid=st.booleans(), heard=st.booleans())
    @when(lambda self: self.play.pages)
    def trade_elsewhere(self, which: int, part: int | None, is_paid: bool, heard: bool) -> None:
        self.play.another_deployment_refunds(which, part)
        self.play.another_deployment_sells(which, is_paid)
        self.play.listens(heard)

    @rule(refusing=st.sampled_from(OF_REFUNDS), times=st.integers(1, 4))
    def stripe_refuses_refunds(self, refusing: Refusing, times: int) -> None:
        self.play.market.stripe_fails(Asked.A_REFUND, refusing, times)

    @rule(which=WHICH, status=STATUSES, heard=st.booleans())
    @when(lambda self: self.play.pages)
    def bank_moves_refund(self, which: int, status: str, heard: bool) -> None:
        self.play.bank_moves_refund(which, status)
        self.play.listens(heard)

    @rule(which=WHICH, part=PARTS, inquiry=st.booleans())
    @when(lambda self: self.play.pages)
    def dispute(self, which: int, part: int | None, inquiry: bool) -> None:
        self.play.disputes(which, part, inquiry)
        self.play.listens()

    @rule(which=WHICH, how=VERDICTS, keep_fee=st.booleans(), heard=st.booleans())
    @when(lambda self: self.play.pages)
    def bank_goes_on(self, which: int, how: str, keep_fee: bool, heard: bool) -> None:
        self.play.bank_goes_on(which, how, keep_fee)
        self.play.listens(heard)

    @rule(which=WHICH, here=st.booleans())
    @when(lambda self: self.play.pages)
    def answer_bank(self, which: int, here: bool) -> None:
        self.play.answers_bank(which, here)
        self.play.listens()

    @rule(which=WHICH)
    @when(lambda self: self.play.pages)
    def warn_of_fraud(self, which: int) -> None:
        self.play.warns_of_fraud(which)
        self.play.listens()

    @rule(what=SOMETHING, which=WHICH, pause=PAUSES)
    def do_twice_at_once(self, what: str, which: int, pause: Stopped) -> None:
        concurrent_actions.at_once(self.play, DEEDS[what], DEEDS[what], (which, which), Pause(*pause))

    @rule(one=SOMETHING, other=SOMETHING, which=st.tuples(WHICH, WHICH), pause=PAUSES)
    def do_at_once(self, one: str, other: str, which: tuple[int, int], pause: Stopped) -> None:
        concurrent_actions.at_once(self.play, DEEDS[one], DEEDS[other], which, Pause(*pause))

    @rule(
        asked=st.sampled_from([Asked.TO_TAKE_BACK, Asked.TO_SEND_AGAIN]),
        refusing=st.sampled_from(OF_TRANSFERS),
        times=st.integers(1, 3),
    )
    def stripe_refuses_transfers(self, asked: Asked, refusing: Refusing, times: int) -> None:
        self.play.market.stripe_fails(asked, refusing, times)

    @rule(asked=st.sampled_from(Asked), failing=st.sampled_from(Failing), times=st.integers(1, 4))
    def stripe_fails(self, asked: Asked, failing: Failing, times: int) -> None:
        """The package asks three times, so that some of it nobody notices."""
        self.play.market.stripe_fails(asked, failing, times)

    @rule(deal=DEALS, part=PARTS, failing=st.sampled_from(Failing))
    def give_back_in_trouble(self, deal: Deal, part: int | None, failing: Failing) -> None:
        scenarios.refund_fails(self.play, deal, part, failing)

    @rule(deal=DEALS, failing=st.sampled_from(Failing))
    def buy_in_trouble(self, deal: Deal, failing: Failing) -> None:
        scenarios.page_fails(self.play, deal, failing)

    @rule(deal=DEALS, part=st.sampled_from([30, 50]), verdict=VERDICTS)
    def dispute_in_silence(self, deal: Deal, part: int, verdict: str) -> None:
        scenarios.verdict_is_not_heard_of(self.play, deal, part, verdict)

    @rule(which=st.integers(0, 30), again=st.booleans())
    @when(lambda self: self.play.waiting)
    def hear(self, which: int, again: bool) -> None:
        self.play.hears(which, again)

    @rule(which=st.integers(0, 200), under_another_id=st.booleans())
    def hear_of_the_past(self, which: int, under_another_id: bool) -> None:
        self.play.hears_of_the_past(which, under_another_id)

    @rule()
    @when(lambda self: self.play.waiting)
    def hear_all(self) -> None:
        self.play.hears_all()

    @rule(which=st.integers(0, 30), number=st.integers(1, 6))
    @when(lambda self: self.play.waiting)
    def never_hear(self, which: int, number: int) -> None:
        for _ in range(min(number, len(self.play.waiting))):
            self.play.never_hears(which)

    @rule(which=WHICH, again=st.booleans())
    @when(lambda self: self.play.jobs)
    def work(self, which: int, again: bool) -> None:
        self.play.works(which, again)
        self.play.listens()

    @rule(which=WHICH)
    @when(lambda self: self.play.jobs)
    def lose_a_job(self, which: int) -> None:
        self.play.market.loses(self.play.jobs[which % len(self.play.jobs)])

    @rule(minutes=SPANS)
    def time_passes(self, minutes: int) -> None:
        self.play.passes(minutes)

    @rule()
    def sweep(self) -> None:
        self.play.sweeps()

    @rule()
    @when(lambda self: self.play.has_something_to_compare)
    def reconcile(self) -> None:
        self.play.reconciles()

    @rule(by_events=st.booleans())
    @when(lambda self: len(self.play.waiting) > 20)
    def come_to_rest(self, by_events: bool) -> None:
        self._rests(by_events)

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self._end_of_story()
        finally:
            self.play.market.ends()

    def _end_of_story(self) -> None:
        """All sessions end, all banks decide."""
        for minutes in (0, 130 * DAY):
            self.play.passes(minutes)
            self._rests(by_events=len(self.play.pages) % 3 == 0)
            self.play.finds_nothing_more()
            self.play.hears_late()
            check_books(self.play.market)

    def _rests(self, by_events: bool) -> None:
        self.play.comes_to_rest(by_events)
        check_books(self.play.market)


@pytest.mark.timeout(900 if LONG is None else 0)  # a failure is made small before it is shown
def test_whatever_fails_the_books_are_stripes(market: Market) -> None:
    run_state_machine_as_test(
        lambda: AnyFault(market),
        settings=settings(
            max_examples=int(LONG or STORIES),
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=LONG is None,  # a change is judged by the same stories each time
            suppress_health_check=list(HealthCheck),
        ),
    )
