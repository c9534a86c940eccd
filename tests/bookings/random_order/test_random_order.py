"""Bookings and payments in any order end as the model says."""

import sys

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.bookings.status import Status
from tests.bookings.random_order.actions import Actors, StartOffset
from tests.bookings.random_order.background import ANY
from tests.bookings.random_order.booking_model import WEEK
from tests.bookings.random_order.checks import (
    check_moves,
    check_no_overlap,
    check_rest,
    check_statuses,
)
from tests.bookings.random_order.listings import check_free_times, check_what_can_be_booked
from tests.bookings.random_order.scenes import HOURS, Hours, Scene, Stays, draw_stays, scenes
from tests.bookings.random_order.world import World
from tests.example_counts import examples
from tests.people import CARD, DECLINED

EXAMPLES, STEPS = examples(3, ci=10), 40
REFUND_TAKES_TIME = "4000000000007726"
WHICH = st.integers(0, ANY)
CLIENTS, COACHES = st.integers(0, 2), st.integers(0, 1)
AHEAD = st.sampled_from(
    [
        *(StartOffset(minutes) for minutes in (60, 30, 90, 120, 180, 1470, 1500, 3000, -30)),
        *(StartOffset(minutes, of_change=True) for minutes in (0, -30, 30, -60, 60)),
        StartOffset(-WEEK, of_change=True),
        StartOffset(30 - WEEK, of_change=True),
        StartOffset(95, on_grid=False),
    ]
)
MINUTES = st.sampled_from([60, 30, 90])
SPANS = st.sampled_from([5, 15, 35, 55, 180, 1500, WEEK])
HOW_IT_WENT = st.sampled_from([Status.COMPLETED, Status.NO_SHOW])
HERE, ELSEWHERE = "https://here.example", "https://elsewhere.example"
CARDS = st.sampled_from([CARD, DECLINED, REFUND_TAKES_TIME])


