"""Whatever people do and whatever fails meanwhile: at rest our books are Stripe's.

A longer look: STORIES=500 pytest tests/payments/random_faults tells other stories each time.
"""

import os
import sys

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.bookings.random_order.booking_model import DAY
from tests.example_counts import examples
from tests.payments.random_faults import concurrent_actions, races, scenarios
from tests.payments.random_faults.background import BackgroundWork
from tests.payments.random_faults.checks import check_books
from tests.payments.random_faults.concurrent_actions import ACTIONS
from tests.payments.random_faults.drawing import (
    ACTION_NAMES,
    AHEAD,
    CARDS,
    CLIENTS,
    COACHES,
    PARTS,
    PAUSES,
    PURCHASES,
    SPANS,
    STATUSES,
    URLS,
    VERDICTS,
    WHICH,
    when,
)
from tests.payments.random_faults.interleaving import Pause, Stopped
from tests.payments.random_faults.scenarios import Purchase
from tests.payments.random_faults.world import (
    OF_REFUNDS,
    OF_TRANSFERS,
    Failure,
    PaymentWorld,
    Refusal,
    StripeCall,
)
from tests.payments.scenarios import DEBIT, FAILING_DEBIT

STORIES, STEPS = examples(2, ci=5), 20
LONG = os.environ.get("STORIES")


