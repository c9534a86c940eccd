"""A database as it once was, to which it can be brought back."""

from sqlalchemy import Engine, text

from app.extensions import Base

TABLES = [f'"{name}"' for name in Base.metadata.tables]


class Snapshot:
    """What stands in every table when this is made."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA IF EXISTS before CASCADE"))
            connection.execute(text("CREATE SCHEMA before"))
            for name in TABLES:
                connection.execute(text(f"CREATE TABLE before.{name} AS TABLE public.{name}"))

    def restore(self) -> None:
        """Undo all that was committed since."""
        with self._engine.begin() as connection:
            # Records refuse to be removed else, and rows stand in the order of no reference.
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text(f"TRUNCATE {', '.join(TABLES)}"))
            for name in TABLES:
                restore = f"INSERT INTO public.{name} OVERRIDING SYSTEM VALUE TABLE before.{name}"
                connection.execute(text(restore))
