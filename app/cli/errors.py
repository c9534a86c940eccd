"""One-line errors of commands, without a traceback, for example if a dependency is unreachable."""

import copy
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import click
from flask.cli import AppGroup
from kombu.exceptions import KombuError
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from app.emails import smtp
from app.http.problems import Problem
from app.payments.stripe import client as stripe_client
from app.queue.enqueue import BrokerAway

NOT_MIGRATED = {"42P01", "42703", "42883", "3F000"}
"""undefined_table, undefined_column, undefined_function, invalid_schema_name (PostgreSQL, appendix A)."""
BUSY = {"55P03", "57014", "40001", "40P01"}
"""lock_not_available, query_canceled, serialization_failure, deadlock_detected."""
NOT_ALLOWED = "42501"
STRIPE_KEY = "Correct STRIPE_SECRET_KEY, or give the restricted key this permission in Stripe's dashboard"
SMTP = "Correct SMTP_HOST, SMTP_PORT, SMTP_USER or SMTP_PASSWORD."


class Commands(AppGroup):
    """The application's commands, including those of extensions; each fails on one line."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = super().get_command(ctx, cmd_name)
        if command is None:
            return None
        plain = copy.copy(command)
        plain.invoke = partial(_invoke, command)  # type: ignore[method-assign]
        return plain


def _invoke(command: click.Command, ctx: click.Context) -> Any:
    with failing_on_one_line():
        return command.invoke(ctx)


class Failed(click.ClickException):
    """A command failed."""

    def __init__(self, said: str, exit_code: int) -> None:
        super().__init__(said)
        self.exit_code = exit_code  # type: ignore[misc]


@contextmanager
def failing_on_one_line(exit_code: int = 1) -> Iterator[None]:
    """Raises ClickException for expected errors. Other errors pass through."""
    refusals = logging.getLogger(stripe_client.__name__)  # they would be printed twice
    level = refusals.level
    refusals.setLevel(logging.CRITICAL)
    try:
        yield
    except Exception as error:
        said = sentence(error)
        if said is None:
            raise
        raise Failed(said, exit_code) from error
    finally:
        refusals.setLevel(level)


def sentence(error: Exception) -> str | None:
    """What is wrong and what to do, on one line; None for an unexpected error."""
    said = None
    match error:
        case stripe_client.KeyRefused():
            said = f"Stripe refuses the key: {first_line(error.reason)} {STRIPE_KEY}."
        case stripe_client.StripeRefused():
            said = f"Stripe refuses: {first_line(error)}"
        case BrokerAway():
            cause = error.__cause__ or error
            said = f"The broker does not answer: {first_line(cause)}. {broker_remedy(cause)}"
        case stripe_client.StripeAway():
            said = f"{error.detail} Look at status.stripe.com and at the network."
        case Problem():
            said = first_line(error.detail)
        case RedisError() | KombuError():
            said = f"The broker does not answer: {first_line(error)}. {broker_remedy(error)}"
        case smtp.Unreachable() | smtp.Refused():
            said = f"The mail server refuses our mail: {first_line(error)}. {smtp_remedy(error)}"
        case UnicodeEncodeError():  # Python passes undecodable bytes on as surrogates
            said = "An argument is no text in UTF-8. Type it again."
        case PoolExhausted():
            said = "The database has no connection to spare. Run the command again in a moment."
        case DBAPIError():
            said = _of_the_database(error)
    return said


def _of_the_database(error: DBAPIError) -> str | None:
    """Messages for PostgreSQL errors about setup or load. Other errors would be bugs of ours."""
    state, said = getattr(error.orig, "sqlstate", None), first_line(error.orig)
    if state in NOT_MIGRATED:
        return f"The database is not migrated for this release: {said}. Run: flask db upgrade"
    if state in BUSY:
        return f"The database is busy: {said}. Nothing was changed; run the command again."
    if state == NOT_ALLOWED:
        return f"The database's user may not do this: {said}. Grant it, or correct DATABASE_URL."
    if error.connection_invalidated:
        return (
            f"The database closed the connection: {said}. Run the command again: it repeats no finished work."
        )
    if isinstance(error, OperationalError | InterfaceError):
        return f"The database does not answer: {said}. {database_remedy(error.orig)}"
    return None


def database_remedy(error: object) -> str:
    if "certificate" in str(error):
        return "Set DATABASE_TLS_CA_FILE to the trusted certificates, or DATABASE_TLS_VERIFY=false."
    if "SSL" in str(error):
        return "DATABASE_URL decides whether TLS is used: ?sslmode=disable, or DATABASE_TLS_VERIFY=false."
    return "Start PostgreSQL, or correct DATABASE_URL."


def broker_remedy(error: object) -> str:
    if "certificate" in str(error).lower():
        return "Set REDIS_TLS_CA_FILE to the trusted certificates, or REDIS_TLS_VERIFY=false."
    return "Start it, or correct REDIS_URL or BROKER_URL."


def smtp_remedy(error: object) -> str:
    said = str(error)
    if "certificate" in said.lower():
        return (
            "SMTP_HOST must be the name that the certificate is for; set SMTP_TLS_CA_FILE to whom to "
            "believe, or SMTP_TLS_VERIFY=false."
        )
    if "STARTTLS" in said:
        return "Correct SMTP_PORT: passwords, and in production mails to another machine, need TLS."
    if "SSL" in said:
        return "Correct SMTP_PORT: 465 speaks TLS from the first byte, any other begins with STARTTLS."
    return SMTP


def first_line(said: object) -> str:
    """The text without its final full stop, to fit into a sentence."""
    return str(said).strip().partition("\n")[0].strip().rstrip(".:")
