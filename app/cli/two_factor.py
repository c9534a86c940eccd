"""Commands for second factors."""

import click
from flask.cli import with_appcontext

from app.accounts.models import Account
from app.accounts.two_factor import totp, two_factor
from app.cli.text_option import REASON
from app.cli.transaction import in_one_transaction
from app.extensions import db


@click.command("disable-2fa")
@click.argument("address")
@click.option("--reason", type=REASON, required=True, help="For the audit log: how you verified the owner.")
@with_appcontext
def disable(address: str, reason: str) -> None:
    """Turn the second factor off for an owner who lost the app and the recovery codes."""
    account = Account.with_email(address)
    if account is None:
        raise click.ClickException(f"There is no account with the address {address}.")
    with in_one_transaction():
        two_factor.disable_by_operator(account, reason)
    click.echo(f"{address} can sign in with the password alone, and gets a mail about it.")


@click.command("reencrypt-secrets")
@with_appcontext
def reencrypt() -> None:
    """Encrypt all second factors with the newest SECRET_KEY, before you remove an old one."""
    many, lost = totp.reencrypt()
    db.session.commit()
    click.echo(f"{many - len(lost)} of {many} are encrypted with the newest SECRET_KEY.")
    if lost:
        raise click.ClickException("No SECRET_KEY decrypts those of: " + ", ".join(map(str, lost)))
