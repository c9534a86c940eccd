"""Deactivate and reactivate an account. Its bookings stand, and their mails are still sent."""

from sqlalchemy import select

from app import audit
from app.accounts import messages, sessions
from app.accounts.models import Account, Role
from app.extensions import db, now
from app.http.problems import Forbidden, Problem


class AlreadyDeactivated(Problem):
    status, slug, title = 409, "already-deactivated", "Account deactivated already"
    meaning = "The account is already deactivated."
    remedy = "Nothing is left to do."


class NotDeactivated(Problem):
    status, slug, title = 409, "not-deactivated", "Account not deactivated"
    meaning = "The account is active, so there is nothing to reactivate."
    remedy = "Nothing is left to do."


class AdminNeeded(Problem):
    status, slug, title = 409, "admin-needed", "Another administrator needed"
    meaning = "Administrators cannot deactivate their own accounts."
    remedy = "Ask another administrator to do it."


def deactivate_own(account: Account, password: str) -> None:
    """Deactivate the caller's own account. Only an administrator can undo it. Raises Invalid, AdminNeeded."""
    if account.role is Role.ADMIN:
        raise AdminNeeded(
            "You cannot deactivate your own account as an administrator: ask another administrator."
        )
    sessions.lock_authenticated(account, password, "/password")
    _deactivate(account, "by its owner", "you")


def deactivate(account: Account, by: Account, reason: str) -> None:
    """Deactivate an account as an administrator.

    Raises AdminNeeded, AlreadyDeactivated, and Forbidden if the administrator is no longer active."""
    _lock_admins()
    account.lock()
    if by.deactivated_at or by.is_erased:
        raise Forbidden("Your own account has been deactivated or erased.")
    if account.id == by.id:
        raise AdminNeeded(
            "You cannot deactivate your own account as an administrator: ask another administrator."
        )
    if account.deactivated_at:
        raise AlreadyDeactivated("This account is deactivated already.")
    _deactivate(account, reason, "us")


def reactivate(account: Account, reason: str) -> None:
    """Reactivate an account; its owner has to sign in again. Raises NotDeactivated."""
    account.lock()
    if not account.deactivated_at:
        raise NotDeactivated("This account is not deactivated.")
    account.deactivated_at = None
    audit.record("account.reactivate", f"account:{account.id}", reason)
    messages.account_reactivated(account)


def _deactivate(account: Account, reason: str, by: str) -> None:
    account.deactivated_at = now()
    sessions.end_all(account)
    audit.record("account.deactivate", f"account:{account.id}", reason)
    messages.account_deactivated(account, by)


def _lock_admins() -> None:
    """Lock all administrators in a fixed order, so that two cannot deactivate each other concurrently.

    Nobody can deactivate the own account, so the last active administrator is never deactivated.
    """
    admins = select(Account).where(Account.role == Role.ADMIN).order_by(Account.id)
    locked = admins.with_for_update(key_share=True).execution_options(populate_existing=True)
    db.session.scalars(locked).all()
