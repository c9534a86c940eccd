"""The operator's routes for early fraud warnings."""

from typing import Self
from uuid import UUID

from apiflask import APIBlueprint
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.access import signed_in
from app.accounts.models import Role
from app.admin.schemas import Again
from app.http import rate_limits
from app.http.pagination import Span, newest_first
from app.http.schema_types import Instant, Major, View
from app.idempotency import idempotent
from app.payments.fraud import warnings as fraud_warnings
from app.payments.fraud.models import FraudWarning
from app.payments.models import Payment
from app.payments.status import FraudWarningStatus

admin_fraud_warnings = APIBlueprint("admin_fraud_warnings", __name__, url_prefix="/admin/fraud-warning")

_WITH_AMOUNTS = joinedload(FraudWarning.payment).options(
    selectinload(Payment.refunds), selectinload(Payment.disputes)
)
"""What the rest of a payment is computed from."""


class FraudWarningSearch(Span):
    status: FraudWarningStatus | None = None


class FraudWarningView(View):
    id: UUID
    payment_id: UUID
    stripe_warning_id: str
    status: FraudWarningStatus
    fraud_type: str
    left: Major
    """The part of the payment that is neither refunded nor being refunded."""
    left_minor: int
    currency: str
    warned_at: Instant
    created_at: Instant

    @classmethod
    def of(cls, warning: FraudWarning) -> Self:
        left = warning.payment.left
        amounts = {"left": left.major, "left_minor": left.amount, "currency": left.currency}
        plain = {field: getattr(warning, field) for field in cls.model_fields if field not in amounts}
        return cls(**plain, **amounts)


class FraudWarningList(View):
    items: list[FraudWarningView]
    next_cursor: str | None


@admin_fraud_warnings.get("")
@admin_fraud_warnings.input(FraudWarningSearch, location="query")
@admin_fraud_warnings.output(FraudWarningList)
@signed_in(Role.ADMIN)
def list_fraud_warnings(query_data: FraudWarningSearch) -> FraudWarningList:
    """List early fraud warnings, the newest first: a card's issuer suspects fraud."""
    query = select(FraudWarning).options(_WITH_AMOUNTS)
    if query_data.status:
        query = query.where(FraudWarning.status == query_data.status)
    rows, next_cursor = newest_first(query, FraudWarning.created_at, FraudWarning.id, query_data)
    return FraudWarningList(items=[FraudWarningView.of(row) for row in rows], next_cursor=next_cursor)


@admin_fraud_warnings.get("/<uuid:warning_id>")
@admin_fraud_warnings.output(FraudWarningView)
@admin_fraud_warnings.doc(responses=[404])
@signed_in(Role.ADMIN)
def show_fraud_warning(warning_id: UUID) -> FraudWarningView:
    """Show a warning with the refundable rest of its payment."""
    return FraudWarningView.of(fraud_warnings.found(warning_id))


@admin_fraud_warnings.post("/<uuid:warning_id>/refund")
@rate_limits.by_account(rate_limits.CHANGE)
@idempotent
@admin_fraud_warnings.input(Again)
@admin_fraud_warnings.output(FraudWarningView, status_code=202)
@admin_fraud_warnings.doc(responses=[404, 409])
@signed_in(Role.ADMIN)
def refund_fraud_warning(warning_id: UUID, json_data: Again) -> FraudWarningView:
    """Refund the rest of the payment as fraudulent, and cancel its upcoming sessions.

    Stripe then blocks the card. The mails to both sides state the refund, not its reason.
    """
    return FraudWarningView.of(fraud_warnings.refund(warning_id, json_data.reason))
