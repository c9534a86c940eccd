"""The operator's routes for refunds."""

from uuid import UUID

from apiflask import APIBlueprint
from sqlalchemy import select

from app.accounts.access import signed_in
from app.accounts.models import Role
from app.admin.schemas import Again, NoMore, RefundSearch
from app.extensions import db
from app.http import rate_limits
from app.http.pagination import newest_first
from app.http.problems import NotFound
from app.idempotency import idempotent
from app.payments import operator_actions
from app.payments.models import Refund
from app.payments.refunds.schemas import RefundList, RefundWork

admin_refunds = APIBlueprint("admin_refunds", __name__, url_prefix="/admin/refund")


@admin_refunds.get("")
@admin_refunds.input(RefundSearch, location="query")
@admin_refunds.output(RefundList)
@signed_in(Role.ADMIN)
def list_refunds(query_data: RefundSearch) -> RefundList:
    """List the refunds with their status, the newest first."""
    query = select(Refund)
    if query_data.status:
        query = query.where(Refund.status == query_data.status)
    rows, next_cursor = newest_first(query, Refund.created_at, Refund.id, query_data)
    return RefundList(items=[RefundWork.of(row) for row in rows], next_cursor=next_cursor)


@admin_refunds.get("/<uuid:refund_id>")
@admin_refunds.output(RefundWork)
@admin_refunds.doc(responses=[404])
@signed_in(Role.ADMIN)
def show_refund(refund_id: UUID) -> RefundWork:
    """Show a refund with its attempts and its last error."""
    refund = db.session.get(Refund, refund_id)
    if refund is None:
        raise NotFound("There is no such refund.")
    return RefundWork.of(refund)


@admin_refunds.post("/<uuid:refund_id>/retry")
@rate_limits.by_account(rate_limits.CHANGE)
@idempotent
@admin_refunds.input(Again)
@admin_refunds.output(RefundWork, status_code=202)
@admin_refunds.doc(responses=[404, 409])
@signed_in(Role.ADMIN)
def retry_refund(refund_id: UUID, json_data: Again) -> RefundWork:
    """Retry a refund. A failed one is replaced, once, by the new refund in the answer."""
    return RefundWork.of(operator_actions.retry_refund(refund_id, json_data.reason))


@admin_refunds.post("/<uuid:refund_id>/discard")
@rate_limits.by_account(rate_limits.CHANGE)
@idempotent
@admin_refunds.input(NoMore)
@admin_refunds.output(RefundWork)
@admin_refunds.doc(responses=[404, 409])
@signed_in(Role.ADMIN)
def discard_refund(refund_id: UUID, json_data: NoMore) -> RefundWork:
    """Discard a refund that Stripe does not have yet and that was settled another way."""
    return RefundWork.of(operator_actions.discard_refund(refund_id, json_data.reason))