class AnyFault(RuleBasedStateMachine):
    def __init__(self, world: PaymentWorld) -> None:
        super().__init__()
        self.simulation = BackgroundWork(world)

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
        refusals: list[Refusal],
        stop: Stopped,
    ) -> None:
        """What seldom comes by chance: two do the same at once, money moves, and only Stripe knows."""
        races.each(self.simulation, client, coach, times, stop)
        purchases = [Purchase(client, coach, ahead) for ahead in (2, 30, 60, 90, 120, 150, 160)]
        scenarios.all_is_heard_backwards(self.simulation, purchases[4], back)
        scenarios.refunds_are_refused(self.simulation, purchases[5], refusals)
        scenarios.another_deployment_meddles(self.simulation, purchases[6], part)
        scenarios.decline_is_heard_last(self.simulation, client, 170)
        self._rests(by_events=False)  # nothing was lost, so that nothing is compared
        scenarios.answers_of_refunds_are_lost(self.simulation, purchases[0], 30, times)
        scenarios.purchase_is_not_heard_of(self.simulation, purchases[1])
        scenarios.refund_is_not_heard_of(self.simulation, purchases[2], part)
        scenarios.verdict_is_not_heard_of(self.simulation, purchases[3], part, "won")
        self._rests(by_events=False)

    @rule(client=CLIENTS, coach=COACHES, ahead=AHEAD, sessions=st.sampled_from([1, 1, 2, 3]), card=CARDS)
    def buy(self, client: int, coach: int, ahead: int, sessions: int, card: str) -> None:
        self.simulation.buys(client, coach, ahead, sessions, card)
        self.simulation.collect_events()

    @rule(which=WHICH, url=URLS)
    @when(lambda self: self.simulation.bookings)
    def open_page(self, which: int, url: str) -> None:
        self.simulation.opens_page(which, url)
        self.simulation.collect_events()

    @rule(which=WHICH, card=CARDS)
    @when(lambda self: self.simulation.pages)
    def pay(self, which: int, card: str) -> None:
        self.simulation.pays(which, card)
        self.simulation.collect_events()

    @rule(
        client=CLIENTS, coach=COACHES, ahead=AHEAD, which=WHICH, iban=st.sampled_from([DEBIT, FAILING_DEBIT])
    )
    def debit(self, client: int, coach: int, ahead: int, which: int, iban: str) -> None:
        self.simulation.books(client, coach, ahead, 1)
        if self.simulation.bookings:
            self.simulation.opens_page(which, "https://here.example")
        if self.simulation.pages:
            self.simulation.debits(0, iban)
        self.simulation.collect_events()

    @rule(which=WHICH, by_client=st.booleans())
    @when(lambda self: self.simulation.bookings)
    def cancel(self, which: int, by_client: bool) -> None:
        self.simulation.cancels(which, by_client)

    @rule(which=WHICH, part=PARTS, by_admin=st.booleans())
    @when(lambda self: self.simulation.pages)
    def give_back(self, which: int, part: int | None, by_admin: bool) -> None:
        self.simulation.gives_back(which, part, by_admin)

    @rule(which=WHICH, part=PARTS, heard=st.booleans())
    @when(lambda self: self.simulation.pages)
    def give_back_at_stripe(self, which: int, part: int | None, heard: bool) -> None:
        self.simulation.gives_back_at_stripe(which, part)
        self.simulation.collect_events(heard)

    @rule(which=WHICH, times=st.integers(1, 2))
    @when(lambda self: self.simulation.pages)
    def ask_again(self, which: int, times: int) -> None:
        self.simulation.asks_again(which, times)

    @rule(which=WHICH, part=PARTS, is_paid=st.booleans(), heard=st.booleans())
    @when(lambda self: self.simulation.pages)
    def trade_elsewhere(self, which: int, part: int | None, is_paid: bool, heard: bool) -> None:
        self.simulation.another_deployment_refunds(which, part)
        self.simulation.another_deployment_sells(which, is_paid)
        self.simulation.collect_events(heard)

    @rule(refusal=st.sampled_from(OF_REFUNDS), times=st.integers(1, 4))
    def stripe_refuses_refunds(self, refusal: Refusal, times: int) -> None:
        self.simulation.world.stripe_fails(StripeCall.A_REFUND, refusal, times)

    @rule(which=WHICH, status=STATUSES, heard=st.booleans())
    @when(lambda self: self.simulation.pages)
    def bank_moves_refund(self, which: int, status: str, heard: bool) -> None:
        self.simulation.bank_moves_refund(which, status)
        self.simulation.collect_events(heard)

    @rule(which=WHICH, part=PARTS, inquiry=st.booleans())
    @when(lambda self: self.simulation.pages)
    def dispute(self, which: int, part: int | None, inquiry: bool) -> None:
        self.simulation.disputes(which, part, inquiry)
        self.simulation.collect_events()

    @rule(which=WHICH, how=VERDICTS, keep_fee=st.booleans(), heard=st.booleans())
    @when(lambda self: self.simulation.pages)
    def bank_goes_on(self, which: int, how: str, keep_fee: bool, heard: bool) -> None:
        self.simulation.bank_goes_on(which, how, keep_fee)
        self.simulation.collect_events(heard)

    @rule(which=WHICH, here=st.booleans())
    @when(lambda self: self.simulation.pages)
    def answer_bank(self, which: int, here: bool) -> None:
        self.simulation.answers_bank(which, here)
        self.simulation.collect_events()

    @rule(which=WHICH)
    @when(lambda self: self.simulation.pages)
    def warn_of_fraud(self, which: int) -> None:
        self.simulation.warns_of_fraud(which)
        self.simulation.collect_events()

    @rule(what=ACTION_NAMES, which=WHICH, pause=PAUSES)
    def do_twice_at_once(self, what: str, which: int, pause: Stopped) -> None:
        concurrent_actions.at_once(
            self.simulation, ACTIONS[what], ACTIONS[what], (which, which), Pause(*pause)
        )

    @rule(one=ACTION_NAMES, other=ACTION_NAMES, which=st.tuples(WHICH, WHICH), pause=PAUSES)
    def do_at_once(self, one: str, other: str, which: tuple[int, int], pause: Stopped) -> None:
        concurrent_actions.at_once(self.simulation, ACTIONS[one], ACTIONS[other], which, Pause(*pause))

    @rule(
        asked=st.sampled_from([StripeCall.TO_TAKE_BACK, StripeCall.TO_SEND_AGAIN]),
        refusal=st.sampled_from(OF_TRANSFERS),
        times=st.integers(1, 3),
    )
    def stripe_refuses_transfers(self, asked: StripeCall, refusal: Refusal, times: int) -> None:
        self.simulation.world.stripe_fails(asked, refusal, times)

    @rule(asked=st.sampled_from(StripeCall), failure=st.sampled_from(Failure), times=st.integers(1, 4))
    def stripe_fails(self, asked: StripeCall, failure: Failure, times: int) -> None:
        """The package asks three times, so that some of it nobody notices."""
        self.simulation.world.stripe_fails(asked, failure, times)

    @rule(purchase=PURCHASES, part=PARTS, failure=st.sampled_from(Failure))
    def give_back_in_trouble(self, purchase: Purchase, part: int | None, failure: Failure) -> None:
        scenarios.refund_fails(self.simulation, purchase, part, failure)

    @rule(purchase=PURCHASES, failure=st.sampled_from(Failure))
    def buy_in_trouble(self, purchase: Purchase, failure: Failure) -> None:
        scenarios.page_fails(self.simulation, purchase, failure)

    @rule(purchase=PURCHASES, part=st.sampled_from([30, 50]), verdict=VERDICTS)
    def dispute_in_silence(self, purchase: Purchase, part: int, verdict: str) -> None:
        scenarios.verdict_is_not_heard_of(self.simulation, purchase, part, verdict)

    @rule(which=st.integers(0, 30), again=st.booleans())
    @when(lambda self: self.simulation.waiting)
    def hear(self, which: int, again: bool) -> None:
        self.simulation.deliver(which, again)

    @rule(which=st.integers(0, 200), under_another_id=st.booleans())
    def hear_of_the_past(self, which: int, under_another_id: bool) -> None:
        self.simulation.deliver_old_event(which, under_another_id)

    @rule()
    @when(lambda self: self.simulation.waiting)
    def hear_all(self) -> None:
        self.simulation.deliver_all()

    @rule(which=st.integers(0, 30), number=st.integers(1, 6))
    @when(lambda self: self.simulation.waiting)
    def never_hear(self, which: int, number: int) -> None:
        for _ in range(min(number, len(self.simulation.waiting))):
            self.simulation.lose_event(which)

    @rule(which=WHICH, again=st.booleans())
    @when(lambda self: self.simulation.jobs)
    def work(self, which: int, again: bool) -> None:
        self.simulation.works(which, again)
        self.simulation.collect_events()

    @rule(which=WHICH)
    @when(lambda self: self.simulation.jobs)
    def lose_a_job(self, which: int) -> None:
        self.simulation.world.drop_job(self.simulation.jobs[which % len(self.simulation.jobs)])

    @rule(minutes=SPANS)
    def time_passes(self, minutes: int) -> None:
        self.simulation.passes(minutes)

    @rule()
    def sweep(self) -> None:
        self.simulation.sweeps()

    @rule()
    @when(lambda self: self.simulation.has_something_to_compare)
    def reconcile(self) -> None:
        self.simulation.reconciles()

    @rule(by_events=st.booleans())
    @when(lambda self: len(self.simulation.waiting) > 20)
    def come_to_rest(self, by_events: bool) -> None:
        self._rests(by_events)

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self._end_of_story()
        finally:
            self.simulation.world.ends()

    def _end_of_story(self) -> None:
        """All sessions end, all banks decide."""
        for minutes in (0, 130 * DAY):
            self.simulation.passes(minutes)
            self._rests(by_events=len(self.simulation.pages) % 3 == 0)
            self.simulation.finds_nothing_more()
            self.simulation.deliver_lost_events()
            check_books(self.simulation.world)

    def _rests(self, by_events: bool) -> None:
        self.simulation.comes_to_rest(by_events)
        check_books(self.simulation.world)


@pytest.mark.timeout(900 if LONG is None else 0)  # a failure is made small before it is shown
def test_whatever_fails_the_ledger_agrees_with_stripe(world: PaymentWorld) -> None:
    run_state_machine_as_test(
        lambda: AnyFault(world),
        settings=settings(
            max_examples=int(LONG or STORIES),
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=LONG is None,  # a change is judged by the same stories each time
            suppress_health_check=list(HealthCheck),
        ),
    )
