"""The operator's commands. Each prints what it did and exits with 1 if it failed."""

import sys
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import click
from apiflask import APIFlask
from email_validator import EmailNotValidError, validate_email
from flask.cli import AppGroup, with_appcontext

from app import audit, parsing
from app.accounts import password_hashing, password_policy
from app.accounts.models import Account, Role
from app.admin import alert_mail
from app.cli import doctor as examination
from app.cli.coaches import group as coach
from app.cli.deployment import group as deployment
from app.cli.erase import erase
from app.cli.errors import smtp_remedy
from app.cli.fraud import refund_fraud
from app.cli.reconcile import reconcile_books
from app.cli.text_option import NAME, REASON, STATEMENT
from app.cli.transaction import in_one_transaction
from app.cli.two_factor import disable, reencrypt
from app.emails import delivery
from app.emails import operator_actions as email_actions
from app.emails.models import Email
from app.emails.status import UNSENT, EmailStatus
from app.extensions import db, now
from app.http.problems import Invalid
from app.payments import operator_actions as payment_actions
from app.payments.disputes import responses
from app.payments.ledger import operator_actions as recovery_actions
from app.payments.stripe import webhook_endpoints as stripe_account
from app.payments.webhook.inbox import SUBSCRIBED, SUBSCRIBED_OF_COACHES

SHORTEST = 12
"""The least characters of an administrator's password."""

account = AppGroup("account", help="Manage accounts.")
stripe = AppGroup("stripe", help="Manage webhook endpoints, events and reconciliation at Stripe.")
email = AppGroup("email", help="Mail.")
stripe.add_command(reconcile_books)
stripe.add_command(refund_fraud)
account.add_command(disable)
account.add_command(reencrypt)
account.add_command(erase)


def register(app: APIFlask) -> None:
    for command in (doctor, account, coach, stripe, email, deployment):
        app.cli.add_command(command)


class _Id(click.ParamType[UUID]):
    name = "ID"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> UUID:
        try:
            return parsing.uuid(value)
        except ValueError as error:
            self.fail(f"{value} {error}", param, ctx)


class _Address(click.ParamType[str]):
    name = "address"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return validate_email(value, check_deliverability=False).normalized.lower()
        except EmailNotValidError as error:
            self.fail(str(error), param, ctx)


PASSWORD_RULE = (
    f"An administrator's password has {SHORTEST} to {password_policy.LONGEST} characters of any kind, and "
    "must not be easy to guess: a few unrelated words are enough."
)


@click.command()
@with_appcontext
def doctor() -> None:
    """Check the database, the broker, a worker, Stripe, its webhook and SMTP."""
    well = True
    for finding in examination.examine():
        well = well and not finding.remedy
        mark = click.style("bad ", fg="red") if finding.remedy else click.style("ok  ", fg="green")
        click.echo(f"{mark} {finding.subject:<9} {finding.seen}")
        if finding.remedy:
            click.echo(f"{'':<15}{finding.remedy}")
    if not well:
        raise SystemExit(1)


def _check_is_nobodys(address: str) -> None:
    if Account.with_email(address):
        raise click.ClickException(f"There is an account with the address {address} already.")


def _typed_password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt(f"{PASSWORD_RULE}\nPassword", hide_input=True, confirmation_prompt=True))
    click.echo(f"{PASSWORD_RULE}\nPassword: read from standard input.")
    return sys.stdin.readline().rstrip("\r\n")


@account.command("create-admin")
@click.argument("address", type=_Address())
@click.option("--name", type=NAME, default="Administrator", show_default=True)
def create_admin(address: str, name: str) -> None:
    """Create an administrator's account.

    Asks for the password; without a terminal it reads the first line of standard input. There is no option
    for it, because every user of the machine can see command lines."""
    _check_is_nobodys(address)
    db.session.rollback()  # no open transaction during the prompt
    password = _typed_password()
    if len(password) < SHORTEST:
        raise click.ClickException(PASSWORD_RULE)
    try:
        password_policy.check(password, "", address, name)
    except Invalid as refusal:
        raise click.ClickException(f"The password {refusal.faults[0].wrong}.") from refusal
    Account.lock_address(address)
    _check_is_nobodys(address)
    admin = Account(
        email=address,
        name=name,
        role=Role.ADMIN,
        time_zone="UTC",
        password_hash=password_hashing.hashed(password),
        email_verified_at=now(),
    )
    db.session.add(admin)
    db.session.flush()
    with in_one_transaction():
        audit.record("account.create_admin", f"account:{admin.id}")
    click.echo(f"{address} can now sign in as an administrator.")


