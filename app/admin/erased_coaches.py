"""Coaches who have left and are owed money, or owe us some, for the operator."""

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
    """All coaches who have erased the account and are owed money still, or owe us some; who left first.

    Refunds that are on their way are counted as made. What is paid out is put on record as for any coach,
    with `coach_id`, and what comes in with a minus. Who it was says the mail to OPS_EMAIL.
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
