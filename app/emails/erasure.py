"""Erasure of mails: the text goes, the record that a mail was sent stays."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, Text, and_, case, cast, or_, select, update
from sqlalchemy.orm import aliased

from app import alerts
from app.config.settings import current_settings
from app.emails.models import OPERATORS, Email
from app.emails.status import OVER, EmailStatus
from app.extensions import db, now

_NOBODY = "erased.invalid"
"""No address exists under .invalid (RFC 2606)."""
LAST = ("booking_cancelled", "hold_cancelled", "account_erased")
"""Kinds that are still sent to the owner of an erased account."""


def placeholder_address(account_id: UUID) -> str:
    """The placeholder of an erased address, unique and undeliverable."""
    return f"{account_id}@{_NOBODY}"


def is_placeholder(address: str) -> bool:
    return address.endswith(f"@{_NOBODY}")


def redact_recipient(address: str, mentions: CompoundSelect[str, str]) -> None:
    """Delete the text of all mails to an address, and of mails to others that name its owner.

    `mentions` selects the latter by `kind` and `subject_id`. Unsent mails that matter are still sent; a later
    sweep deletes their text.
    """
    to_them = and_(Email.recipient == address, Email.kind.not_in(OPERATORS))
    # a worker that is sending one finds it withdrawn; a failed one has no recipient left
    useless = or_(Email.status == EmailStatus.FAILED, Email.kind.not_in(LAST))
    Email.withdraw(to_them, useless, updated_at=Email.updated_at)
    about = mentions.subquery("about")
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
    """A PostgreSQL pattern for the address, not as part of a longer one of another person."""
    return rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)"


def redact_words(most: int | None) -> int:
    """Delete the text of mails that name an erased person and are sent or overdue. Returns the number.

    An erased recipient's address goes too. Mails to others stay searchable by their addresses.
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
