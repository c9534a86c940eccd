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
from tests.payments.random_faults.background import BackgroundWork
from tests.payments.random_faults.interleaving import Action, Pause

Ready = Callable[[BackgroundWork, int], Action | None]
"""Makes an action on the row that is meant; None where there is no such row."""
SOME = 20
"""Hundredths of a price."""


def lever(table: str, name: str) -> Ready:
    """An operator's."""

    def ready(simulation: BackgroundWork, which: int) -> Action | None:
        rows = simulation.world.select(f"SELECT id FROM {table} ORDER BY created_at, id")
        path = f"/admin/{table.replace('_', '-')}/{newest(rows, which).id}/{name}" if rows else ""
        body = {"text" if name == "evidence" else "reason": f"In the words of {uuid4().hex}."}
        return partial(simulation.world.admin.post, path, json=body) if rows else None

    return ready


def refund_by_hand(simulation: BackgroundWork, which: int) -> Action | None:
    return partial(simulation.gives_back, which, SOME, by_admin=False) if simulation.bookings else None


def refund_all_by_hand(simulation: BackgroundWork, which: int) -> Action | None:
    return partial(simulation.gives_back, which, None, by_admin=True) if simulation.bookings else None


def refund_at_stripe(simulation: BackgroundWork, which: int) -> Action | None:
    return partial(simulation.gives_back_at_stripe, which, SOME) if simulation.pages else None


def refund_all_at_stripe(simulation: BackgroundWork, which: int) -> Action | None:
    return partial(simulation.gives_back_at_stripe, which, None) if simulation.pages else None


def dispute(simulation: BackgroundWork, which: int) -> Action | None:
    return partial(simulation.disputes, which, None, inquiry=False) if simulation.pages else None


def verdict(how: str) -> Ready:
    return lambda simulation, which: partial(simulation.bank_goes_on, which, how, keep_fee=False)


def cancel(by_client: bool) -> Ready:
    def ready(simulation: BackgroundWork, which: int) -> Action | None:
        return partial(simulation.cancels, which, by_client) if simulation.bookings else None

    return ready


def open_page(simulation: BackgroundWork, which: int) -> Action | None:
    return partial(simulation.opens_page, which, "https://elsewhere.example") if simulation.bookings else None


def deliver_event(simulation: BackgroundWork, which: int) -> Action | None:
    """An event that has not arrived; it comes once more later."""
    if not simulation.waiting:
        return None
    event = simulation.waiting[which % len(simulation.waiting)]

    def arrives() -> None:
        assert simulation.world.deliver_event(event) is None, event

    return arrives


def job(simulation: BackgroundWork, which: int) -> Action | None:
    return partial(simulation.world.run_job, newest(simulation.jobs, which)) if simulation.jobs else None


def due_job(table: str, run: Callable[[UUID], object]) -> Ready:
    """A worker's, about a row that is due or not."""

    def ready(simulation: BackgroundWork, which: int) -> Action | None:
        rows = simulation.world.select(f"SELECT id FROM {table} ORDER BY created_at, id")
        return partial(simulation.world.work, run, newest(rows, which).id) if rows else None

    return ready


def payable(simulation: BackgroundWork, which: int) -> Money | None:
    """To a coach, at this moment."""
    coach_id = UUID(simulation.world.coaches[which % len(simulation.world.coaches)].id)
    found = (each for each in simulation.world.work(balances.balances, coach_id) if each.payable)
    return next((Money(each.payable, each.currency) for each in found), None)


def payout(simulation: BackgroundWork, which: int) -> Action | None:
    """Of all that is payable to a coach; each is another one, as its reference says."""
    coach_id = UUID(simulation.world.coaches[which % len(simulation.world.coaches)].id)
    amount, reference = payable(simulation, which), uuid4().hex

    def pay_out() -> None:
        with suppress(Problem):
            simulation.world.work(manual_payouts.record, coach_id, amount, reference)

    return pay_out if amount else None


ACTIONS: dict[str, Ready] = {
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
    "event arrives": deliver_event,
    "job": job,
    "submit refund": due_job("refund", submission.issue),
    "move recovery": due_job("recovery", recovery_submission.recover),
    "look up fee": due_job("payment", stripe_fees.look_up),
    "release hold": due_job("booking", expiry.release),
    "pay out": payout,
}


def at_once(
    simulation: BackgroundWork, one: Ready, other: Ready, which: tuple[int, int], pause: Pause
) -> None:
    """The first is stopped where the pause says; nothing happens where there is nothing for either."""
    first, second = one(simulation, which[0]), other(simulation, which[1])
    if first and second:
        simulation.world.at_once(first, second, pause)
    simulation.collect_events()
