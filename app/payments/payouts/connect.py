"""Payouts over Stripe Connect: open coaches' accounts and follow their state."""

import logging
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Text, and_, cast, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.accounts import sessions
from app.accounts.models import Account
from app.coaches.models import Coach
from app.config.settings import current_settings
from app.extensions import db, now
from app.http.problems import NotFound, Problem, Unauthorized
from app.payments.events.payloads import Handler, Outcome, StripeObject, metadata_of, required, text_or_none
from app.payments.payouts.account import PayoutAccount
from app.payments.payouts.schemas import OnboardingRequest
from app.payments.stripe import client as stripe_client
from app.payments.stripe import connect as at_stripe
from app.payments.stripe import deployment
from app.queue.backoff import RetryPolicy
from app.queue.enqueue import after_commit
from app.queue.names import TaskNames
from app.queue.sweeps import DueRows

log = logging.getLogger(__name__)

RETRIES = RetryPolicy(first=timedelta(seconds=2), longest=timedelta(hours=1))
"""The pauses while Stripe does not answer."""
LEASE = timedelta(minutes=2)
"""How long a worker may take for its request. Then another worker may send it."""
DAILY = timedelta(days=1)
"""How often an account's state is fetched even without events, which may be lost."""


class PayoutsOff(Problem):
    status, slug, title = 409, "payouts-off", "Payouts over Stripe are disabled"
    meaning = "This installation does not pay coaches out over Stripe."
    remedy = "An operator enables them with STRIPE_CONNECT. Until then coaches are paid out manually."


class PayoutAccountRefused(Problem):
    status, slug, title = 422, "payout-account-refused", "Stripe refused the payout account"
    meaning = "Stripe refuses to open or continue the account with these details. `detail` has its reason."
    remedy = "Correct what Stripe names. You can choose the country only the first time."


def of(coach: Coach) -> PayoutAccount:
    """A coach's account as we know it. Raises NotFound, PayoutsOff."""
    _check_on()
    account = db.session.get(PayoutAccount, coach.id)
    if account is None or (account.stripe_failures and account.stripe_account_id is None):
        raise NotFound("You have no account for payouts yet: POST /coach/me/payout-account opens one.")
    return account


def onboard(coach: Coach, wish: OnboardingRequest, sign_in_id: UUID) -> at_stripe.OnboardingLink:
    """Stripe's onboarding page for a coach to open or complete the account.

    Requires the password, because a stolen access token must not direct the money. Raises Invalid for a
    wrong password, PayoutsOff, PayoutAccountRefused, StripeAway, and Unauthorized if the sign-in has ended,
    for example because the owner of the address has taken the account over.
    """
    sessions.lock_authenticated(coach.account, wish.password, "/password")
    sessions.started_at(sign_in_id)
    _check_on()
    account, deployment_id = _on_record(coach.id, wish.country), deployment.current_id()
    db.session.commit()  # no transaction is open during the call to Stripe
    try:
        account_id = account.stripe_account_id or _open(account, deployment_id)
        return at_stripe.onboarding_link(account_id, wish.refresh_url, wish.return_url)
    except stripe_client.StripeRefused as error:
        _forget_unopened(coach.id)
        raise PayoutAccountRefused(str(error)) from error


def _check_on() -> None:
    settings = current_settings()
    if not settings.stripe_connect:
        raise PayoutsOff("This installation does not pay coaches out over Stripe.")


def _on_record(coach_id: UUID, country: str | None) -> PayoutAccount:
    """The row of the requested account, created on first use. Its country is part of the order.

    If Stripe refused the first order, another country can be chosen.
    """
    new = insert(PayoutAccount).values(id=coach_id, country=country, order_id=uuid4())
    failed = PayoutAccount.stripe_account_id.is_(None) & (PayoutAccount.stripe_failures > 0)
    chosen = {"country": func.coalesce(PayoutAccount.country, country)}
    db.session.execute(
        new.on_conflict_do_update(index_elements=[PayoutAccount.id], set_=chosen, where=failed)
    )
    return db.session.get_one(PayoutAccount, coach_id, populate_existing=True)


def _open(account: PayoutAccount, deployment_id: UUID) -> str:
    """Create the account at Stripe. Returns its id. Commits. Raises Unauthorized after a takeover."""
    order = at_stripe.AccountOrder(
        deployment_id,
        account.id,
        account.country,
        account.created_at,
        account.stripe_failures,
        account.order_id,
    )
    try:  # Stripe may have created it although the answer failed
        made = (order.failures and at_stripe.find_account(order)) or at_stripe.open_account(order)
    except (stripe_client.StripeBroke, stripe_client.StripeRefused):
        _count_failure(account.id)
        raise
    row = PayoutAccount.locked(order.coach_id)
    if row is None or row.order_id != order.order_id:
        raise Unauthorized("This account was taken over by the owner of its address.")
    if row.stripe_account_id is None:  # its event may have arrived first
        row.stripe_account_id, row.due_at = made.id, now() + DAILY
        _write(row, made)
    db.session.commit()
    return made.id


def _count_failure(coach_id: UUID) -> None:
    """Count a failure. Stripe would repeat it for a day under the same idempotency key. Commits."""
    failures = PayoutAccount.stripe_failures + 1
    db.session.execute(
        update(PayoutAccount).where(PayoutAccount.id == coach_id).values(stripe_failures=failures)
    )
    db.session.commit()


