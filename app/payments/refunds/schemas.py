"""Models of refund requests, and of refunds for the operator."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.http.schema_types import Amount, Body, Flag, Identifier, Instant, Text, View
from app.payments.schemas import RefundView


class RefundRequest(Body):
    """`amount` in major units. Omit it to refund all that is left of the session's share."""

    amount: Amount | None = None
    reason: Annotated[Text, Field(min_length=1, max_length=500)]
    booking_id: Identifier | None = None
    fraudulent: Flag = False
    """For admins only: Stripe then blocks the payer's card and e-mail address."""


class RefundWork(RefundView):
    """A refund as the operator sees it."""

    attempts: int
    due_at: Instant
    last_error: str | None
    follows_id: UUID | None
    """The failed refund that this one replaces."""


class RefundList(View):
    items: list[RefundWork]
    next_cursor: str | None