class AnyOrder(RuleBasedStateMachine):
    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    @initialize(scene=scenes(), client=CLIENTS, coach=COACHES, ahead=AHEAD, minutes=MINUTES)
    def begin(self, scene: Scene, client: int, coach: int, ahead: StartOffset, minutes: int) -> None:
        self.simulation = Actors(self.world, scene)
        self.simulation.requests(client, coach, ahead, minutes)

    @rule(client=CLIENTS, coach=COACHES, ahead=AHEAD, minutes=MINUTES)
    def request(self, client: int, coach: int, ahead: StartOffset, minutes: int) -> None:
        self.simulation.requests(client, coach, ahead, minutes)

    @rule(client=CLIENTS, coach=COACHES, ahead=AHEAD, minutes=MINUTES, card=CARDS)
    def buy(self, client: int, coach: int, ahead: StartOffset, minutes: int, card: str) -> None:
        """All the way, with nothing in between."""
        if self.simulation.requests(client, coach, ahead, minutes):
            self._pay_for_the_newest(card)

    def _pay_for_the_newest(self, card: str) -> None:
        if self.simulation.checks_out(0, HERE):
            self.simulation.pays(0, card)
            self.simulation.deliver_events_of_newest_page()

    @rule(client=CLIENTS, coach=COACHES, ahead=AHEAD, sessions=st.integers(2, 3), skip_taken=st.booleans())
    def request_series(
        self, client: int, coach: int, ahead: StartOffset, sessions: int, skip_taken: bool
    ) -> None:
        self.simulation.requests_series(client, coach, ahead, 60, sessions, skip_taken)

    @rule(client=CLIENTS, coach=COACHES, ahead=AHEAD, sessions=st.integers(2, 3), card=CARDS)
    def buy_series(self, client: int, coach: int, ahead: StartOffset, sessions: int, card: str) -> None:
        """What can be had of it, all the way."""
        if self.simulation.requests_series(client, coach, ahead, 60, sessions, skip_taken=True):
            self._pay_for_the_newest(card)

    @precondition(lambda self: self.simulation.entries)
    @rule(which=WHICH, url=st.sampled_from([HERE, ELSEWHERE]), series=st.booleans())
    def check_out(self, which: int, url: str, series: bool) -> None:
        self.simulation.checks_out(which, url, series)

    @precondition(lambda self: self.simulation.pages)
    @rule(which=WHICH, card=CARDS)
    def pay(self, which: int, card: str) -> None:
        self.simulation.pays(which, card)

    @precondition(lambda self: self.simulation.pages)
    @rule(which=WHICH, card=CARDS, rival=st.none() | CLIENTS)
    def slip(self, which: int, card: str, rival: int | None) -> None:
        self.simulation.pays_shortly_before_expiry(which, card, rival)

    @precondition(lambda self: self.simulation.pages)
    @rule(which=WHICH, card=CARDS, by_client=st.booleans())
    def regret(self, which: int, card: str, by_client: bool) -> None:
        self.simulation.cancels_right_after_payment(which, card, by_client)

    @precondition(lambda self: self.simulation.pages)
    @rule(which=WHICH, bank_pays=st.booleans())
    def debit(self, which: int, bank_pays: bool) -> None:
        """Complete at once, paid or not only when the bank answers."""
        self.simulation.debits(which, bank_pays)

    @precondition(lambda self: self.simulation.waiting)
    @rule(which=st.integers(0, 30), again=st.booleans())
    def hear(self, which: int, again: bool) -> None:
        """An event arrives, not always the oldest, and maybe not for the last time."""
        self.simulation.deliver(which, again)

    @precondition(lambda self: self.simulation.entries)
    @rule(which=WHICH, by_client=st.booleans(), paid=st.booleans())
    def cancel(self, which: int, by_client: bool, paid: bool) -> None:
        self.simulation.cancels(which, by_client, paid)

    @precondition(lambda self: self.simulation.entries)
    @rule(which=WHICH, by_client=st.booleans(), ahead=AHEAD)
    def reschedule(self, which: int, by_client: bool, ahead: StartOffset) -> None:
        self.simulation.reschedules(which, by_client, ahead)

    @precondition(lambda self: self.simulation.entries)
    @rule(which=WHICH, status=HOW_IT_WENT)
    def end(self, which: int, status: Status) -> None:
        self.simulation.ends(which, status)

    @rule(client=CLIENTS, coach=COACHES, status=HOW_IT_WENT)
    def meet(self, client: int, coach: int, status: Status) -> None:
        """A session is bought, begins, and its coach says how it went."""
        self.buy(client, coach, StartOffset(30), 30, CARD)
        self.simulation.passes(35)
        self.simulation.ends(0, status)

    @rule(coach=COACHES, ahead=AHEAD, hours=st.sampled_from([1, 3, 24]))
    def take_time_off(self, coach: int, ahead: StartOffset, hours: int) -> None:
        self.simulation.takes_time_off(coach, ahead, hours)

    @rule(coach=COACHES, hours=st.sampled_from(HOURS), stays=draw_stays())
    def travel(self, coach: int, hours: Hours, stays: Stays) -> None:
        """Other hours, and stays around the night in which the clocks change."""
        self.simulation.changes_calendar(coach, hours, stays)

    @precondition(lambda self: self.simulation.jobs)
    @rule(which=WHICH, again=st.booleans())
    def work(self, which: int, again: bool) -> None:
        """A worker does a job, not always the oldest, and maybe twice."""
        self.simulation.works(which, again)

    @precondition(lambda self: self.simulation.jobs)
    @rule(which=WHICH)
    def lose_a_job(self, which: int) -> None:
        self.simulation.drop_job(which)

    @rule(minutes=SPANS)
    def time_passes(self, minutes: int) -> None:
        self.simulation.passes(minutes)

    @precondition(lambda self: self.simulation.model.stale())
    @rule()
    def sweep_holds(self) -> None:
        self.simulation.sweeps_holds()

    @precondition(lambda self: self.simulation.model.past())
    @rule()
    def sweep_the_past(self) -> None:
        self.simulation.sweeps_the_past()

    @precondition(lambda self: len(self.simulation.waiting) > 20)
    @rule()
    def come_to_rest(self) -> None:
        self.simulation.comes_to_rest()
        check_rest(self.simulation)

    @invariant()
    def bookings_match_the_model(self) -> None:
        check_statuses(self.simulation)
        check_no_overlap(self.simulation)
        check_moves(self.simulation)
        check_free_times(self.simulation)

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self._end_of_story()
        finally:
            self.world.ends()

    def _end_of_story(self) -> None:
        """All holds run out, all sessions end."""
        check_what_can_be_booked(self.simulation)
        for minutes in (0, 120, 7 * WEEK):
            self.simulation.passes(minutes)
            self.simulation.comes_to_rest()
            check_rest(self.simulation)
        assert not [entry for entry in self.simulation.entries if entry.is_alive]


@pytest.mark.timeout(900)  # a failure is made as small as can be before it is shown
def test_in_any_order_bookings_and_payments_match_the_model(world: World) -> None:
    run_state_machine_as_test(
        lambda: AnyOrder(world),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=True,  # a change is judged by the same stories each time
            suppress_health_check=list(HealthCheck),
        ),
    )
