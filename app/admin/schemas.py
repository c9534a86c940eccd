"""Models of the operator's routes for events, mails, refunds and the audit log."""

import json
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from app.accounts.refused_sign_ins import What
from app.emails.status import EmailStatus
from app.http.pagination import Span
from app.http.schema_types import Body, Instant, Text, View
from app.payments.events.models import StripeEvent
from app.payments.events.status import EventStatus
from app.payments.status import RefundStatus

Reason = Annotated[Text, Field(max_length=500)]


class Again(Body):
    reason: Reason = ""


class NoMore(Body):
    reason: Annotated[Reason, Field(min_length=1)]


class EventSearch(Span):
    status: EventStatus | None = None
    type: Annotated[str | None, Field(max_length=100)] = None


class EventView(View):
    id: str
    type: str
    livemode: bool
    api_version: str | None
    status: EventStatus
    reason: str | None
    payment_intent_id: str | None
    attempts: int
    last_error: str | None
    received_at: Instant
    due_at: Instant
    finished_at: Instant | None
    request_id: str


class EventDetail(EventView):
    payload: dict[str, Any]
    """As Stripe sent it."""

    @classmethod
    def of(cls, event: StripeEvent) -> Self:
        seen = EventView.model_validate(event).model_dump()
        return cls(**seen, payload=json.loads(event.payload))


class EventList(View):
    items: list[EventView]
    next_cursor: str | None


class EmailSearch(Span):
    status: EmailStatus | None = None
    kind: Annotated[str | None, Field(max_length=100)] = None
    recipient: Annotated[str | None, Field(max_length=254)] = None


class EmailView(View):
    id: UUID
    kind: str
    subject_id: str
    recipient: str
    subject: str
    status: EmailStatus
    attempts: int
    last_error: str | None
    created_at: Instant
    due_at: Instant
    sent_at: Instant | None
    request_id: str


class EmailDetail(EmailView):
    text_body: str


class EmailList(View):
    items: list[EmailView]
    next_cursor: str | None


class RefundSearch(Span):
    status: RefundStatus | None = None


class AuditSearch(Span):
    action: Annotated[str | None, Field(max_length=100)] = None
    actor: Annotated[str | None, Field(max_length=200)] = None
    subject: Annotated[str | None, Field(max_length=200)] = None


class AuditView(View):
    id: UUID
    created_at: Instant
    actor: str
    action: str
    subject: str
    reason: str
    address: str
    request_id: str


class AuditList(View):
    items: list[AuditView]
    next_cursor: str | None


class RefusedSignInSearch(Span):
    subject: Annotated[str | None, Field(max_length=200)] = None


class RefusedSignInView(View):
    id: UUID
    created_at: Instant
    """When the first one of the hour came."""
    last_at: Instant
    subject: str
    what: What
    number: int
    addresses: list[str]
    """Network addresses of the first attempts, at most twenty."""
    request_id: str
    """Of the latest."""


class RefusedSignInList(View):
    items: list[RefusedSignInView]
    next_cursor: str | None
