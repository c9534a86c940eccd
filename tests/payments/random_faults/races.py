"""Races that chance seldom finds: two do the same thing at once, or Stripe's own are faster than we."""

from typing import Any

from app.payments.ledger import recovery_submission
from app.payments.refunds import submission
from tests.payments.random_faults import concurrent_actions as actions
from tests.payments.random_faults.background import BackgroundWork
from tests.payments.random_faults.interleaving import Pause, Stop, Stopped
from tests.payments.random_faults.scenarios import ASKED_AT_ONCE, IN_EUROS, Purchase, bought
from tests.payments.random_faults.world import Failure, Refusal, StripeCall

SENT_ON = 2
"""The coach to whom Stripe sends on what clients pay."""
A_WEEK = 7 * 24 * 60
RIGHT_BEFORE, RIGHT_AFTER = (Stop.STRIPE_ASKED, 1), (Stop.STRIPE_ANSWERED, 1)
WHEN_ALL_IS_DONE = (Stop.COMMIT, 1)


def each(simulation: BackgroundWork, client: int, coach: int, times: int, stop: Stopped) -> None:
    """All of them, one after the other."""
    a_recovery_is_retried_twice(simulation, client, 10, stop)
    a_refused_refund_is_retried_twice(simulation, Purchase(client, coach, 20))
    a_session_is_cancelled_by_both(simulation, Purchase(client, coach, 40))
    all_is_refunded_twice(simulation, Purchase(client, coach, 50))
    evidence_is_submitted_twice(simulation, Purchase(client, coach, 70))
    the_dashboard_is_faster(simulation, Purchase(client, coach, 80), stop)
    the_bank_is_faster(simulation, Purchase(client, coach, 100), stop)
    a_verdict_is_overturned(simulation, Purchase(client, coach, 110), times)
    a_payout_is_recorded_twice(simulation, Purchase(client, IN_EUROS, 2))


def twice(simulation: BackgroundWork, ready: actions.Ready, stop: Stopped = WHEN_ALL_IS_DONE) -> None:
    """To the newest there is, at once."""
    actions.at_once(simulation, ready, ready, (0, 0), Pause(*stop))


def a_refused_refund_is_retried_twice(simulation: BackgroundWork, purchase: Purchase) -> None:
    bought(simulation, purchase)
    simulation.world.stripe_fails(StripeCall.A_REFUND, Refusal.FOR_GOOD, 1)
    simulation.gives_back(0, 30, by_admin=False)
    simulation.works_off()
    twice(simulation, actions.lever("refund", "retry"))
    simulation.works_off()


def a_session_is_cancelled_by_both(simulation: BackgroundWork, purchase: Purchase) -> None:
    bought(simulation, purchase)
    first, second = actions.cancel(by_client=False), actions.cancel(by_client=True)
    actions.at_once(simulation, first, second, (0, 0), Pause(*WHEN_ALL_IS_DONE))


def all_is_refunded_twice(simulation: BackgroundWork, purchase: Purchase) -> None:
    bought(simulation, purchase)
    # the first commit is of reading the payments
    twice(simulation, actions.refund_all_by_hand, (Stop.COMMIT, 2))


def the_dashboard_is_faster(simulation: BackgroundWork, purchase: Purchase, stop: Stopped) -> None:
    """It refunds all while we ask for a part; of both we hear later."""
    bought(simulation, purchase)
    simulation.gives_back(0, 30, by_admin=False)
    ours = actions.due_job("refund", submission.issue)
    actions.at_once(simulation, ours, actions.refund_all_at_stripe, (0, 0), Pause(*stop))


def the_bank_is_faster(simulation: BackgroundWork, purchase: Purchase, stop: Stopped) -> None:
    """It disputes what we refund at this moment, and we have not heard of the payment in full."""
    simulation.buys(purchase.client, purchase.coach, purchase.ahead, 1, "4242424242424242")
    simulation.collect_events()
    simulation.deliver(0)
    simulation.gives_back(0, 30, by_admin=False)
    ours = actions.due_job("refund", submission.issue)
    actions.at_once(simulation, ours, actions.dispute, (0, 0), Pause(*stop))
    while simulation.waiting:
        simulation.deliver(-1)


def evidence_is_submitted_twice(simulation: BackgroundWork, purchase: Purchase) -> None:
    bought(simulation, purchase)
    simulation.disputes(0, None, inquiry=False)
    simulation.collect_events()
    simulation.deliver_all()
    # the first request reads the dispute
    twice(simulation, actions.lever("dispute", "evidence"), (Stop.STRIPE_ASKED, 2))
    assert _newest(simulation, "dispute")["evidence_details"]["submission_count"] == 1


def a_verdict_is_overturned(simulation: BackgroundWork, purchase: Purchase, times: int) -> None:
    """And what it took is taken back from the coach, sent again, and so on; the last is heard of first."""
    bought(simulation, purchase)
    simulation.disputes(0, None, inquiry=False)
    simulation.bank_goes_on(0, "lost", keep_fee=False)
    for _ in range(times):
        simulation.collect_events()
        simulation.deliver_all()
        simulation.works_off()
        simulation.bank_goes_on(0, "overturn", keep_fee=False)
    simulation.collect_events()
    while simulation.waiting:
        simulation.deliver(-1)
    simulation.works_off()


def a_recovery_is_retried_twice(simulation: BackgroundWork, client: int, ahead: int, stop: Stopped) -> None:
    """Stripe refused it for good, and breaks when it has made it; pressed, and moved, at once each time."""
    bought(simulation, Purchase(client, SENT_ON, ahead))
    simulation.disputes(0, None, inquiry=False)
    simulation.bank_goes_on(0, "lost", keep_fee=False)
    simulation.world.stripe_fails(StripeCall.TO_TAKE_BACK, Refusal.UNKNOWN, 1)
    simulation.collect_events()
    simulation.deliver_all()
    simulation.works_off()
    assert _statuses(simulation) == ["failed"]
    twice(simulation, actions.lever("recovery", "retry"))
    simulation.world.stripe_fails(StripeCall.TO_TAKE_BACK, Failure.BREAKS_AFTERWARDS, ASKED_AT_ONCE)
    simulation.works_off()
    assert _statuses(simulation) == ["pending"]
    twice(simulation, actions.lever("recovery", "retry"))
    twice(simulation, actions.due_job("recovery", recovery_submission.recover), stop)
    assert _statuses(simulation) == ["succeeded"]


def a_payout_is_recorded_twice(simulation: BackgroundWork, purchase: Purchase) -> None:
    """Under two references: of what is payable nothing is paid out twice."""
    bought(simulation, purchase)
    simulation.passes(A_WEEK)
    simulation.comes_to_rest(by_events=False)
    payable = actions.payable(simulation, purchase.coach)
    first, second = (actions.payout(simulation, purchase.coach) for _ in range(2))
    assert payable
    assert first
    assert second
    simulation.world.at_once(first, second, Pause(*WHEN_ALL_IS_DONE))
    (row,) = simulation.world.select("SELECT coalesce(sum(amount_minor), 0) AS amount FROM payout")
    assert row.amount == payable.amount, (row, payable)


def _statuses(simulation: BackgroundWork) -> list[str]:
    rows = simulation.world.select("SELECT status FROM recovery ORDER BY created_at DESC LIMIT 1")
    return [str(row.status) for row in rows]


def _newest(simulation: BackgroundWork, kind: str) -> dict[str, Any]:
    return simulation.world.at_stripes(kind)[-1]
