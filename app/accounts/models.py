"""Accounts and their sign-ins."""

from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, ForeignKey, Index, SmallInteger, func, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import time_zones
from app.extensions import Base, TimestampMixin, UuidMixin, db, enum_column
from app.http.problems import Unauthorized

REMINDER_HOURS = (24, 1)
"""The hours before a session at which reminders can be sent."""


class Role(StrEnum):
    CLIENT = "client"
    COACH = "coach"
    ADMIN = "admin"


class Account(TimestampMixin, Base):
    __tablename__ = "account"
    __table_args__ = (
        # For the operator's list: all accounts, those with a role, and the few that are deactivated.
        Index("ix_account_at", "created_at", "id"),
        Index("ix_account_by_role", "role", "created_at", "id"),
        Index(
            "ix_account_deactivated", "created_at", "id", postgresql_where=text("deactivated_at IS NOT NULL")
        ),
        Index("ix_account_erased_at", "erased_at", postgresql_where=text("erased_at IS NOT NULL")),
    )

    email: Mapped[str] = mapped_column(unique=True)  # lower-case
    password_hash: Mapped[str]
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(enum_column(Role, "role"))
    time_zone: Mapped[str]  # IANA name
    email_verified_at: Mapped[datetime | None]
    reminder_hours: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), default=lambda: [24, 1])
    """Reminders, in hours before a session: 24, 1, both or none."""
    feed_token_hash: Mapped[str | None] = mapped_column(unique=True)
    """Hash of the token in the URL of the person's calendar feed."""
    second_factor_since: Mapped[datetime | None]
    """When the second factor was turned on. Each login then needs a code besides the password."""
    deactivated_at: Mapped[datetime | None]
    """When the account was deactivated: no sign-in, and no booking with its owner."""
    erased_at: Mapped[datetime | None]
    """When the account was erased. The row stays for the books, without personal data."""

    @property
    def zone(self) -> ZoneInfo:
        return time_zones.zone(self.time_zone)

    @property
    def email_verified(self) -> bool:
        return self.email_verified_at is not None

    @property
    def second_factor(self) -> bool:
        return self.second_factor_since is not None

    @property
    def is_erased(self) -> bool:
        return self.erased_at is not None

    @classmethod
    def with_email(cls, email: str) -> Self | None:
        return db.session.scalar(select(cls).where(cls.email == email.lower()))

    @staticmethod
    def lock_address(email: str) -> None:
        """Serialize all requests about one address with an advisory lock until the transaction ends.

        It is taken whether or not the address has an account, so that timing reveals nothing.
        """
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(email, 0))))

    def lock(self) -> None:
        """The account's row, re-read and locked until the transaction ends."""
        db.session.refresh(self, with_for_update={"key_share": True})

    def check_not_erased(self) -> None:
        """Check again after waiting for a lock. Raises Unauthorized if the account was erased."""
        if db.session.scalar(select(Account.erased_at).where(Account.id == self.id)):
            raise Unauthorized("This account was erased.")


class PasswordReset(Base):
    """The newest password reset link of an account. The row is deleted when the link is used."""

    __tablename__ = "password_reset"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[UUID]
    """Identifies the link. It is no secret: the token in the mail is signed as well."""
    asked_at: Mapped[datetime]


class SignIn(UuidMixin, Base):
    """One login on one device: a family of refresh tokens of which only the newest is valid."""

    __tablename__ = "sign_in"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    refresh_jti: Mapped[str]
    last_used_at: Mapped[datetime | None]
    """When it last got tokens; None for one of before this was kept."""
    device: Mapped[str | None]
    network: Mapped[str | None]
    """From where it last got tokens, coarsely, for its owner to know it by; kept while it goes on."""
    revoked_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship()
