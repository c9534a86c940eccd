"""The command for early fraud warnings."""

from uuid import UUID

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from app import parsing
from app.cli.text_option import REASON
from app.cli.transaction import in_one_transaction
from app.extensions import db
from app.payments.fraud import warnings as fraud_warnings
from app.payments.fraud.models import FraudWarning


@click.command("refund-fraud")
@click.argument("warning")
@click.option("--reason", type=REASON, default="", help="For the audit log.")
@with_appcontext
def refund_fraud(warning: str, reason: str) -> None:
    """Refund the rest of the payment of WARNING (issfr_…), and cancel its sessions."""
    with in_one_transaction():
        refunded = fraud_warnings.refund(_id_of(warning), reason)
    click.echo(f"The payment {refunded.payment_id} is being refunded.")


def _id_of(warning: str) -> UUID:
    found = db.session.scalar(select(FraudWarning.id).where(FraudWarning.stripe_warning_id == warning))
    if found:
        return found
    try:
        return parsing.uuid(warning)
    except ValueError:
        raise click.ClickException(f"There is no fraud warning {warning}.") from None
