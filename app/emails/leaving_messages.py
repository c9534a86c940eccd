"""The mails about an account that is erased: the last to its owner, and one to whoever runs this."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.config import current_settings
from app.emails.outbox import insert_once, put
from app.money import Money
from app.unicode_text import isolate

if TYPE_CHECKING:  # a mail is about its subject's room, which stands above this one
    from app.accounts.models import Account


def account_erased(account: "Account", cancelled: int) -> None:
    """To its owner, for the last time: all is done, and how many sessions were cancelled with it."""
    put("account_erased", account.id, account, "Your account was erased", cancelled=cancelled)


def coach_left(account: "Account", owed: Sequence[Money]) -> None:
    """To whoever runs this: whom we owe this money still, named here for the last time."""
    settings = current_settings()
    if settings.ops_email and owed:
        amounts = " and ".join(str(each) for each in owed)
        insert_once(
            "coach_left",
            str(account.id),
            settings.ops_email,
            "Operator",
            f"Pay out {amounts}: {isolate(account.name)} has left",
            account=account,
            owed=amounts,
            base=settings.public_url,
        )
