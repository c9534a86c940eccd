"""The operator's routes for disputes."""

from typing import Annotated, Self
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field
from sqlalchemy import select

from app.accounts.access import signed_in
from app.accounts.models import Role
from app.admin.recoveries import RecoveryView
from app.http import rate_limits
from app.http.pagination import Span, newest_first
from app.http.schema_types import Body, Instant, Text, View
from app.idempotency import idempotent
from app.payments.disputes import responses
from app.payments.disputes.evidence import MAX_STATEMENT
from app.payments.ledger import recoveries
from app.payments.models import Dispute
from app.payments.schemas import DisputeView
from app.payments.status import DisputeStatus

admin_disputes = APIBlueprint("admin_disputes", __name__, url_prefix="/admin/dispute")


class DisputeSearch(Span):
    status: DisputeStatus | None = None


Statement = Annotated[Text, Field(max_length=MAX_STATEMENT)]


class StatementRequest(Body):
    """The operator's text; the booking's history follows it."""

    text: Statement = ""


class AdminDisputeView(DisputeView):
    payment_id: UUID
    stripe_dispute_id: str
    is_charge_refundable: bool
    withdrawn_minor: int
    """What Stripe holds for the dispute now, without fees."""
    fee_minor: int | None
    """Stripe's dispute fee; null while no money has moved."""
    fee_currency: str | None
    evidence_submitted_at: Instant | None
    decided_at: Instant | None
    created_at: Instant
    updated_at: Instant


class EvidenceView(AdminDisputeView):
    evidence: str
    """The submitted evidence, or a preview before submission."""
    recoveries: list[RecoveryView]

    @classmethod
    def of(cls, dispute: Dispute) -> Self:
        moved = [RecoveryView.of(each) for each in recoveries.of(dispute.id)]
        computed = {
            "amount": dispute.money.major,
            "evidence": responses.evidence_of(dispute),
            "recoveries": moved,
        }
        plain = {field: getattr(dispute, field) for field in cls.model_fields if field not in computed}
        return cls(**plain, **computed)


class DisputeList(View):
    items: list[AdminDisputeView]
    next_cursor: str | None


@admin_disputes.get("")
@admin_disputes.input(DisputeSearch, location="query")
@admin_disputes.output(DisputeList)
@signed_in(Role.ADMIN)
def list_disputes(query_data: DisputeSearch) -> DisputeList:
    """List all disputes and inquiries, the newest first."""
    query = select(Dispute)
    if query_data.status:
        query = query.where(Dispute.status == query_data.status)
    rows, next_cursor = newest_first(query, Dispute.created_at, Dispute.id, query_data)
    return DisputeList(items=[AdminDisputeView.of(row) for row in rows], next_cursor=next_cursor)


@admin_disputes.get("/<uuid:dispute_id>")
@admin_disputes.output(EvidenceView)
@admin_disputes.doc(responses=[404])
@signed_in(Role.ADMIN)
def show_dispute(dispute_id: UUID) -> EvidenceView:
    """Show a dispute with its evidence and the transfers from or to the coach."""
    return EvidenceView.of(responses.find(str(dispute_id)))


@admin_disputes.post("/<uuid:dispute_id>/evidence")
@rate_limits.by_account(rate_limits.CHANGE)
@idempotent
@admin_disputes.input(StatementRequest)
@admin_disputes.output(EvidenceView)
@admin_disputes.doc(responses=[404, 409, 503])
@signed_in(Role.ADMIN)
def submit_evidence(dispute_id: UUID, json_data: StatementRequest) -> EvidenceView:
    """Submit evidence: your text, followed by the booking's history. A bank accepts evidence once."""
    dispute = responses.find(str(dispute_id))
    responses.submit_evidence(dispute, json_data.text)
    return EvidenceView.of(dispute)
