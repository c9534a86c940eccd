"""The operator's route for erased coaches with an open balance."""

from uuid import UUID

from apiflask import APIBlueprint
from sqlalchemy import select

from app.accounts.access import signed_in
from app.accounts.models import Account, Role
from app.extensions import db
from app.http.schema_types import Instant, Major, View
from app.money.money import Money
from app.payments import erasure

admin_erased = APIBlueprint("admin_erased", __name__, url_prefix="/admin/erased-coach")


class OwedView(View):
    amount: Major
    amount_minor: int
    currency: str

    @classmethod
    def of(cls, money: Money) -> "OwedView":
        return cls(amount=money.major, amount_minor=money.amount, currency=money.currency)


class ErasedCoachView(View):
    coach_id: UUID
    erased_at: Instant
    owed: list[OwedView]
    """What we owe the coach."""
    debts: list[OwedView]
    """What the coach owes us."""


class ErasedCoachList(View):
    items: list[ErasedCoachView]


@admin_erased.get("")
@admin_erased.output(ErasedCoachList)
@signed_in(Role.ADMIN)
def list_erased_coaches() -> ErasedCoachList:
    """List erased coaches with an open balance, the earliest first.

    Pending refunds count as made. Record payouts as for any coach, with `coach_id`, and incoming money with a
    negative amount. The mail to OPS_EMAIL of that day names the coach.
    """
    query = select(Account).where(Account.erased_at.is_not(None), Account.role == Role.COACH)
    left = [
        (account, erasure.accounts(account))
        for account in db.session.scalars(query.order_by(Account.erased_at))
    ]
    return ErasedCoachList(
        items=[
            ErasedCoachView(
                coach_id=account.id,
                erased_at=account.erased_at,
                owed=[OwedView.of(money) for money in accounts.owed],
                debts=[OwedView.of(money) for money in accounts.debts],
            )
            for account, accounts in left
            if accounts.owed or accounts.debts
        ]
    )
