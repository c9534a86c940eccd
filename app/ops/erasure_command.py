"""The operator's command that erases an account."""

from uuid import UUID

import click
from flask.cli import with_appcontext

from app import context
from app.accounts.models import Account
from app.extensions import db
from app.privacy import erasure
from app.problems import Problem


@click.command("erase")
@click.argument("address")
@click.option("--reason", required=True, help="For the audit log: how you know whose account it is.")
@click.confirmation_option("--yes", prompt="This cannot be undone. Erase the account?")
@with_appcontext
def erase(address: str, reason: str) -> None:
    """Erase the account of somebody who asks for it and cannot sign in. ADDRESS may be its id."""
    account = _found(address)
    if account is None or account.is_erased:
        raise click.ClickException(f"There is no account with the address or id {address}.")
    try:
        with context.acting("command", context.sensible_request_id(None)):
            erasure.erase(account, reason)
            db.session.commit()
    except Problem as refusal:
        raise click.ClickException(refusal.detail) from refusal
    click.echo(f"The account {account.id} is erased.")


def _found(address: str) -> Account | None:
    try:
        return db.session.get(Account, UUID(address))
    except ValueError:
        return Account.with_email(address)
