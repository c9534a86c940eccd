"""Erasure in payments: personal data of client or coach goes, the amounts stay."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update

from app.accounts.models import Account
from app.config.settings import current_settings
from app.emails import subject_ids
from app.emails.models import Email
from app.extensions import db, now
from app.money.money import Money
from app.payments.disputes import messages as dispute_messages
from app.payments.earnings import balances
from app.payments.events import erasure as event_erasure
from app.payments.models import Dispute, Payment, Refund
from app.payments.payouts.account import PayoutAccount
from app.payments.status import DECIDED, PAID, RefundCause

DISPUTED_WITHIN = timedelta(days=120)
"""How long after a payment most banks accept a dispute (Stripe: "How disputes work")."""


@dataclass(frozen=True)
class Accounts:
    """A coach's balances by currency, after pending refunds."""

    owed: Sequence[Money]
    """What we owe the coach."""
    debts: Sequence[Money]
    """What the coach owes us, as positive amounts."""
    disputable: Sequence[Money] = ()
    """Payments so recent that a bank may still dispute them."""


def accounts(account: Account) -> Accounts:
    """The balances of a person who is no coach: all empty."""
    standing = balances.once_refunded(account.id)
    return Accounts(
        owed=[each for each in standing if each.amount > 0],
        debts=[Money(-each.amount, each.currency) for each in standing if each.amount < 0],
    )


def last_accounts(account: Account) -> Accounts:
    """The balances when the coach leaves, and what may become a debt later."""
    kept = func.sum(Payment.amount_minor - Payment.amount_refunded_minor)
    recent = select(Payment.currency, kept).where(
        Payment.coach_id == account.id,
        Payment.created_at > now() - DISPUTED_WITHIN,
        Payment.status.in_(PAID),
    )
    rows = db.session.execute(recent.group_by(Payment.currency).order_by(Payment.currency))
    paid = [Money(int(amount), currency) for currency, amount in rows if amount]
    return replace(accounts(account), disputable=paid)


def forget_words(account: Account) -> None:
    """Delete personal data and texts of a payment's client or coach, and keep all amounts.

    Evidence stays until the bank has decided.
    """
    theirs = select(Payment.id).where(_is_theirs(account))
    _change(Payment, Payment.client_id == account.id, success_url="", cancel_url="", session_url=None)
    by_hand = Refund.payment_id.in_(theirs) & (Refund.cause == RefundCause.BY_HAND)
    _change(Refund, by_hand, reason="")
    _change(Dispute, Dispute.payment_id.in_(theirs) & Dispute.status.in_(DECIDED), evidence="")
    _change(PayoutAccount, PayoutAccount.id == account.id, requirements=[], refusal=None, due_at=None)
    payments = db.session.execute(
        select(Payment.id, Payment.stripe_payment_intent_id).where(_is_theirs(account))
    ).all()
    event_erasure.redact_of_payments([row[0] for row in payments], [row[1] for row in payments if row[1]])


def forget_evidence(most: int) -> int:
    """Delete evidence and mails of disputes decided over PII_RETENTION_DAYS ago. Returns their number."""
    before = now() - timedelta(days=current_settings().pii_retention_days)
    old = select(Dispute.id).where(Dispute.decided_at < before, Dispute.evidence != "")
    found = db.session.scalars(
        old.order_by(Dispute.decided_at).limit(most).with_for_update(skip_locked=True)
    ).all()
    if found:
        _change(Dispute, Dispute.id.in_(found), evidence="")
        mails = Email.kind.in_(dispute_messages.KINDS) & subject_ids.main_ids(Email.subject_id).in_(
            map(str, found)
        )
        _change(Email, mails, erase_at=now())
    return len(found)


def _is_theirs(account: Account) -> ColumnElement[bool]:
    return or_(Payment.client_id == account.id, Payment.coach_id == account.id)


def _change(table: Any, which: ColumnElement[bool], **values: Any) -> None:
    kept = {"updated_at": table.updated_at}  # updated_at must not change
    change = update(table).where(which).values(**values, **kept)
    db.session.execute(change.execution_options(synchronize_session=False))
