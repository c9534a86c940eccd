"""What an operator's command does: one transaction, on record as a command's."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from app.extensions import db
from app.http.problems import Problem
from app.observability import context


@contextmanager
def in_one_transaction(prefix: str = "") -> Iterator[None]:
    """Inside, the command acts; it is committed at the end, or undone. Raises ClickException if refused."""
    try:
        with context.acting("command", context.new_request_id()):
            yield
            db.session.commit()
    except Problem as refusal:
        db.session.rollback()
        raise click.ClickException(f"{prefix}{refusal.detail}") from refusal
