"""The operator's routes for accounts: search, deactivate, reactivate."""

from uuid import UUID

from apiflask import APIBlueprint
from sqlalchemy import ColumnElement, func, select

from app.accounts import deactivation
from app.accounts.access import current_account, signed_in
from app.accounts.models import Account, Role, SignIn
from app.admin.account_schemas import (
    AccountDetail,
    AccountList,
    AccountSearch,
    AccountState,
    OperatorsAccountView,
)
from app.admin.schemas import NoMore
from app.extensions import db
from app.http import rate_limits
from app.http.pagination import newest_first
from app.http.problems import NotFound
from app.idempotency import idempotent

admin_accounts = APIBlueprint("admin_accounts", __name__, url_prefix="/admin/account")


@admin_accounts.get("")
@admin_accounts.input(AccountSearch, location="query")
@admin_accounts.output(AccountList)
@signed_in(Role.ADMIN)
def list_accounts(query_data: AccountSearch) -> AccountList:
    """List the accounts, the newest first. Erased ones appear only with state=erased."""
    query = select(Account).where(*_in_state(query_data.state))
    if query_data.email:
        query = query.where(Account.email == query_data.email.lower())
    if query_data.role:
        query = query.where(Account.role == query_data.role)
    rows, next_cursor = newest_first(query, Account.created_at, Account.id, query_data)
    items = [OperatorsAccountView.model_validate(row) for row in rows]
    return AccountList(items=items, next_cursor=next_cursor)


@admin_accounts.get("/<uuid:account_id>")
@admin_accounts.output(AccountDetail)
@admin_accounts.doc(responses=[404])
@signed_in(Role.ADMIN)
def show_account(account_id: UUID) -> AccountDetail:
    """Show an account. GET /admin/audit lists what was done to it."""
    return _detail(_found(account_id))


@admin_accounts.post("/<uuid:account_id>/deactivate")
@rate_limits.by_account(rate_limits.CHANGE)
@idempotent
@admin_accounts.input(NoMore)
@admin_accounts.output(AccountDetail)
@admin_accounts.doc(responses=[404, 409])
@signed_in(Role.ADMIN)
def deactivate_account(account_id: UUID, json_data: NoMore) -> AccountDetail:
    """Deactivate an account: its sign-ins end, no login is possible, and its owner gets a mail.

    A coach is no longer listed and cannot be booked. Booked sessions stay booked.
    """
    account = _not_erased(account_id)
    deactivation.deactivate(account, current_account(), json_data.reason)
    return _detail(account)


@admin_accounts.post("/<uuid:account_id>/reactivate")
@rate_limits.by_account(rate_limits.CHANGE)
@idempotent
@admin_accounts.input(NoMore)
@admin_accounts.output(AccountDetail)
@admin_accounts.doc(responses=[404, 409])
@signed_in(Role.ADMIN)
def reactivate_account(account_id: UUID, json_data: NoMore) -> AccountDetail:
    """Reactivate an account, whether its owner or an administrator deactivated it. The owner gets a mail."""
    account = _not_erased(account_id)
    deactivation.reactivate(account, json_data.reason)
    return _detail(account)


def _in_state(state: AccountState | None) -> list[ColumnElement[bool]]:
    if state is AccountState.ERASED:
        return [Account.erased_at.is_not(None)]
    there, at = Account.erased_at.is_(None), Account.deactivated_at
    if state is None:
        return [there]
    return [there, at.is_not(None) if state is AccountState.DEACTIVATED else at.is_(None)]


def _found(account_id: UUID) -> Account:
    account = db.session.get(Account, account_id)
    if account is None:
        raise NotFound("There is no such account.")
    return account


def _not_erased(account_id: UUID) -> Account:
    account = _found(account_id)
    if account.is_erased:
        raise NotFound("This account was erased.")
    return account


def _detail(account: Account) -> AccountDetail:
    running = SignIn.account_id == account.id, SignIn.revoked_at.is_(None)
    sign_ins = db.session.scalar(select(func.count()).where(*running)) or 0
    return AccountDetail(**OperatorsAccountView.model_validate(account).model_dump(), sign_ins=sign_ins)
