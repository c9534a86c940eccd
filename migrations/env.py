"""Runs the migrations on the application's database, under `flask db`."""

from alembic import context
from flask import current_app
from sqlalchemy import text

from app.extensions import Base


def run() -> None:
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        # A migration may take as long as it needs, but must not make everybody wait behind it for a lock.
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transaction_per_migration=True,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