@stripe.command("create-webhook")
@click.argument("url")
def create_webhook(url: str) -> None:
    """Create a webhook endpoint at Stripe. URL is the public address of POST /payment/webhook."""
    endpoint = stripe_account.create_webhook_endpoint(url, SUBSCRIBED)
    _say_what_is_sent(endpoint)
    click.echo(
        f"  STRIPE_WEBHOOK_SECRET={endpoint.secret}\n\nand start again. Stripe shows this secret only once."
    )


@stripe.command("create-connect-webhook")
@click.argument("url")
def create_connect_webhook(url: str) -> None:
    """Create the endpoint for events of the coaches' accounts (with STRIPE_CONNECT)."""
    endpoint = stripe_account.create_connect_endpoint(url, SUBSCRIBED_OF_COACHES)
    _say_what_is_sent(endpoint)
    click.echo(
        f"  STRIPE_WEBHOOK_SECRET=…,{endpoint.secret}\n\n"
        "behind the one that you have, and start again. Stripe shows this secret only once."
    )


def _say_what_is_sent(endpoint: stripe_account.WebhookEndpoint) -> None:
    kinds = "one kind" if len(endpoint.events) == 1 else f"{len(endpoint.events)} kinds"
    click.echo(f"Stripe sends {kinds} of events to {endpoint.url}. Now set\n")


@stripe.command("submit-evidence")
@click.argument("dispute")
@click.option("--statement", type=STATEMENT, default="", help="Your text, above the booking's history.")
def submit_evidence(dispute: str, statement: str) -> None:
    """Submit evidence for DISPUTE (dp_…): your text and the booking's history. A bank accepts it once."""
    with in_one_transaction():
        found = responses.find(dispute)
        responses.submit_evidence(found, statement)
    click.echo(f"{found.stripe_dispute_id} is {found.status}: the bank has {len(found.evidence)} characters.")


@stripe.command("replay")
@click.argument("events", metavar="EVENT…", nargs=-1, required=True)
@click.option("--reason", type=REASON, default="", help="For the audit log.")
def replay(events: tuple[str, ...], reason: str) -> None:
    """Apply Stripe events (evt_…) again, whatever their status."""
    _apply_each(payment_actions.replay, events, reason)


@stripe.command("retry-recovery")
@click.argument("recoveries", metavar="ID…", nargs=-1, required=True, type=_Id())
@click.option("--reason", type=REASON, default="", help="For the audit log.")
def retry_recovery(recoveries: tuple[UUID, ...], reason: str) -> None:
    """Retry transfers after disputes now."""
    _apply_each(recovery_actions.retry, recoveries, reason)


@stripe.command("discard-recovery")
@click.argument("recoveries", metavar="ID…", nargs=-1, required=True, type=_Id())
@click.option("--reason", type=REASON, required=True, help="For the audit log: how you settled it.")
def discard_recovery(recoveries: tuple[UUID, ...], reason: str) -> None:
    """Discard transfers after disputes that were settled another way."""
    _apply_each(recovery_actions.discard, recoveries, reason, done="is discarded")


@email.command("resend")
@click.argument("emails", metavar="ID…", nargs=-1, required=True, type=_Id())
@click.option("--reason", type=REASON, default="", help="For the audit log.")
def resend(emails: tuple[UUID, ...], reason: str) -> None:
    """Send mails now, whatever their status."""
    _apply_each(email_actions.resend, emails, reason)


def _apply_each(
    action: Callable[[Any, str], object], ids: Sequence[Any], reason: str, done: str = "is queued"
) -> None:
    """Run each in a transaction of its own, so that a refused one does not stop the others."""
    refused = []
    for each in ids:
        try:
            with in_one_transaction(f"{each}: "):
                action(each, reason)
            click.echo(f"{each} {done}.")
        except click.ClickException as refusal:
            refused.append(refusal.message)
    if refused:
        raise click.ClickException("\n".join(refused))


@email.command("test")
@click.argument("address", type=_Address())
def send_test(address: str) -> None:
    """Send a test mail to ADDRESS."""
    email_id = alert_mail.test(address)
    db.session.commit()
    delivery.deliver(email_id)
    sent = db.session.get_one(Email, email_id)
    if sent.status is not EmailStatus.SENT:
        again = " It is retried until it is sent." if sent.status in UNSENT else ""
        remedy = smtp_remedy(sent.last_error)
        raise click.ClickException(f"The mail is {sent.status}: {sent.last_error}. {remedy}{again}")
    click.echo(f"Sent to {address}.")
