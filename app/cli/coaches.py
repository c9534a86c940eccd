"""Commands for the listing of coaches."""

from uuid import UUID

import click
from flask.cli import AppGroup

from app import parsing
from app.accounts.models import Account
from app.cli.text_option import REASON
from app.cli.transaction import in_one_transaction
from app.coaches import listing
from app.coaches.models import Approval, Coach
from app.extensions import db

MAX_SHOWN = 1000
group = AppGroup("coach", help="List, approve and decline coaches.")
_status = click.Choice([each.value for each in Approval])
_current_status = click.option(
    "--current-status",
    type=_status,
    default=Approval.WAITING.value,
    show_default=True,
    help="The coach's status as you know it.",
)


@group.command("list")
@click.option("--status", type=_status, default=Approval.WAITING.value, show_default=True)
def list_coaches(status: str) -> None:
    """List the coaches with one status, the newest first."""
    query = listing.selected(Approval(status)).order_by(Coach.created_at.desc(), Coach.id.desc())
    coaches = db.session.scalars(query.limit(MAX_SHOWN)).all()
    for coach in coaches:
        click.echo(f"{coach.id}  {coach.account.email}  {_standing(coach)}")
    if not coaches:
        click.echo(f"No coach is {status}.")


@group.command()
@click.argument("coach")
@_current_status
@click.option("--reason", type=REASON, default="", help="For the audit log.")
def approve(coach: str, current_status: str, reason: str) -> None:
    """Approve a coach. COACH is an e-mail address or an id."""
    with in_one_transaction():
        approved = listing.approve(_id_of(coach), Approval(current_status), reason)
    click.echo(f"{approved.account.email} is approved.")


@group.command()
@click.argument("coach")
@_current_status
@click.option("--reason", type=REASON, required=True, help="A sentence or two to the coach, sent by mail.")
def decline(coach: str, current_status: str, reason: str) -> None:
    """Decline a coach. COACH is an e-mail address or an id. Booked sessions stay booked."""
    with in_one_transaction():
        declined = listing.decline(_id_of(coach), Approval(current_status), reason)
    click.echo(f"{declined.account.email} is declined.")


def _standing(coach: Coach) -> str:
    if coach.is_listed:
        return "listed"
    if coach.is_gone:
        return "deactivated"
    return f"lacks {', '.join(missing.replace('_', ' ') for missing in coach.missing)}"


def _id_of(coach: str) -> UUID:
    try:
        return parsing.uuid(coach)
    except ValueError:
        account = Account.with_email(coach)
        if account is None:
            raise click.ClickException(f"There is no account with the address {coach}.") from None
        return account.id
