from uuid import UUID

from apiflask import APIBlueprint
from flask import Response

from app.accounts.access import current_account, signed_in
from app.accounts.models import Role
from app.coaches.models import Coach
from app.extensions import db
from app.http import rate_limits
from app.http.problems import NotFound
from app.idempotency import idempotent
from app.payments.earnings import balances as earnings_balances
from app.payments.earnings import manual_payouts, statement, statement_csv
from app.payments.earnings.schemas import (
    EarningsSearch,
    EarningsView,
    PayoutRequest,
    PayoutView,
    StandingList,
    StatementView,
)
from app.payments.earnings.totals import totals

earnings = APIBlueprint("earnings", __name__)


@earnings.get("/coach/me/earnings")
@earnings.input(EarningsSearch, location="query")
@earnings.output(EarningsView)
@signed_in(Role.COACH)
def show_earnings(query_data: EarningsSearch) -> EarningsView:
    """Show your earnings by currency: income, deductions, balance, and when it becomes payable."""
    coach = Coach.of(current_account())
    found = totals(coach.id, query_data.since, query_data.until, query_data.booking_id)
    balances = earnings_balances.balances(coach.id) if query_data.is_of_all_time else []
    return EarningsView.of(coach, found, balances)


@earnings.get("/coach/me/statement/<month>")
@earnings.output(StatementView)
@earnings.doc(responses=[404])
@signed_in(Role.COACH)
def show_statement(month: str) -> StatementView:
    """Show a month's statement: each movement of money, by your time zone.

    The statement of a past month never changes."""
    return StatementView.of(statement.of(Coach.of(current_account()), statement.Month.named(month)))


@earnings.get("/coach/me/statement/<month>.csv")
@earnings.doc(responses=[404])
@signed_in(Role.COACH)
def download_statement(month: str) -> Response:
    """Get a month's statement as CSV for a spreadsheet."""
    found = statement.of(Coach.of(current_account()), statement.Month.named(month))
    answer = Response(statement_csv.written(found), content_type="text/csv; charset=utf-8; header=present")
    answer.headers["Content-Disposition"] = f'attachment; filename="statement-{found.month}.csv"'
    return answer


@earnings.get("/admin/coach/<uuid:coach_id>/statement/<month>")
@earnings.output(StatementView)
@earnings.doc(responses=[404])
@signed_in(Role.ADMIN)
def show_statement_of_coach(coach_id: UUID, month: str) -> StatementView:
    """Show a coach's statement, as the coach sees it."""
    coach = db.session.get(Coach, coach_id)
    if coach is None:
        raise NotFound("There is no such coach.")
    return StatementView.of(statement.of(coach, statement.Month.named(month)))


@earnings.get("/admin/coach/<uuid:coach_id>/balance")
@earnings.output(StandingList)
@earnings.doc(responses=[404])
@signed_in(Role.ADMIN)
def show_balance_of_coach(coach_id: UUID) -> StandingList:
    """Show a coach's balance by currency: what is payable now, and what else is owed."""
    if db.session.get(Coach, coach_id) is None:
        raise NotFound("There is no such coach.")
    return StandingList.of(earnings_balances.balances(coach_id))


@earnings.post("/admin/coach/<uuid:coach_id>/payout")
@rate_limits.by_account(rate_limits.CHANGE)
@idempotent
@earnings.input(PayoutRequest)
@earnings.output(PayoutView, status_code=201)
@earnings.doc(responses=[404, 409])
@signed_in(Role.ADMIN)
def record_payout(coach_id: UUID, json_data: PayoutRequest) -> PayoutView:
    """Record a payout to a coach outside Stripe. It reduces what we owe.

    It must not exceed the payable amount: money for upcoming sessions may have to be refunded.
    """
    return PayoutView.of(manual_payouts.record(coach_id, json_data.money, json_data.reference))
