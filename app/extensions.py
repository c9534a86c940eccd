"""The Flask extensions, not yet bound to an application, and the base of all tables."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID, uuid4

from flask_jwt_extended import JWTManager
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_mail import Mail
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Enum, MetaData, Text, Uuid, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: DateTime(timezone=True), str: Text(), UUID: Uuid()}  # noqa: RUF012


MinorUnits = Annotated[int, mapped_column(BigInteger)]
"""An amount of money: Stripe charges up to twelve digits."""


class UuidMixin:
    """A table with a random UUID as key and a creation time."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    created_at: Mapped[datetime] = mapped_column(default=now, server_default=func.now())


class TimestampMixin(UuidMixin):
    """A table with a UUID, a creation time and the time of the last change."""

    updated_at: Mapped[datetime] = mapped_column(default=now, server_default=func.now(), onupdate=now)


def enum_column(of: type[StrEnum], name: str = "status") -> Enum:
    """The column type for an enum's values, checked by the database under the name `name`."""
    return Enum(
        of,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=name,
        values_callable=lambda members: [member.value for member in members],
    )


# Rows stay readable after a commit: a call to Stripe or SMTP follows one, and must not open a transaction.
_session_options: dict[str, Any] = {"expire_on_commit": False}

db = SQLAlchemy(metadata=Base.metadata, session_options=_session_options)
migrate = Migrate()
jwt = JWTManager()
mail = Mail()
limiter = Limiter(get_remote_address)
