"""The operator's routes for Stripe's events."""

from apiflask import APIBlueprint
from sqlalchemy import select
from sqlalchemy.orm import defer

from app.accounts.access import signed_in
from app.accounts.models import Role
from app.admin.schemas import Again, EventDetail, EventList, EventSearch, EventView, NoMore
from app.http import rate_limits
from app.http.pagination import newest_first
from app.idempotency import idempotent
from app.payments import operator_actions
from app.payments.events.models import StripeEvent

admin_events = APIBlueprint("admin_events", __name__, url_prefix="/admin/stripe-event")


@admin_events.get("")
@admin_events.input(EventSearch, location="query")
@admin_events.output(EventList)
@signed_in(Role.ADMIN)
def list_events(query_data: EventSearch) -> EventList:
    """List Stripe's events with their status, the newest first."""
    query = select(StripeEvent).options(defer(StripeEvent.payload))
    if query_data.status:
        query = query.where(StripeEvent.status == query_data.status)
    if query_data.type:
        query = query.where(StripeEvent.type == query_data.type)
    rows, next_cursor = newest_first(query, StripeEvent.received_at, StripeEvent.id, query_data)
    return EventList(items=[EventView.model_validate(row) for row in rows], next_cursor=next_cursor)


@admin_events.get("/<event_id>")
@admin_events.output(EventDetail)
@admin_events.doc(responses=[404])
@signed_in(Role.ADMIN)
def show_event(event_id: str) -> EventDetail:
    """Show an event with its payload, attempts and last error."""
    return EventDetail.of(StripeEvent.with_id(event_id))


@admin_events.post("/<event_id>/replay")
@rate_limits.by_account(rate_limits.CHANGE)
@idempotent
@admin_events.input(Again)
@admin_events.output(EventView, status_code=202)
@admin_events.doc(responses=[404])
@signed_in(Role.ADMIN)
def replay_event(event_id: str, json_data: Again) -> EventView:
    """Apply an event again. Its earlier effects are not repeated."""
    return EventView.model_validate(operator_actions.replay(event_id, json_data.reason))


@admin_events.post("/<event_id>/discard")
@rate_limits.by_account(rate_limits.CHANGE)
@idempotent
@admin_events.input(NoMore)
@admin_events.output(EventView)
@admin_events.doc(responses=[404, 409])
@signed_in(Role.ADMIN)
def discard_event(event_id: str, json_data: NoMore) -> EventView:
    """Discard an event: it is not tried again. The reason is recorded."""
    return EventView.model_validate(operator_actions.discard_event(event_id, json_data.reason))
