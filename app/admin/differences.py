"""The operator's route for differences between Stripe and our books."""

from enum import StrEnum
from uuid import UUID

from apiflask import APIBlueprint
from sqlalchemy import select

from app.accounts.access import signed_in
from app.accounts.models import Role
from app.http.pagination import Span, newest_first
from app.http.schema_types import Instant, View
from app.payments.reconciliation.differences import Difference
from app.payments.stripe.listing import Kind

admin_differences = APIBlueprint("admin_differences", __name__, url_prefix="/admin/difference")


class DifferenceState(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


class DifferenceSearch(Span):
    """`from` and `to` apply to when a difference was first seen."""

    state: DifferenceState | None = None
    kind: Kind | None = None


class DifferenceView(View):
    id: UUID
    kind: Kind
    stripe_id: str
    our_id: UUID | None
    stripe_says: str
    we_say: str
    first_seen: Instant
    last_seen: Instant
    resolved_at: Instant | None


class DifferenceList(View):
    items: list[DifferenceView]
    next_cursor: str | None


@admin_differences.get("")
@admin_differences.input(DifferenceSearch, location="query")
@admin_differences.output(DifferenceList)
@signed_in(Role.ADMIN)
def list_differences(query_data: DifferenceSearch) -> DifferenceList:
    """List differences between Stripe and our books, open and resolved, the newest first."""
    query = select(Difference)
    if query_data.state:
        is_open = Difference.resolved_at.is_(None)
        query = query.where(is_open if query_data.state is DifferenceState.OPEN else ~is_open)
    if query_data.kind:
        query = query.where(Difference.kind == query_data.kind)
    rows, next_cursor = newest_first(query, Difference.created_at, Difference.id, query_data)
    return DifferenceList(items=[DifferenceView.model_validate(row) for row in rows], next_cursor=next_cursor)
