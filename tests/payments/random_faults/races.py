"""Races that chance seldom finds: two do the same thing at once, or Stripe's own are faster than we."""

from typing import Any

from app.payments.ledger import recovery_submission
from app.payments.refunds import submission
from tests.payments.random_faults import concurrent_actions as actions
from tests.payments.random_faults.background import Backstage
from tests.payments.random_faults.interleaving import Pause, Stop, Stopped
from tests.payments.random_faults.scenarios import ASKED_AT_ONCE, IN_EUROS, Deal, bought
from tests.payments.random_faults.world import Asked, Failing, Refusing

SENT_ON = 2
"""The coach to whom Stripe sends on what clients pay."""
A_WEEK = 7 * 24 * 60
RIGHT_BEFORE, RIGHT_AFTER = (Stop.STRIPE_ASKED, 1), (Stop.STRIPE_ANSWERED, 1)
WHEN_ALL_IS_DONE = (Stop.COMMIT, 1)


def each(play: Backstage, client: int, coach: int, times: int, stop: Stopped) -> None:
    """All of them, one after the other."""
    a_recovery_is_retried_twice(play, client, 10, stop)
    a_refused_refund_is_retried_twice(play, Deal(client, coach, 20))
    a_session_is_cancelled_by_both(play, Deal(client, coach, 40))
    all_is_refunded_twice(play, Deal(client, coach, 50))
    evidence_is_submitted_twice(play, Deal(client, coach, 70))
    the_dashboard_is_faster(play, Deal(client, coach, 80), stop)
    the_bank_is_faster(play, Deal(client, coach, 100), stop)
    a_verdict_is_overturned(play, Deal(client, coach, 110), times)
    a_payout_is_recorded_twice(play, Deal(client, IN_EUROS, 2))


def twice(play: Backstage, ready: actions.Ready, stop: Stopped = WHEN_ALL_IS_DONE) -> None:
    """To the newest there is, at once."""
    actions.at_once(play, ready, ready, (0, 0), Pause(*stop))


def a_refused_refund_is_retried_twice(play: Backstage, deal: Deal) -> None:
    bought(play, deal)
    play.market.stripe_fails(Asked.A_REFUND, Refusing.FOR_GOOD, 1)
    play.gives_back(0, 30, by_admin=False)
    play.works_off()
    twice(play, actions.lever("refund", "retry"))
    play.works_off()


def a_session_is_cancelled_by_both(play: Backstage, deal: Deal) -> None:
    bought(play, deal)
    first, second = actions.cancel(by_client=False), actions.cancel(by_client=True)
    actions.at_once(play, first, second, (0, 0), Pause(*WHEN_ALL_IS_DONE))


def all_is_refunded_twice(play: Backstage, deal: Deal) -> None:
    bought(play, deal)
    twice(play, actions.refund_all_by_hand, (Stop.COMMIT, 2))  # the first is of looking at what was paid


def the_dashboard_is_faster(play: Backstage, deal: Deal, stop: Stopped) -> None:
    """It refunds all while we ask for a part; of both we hear later."""
    bought(play, deal)
    play.gives_back(0, 30, by_admin=False)
    ours = actions.due_job("refund", submission.issue)
    actions.at_once(play, ours, actions.refund_all_at_stripe, (0, 0), Pause(*stop))


def the_bank_is_faster(play: Backstage, deal: Deal, stop: Stopped) -> None:
    """It disputes what we refund at this moment, and we have not heard of the payment in full."""
    play.buys(deal.client, deal.coach, deal.ahead, 1, "4242424242424242")
    play.listens()
    play.hears(0)
    play.gives_back(0, 30, by_admin=False)
    ours = actions.due_job("refund", submission.issue)
    actions.at_once(play, ours, actions.dispute, (0, 0), Pause(*stop))
    while play.waiting:
        play.hears(-1)


def evidence_is_submitted_twice(play: Backstage, deal: Deal) -> None:
    bought(play, deal)
    play.disputes(0, None, inquiry=False)
    play.listens()
    play.hears_all()
    twice(play, actions.lever("dispute", "evidence"), (Stop.STRIPE_ASKED, 2))  # the first is how it stands
    assert _newest(play, "dispute")["evidence_details"]["submission_count"] == 1


def a_verdict_is_overturned(play: Backstage, deal: Deal, times: int) -> None:
    """And what it took is taken back from the coach, sent again, and so on; the last is heard of first."""
    bought(play, deal)
    play.disputes(0, None, inquiry=False)
    play.bank_goes_on(0, "lost", keep_fee=False)
    for _ in range(times):
        play.listens()
        play.hears_all()
        play.works_off()
        play.bank_goes_on(0, "overturn", keep_fee=False)
    play.listens()
    while play.waiting:
        play.hears(-1)
    play.works_off()


def a_recovery_is_retried_twice(play: Backstage, client: int, ahead: int, stop: Stopped) -> None:
    """Stripe refused it for good, and breaks when it has made it; pressed, and moved, at once each time."""
    bought(play, Deal(client, SENT_ON, ahead))
    play.disputes(0, None, inquiry=False)
    play.bank_goes_on(0, "lost", keep_fee=False)
    play.market.stripe_fails(Asked.TO_TAKE_BACK, Refusing.UNKNOWN, 1)
    play.listens()
    play.hears_all()
    play.works_off()
    assert _statuses(play) == ["failed"]
    twice(play, actions.lever("recovery", "retry"))
    play.market.stripe_fails(Asked.TO_TAKE_BACK, Failing.BREAKS_AFTERWARDS, ASKED_AT_ONCE)
    play.works_off()
    assert _statuses(play) == ["pending"]
    twice(play, actions.lever("recovery", "retry"))
    twice(play, actions.due_job("recovery", recovery_submission.recover), stop)
    assert _statuses(play) == ["succeeded"]


def a_payout_is_recorded_twice(play: Backstage, deal: Deal) -> None:
    """Under two references: of what is payable nothing is paid out twice."""
    bought(play, deal)
    play.passes(A_WEEK)
    play.comes_to_rest(by_events=False)
    payable = actions.payable(play, deal.coach)
    first, second = (actions.payout(play, deal.coach) for _ in range(2))
    assert payable
    assert first
    assert second
    play.market.at_once(first, second, Pause(*WHEN_ALL_IS_DONE))
    (row,) = play.market.select("SELECT coalesce(sum(amount_minor), 0) AS amount FROM payout")
    assert row.amount == payable.amount, (row, payable)


def _statuses(play: Backstage) -> list[str]:
    rows = play.market.select("SELECT status FROM recovery ORDER BY created_at DESC LIMIT 1")
    return [str(row.status) for row in rows]


def _newest(play: Backstage, kind: str) -> dict[str, Any]:
    return play.market.at_stripes(kind)[-1]
