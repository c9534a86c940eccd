"""Coaches, for the operator: who is listed, who waits for it, and what is decided."""

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
    """What the coach is as far as you know: of two who decide at once, one is told that the other did."""


class DeclineRequest(Body):
    reason: Annotated[Reason, Field(min_length=1)]
    """In a sentence or two to the coach, who reads it in a mail and in GET /coach/me."""
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
    """What the coach lacks, and is told to do."""
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
    """Coaches and whether they are listed, the newest first.

    With status=waiting, those who have a proven address and a rate, and lack nothing but an approval.
    """
    query = listing.selected(query_data.status)
    rows, next_cursor = newest_first(query, Coach.created_at, Coach.id, query_data)
    return ListedCoachList(items=[ListedCoachView.of(row) for row in rows], next_cursor=next_cursor)


@admin_coaches.get("/<uuid:coach_id>")
@admin_coaches.output(ListedCoachDetail)
@admin_coaches.doc(responses=[404])
@signed_in(Role.ADMIN)
def show_coach(coach_id: UUID) -> ListedCoachDetail:
    """One coach, with the whole profile."""
    return ListedCoachDetail.of(listing.found(coach_id))


@admin_coaches.post("/<uuid:coach_id>/approve")
@rate_limits.by_account("60 per minute")
@idempotent
@admin_coaches.input(ApproveRequest)
@admin_coaches.output(ListedCoachView)
@admin_coaches.doc(responses=[404, 409])
@signed_in(Role.ADMIN)
def approve_coach(coach_id: UUID, json_data: ApproveRequest) -> ListedCoachView:
    """List a coach, who is told so by mail. Again changes nothing.

    A coach who was declined is approved with `current_status` declined.
    """
    return ListedCoachView.of(listing.approve(coach_id, json_data.current_status, json_data.reason))


@admin_coaches.post("/<uuid:coach_id>/decline")
@rate_limits.by_account("60 per minute")
@idempotent
@admin_coaches.input(DeclineRequest)
@admin_coaches.output(ListedCoachView)
@admin_coaches.doc(responses=[404, 409])
@signed_in(Role.ADMIN)
def decline_coach(coach_id: UUID, json_data: DeclineRequest) -> ListedCoachView:
    """List a coach no (more); the reason goes to the coach by mail. Again changes nothing.

    A coach who is listed is taken off with `current_status` approved: nobody books any more, and sessions
    that are booked already stay booked, can be paid for, moved and cancelled.
    """
    return ListedCoachView.of(listing.decline(coach_id, json_data.current_status, json_data.reason))
