"""The operator's overview: backlogs, alerts and recent totals."""

from datetime import date
from typing import Self

from apiflask import APIBlueprint

from app import alerts
from app.accounts.access import signed_in
from app.accounts.models import Role
from app.admin import daily_totals
from app.admin.daily_totals import Day
from app.alerts import AlertKind
from app.coaches import listing
from app.http.schema_types import Instant, Major, View
from app.money.money import Money
from app.monitoring import backlog
from app.payments.earnings.totals import Totals
from app.payments.fraud import warnings as fraud_warnings
from app.payments.ledger import debts

NEWEST = 5
"""The most alerts that are spelled out."""

overview = APIBlueprint("overview", __name__, url_prefix="/admin")


class BacklogView(View):
    waiting: int
    failed: int
    oldest_waiting_seconds: float


class HoldsView(View):
    running: int
    run_out: int
    """Expired holds that are not released yet. A sweep releases them unless Stripe is away."""


class AlertView(View):
    kind: AlertKind
    subject_id: str
    """The id of the event, mail, refund or difference."""
    what: str
    created_at: Instant
    told_at: Instant | None
    """When OPS_EMAIL was informed; null before that."""


class AlertsView(View):
    untold: int
    """Alerts that are not mailed yet; without OPS_EMAIL they stay so."""
    newest: list[AlertView]


class MovedView(View):
    """Totals of one currency: payments and deductions. Negative deductions came back."""

    currency: str
    taken: Major
    refunded: Major
    disputed: Major
    fees: Major
    """Stripe's fees, as far as known, without those of coaches' own accounts at Stripe."""

    @classmethod
    def of(cls, totals: Totals) -> Self:
        moved = {
            "taken": totals.gross,
            "refunded": totals.refunded,
            "disputed": totals.lost,
            "fees": totals.fees,
        }
        major = {name: Money(amount, totals.currency).major for name, amount in moved.items()}
        return cls(currency=totals.currency, **major)


class DayView(View):
    day: date
    """A day in each coach's time zone."""
    currencies: list[MovedView]

    @classmethod
    def of(cls, day: Day) -> Self:
        return cls(day=day.day, currencies=[MovedView.of(each) for each in day.totals])


class OverviewView(View):
    stripe_events: BacklogView
    emails: BacklogView
    refunds: BacklogView
    disputes: int
    """Undecided disputes; GET /admin/dispute lists them."""
    fraud_warnings: int
    """Warnings that a refund can still answer; GET /admin/fraud-warning?status=open lists them."""
    differences: int
    """Open differences between Stripe and our books; GET /admin/difference lists them."""
    debts: int
    """Coaches' debts, by currency; GET /admin/debt lists them."""
    coaches_waiting: int
    """Coaches who wait for approval; GET /admin/coach?status=waiting lists them."""
    holds: HoldsView
    alerts: AlertsView
    """Alerts: what needs an operator."""
    days: list[DayView]
    """Days with movements among the last seven, the latest first."""
    queues: dict[str, int] | None
    """Messages in each queue; null if the broker does not answer."""


@overview.get("/overview")
@overview.output(OverviewView)
@signed_in(Role.ADMIN)
def show_overview() -> OverviewView:
    """Show backlogs, alerts and the totals of the last days."""
    found = backlog.backlogs()
    holds = backlog.holds()
    return OverviewView(
        stripe_events=BacklogView.model_validate(found["stripe_event"]),
        emails=BacklogView.model_validate(found["email"]),
        refunds=BacklogView.model_validate(found["refund"]),
        disputes=backlog.open_disputes(),
        fraud_warnings=fraud_warnings.count_open(),
        differences=found["difference"].waiting,
        debts=debts.number(),
        coaches_waiting=listing.count_waiting(),
        holds=HoldsView(running=holds.waiting, run_out=holds.failed),
        alerts=AlertsView(
            untold=sum(alerts.unsent_counts().values()),
            newest=[AlertView.model_validate(each) for each in alerts.newest(NEWEST)],
        ),
        days=[DayView.of(each) for each in daily_totals.last_days()],
        queues=backlog.queue_depths(),
    )
