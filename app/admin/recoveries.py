"""The operator's routes for recoveries: transfers from and to coaches' accounts after disputes."""

from typing import Self
from uuid import UUID

from apiflask import APIBlueprint
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.accounts.access import signed_in
from app.accounts.models import Role
from app.admin.schemas import Again, NoMore
from app.extensions import db
from app.http import rate_limits
from app.http.pagination import Span, newest_first
from app.http.problems import NotFound
from app.http.schema_types import Instant, Major, View
from app.idempotency import idempotent
from app.payments.ledger import operator_actions
from app.payments.ledger.recovery_models import Recovery, RecoveryKind, RecoveryStatus
from app.payments.models import Dispute

admin_recoveries = APIBlueprint("admin_recoveries", __name__, url_prefix="/admin/recovery")


class RecoverySearch(Span):
    status: RecoveryStatus | None = None


class RecoveryView(View):
    """A transfer from or to the coach's account at Stripe, with its status."""

    id: UUID
    dispute_id: UUID
    payment_id: UUID
    coach_id: UUID
    kind: RecoveryKind
    status: RecoveryStatus
    share: Major
    share_minor: int
    """The disputed amount that it covers."""
    currency: str
    stripe_id: str | None
    attempts: int
    due_at: Instant
    last_error: str | None
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, recovery: Recovery) -> Self:
        payment = recovery.dispute.payment
        computed = {
            "payment_id": payment.id,
            "coach_id": payment.coach_id,
            "share": recovery.share.major,
            "currency": recovery.share.currency,
        }
        plain = {field: getattr(recovery, field) for field in cls.model_fields if field not in computed}
        return cls(**plain, **computed)


class RecoveryList(View):
    items: list[RecoveryView]
    next_cursor: str | None


@admin_recoveries.get("")
@admin_recoveries.input(RecoverySearch, location="query")
@admin_recoveries.output(RecoveryList)
@signed_in(Role.ADMIN)
def list_recoveries(query_data: RecoverySearch) -> RecoveryList:
    """List the transfers after disputes, pending and done, the newest first."""
    query = select(Recovery).options(joinedload(Recovery.dispute).joinedload(Dispute.payment))
    if query_data.status:
        query = query.where(Recovery.status == query_data.status)
    rows, next_cursor = newest_first(query, Recovery.created_at, Recovery.id, query_data)
    return RecoveryList(items=[RecoveryView.of(row) for row in rows], next_cursor=next_cursor)


@admin_recoveries.get("/<uuid:recovery_id>")
@admin_recoveries.output(RecoveryView)
@admin_recoveries.doc(responses=[404])
@signed_in(Role.ADMIN)
def show_recovery(recovery_id: UUID) -> RecoveryView:
    """Show a transfer with its attempts and its last error."""
    recovery = db.session.get(Recovery, recovery_id)
    if recovery is None:
        raise NotFound("There is no such transfer after a dispute.")
    return RecoveryView.of(recovery)


@admin_recoveries.post("/<uuid:recovery_id>/retry")
@rate_limits.by_account(rate_limits.CHANGE)
@idempotent
@admin_recoveries.input(Again)
@admin_recoveries.output(RecoveryView, status_code=202)
@admin_recoveries.doc(responses=[404, 409])
@signed_in(Role.ADMIN)
def retry_recovery(recovery_id: UUID, json_data: Again) -> RecoveryView:
    """Retry a transfer now: pending, failed or discarded."""
    return RecoveryView.of(operator_actions.retry(recovery_id, json_data.reason))


@admin_recoveries.post("/<uuid:recovery_id>/discard")
@rate_limits.by_account(rate_limits.CHANGE)
@idempotent
@admin_recoveries.input(NoMore)
@admin_recoveries.output(RecoveryView)
@admin_recoveries.doc(responses=[404, 409])
@signed_in(Role.ADMIN)
def discard_recovery(recovery_id: UUID, json_data: NoMore) -> RecoveryView:
    """Discard a transfer that was settled another way. The coach's balance keeps the debt."""
    return RecoveryView.of(operator_actions.discard(recovery_id, json_data.reason))
