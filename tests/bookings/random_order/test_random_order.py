"""Bookings and payments in whatever order: what becomes of them is what the diary says."""

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
from tests.bookings.random_order.actions import Ahead, Players
from tests.bookings.random_order.background import ANY
from tests.bookings.random_order.booking_model import WEEK
from tests.bookings.random_order.checks import (
    check_moves,
    check_no_overlap,
    check_rest,
    check_statuses,
)
from tests.bookings.random_order.listings import check_free_times, check_what_can_be_booked
from tests.bookings.random_order.scenes import HOURS, Hours, Journeys, Scene, journeys, scenes
from tests.bookings.random_order.world import World
from tests.example_counts import examples
from tests.people import CARD, DECLINED

EXAMPLES, STEPS = examples(3, ci=10), 40
REFUND_TAKES_TIME = "4000000000007726"
WHICH = st.integers(0, ANY)
CLIENTS, COACHES = st.integers(0, 2), st.integers(0, 1)
AHEAD = st.sampled_from(
    [
        *(Ahead(minutes) for minutes in (60, 30, 90, 120, 180, 1470, 1500, 3000, -30)),
        *(Ahead(minutes, of_change=True) for minutes in (0, -30, 30, -60, 60)),
        Ahead(-WEEK, of_change=True),
        Ahead(30 - WEEK, of_change=True),
        Ahead(95, on_grid=False),
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
    def begin(self, scene: Scene, client: int, coach: int, ahead: Ahead, minutes: int) -> None:
        self.play = Players(self.world, scene)
        self.play.requests(client, coach, ahead, minutes)

    @rule(client=CLIENTS, coach=COACHES, ahead=AHEAD, minutes=MINUTES)
    def request(self, client: int, coach: int, ahead: Ahead, minutes: int) -> None:
        self.play.requests(client, coach, ahead, minutes)

    @rule(client=CLIENTS, coach=COACHES, ahead=AHEAD, minutes=MINUTES, card=CARDS)
    def buy(self, client: int, coach: int, ahead: Ahead, minutes: int, card: str) -> None:
        """All the way, with nothing in between."""
        if self.play.requests(client, coach, ahead, minutes):
            self._pay_for_the_newest(card)

    def _pay_for_the_newest(self, card: str) -> None:
        if self.play.checks_out(0, HERE):
            self.play.pays(0, card)
            self.play.hears_all_of_the_newest()

    @rule(client=CLIENTS, coach=COACHES, ahead=AHEAD, sessions=st.integers(2, 3), skip_taken=st.booleans())
    def request_series(self, client: int, coach: int, ahead: Ahead, sessions: int, skip_taken: bool) -> None:
        self.play.requests_series(client, coach, ahead, 60, sessions, skip_taken)

    @rule(client=CLIENTS, coach=COACHES, ahead=AHEAD, sessions=st.integers(2, 3), card=CARDS)
    def buy_series(self, client: int, coach: int, ahead: Ahead, sessions: int, card: str) -> None:
        """What can be had of it, all the way."""
        if self.play.requests_series(client, coach, ahead, 60, sessions, skip_taken=True):
            self._pay_for_the_newest(card)

    @precondition(lambda self: self.play.entries)
    @rule(which=WHICH, url=st.sampled_from([HERE, ELSEWHERE]), series=st.booleans())
    def check_out(self, which: int, url: str, series: bool) -> None:
        self.play.checks_out(which, url, series)

    @precondition(lambda self: self.play.pages)
    @rule(which=WHICH, card=CARDS)
    def pay(self, which: int, card: str) -> None:
        self.play.pays(which, card)

    @precondition(lambda self: self.play.pages)
    @rule(which=WHICH, card=CARDS, rival=st.none() | CLIENTS)
    def slip(self, which: int, card: str, rival: int | None) -> None:
        self.play.slips(which, card, rival)

    @precondition(lambda self: self.play.pages)
    @rule(which=WHICH, card=CARDS, by_client=st.booleans())
    def regret(self, which: int, card: str, by_client: bool) -> None:
        self.play.regrets(which, card, by_client)

    @precondition(lambda self: self.play.pages)
    @rule(which=WHICH, bank_pays=st.booleans())
    def debit(self, which: int, bank_pays: bool) -> None:
        """Complete at once, paid or not only when the bank answers."""
        self.play.debits(which, bank_pays)

    @precondition(lambda self: self.play.waiting)
    @rule(which=st.integers(0, 30), again=st.booleans())
    def hear(self, which: int, again: bool) -> None:
        """An event arrives, not always the oldest, and maybe not for the last time."""
        self.play.hears(which, again)

    @precondition(lambda self: self.play.entries)
    @rule(which=WHICH, by_client=st.booleans(), paid=st.booleans())
    def cancel(self, which: int, by_client: bool, paid: bool) -> None:
        self.play.cancels(which, by_client, paid)

    @precondition(lambda self: self.play.entries)
    @rule(which=WHICH, by_client=st.booleans(), ahead=AHEAD)
    def reschedule(self, which: int, by_client: bool, ahead: Ahead) -> None:
        self.play.reschedules(which, by_client, ahead)

    @precondition(lambda self: self.play.entries)
    @rule(which=WHICH, status=HOW_IT_WENT)
    def end(self, which: int, status: Status) -> None:
        self.play.ends(which, status)

    @rule(client=CLIENTS, coach=COACHES, status=HOW_IT_WENT)
    def meet(self, client: int, coach: int, status: Status) -> None:
        """A session is bought, begins, and its coach says how it went."""
        self.buy(client, coach, Ahead(30), 30, CARD)
        self.play.passes(35)
        self.play.ends(0, status)

    @rule(coach=COACHES, ahead=AHEAD, hours=st.sampled_from([1, 3, 24]))
    def take_time_off(self, coach: int, ahead: Ahead, hours: int) -> None:
        self.play.takes_time_off(coach, ahead, hours)

    @rule(coach=COACHES, hours=st.sampled_from(HOURS), stays=journeys())
    def travel(self, coach: int, hours: Hours, stays: Journeys) -> None:
        """Other hours, and stays around the night in which the clocks change."""
        self.play.changes_calendar(coach, hours, stays)

    @precondition(lambda self: self.play.jobs)
    @rule(which=WHICH, again=st.booleans())
    def work(self, which: int, again: bool) -> None:
        """A worker does a job, not always the oldest, and maybe twice."""
        self.play.works(which, again)

    @precondition(lambda self: self.play.jobs)
    @rule(which=WHICH)
    def lose_a_job(self, which: int) -> None:
        self.play.loses(which)

    @rule(minutes=SPANS)
    def time_passes(self, minutes: int) -> None:
        self.play.passes(minutes)

    @precondition(lambda self: self.play.till.stale())
    @rule()
    def sweep_holds(self) -> None:
        self.play.sweeps_holds()

    @precondition(lambda self: self.play.till.past())
    @rule()
    def sweep_the_past(self) -> None:
        self.play.sweeps_the_past()

    @precondition(lambda self: len(self.play.waiting) > 20)
    @rule()
    def come_to_rest(self) -> None:
        self.play.comes_to_rest()
        check_rest(self.play)

    @invariant()
    def all_is_as_the_diary_says(self) -> None:
        check_statuses(self.play)
        check_no_overlap(self.play)
        check_moves(self.play)
        check_free_times(self.play)

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self._end_of_story()
        finally:
            self.world.ends()

    def _end_of_story(self) -> None:
        """All holds run out, all sessions end."""
        check_what_can_be_booked(self.play)
        for minutes in (0, 120, 7 * WEEK):
            self.play.passes(minutes)
            self.play.comes_to_rest()
            check_rest(self.play)
        assert not [entry for entry in self.play.entries if entry.is_alive]


@pytest.mark.timeout(900)  # a failure is made as small as can be before it is shown
def test_whatever_the_order_the_diary_is_right(world: World) -> None:
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
