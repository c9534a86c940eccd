"""The mails about an account that is erased: the last to its owner, and one to whoever runs this."""

from collections.abc import Sequence

from app.accounts.models import Account
from app.config.settings import current_settings
from app.emails.outbox import enqueue_email, put_to_operator
from app.money.money import Money
from app.payments.erasure import Accounts
from app.unicode_text import isolate


def account_erased(account: Account, cancelled: int) -> None:
    """To its owner, for the last time: all is done, and how many sessions were cancelled with it."""
    enqueue_email("account_erased", account.id, account, "Your account was erased", cancelled=cancelled)


def coach_left(account: Account, accounts: Accounts) -> None:
    """To whoever runs this: whom we owe money, or who owes us some, named here for the last time."""
    owed, debts, disputable = map(_sum, (accounts.owed, accounts.debts, accounts.disputable))
    if not (owed or debts or disputable):
        return
    name = isolate(account.name)
    subject = f"{name} has left, and nothing is owed"
    if debts:
        subject = f"{name} has left, and owes us {debts}"
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