def _forget_unopened(coach_id: UUID) -> None:
    """Cancel an order that Stripe refuses, such as an account in that country. Commits.

    The row stays because it counts the failures.
    """
    order = update(PayoutAccount).where(PayoutAccount.id == coach_id)
    db.session.execute(order.where(PayoutAccount.stripe_account_id.is_(None)).values(country=None))
    db.session.commit()


def on_event(subject: StripeObject, _at: datetime) -> Outcome:
    """Handle an account's event: a job fetches the state, because events arrive in any order."""
    settings = current_settings()
    if not settings.stripe_connect:
        return "STRIPE_CONNECT is off"
    of_ours = select(PayoutAccount).join(Account, Account.id == PayoutAccount.id).where(_is_of(subject))
    of_those_here = of_ours.where(Account.erased_at.is_(None))
    row = db.session.scalar(of_those_here.with_for_update(of=PayoutAccount))
    if row is None:
        return "no account of ours"
    row.stripe_account_id = required(subject, "id", str)  # in case the answer to our order was lost
    row.refusal = None
    ask(row)
    return None


def ask(account: PayoutAccount) -> None:
    """Enqueue the fetch of an account's state, after the commit."""
    account.due_at, account.attempts = now(), 0
    after_commit(TaskNames.LOOK_UP_PAYOUT_ACCOUNT, str(account.id))


def doubt(account_id: str, why: str) -> None:
    """Record that Stripe refuses transfers to an account. None are made until the account changes."""
    row = _of_account(account_id)
    if row:
        log.warning("payments for coach %s are not transferred: %s", row.id, why)
        row.refusal = why
        ask(row)


def believe(account_id: str) -> None:
    """Undo the record: Stripe refuses the payment without a transfer too."""
    row = _of_account(account_id)
    if row:
        row.refusal = None


def _of_account(account_id: str) -> PayoutAccount | None:
    row = select(PayoutAccount).where(PayoutAccount.stripe_account_id == account_id).with_for_update()
    return db.session.scalar(row.execution_options(populate_existing=True))


def look_up(coach_id: UUID) -> timedelta | None:
    """Fetch the state of an account that is due. Returns the pause before a retry, or None.

    Commits twice, because no transaction is open during the call to Stripe.
    """
    claimed = _claim(coach_id)
    db.session.commit()
    if claimed is None:
        return None
    lease, attempts, account_id = claimed
    found, wait = None, None
    try:
        found = at_stripe.account(account_id)
    except stripe_client.StripeAway as error:
        log.warning("the payout account of coach %s could not be fetched: %s", coach_id, error.detail)
        wait = RETRIES.delay(attempts)
    except stripe_client.StripeRefused as error:
        found = at_stripe.ConnectedAccount.cut_off(account_id, str(error))
    _record(coach_id, lease, found, wait)
    db.session.commit()
    return wait


def _claim(coach_id: UUID) -> tuple[datetime, int, str] | None:
    at = now()
    row = db.session.execute(
        update(PayoutAccount)
        .where(PayoutAccount.id == coach_id, PayoutAccount.due_at <= at)
        .where(PayoutAccount.stripe_account_id.is_not(None))
        .values(attempts=PayoutAccount.attempts + 1, due_at=at + LEASE)
        .returning(PayoutAccount.due_at, PayoutAccount.attempts, PayoutAccount.stripe_account_id)
    ).one_or_none()
    return (row.due_at, row.attempts, row.stripe_account_id) if row else None


def _record(
    coach_id: UUID, lease: datetime, found: at_stripe.ConnectedAccount | None, wait: timedelta | None
) -> None:
    row = PayoutAccount.locked(coach_id)
    if row is None or row.due_at != lease:  # a newer event came meanwhile: fetch it again
        return
    row.due_at, row.attempts = (now() + wait, row.attempts) if wait else (now() + DAILY, 0)
    if found:
        _write(row, found)


def _write(row: PayoutAccount, found: at_stripe.ConnectedAccount) -> None:
    before = row.works
    row.charges_enabled, row.payouts_enabled = found.charges_enabled, found.payouts_enabled
    row.details_submitted, row.takes_transfers = found.details_submitted, found.takes_transfers
    row.requirements, row.disabled_reason = found.requirements, found.disabled_reason
    if row.works != before:
        row.refusal = None


DUE = DueRows(PayoutAccount.id, PayoutAccount.due_at)
"""Coaches whose account is due: the job was lost, Stripe was away, or a day has passed."""


def _is_of(subject: StripeObject) -> ColumnElement[bool]:
    """Find the account by its id; if the answer with the id was lost, by its coach."""
    coach_id = text_or_none(metadata_of(subject), "coach_id")
    order_id = text_or_none(metadata_of(subject), "order_id")
    of_order = (
        cast(PayoutAccount.id, Text) == coach_id,
        cast(PayoutAccount.order_id, Text).is_not_distinct_from(order_id),
    )
    unanswered = *of_order, PayoutAccount.stripe_account_id.is_(None)
    return or_(PayoutAccount.stripe_account_id == required(subject, "id", str), and_(*unanswered))


HANDLERS: dict[str, Handler] = {"account.updated": on_event}
