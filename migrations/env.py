"""Runs the migrations on the application's database, under `flask db`."""

from alembic import context
from flask import current_app
from sqlalchemy import text

from app.extensions import Base

# A migration may take as long as it needs, but must not make everybody wait behind it for a lock.
CARE = ("SET statement_timeout = 0", "SET lock_timeout = '5s'")


def write() -> None:
    """The SQL alone, for whoever wants to read or check it before."""
    context.configure(
        dialect_name="postgresql",
        target_metadata=Base.metadata,
        literal_binds=True,
        transaction_per_migration=True,
    )
    for command in CARE:
        context.execute(command)
    with context.begin_transaction():
        context.run_migrations()


def run() -> None:
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        for command in CARE:
            connection.execute(text(command))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transaction_per_migration=True,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    write()
else:
    run()
