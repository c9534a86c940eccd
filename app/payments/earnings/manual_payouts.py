"""Manual payouts to coaches, such as bank transfers, recorded by an operator."""

from uuid import UUID

from sqlalchemy import select

from app import audit
from app.coaches.models import Coach
from app.extensions import db
from app.http.problems import Invalid, NotFound, Problem
from app.money.money import Money
from app.payments.earnings import balances
from app.payments.ledger import posting
from app.payments.ledger.models import Payout


class PaidOutAlready(Problem):
    status, slug, title = 409, "paid-out-already", "Payout already recorded"
    meaning = "A payout with this reference is already recorded for the coach."
    remedy = "If it is the same payout, nothing is left to do. If not, send another `reference`."


def record(coach_id: UUID, amount: Money, reference: str) -> Payout:
    """Record a payout once, in the coach's ledger and in the audit log.

    Raises NotFound, PaidOutAlready, and Invalid for more than what is payable.
    """
    coach = Coach.locked(coach_id)
    if coach is None:
        raise NotFound("There is no such coach.")
    same = select(Payout.id).where(Payout.coach_id == coach_id, Payout.reference == reference)
    if db.session.scalar(same):
        raise PaidOutAlready(f"A payout with the reference {reference} is on record.")
    standing = balances.balance(coach_id, amount.currency)
    if amount.amount > standing.payable:
        raise Invalid("/amount", f"must not be more than {standing}")
    payout = Payout(
        coach_id=coach_id,
        day=posting.day(coach),
        amount_minor=amount.amount,
        currency=amount.currency,
        reference=reference,
    )
    db.session.add(payout)
    audit.record("payout.record", f"coach:{coach_id}", f"{amount}, {reference}")
    db.session.flush()
    posting.follow_debts(coach_id, {amount.currency})
    return payout
