"""Mails about an erased account: the last one to its owner, and one to the operator."""

from collections.abc import Sequence

from app.accounts.models import Account
from app.config.settings import current_settings
from app.emails.outbox import enqueue_email, put_to_operator
from app.money.money import Money
from app.payments.erasure import Accounts
from app.unicode_text import isolate


def account_erased(account: Account, cancelled: int) -> None:
    """Confirm the erasure to the owner, with the number of cancelled sessions."""
    enqueue_email("account_erased", account.id, account, "Your account was erased", cancelled=cancelled)


def coach_left(account: Account, accounts: Accounts) -> None:
    """Tell the operator of a coach who left with an open balance, and the coach's name."""
    owed, debts, disputable = map(_sum, (accounts.owed, accounts.debts, accounts.disputable))
    if not (owed or debts or disputable):
        return
    name = isolate(account.name)
    subject = f"{name} has left with a settled balance"
    if debts:
        subject = f"{name} has left and owes us {debts}"
    elif owed:
        subject = f"Pay out {owed}: {name} has left"
    put_to_operator(
        "coach_left",
        str(account.id),
        subject,
        account=account,
        owed=owed,
        debts=debts,
        disputable=disputable,
        base=current_settings().public_url,
    )


def _sum(amounts: Sequence[Money]) -> str:
    return " and ".join(str(each) for each in amounts)
