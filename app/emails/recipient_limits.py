"""How many mails an address gets, of all kinds together, and what becomes of those above.

One that was never proven gets few, as anybody can register with a stranger's: what is above stays on record
and does not leave. One that was proven gets plenty; what is above, and what repeats itself, waits for the
next half hour and leaves in one mail with all else that waits. So no flood fills a mailbox and nothing
is lost.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import bindparam, text

from app.emails.models import OPERATORS
from app.extensions import db, now

MAX_UNPROVEN = 10
"""A day, of all kinds together: a first booking with its confirmation, a change and a refund needs fewer."""
MAX_PROVEN = 100
"""A day, of all kinds together, that leave at once: a coach with ten sessions a day gets half as many."""
MAX_OF_KIND = 20
"""An hour that leave at once."""
FEWER_OF_KIND = {"refund_issued": 3}
"""Where one thing can be done in many parts, as a refund."""
PERIOD, SHORT_PERIOD = timedelta(days=1), timedelta(hours=1)
TOGETHER = timedelta(minutes=30)
"""How far apart the mails are that hold what was above."""
OWN_BOUNDS = frozenset({"verify_address", "reset_password", "address_in_use"})
"""Kinds that are counted where they are asked for: they are how an address is proven at all."""
ASKED_FOR_BY_ANYBODY = frozenset({"reset_password", "address_in_use"})
"""Of these, what a stranger has sent who only knows the address. They fill no bound, or strangers could keep
the mails about money and sessions from whoever reads it."""
WITHHELD = f"not sent: {MAX_UNPROVEN} mails went within a day to this address, which was never proven"

_COUNTED = text("""
SELECT account.email, account.email_verified_at IS NOT NULL AS is_proven, count(email.id) AS of_day,
  count(email.id) FILTER (WHERE email.kind = :kind AND email.created_at > :lately) AS of_kind
FROM account LEFT JOIN email ON email.recipient = account.email AND email.created_at > :since
  AND email.status <> 'withdrawn' AND NOT email.held_back AND email.kind NOT IN :asked_for_by_anybody
WHERE account.email IN :recipients GROUP BY account.id
""").bindparams(
    bindparam("recipients", expanding=True),
    bindparam("asked_for_by_anybody", sorted(ASKED_FOR_BY_ANYBODY), expanding=True),
)


class Verdict(StrEnum):
    """Of a mail that is above its recipient's bound."""

    WITHHELD = "withheld"
    HELD_BACK = "held back"


def verdicts(kind: str, recipients: Iterable[str]) -> dict[str, Verdict]:
    """What becomes of a mail of this kind to those of the recipients who have had as many as they may."""
    if kind in OWN_BOUNDS | OPERATORS or not recipients:
        return {}
    at = now()
    wanted = {"kind": kind, "recipients": sorted(set(recipients)), "since": at - PERIOD}
    rows = db.session.execute(_COUNTED, wanted | {"lately": at - SHORT_PERIOD})
    most = FEWER_OF_KIND.get(kind, MAX_OF_KIND)
    found: dict[str, Verdict] = {}
    for row in rows:
        if not row.is_proven and row.of_day >= MAX_UNPROVEN:
            found[row.email] = Verdict.WITHHELD
        elif row.is_proven and (row.of_day >= MAX_PROVEN or row.of_kind >= most):
            found[row.email] = Verdict.HELD_BACK
    return found


def next_time(at: datetime) -> datetime:
    """When what waits leaves: on each half hour, by UTC."""
    over = timedelta(minutes=at.minute % 30, seconds=at.second, microseconds=at.microsecond)
    return at - over + TOGETHER
