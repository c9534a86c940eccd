"""Taking an account out of use, and back into it. What is booked already stands, and its mails still go."""

from sqlalchemy import select

from app import audit
from app.accounts import messages, sessions
from app.accounts.models import Account, Role
from app.extensions import db, now
from app.http.problems import Forbidden, Problem


class AlreadyDeactivated(Problem):
    status, slug, title = 409, "already-deactivated", "Account deactivated already"
    meaning = "The account is out of use already."
    remedy = "Nothing is left to do."


class NotDeactivated(Problem):
    status, slug, title = 409, "not-deactivated", "Account not deactivated"
    meaning = "The account is in use, so there is nothing to bring back."
    remedy = "Nothing is left to do."


class AdminNeeded(Problem):
    status, slug, title = 409, "admin-needed", "Another administrator needed"
    meaning = "Administrators do not take their own accounts out of use."
    remedy = "Ask another administrator to do it."


def deactivate_own(account: Account, password: str) -> None:
    """By its owner, whom only an administrator brings back. Raises Invalid, AdminNeeded."""
    if account.role is Role.ADMIN:
        raise AdminNeeded("Administrators do not deactivate themselves; ask another one.")
    sessions.lock_authenticated(account, password, "/password")
    _deactivate(account, "by its owner", "you")


def deactivate(account: Account, by: Account, reason: str) -> None:
    """By an administrator. Raises AdminNeeded, AlreadyDeactivated, and Forbidden to one who is no more."""
    _lock_admins()
    account.lock()
    if by.deactivated_at or by.is_erased:
        raise Forbidden("Your own account was deactivated or erased meanwhile.")
    if account.id == by.id:
        raise AdminNeeded("Administrators do not deactivate themselves; ask another one.")
    if account.deactivated_at:
        raise AlreadyDeactivated("This account is deactivated already.")
    _deactivate(account, reason, "us")


def reactivate(account: Account, reason: str) -> None:
    """By an administrator; its owner has to sign in again. Raises NotDeactivated."""
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
    """All of them as they are now, in one order: of two who deactivate each other at once, one stays.

    As nobody deactivates herself, and the one who acts is active still, the last one is never deactivated.
    """
    admins = select(Account).where(Account.role == Role.ADMIN).order_by(Account.id)
    locked = admins.with_for_update(key_share=True).execution_options(populate_existing=True)
    db.session.scalars(locked).all()
