"""Tables of the second factor."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class SecondFactor(Base):
    """The TOTP secret of an account. It counts once `Account.second_factor_since` is set."""

    __tablename__ = "second_factor"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str]
    """Encrypted for its account."""
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    """The time step of the newest used code. No code of this step or an earlier one is accepted again."""
    wrong_codes: Mapped[int] = mapped_column(default=0, server_default="0")
    wrong_since: Mapped[datetime | None]
    """When the first of the counted wrong codes came."""


class RecoveryCode(Base):
    """A single-use code for login without the app. The row is deleted when it is used."""

    __tablename__ = "recovery_code"

    account_id: Mapped[UUID] = mapped_column(
        ForeignKey("second_factor.account_id", ondelete="CASCADE"), primary_key=True
    )
    code_hash: Mapped[str] = mapped_column(primary_key=True)
