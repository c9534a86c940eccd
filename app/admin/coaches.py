"""The operator's routes for coaches: list, approve, decline."""

from typing import Annotated, Self
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field

from app.accounts.access import signed_in
from app.accounts.models import Role
from app.admin.schemas import Reason
from app.coaches import listing
from app.coaches.models import Approval, Coach
from app.coaches.schemas import OwnCoachView, StepView
from app.http import rate_limits
from app.http.pagination import Span, newest_first
from app.http.schema_types import Body, Instant, View
from app.idempotency import idempotent

admin_coaches = APIBlueprint("admin_coaches", __name__, url_prefix="/admin/coach")


class ListedCoachSearch(Span):
    status: Approval | None = None


class ApproveRequest(Body):
    reason: Reason = ""
    current_status: Approval = Approval.WAITING
    """The coach's status as you know it. If another operator changed it, the answer is a 409."""


class DeclineRequest(Body):
    reason: Annotated[Reason, Field(min_length=1)]
    """A sentence or two to the coach, shown in a mail and in GET /coach/me."""
    current_status: Approval = Approval.WAITING


class ListedCoachView(View):
    id: UUID
    name: str
    email: str
    headline: str
    status: Approval
    decline_reason: str | None
    listed: bool
    to_be_listed: list[StepView]
    """The steps that the coach still has to do."""
    deactivated_at: Instant | None
    created_at: Instant

    @classmethod
    def of(cls, coach: Coach) -> Self:
        return cls(
            id=coach.id,
            name=coach.name,
            email=coach.account.email,
            headline=coach.headline,
            status=coach.approval,
            decline_reason=coach.decline_reason,
            listed=coach.is_listed,
            to_be_listed=[StepView.model_validate(step) for step in listing.steps(coach)],
            deactivated_at=coach.account.deactivated_at,
            created_at=coach.created_at,
        )


class ListedCoachDetail(ListedCoachView):
    profile: OwnCoachView

    @classmethod
    def of(cls, coach: Coach) -> Self:
        return cls(**ListedCoachView.of(coach).model_dump(), profile=OwnCoachView.of(coach))


class ListedCoachList(View):
    items: list[ListedCoachView]
    next_cursor: str | None


@admin_coaches.get("")
@admin_coaches.input(ListedCoachSearch, location="query")
@admin_coaches.output(ListedCoachList)
@signed_in(Role.ADMIN)
def list_coaches(query_data: ListedCoachSearch) -> ListedCoachList:
    """List the coaches and whether clients see them, the newest first.

    status=waiting finds coaches with a verified address and a rate who only need an approval.
    """
    query = listing.selected(query_data.status)
    rows, next_cursor = newest_first(query, Coach.created_at, Coach.id, query_data)
    return ListedCoachList(items=[ListedCoachView.of(row) for row in rows], next_cursor=next_cursor)


@admin_coaches.get("/<uuid:coach_id>")
@admin_coaches.output(ListedCoachDetail)
@admin_coaches.doc(responses=[404])
@signed_in(Role.ADMIN)
def show_coach(coach_id: UUID) -> ListedCoachDetail:
    """Show a coach with the whole profile."""
    return ListedCoachDetail.of(listing.found(coach_id))


@admin_coaches.post("/<uuid:coach_id>/approve")
@rate_limits.by_account(rate_limits.CHANGE)
@idempotent
@admin_coaches.input(ApproveRequest)
@admin_coaches.output(ListedCoachView)
@admin_coaches.doc(responses=[404, 409])
@signed_in(Role.ADMIN)
def approve_coach(coach_id: UUID, json_data: ApproveRequest) -> ListedCoachView:
    """Approve a coach, who gets a mail. Repeating it changes nothing.

    To approve a declined coach, send `current_status` declined.
    """
    return ListedCoachView.of(listing.approve(coach_id, json_data.current_status, json_data.reason))


@admin_coaches.post("/<uuid:coach_id>/decline")
@rate_limits.by_account(rate_limits.CHANGE)
@idempotent
@admin_coaches.input(DeclineRequest)
@admin_coaches.output(ListedCoachView)
@admin_coaches.doc(responses=[404, 409])
@signed_in(Role.ADMIN)
def decline_coach(coach_id: UUID, json_data: DeclineRequest) -> ListedCoachView:
    """Decline a coach. The coach gets a mail with the reason. Repeating it changes nothing.

    To remove a listed coach, send `current_status` approved. No new bookings are possible; booked sessions
    stay booked, and can be paid for, moved and cancelled.
    """
    return ListedCoachView.of(listing.decline(coach_id, json_data.current_status, json_data.reason))
