"""What names somebody in mails, when the account is erased: the words go, that a mail was sent stays."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, TextualSelect, and_, case, cast, or_, select, update
from sqlalchemy.orm import aliased

from app import alerts
from app.config.settings import current_settings
from app.emails.models import OPERATORS, Email
from app.emails.status import OVER, EmailStatus
from app.extensions import db, now

_NOBODY = "erased.invalid"
"""Under .invalid there is no address (RFC 2606)."""
LAST = ("booking_cancelled", "hold_cancelled", "account_erased")
"""What still leaves for somebody whose account is erased; the rest is of no use any more."""


def placeholder_address(account_id: UUID) -> str:
    """What stands in the place of an address: unlike any other, and nobody's."""
    return f"{account_id}@{_NOBODY}"


def is_placeholder(address: str) -> bool:
    return address.endswith(f"@{_NOBODY}")


def redact_recipient(address: str, naming: TextualSelect) -> None:
    """Take the words out of all mails to an address, and of those to others that name its owner.

    Which those are says `naming`, by `kind` and `subject_id`.
    What has not left and matters still leaves; its words go with the next sweep, or when it takes too long.
    """
    to_them = and_(Email.recipient == address, Email.kind.not_in(OPERATORS))
    # A worker that is sending one finds it withdrawn; of one that failed there is nobody left to reach.
    useless = or_(Email.status == EmailStatus.FAILED, Email.kind.not_in(LAST))
    Email.withdraw(to_them, useless, updated_at=Email.updated_at)
    about = naming.subquery("about")
    alerts.redact_address(address, select(cast(Email.id, Text)).where(to_them))
    to_operator = and_(Email.kind == "needs_attention", Email.text_body.regexp_match(_alone(address)))
    to_others = and_(Email.kind == about.c.kind, Email.subject_id == about.c.subject_id)
    part = aliased(Email)
    named = and_(part.kind == about.c.kind, part.subject_id == about.c.subject_id)
    in_others = Email.id.in_(select(part.gathered_in).join(about, named))
    for which in (to_operator, in_others, to_others, to_them):
        latest = now() + timedelta(days=current_settings().pii_retention_days)
        _change(which, to_erased=which is to_them, erase_at=latest)
    redact_words(None)


def _alone(address: str) -> str:
    """A pattern of PostgreSQL's for an address that is no part of another one, whose owner is still here."""
    return rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)"


def redact_words(most: int | None) -> int:
    """Take the words out of mails that name an erased person and have left, or waited for too long; how many.

    The name of a recipient who was erased goes too; what others were sent can be looked up by theirs.
    """
    over = or_(Email.status.in_(OVER), Email.erase_at <= now())
    due = select(Email.id).where(Email.erase_at.is_not(None), over).limit(most)
    found = due.with_for_update(skip_locked=True).cte("due").prefix_with("MATERIALIZED")
    nobody = cast(Email.id, Text).concat(f"@{_NOBODY}")
    return Email.end(
        Email.id.in_(select(found.c.id)),
        subject="",
        text_body="",
        html_body="",
        calendar=None,
        reply_to=None,
        last_error=None,
        recipient=case((Email.to_erased, nobody), else_=Email.recipient),
        recipient_name=case((Email.to_erased, ""), else_=Email.recipient_name),
        erase_at=None,
        updated_at=Email.updated_at,
    )


def _change(*which: ColumnElement[bool], **values: Any) -> None:
    change = update(Email).where(*which).values(**values, updated_at=Email.updated_at)
    db.session.execute(change.execution_options(synchronize_session=False))
