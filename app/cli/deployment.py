"""The operator's commands about who we are at Stripe."""

from uuid import UUID

import click
from flask.cli import AppGroup

from app import audit
from app.cli.transaction import in_one_transaction
from app.payments.stripe import deployment

group = AppGroup("deployment", help="Which of several deployments on one Stripe account this is.")


@group.command()
def show() -> None:
    """The id that everything carries which we make at Stripe."""
    with in_one_transaction():
        click.echo(deployment.current_id())


@group.command()
@click.option("--reason", required=True, help="For the audit log: of whose database this is a copy.")
@click.option("--id", "wanted", type=click.UUID, help="That of before, after an old backup was restored.")
def renew(reason: str, wanted: UUID | None) -> None:
    """Take another id, in a copy of another deployment's database: what is theirs is left alone then."""
    with in_one_transaction():
        before, after = deployment.current_id(), deployment.renew(wanted)
        audit.record("deployment.renew", f"deployment:{before}", reason)
    click.echo(f"This deployment is {after} from now on. What {before} made at Stripe is left alone.")
