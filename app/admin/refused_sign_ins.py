"""The operator's route for refused sign-ins: which accounts are attacked, since when and from where."""

from apiflask import APIBlueprint
from sqlalchemy import select

from app.accounts.access import signed_in
from app.accounts.models import Role
from app.accounts.refused_sign_ins import RefusedSignIns
from app.admin.schemas import RefusedSignInList, RefusedSignInSearch, RefusedSignInView
from app.http.pagination import newest_first

admin_refused_sign_ins = APIBlueprint("admin_refused_sign_ins", __name__, url_prefix="/admin/refused-sign-in")


@admin_refused_sign_ins.get("")
@admin_refused_sign_ins.input(RefusedSignInSearch, location="query")
@admin_refused_sign_ins.output(RefusedSignInList)
@signed_in(Role.ADMIN)
def list_refused_sign_ins(query_data: RefusedSignInSearch) -> RefusedSignInList:
    """List refused sign-ins, one entry per account and hour, the newest first."""
    query = select(RefusedSignIns)
    if query_data.subject:
        query = query.where(RefusedSignIns.subject == query_data.subject)
    rows, next_cursor = newest_first(query, RefusedSignIns.created_at, RefusedSignIns.id, query_data)
    items = [RefusedSignInView.model_validate(row) for row in rows]
    return RefusedSignInList(items=items, next_cursor=next_cursor)
