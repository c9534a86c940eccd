"""Counts wrong passwords and codes by the hour, so that guesses cannot fill the records.

One row per account and hour, and one for all unknown addresses together.
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
"""Network addresses that a row lists; beyond them only the count grows."""
WARNED_OF = {10, 100, 1_000, 10_000, 100_000}


class What(StrEnum):
    PASSWORD = "password"  # noqa: S105
    CODE = "code"
    """A wrong code of the second factor, after the right password."""


class RefusedSignIns(UuidMixin, Base):
    """The refused sign-ins at one account within one hour."""

    __tablename__ = "refused_sign_ins"
    __table_args__ = (
        UniqueConstraint("subject", "what", "hour"),
        Index("ix_refused_sign_ins_at", "created_at", "id"),
    )

    subject: Mapped[str]
    """`account:8c69ee8e-…`, or `account:unknown` for all addresses without an account."""
    what: Mapped[What] = mapped_column(enum_column(What, "what"))
    hour: Mapped[datetime]
    number: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[datetime]
    addresses: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Where the first attempts came from."""
    request_id: Mapped[str]
    """Of the latest."""


def note(account: Account | None, what: What) -> None:
    """Count one refused sign-in. It takes equally long for an unknown address. The caller must commit it."""
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
