"""What somebody does in one go: presses a lever, lets a job run, acts at Stripe, or Stripe's word arrives.

Each is made ready first, with what it is about, so that two can do the same thing to the same row at once.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from uuid import UUID, uuid4

from app.http.problems import Problem
from app.money.money import Money
from app.payments.checkout import expiry
from app.payments.earnings import balances, manual_payouts
from app.payments.ledger import recovery_submission, stripe_fees
from app.payments.refunds import submission
from tests.bookings.random_order.background import newest
from tests.payments.random_faults.background import Backstage
from tests.payments.random_faults.interleaving import Deed, Pause

Ready = Callable[[Backstage, int], Deed | None]
"""A deed about the one that is meant; None where there is nothing of the kind."""
SOME = 20
"""Hundredths of a price."""


def lever(table: str, name: str) -> Ready:
    """An operator's."""

    def ready(play: Backstage, which: int) -> Deed | None:
        rows = play.market.select(f"SELECT id FROM {table} ORDER BY created_at, id")
        path = f"/admin/{table.replace('_', '-')}/{newest(rows, which).id}/{name}" if rows else ""
        body = {"text" if name == "evidence" else "reason": f"In the words of {uuid4().hex}."}
        return partial(play.market.admin.post, path, json=body) if rows else None

    return ready


def refund_by_hand(play: Backstage, which: int) -> Deed | None:
    return partial(play.gives_back, which, SOME, by_admin=False) if play.bookings else None


def refund_all_by_hand(play: Backstage, which: int) -> Deed | None:
    return partial(play.gives_back, which, None, by_admin=True) if play.bookings else None


def refund_at_stripe(play: Backstage, which: int) -> Deed | None:
    return partial(play.gives_back_at_stripe, which, SOME) if play.pages else None


def refund_all_at_stripe(play: Backstage, which: int) -> Deed | None:
    return partial(play.gives_back_at_stripe, which, None) if play.pages else None


def dispute(play: Backstage, which: int) -> Deed | None:
    return partial(play.disputes, which, None, inquiry=False) if play.pages else None


def verdict(how: str) -> Ready:
    return lambda play, which: partial(play.bank_goes_on, which, how, keep_fee=False)


def cancel(by_client: bool) -> Ready:
    def ready(play: Backstage, which: int) -> Deed | None:
        return partial(play.cancels, which, by_client) if play.bookings else None

    return ready


def open_page(play: Backstage, which: int) -> Deed | None:
    return partial(play.opens_page, which, "https://elsewhere.example") if play.bookings else None


def word_of_stripe(play: Backstage, which: int) -> Deed | None:
    """An event that has not arrived; it comes once more later."""
    if not play.waiting:
        return None
    event = play.waiting[which % len(play.waiting)]

    def arrives() -> None:
        assert play.market.told(event) is None, event

    return arrives


def job(play: Backstage, which: int) -> Deed | None:
    return partial(play.market.does, newest(play.jobs, which)) if play.jobs else None


def due_job(table: str, run: Callable[[UUID], object]) -> Ready:
    """A worker's, about a row that is due or not."""

    def ready(play: Backstage, which: int) -> Deed | None:
        rows = play.market.select(f"SELECT id FROM {table} ORDER BY created_at, id")
        return partial(play.market.work, run, newest(rows, which).id) if rows else None

    return ready


def payable(play: Backstage, which: int) -> Money | None:
    """To a coach, at this moment."""
    coach_id = UUID(play.market.coaches[which % len(play.market.coaches)].id)
    found = (each for each in play.market.work(balances.balances, coach_id) if each.payable)
    return next((Money(each.payable, each.currency) for each in found), None)


def payout(play: Backstage, which: int) -> Deed | None:
    """Of all that is payable to a coach; each is another one, as its reference says."""
    coach_id = UUID(play.market.coaches[which % len(play.market.coaches)].id)
    amount, reference = payable(play, which), uuid4().hex

    def pay_out() -> None:
        with suppress(Problem):
            play.market.work(manual_payouts.record, coach_id, amount, reference)

    return pay_out if amount else None


DEEDS: dict[str, Ready] = {
    "retry refund": lever("refund", "retry"),
    "discard refund": lever("refund", "discard"),
    "retry recovery": lever("recovery", "retry"),
    "discard recovery": lever("recovery", "discard"),
    "replay event": lever("stripe_event", "replay"),
    "submit evidence": lever("dispute", "evidence"),
    "refund what is suspected": lever("fraud_warning", "refund"),
    "refund a part": refund_by_hand,
    "refund all": refund_all_by_hand,
    "refund a part at Stripe": refund_at_stripe,
    "refund all at Stripe": refund_all_at_stripe,
    "dispute": dispute,
    "dispute won": verdict("won"),
    "dispute lost": verdict("lost"),
    "verdict overturned": verdict("overturn"),
    "cancel by client": cancel(by_client=True),
    "cancel by coach": cancel(by_client=False),
    "open page": open_page,
    "word of Stripe": word_of_stripe,
    "job": job,
    "submit refund": due_job("refund", submission.issue),
    "move recovery": due_job("recovery", recovery_submission.recover),
    "look up fee": due_job("payment", stripe_fees.look_up),
    "release hold": due_job("booking", expiry.release),
    "pay out": payout,
}


def at_once(play: Backstage, one: Ready, other: Ready, which: tuple[int, int], pause: Pause) -> None:
    """The first is stopped where the pause says; nothing happens where there is nothing for either."""
    first, second = one(play, which[0]), other(play, which[1])
    if first and second:
        play.market.at_once(first, second, pause)
    play.listens()
