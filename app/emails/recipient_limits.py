"""How many mails an address gets, of all kinds together, and what becomes of those above.

Anybody can register with a stranger's. So one that was never proven gets the mails that prove it and, of its
own sessions, those about money that was paid, and few of them at once; anything else stays on record and
leaves once the address is proven, if it still matters by then. One that was proven gets plenty. What is above
a bound waits and leaves in one mail with all else that waits. So no flood fills a mailbox, and whoever paid
hears of it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import bindparam, text

from app.emails.models import OPERATORS
from app.extensions import db, now
from app.http import rate_limits

MAX_UNPROVEN = 6
"""A day that leave at once: a first booking with its confirmation, a change and a refund needs fewer."""
_A_DAY = f"{MAX_UNPROVEN} per day"
"""The same, however many accounts are opened with the address, and erased with the rows that count."""
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
"""Kinds about sessions that were paid for: whoever paid wants them, whether or not the address is proven."""
MAX_PROVEN = 100
"""A day, of all kinds together, that leave at once: a coach with ten sessions a day gets half as many."""
MAX_OF_KIND = 20
"""An hour that leave at once."""
FEWER_OF_KIND = {"refund_issued": 3}
"""Where one thing can be done in many parts, as a refund."""
PERIOD, SHORT_PERIOD = timedelta(days=1), timedelta(hours=1)
TOGETHER, UNPROVEN_TOGETHER = timedelta(minutes=30), timedelta(hours=6)
"""How far apart the mails are that hold what was above."""
OWN_BOUNDS = frozenset({"verify_address", "reset_password", "address_in_use"})
"""Kinds that are counted where they are asked for: they are how an address is proven at all. They fill no
bound here, or strangers, who can ask for them, could keep the mails about money from whoever reads it."""
WITHHELD = "not sent: this address was not proven, and the mail is about nothing that was paid"

_COUNTED = text("""
SELECT account.email, account.email_verified_at IS NOT NULL AS is_proven, count(email.id) AS of_day,
  count(email.id) FILTER (WHERE email.kind = :kind AND email.created_at > :lately) AS of_kind
FROM account LEFT JOIN email ON email.recipient = account.email AND email.created_at > :since
  AND email.status <> 'withdrawn' AND NOT email.held_back AND email.kind NOT IN :own_bounds
WHERE account.email IN :recipients GROUP BY account.id
""").bindparams(
    bindparam("recipients", expanding=True),
    bindparam("own_bounds", sorted(OWN_BOUNDS), expanding=True),
)


class Verdict(StrEnum):
    """Of a mail that does not leave at once."""

    WITHHELD = "withheld"
    HELD_BACK = "held back"
    HELD_BACK_LONGER = "held back longer"


def verdicts(kind: str, recipients: Iterable[str]) -> dict[str, Verdict]:
    """What becomes of a mail of this kind to those of the recipients whom it does not reach at once."""
    if kind in OWN_BOUNDS | OPERATORS or not recipients:
        return {}
    at = now()
    wanted = {"kind": kind, "recipients": sorted(set(recipients)), "since": at - PERIOD}
    rows = db.session.execute(_COUNTED, wanted | {"lately": at - SHORT_PERIOD})
    most = FEWER_OF_KIND.get(kind, MAX_OF_KIND)
    found: dict[str, Verdict] = {}
    for row in rows:
        if row.is_proven:
            if row.of_day >= MAX_PROVEN or row.of_kind >= most:
                found[row.email] = Verdict.HELD_BACK
        elif kind not in ABOUT_PAID:
            found[row.email] = Verdict.WITHHELD
        elif row.of_day >= MAX_UNPROVEN or not rate_limits.is_within(_A_DAY, "unverified", row.email):
            found[row.email] = Verdict.HELD_BACK_LONGER
    return found


def next_time(at: datetime, apart: timedelta = TOGETHER) -> datetime:
    """When what waits leaves: on each half hour, or what `apart` says, counted from midnight, UTC."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return at - (at - midnight) % apart + apart
