"""The operator's route for coaches' debts."""

from typing import Self
from uuid import UUID

from apiflask import APIBlueprint
from sqlalchemy import select

from app.accounts.access import signed_in
from app.accounts.models import Account, Role
from app.extensions import db
from app.http.pagination import Span, newest_first
from app.http.schema_types import Instant, Major, View
from app.payments.ledger.debts import Debt

admin_debts = APIBlueprint("admin_debts", __name__, url_prefix="/admin/debt")


class DebtView(View):
    """A debt: refunds, disputes and payouts exceed what the coach earned."""

    id: UUID
    coach_id: UUID
    name: str
    email: str
    amount: Major
    amount_minor: int
    currency: str
    created_at: Instant
    """When it arose."""
    updated_at: Instant
    """When the debt last changed."""
    erased_at: Instant | None
    """When the coach erased the account. A mail to OPS_EMAIL of that day names the coach."""

    @classmethod
    def of(cls, debt: Debt, account: Account) -> Self:
        plain = {name: getattr(debt, name) for name in ("id", "coach_id", "amount_minor", "currency")}
        times = {name: getattr(debt, name) for name in ("created_at", "updated_at")}
        person = {name: getattr(account, name) for name in ("name", "email", "erased_at")}
        return cls(amount=debt.money.major, **plain, **times, **person)


class DebtList(View):
    items: list[DebtView]
    next_cursor: str | None


@admin_debts.get("")
@admin_debts.input(Span, location="query")
@admin_debts.output(DebtList)
@signed_in(Role.ADMIN)
def list_debts(query_data: Span) -> DebtList:
    """List coaches' open debts, the newest first. Later earnings settle them first.

    Record what a coach pays back with POST /admin/coach/{id}/payout and a negative amount.
    """
    rows, next_cursor = newest_first(select(Debt), Debt.created_at, Debt.id, query_data)
    people = select(Account).where(Account.id.in_([row.coach_id for row in rows]))
    by_id = {account.id: account for account in db.session.scalars(people)}
    return DebtList(items=[DebtView.of(row, by_id[row.coach_id]) for row in rows], next_cursor=next_cursor)
