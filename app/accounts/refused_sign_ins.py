"""Wrong passwords and codes, counted by the hour: a stranger's guesses must not fill the records.

One row an account, and one for all addresses that nobody has, whoever guesses and however often.
"""

import logging
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ARRAY, BigInteger, Index, Text, UniqueConstraint, case, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.extensions import Base, UuidMixin, db, enum_column, now
from app.observability import context

log = logging.getLogger(__name__)

MAX_ADDRESSES = 20
"""Network addresses that a row names: whoever has thousands is seen by the number."""
WARNED_OF = {10, 100, 1_000, 10_000, 100_000}


class What(StrEnum):
    PASSWORD = "password"  # noqa: S105
    CODE = "code"
    """Of the second factor, behind the right password."""


class RefusedSignIns(UuidMixin, Base):
    """Those of an hour at one account, in the order in which the first of each came."""

    __tablename__ = "refused_sign_ins"
    __table_args__ = (
        UniqueConstraint("subject", "what", "hour"),
        Index("ix_refused_sign_ins_at", "created_at", "id"),
    )

    subject: Mapped[str]
    """Such as `account:8c69ee8e-…`; `account:unknown` for every address that has no account."""
    what: Mapped[What] = mapped_column(enum_column(What, "what"))
    hour: Mapped[datetime]
    number: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[datetime]
    addresses: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Where the first came from."""
    request_id: Mapped[str]
    """Of the latest."""


def note(account: Account | None, what: What) -> None:
    """One more. It takes as long for an address that nobody has; the caller must commit it."""
    subject, at = f"account:{account.id if account else 'unknown'}", now()
    latest = {"last_at": at, "request_id": context.request_id.get()}
    first = {
        "subject": subject,
        "what": what,
        "hour": at.replace(minute=0, second=0, microsecond=0),
        "number": 1,
        "addresses": [context.address.get()],
    }
    known = RefusedSignIns.addresses
    is_known = func.array_position(known, context.address.get()).is_not(None)
    is_told = is_known | (func.cardinality(known) >= MAX_ADDRESSES)
    more = {
        "number": RefusedSignIns.number + 1,
        "addresses": case((is_told, known), else_=func.array_append(known, context.address.get())),
    }
    row = insert(RefusedSignIns).values(created_at=at, **first, **latest)
    row = row.on_conflict_do_update(index_elements=["subject", "what", "hour"], set_=more | latest)
    number = db.session.scalars(row.returning(RefusedSignIns.number)).one()
    if number in WARNED_OF:
        log.warning("%s times within an hour a wrong %s for %s", number, what, subject)
