"""Limits of mails per address, over all kinds.

Anyone can register another person's address. So an unverified address gets the verification mails and the
mails about its own paid sessions, few at once. Everything else is withheld, and sent after the verification
if it still matters. A verified address has high limits. Mails above a limit are held back and sent together
in a digest. So a flood cannot fill a mailbox, and a person who paid gets all mails.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import bindparam, text

from app.emails.models import OPERATORS
from app.extensions import db, now
from app.http import rate_limits

MAX_UNVERIFIED = 6
"""Mails a day that are sent at once: a first booking with confirmation, change and refund needs fewer."""
_A_DAY = f"{MAX_UNVERIFIED} per day"
"""The same limit by address, which erasing and opening accounts does not reset."""
ABOUT_PAID = frozenset(
    {
        "booking_confirmed",
        "series_confirmed",
        "booking_moved",
        "booking_cancelled",
        "payment_returned",
        "refund_issued",
        "refund_failed",
    }
)
"""Kinds about paid sessions, which are sent to unverified addresses too."""
MAX_VERIFIED = 100
"""Mails a day that are sent at once: a coach with ten sessions a day gets half as many."""
MAX_OF_KIND = 20
"""Mails of one kind an hour that are sent at once."""
FEWER_OF_KIND = {"refund_issued": 3}
"""The limit for kinds that one action can cause many times, such as partial refunds."""
PERIOD, SHORT_PERIOD = timedelta(days=1), timedelta(hours=1)
TOGETHER, UNVERIFIED_TOGETHER = timedelta(minutes=30), timedelta(hours=6)
"""The interval of digests."""
OWN_BOUNDS = frozenset({"verify_address", "reset_password", "address_in_use"})
"""Kinds with limits of their own at their routes, because they verify an address. They do not count here:
otherwise strangers, who can request them, could suppress the mails about money."""
WITHHELD = "not sent: this address was not proven, and the mail is about nothing that was paid"

_COUNTED = text("""
SELECT account.email, account.email_verified_at IS NOT NULL AS is_verified, count(email.id) AS of_day,
  count(email.id) FILTER (WHERE email.kind = :kind AND email.created_at > :lately) AS of_kind
FROM account LEFT JOIN email ON email.recipient = account.email AND email.created_at > :since
  AND email.status <> 'withdrawn' AND NOT email.held_back AND email.kind NOT IN :own_bounds
WHERE account.email IN :recipients GROUP BY account.id
""").bindparams(
    bindparam("recipients", expanding=True),
    bindparam("own_bounds", sorted(OWN_BOUNDS), expanding=True),
)


class Verdict(StrEnum):
    """The verdict on a mail that is not sent at once."""

    WITHHELD = "withheld"
    HELD_BACK = "held back"
    HELD_BACK_LONGER = "held back longer"


def verdicts(kind: str, recipients: Iterable[str]) -> dict[str, Verdict]:
    """The verdicts for the recipients to whom a mail of this kind is not sent at once."""
    if kind in OWN_BOUNDS | OPERATORS or not recipients:
        return {}
    at = now()
    wanted = {"kind": kind, "recipients": sorted(set(recipients)), "since": at - PERIOD}
    rows = db.session.execute(_COUNTED, wanted | {"lately": at - SHORT_PERIOD})
    most = FEWER_OF_KIND.get(kind, MAX_OF_KIND)
    found: dict[str, Verdict] = {}
    for row in rows:
        if row.is_verified:
            if row.of_day >= MAX_VERIFIED or row.of_kind >= most:
                found[row.email] = Verdict.HELD_BACK
        elif kind not in ABOUT_PAID:
            found[row.email] = Verdict.WITHHELD
        elif row.of_day >= MAX_UNVERIFIED or not rate_limits.is_within(_A_DAY, "unverified", row.email):
            found[row.email] = Verdict.HELD_BACK_LONGER
    return found


def next_time(at: datetime, apart: timedelta = TOGETHER) -> datetime:
    """When the next digest is sent: on each half hour, or by the interval `apart`, from midnight UTC."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return at - (at - midnight) % apart + apart
