"""The operator's overview: what waits, what failed, what was taken and refunded."""

from apiflask import APIBlueprint

from app.accounts.access import signed_in
from app.accounts.models import Role
from app.fields import View
from app.ops import backlog

overview = APIBlueprint("overview", __name__, url_prefix="/admin")


class BacklogView(View):
    waiting: int
    failed: int
    oldest_waiting_seconds: float


class HoldsView(View):
    running: int
    run_out: int
    """Not released yet: the sweep does so, unless Stripe is away."""


class OverviewView(View):
    stripe_events: BacklogView
    emails: BacklogView
    refunds: BacklogView
    differences: int
    """Between Stripe and our books; GET /admin/difference lists them."""
    holds: HoldsView
    queues: dict[str, int] | None
    """Messages on each queue; null when the broker does not answer."""


@overview.get("/overview")
@overview.output(OverviewView)
@signed_in(Role.ADMIN)
def show_overview() -> OverviewView:
    """What waits, what failed and for how long."""
    found = backlog.backlogs()
    holds = backlog.holds()
    return OverviewView(
        stripe_events=BacklogView.model_validate(found["stripe_event"]),
        emails=BacklogView.model_validate(found["email"]),
        refunds=BacklogView.model_validate(found["refund"]),
        differences=found["difference"].waiting,
        holds=HoldsView(running=holds.waiting, run_out=holds.failed),
        queues=backlog.queue_depths(),
    )
