"""Commands for the deployment id, which marks our objects at Stripe."""

from uuid import UUID

import click
from flask.cli import AppGroup

from app import audit
from app.cli.text_option import REASON
from app.cli.transaction import in_one_transaction
from app.payments.stripe import deployment

group = AppGroup(
    "deployment", help="Show or renew the id that tells this deployment from others on one Stripe account."
)


@group.command()
def show() -> None:
    """Show the id that all objects of this deployment carry at Stripe."""
    with in_one_transaction():
        click.echo(deployment.current_id())


@group.command()
@click.option(
    "--reason", type=REASON, required=True, help="For the audit log: the database that this is a copy of."
)
@click.option("--id", "wanted", type=click.UUID, help="The previous id, after you restored an old backup.")
def renew(reason: str, wanted: UUID | None) -> None:
    """Take a new id in a copy of another deployment's database, to leave its objects alone."""
    with in_one_transaction():
        before, after = deployment.current_id(), deployment.renew(wanted)
        audit.record("deployment.renew", f"deployment:{before}", reason)
    click.echo(f"This deployment is {after} from now on. What {before} made at Stripe is left alone.")
