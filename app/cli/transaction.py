"""The transaction of a command, audited as a command's."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from app.extensions import db
from app.http.problems import Problem
from app.observability import context


@contextmanager
def in_one_transaction(prefix: str = "") -> Iterator[None]:
    """Run the block in a transaction: commit at the end, roll back on error. Raises ClickException."""
    try:
        with context.acting("command", context.new_request_id()):
            yield
            db.session.commit()
    except Problem as refusal:
        db.session.rollback()
        raise click.ClickException(f"{prefix}{refusal.detail}") from refusal
