"""How many mails an address gets that was never proven: anybody can register with a stranger's."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import bindparam, text

from app.extensions import db, now

MAX_UNPROVEN = 10
"""A day, of all kinds together: a first booking with its confirmation, a change and a refund needs fewer."""
PERIOD = timedelta(days=1)
OWN_BOUNDS = frozenset({"verify_address", "reset_password", "address_in_use"})
"""Kinds that are counted where they are asked for: they are how an address is proven at all."""
WITHHELD = f"not sent: {MAX_UNPROVEN} mails went within a day to this address, which was never proven"

_EXHAUSTED = text("""
SELECT account.email FROM account
WHERE account.email IN :recipients AND account.email_verified_at IS NULL AND (
  SELECT count(*) FROM email
  WHERE email.recipient = account.email AND email.created_at > :since AND email.status <> 'withdrawn'
) >= :most
""").bindparams(bindparam("recipients", expanding=True))


def exhausted(recipients: Sequence[str]) -> set[str]:
    """Those of these addresses that were never proven and have had as many mails as they may."""
    wanted = {"recipients": sorted(set(recipients)), "since": now() - PERIOD, "most": MAX_UNPROVEN}
    return set(db.session.scalars(_EXHAUSTED, wanted)) if recipients else set()
