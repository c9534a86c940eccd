"""The command that erases an account."""

import click
from flask.cli import with_appcontext

from app import parsing
from app.accounts.models import Account
from app.cli.text_option import REASON
from app.cli.transaction import in_one_transaction
from app.extensions import db
from app.privacy import erasure


@click.command("erase")
@click.argument("address")
@click.option("--reason", type=REASON, required=True, help="For the audit log: how you verified the owner.")
@click.confirmation_option("--yes", prompt="This cannot be undone. Erase the account?")
@with_appcontext
def erase(address: str, reason: str) -> None:
    """Erase an account for an owner who cannot sign in. ADDRESS is its e-mail address or id."""
    account = _found(address)
    if account is None or account.is_erased:
        raise click.ClickException(f"There is no account with the address or id {address}.")
    with in_one_transaction():
        erasure.erase(account, reason)
    click.echo(f"The account {account.id} is erased.")


def _found(address: str) -> Account | None:
    try:
        return db.session.get(Account, parsing.uuid(address))
    except ValueError:
        return Account.with_email(address)
