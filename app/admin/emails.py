"""The operator's routes for the outbox."""

from uuid import UUID

from apiflask import APIBlueprint
from sqlalchemy import select
from sqlalchemy.orm import defer

from app.accounts.access import signed_in
from app.accounts.models import Role
from app.admin.schemas import Again, EmailDetail, EmailList, EmailSearch, EmailView, NoMore
from app.emails import operator_actions
from app.emails.models import Email
from app.extensions import db
from app.http import rate_limits
from app.http.pagination import newest_first
from app.http.problems import NotFound
from app.idempotency import idempotent

_NOT_SHOWN = (defer(Email.text_body), defer(Email.html_body), defer(Email.calendar))

admin_emails = APIBlueprint("admin_emails", __name__, url_prefix="/admin/email")


@admin_emails.get("")
@admin_emails.input(EmailSearch, location="query")
@admin_emails.output(EmailList)
@signed_in(Role.ADMIN)
def list_emails(query_data: EmailSearch) -> EmailList:
    """List the mails with their status, the newest first."""
    query = select(Email).options(*_NOT_SHOWN)
    if query_data.status:
        query = query.where(Email.status == query_data.status)
    if query_data.kind:
        query = query.where(Email.kind == query_data.kind)
    if query_data.recipient:
        query = query.where(Email.recipient == query_data.recipient.lower())
    rows, next_cursor = newest_first(query, Email.created_at, Email.id, query_data)
    return EmailList(items=[EmailView.model_validate(row) for row in rows], next_cursor=next_cursor)


@admin_emails.get("/<uuid:email_id>")
@admin_emails.output(EmailDetail)
@admin_emails.doc(responses=[404])
@signed_in(Role.ADMIN)
def show_email(email_id: UUID) -> EmailDetail:
    """Show a mail with its text, attempts and last error."""
    email = db.session.get(Email, email_id)
    if email is None:
        raise NotFound("There is no such mail.")
    return EmailDetail.model_validate(email)


@admin_emails.post("/<uuid:email_id>/resend")
@rate_limits.by_account(rate_limits.CHANGE)
@idempotent
@admin_emails.input(Again)
@admin_emails.output(EmailView, status_code=202)
@admin_emails.doc(responses=[404, 409])
@signed_in(Role.ADMIN)
def resend_email(email_id: UUID, json_data: Again) -> EmailView:
    """Send a mail now, whatever its status."""
    return EmailView.model_validate(operator_actions.resend(email_id, json_data.reason))


@admin_emails.post("/<uuid:email_id>/discard")
@rate_limits.by_account(rate_limits.CHANGE)
@idempotent
@admin_emails.input(NoMore)
@admin_emails.output(EmailView)
@admin_emails.doc(responses=[404, 409])
@signed_in(Role.ADMIN)
def discard_email(email_id: UUID, json_data: NoMore) -> EmailView:
    """Discard a mail: it is not tried again. The reason is recorded."""
    return EmailView.model_validate(operator_actions.discard(email_id, json_data.reason))
