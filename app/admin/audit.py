"""The operator's route for the audit log."""

from apiflask import APIBlueprint
from sqlalchemy import select

from app.accounts.access import signed_in
from app.accounts.models import Role
from app.admin.schemas import AuditList, AuditSearch, AuditView
from app.audit import AuditEntry
from app.http.pagination import newest_first

admin_audit = APIBlueprint("admin_audit", __name__, url_prefix="/admin/audit")


@admin_audit.get("")
@admin_audit.input(AuditSearch, location="query")
@admin_audit.output(AuditList)
@signed_in(Role.ADMIN)
def list_audit(query_data: AuditSearch) -> AuditList:
    """List who did what to which object, when and from where, the newest first."""
    query = select(AuditEntry)
    if query_data.action:
        query = query.where(AuditEntry.action == query_data.action)
    if query_data.actor:
        query = query.where(AuditEntry.actor == query_data.actor)
    if query_data.subject:
        query = query.where(AuditEntry.subject == query_data.subject)
    rows, next_cursor = newest_first(query, AuditEntry.created_at, AuditEntry.id, query_data)
    return AuditList(items=[AuditView.model_validate(row) for row in rows], next_cursor=next_cursor)
