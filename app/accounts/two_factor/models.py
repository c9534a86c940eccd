"""What is kept of a second factor."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class SecondFactor(Base):
    """The secret that somebody's app makes codes of. On once `Account.second_factor_since` says so."""

    __tablename__ = "second_factor"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str]
    """Sealed for its account."""
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    """The time step of the newest code that was used: no code of it or before it is good again."""
    wrong_codes: Mapped[int] = mapped_column(default=0, server_default="0")
    wrong_since: Mapped[datetime | None]
    """When the first of these wrong codes came."""


class RecoveryCode(Base):
    """A code that is good once without the app: the row goes when it is used."""

    __tablename__ = "recovery_code"

    account_id: Mapped[UUID] = mapped_column(
        ForeignKey("second_factor.account_id", ondelete="CASCADE"), primary_key=True
    )
    code_hash: Mapped[str] = mapped_column(primary_key=True)
