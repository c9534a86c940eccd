"""Answering disputes: the evidence, and the deadline for it."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from app import audit, parsing
from app.extensions import db, now
from app.http.problems import NotFound, Problem
from app.payments.disputes import events as dispute_events
from app.payments.disputes import evidence, messages
from app.payments.models import Dispute
from app.payments.stripe import client as stripe_client
from app.payments.stripe import disputes as at_stripe
from app.payments.stripe import listing
from app.payments.stripe.disputes import Evidence

LEASE = timedelta(minutes=2)
"""Longer than Stripe is waited for; whoever was cut down half-way leaves it to others after this."""


class NotAnswerable(Problem):
    status, slug, title = 409, "not-answerable", "Dispute cannot be answered"
    meaning = "The bank takes no evidence for this dispute: it was answered before, or it is decided."
    remedy = "Look at its `status` with `GET /admin/dispute/{id}`."


class EvidenceInFlight(Problem):
    status, slug, title = 409, "evidence-in-flight", "Evidence is being submitted"
    meaning = "Somebody submits evidence for this dispute at this moment."
    remedy = (
        "Look at the dispute with `GET /admin/dispute/{id}` in two minutes, and submit again if it"
        " shows none."
    )


class EvidenceRefused(Problem):
    status, slug, title = 422, "evidence-refused", "Stripe refused the evidence"
    meaning = "Stripe did not take the evidence. `detail` has its reason."
    remedy = "Look at the dispute in Stripe's dashboard, and submit again before `due_by`."


class StatementTooLong(Problem):
    status, slug, title = 422, "statement-too-long", "Statement too long"
    meaning = "The statement is longer than the bank's form has room for."
    remedy = "Shorten `text`; the booking's history is added by itself."


def find(name: str) -> Dispute:
    """A dispute by our id or by Stripe's. Raises NotFound."""
    dispute = db.session.scalar(select(Dispute).where(_named(name)))
    if dispute is None:
        raise NotFound("There is no such dispute.")
    return dispute


def _named(name: str) -> ColumnElement[bool]:
    try:
        return Dispute.id == parsing.uuid(name)
    except ValueError:
        return Dispute.stripe_dispute_id == name


def evidence_of(dispute: Dispute) -> str:
    """What the bank would be told now; once it takes none, what it was told or could have been."""
    return _packed(dispute).text if dispute.awaits_evidence else dispute.evidence


def _packed(dispute: Dispute, statement: str = "") -> Evidence:
    if dispute.payment.client.is_erased:
        return evidence.pack_kept(dispute, statement)
    return evidence.pack(dispute.payment, statement)


def submit_evidence(dispute: Dispute, statement: str = "") -> None:
    """Send the bank the booking's history, below a statement of the operator's own.

    Commits before Stripe is asked. Raises StatementTooLong, NotAnswerable, EvidenceInFlight, EvidenceRefused,
    StripeAway.
    """
    if len(statement) > evidence.MAX_STATEMENT:
        raise StatementTooLong(f"A statement has {evidence.MAX_STATEMENT:,} characters at most.")
    _check_answerable(dispute)
    lease = _take_lease(dispute)
    try:
        _submit(dispute, statement)
    except BaseException:
        db.session.rollback()
        _give_back(dispute.id, lease)
        raise
    dispute.evidence_lease_expires_at = None


def _take_lease(dispute: Dispute) -> datetime:
    """From here on, until then, nobody else submits evidence. Commits.

    Two operators who submit at the same moment would both reach the bank, which takes evidence once. Raises
    NotAnswerable, EvidenceInFlight.
    """
    db.session.refresh(dispute, with_for_update=True)
    _check_answerable(dispute)
    at = now()
    if dispute.evidence_lease_expires_at and dispute.evidence_lease_expires_at > at:
        raise EvidenceInFlight(
            "Somebody is submitting evidence for this dispute at this moment; look at it again in a moment.",
            {"Retry-After": "5"},
        )
    lease = dispute.evidence_lease_expires_at = at + LEASE
    db.session.commit()
    return lease


def _give_back(dispute_id: UUID, lease: datetime) -> None:
    """Evidence did not leave: it can be submitted again. Commits."""
    ours = Dispute.id == dispute_id, Dispute.evidence_lease_expires_at == lease
    db.session.execute(update(Dispute).where(*ours).values(evidence_lease_expires_at=None))
    db.session.commit()


def _submit(dispute: Dispute, statement: str) -> None:
    _look_again(dispute)
    packed = _packed(dispute, statement)
    dispute.evidence = packed.text
    audit.record("dispute.submit_evidence", f"dispute:{dispute.id}")
    db.session.commit()  # no lock waits for Stripe's answer, and what the bank is told is on record
    try:
        answer = at_stripe.submit_evidence(dispute.stripe_dispute_id, packed, dispute.evidence_failures)
    except stripe_client.StripeRefused as error:
        raise EvidenceRefused(str(error)) from error
    except stripe_client.StripeBroke:
        dispute.evidence_failures += 1
        db.session.commit()
        raise
    dispute_events.on_event(answer, now())
    dispute.evidence_submitted_at = now()
    dispute.plan_warning()


def _look_again(dispute: Dispute) -> None:
    """An answer of Stripe's may have been lost, and a bank takes evidence once: how it stands now."""
    try:
        found = listing.find(listing.Kind.DISPUTE, dispute.stripe_dispute_id)
    except stripe_client.StripeRefused as error:
        raise EvidenceRefused(str(error)) from error
    if found:
        dispute_events.seen(found, now())
        db.session.commit()
    _check_answerable(dispute)


def _check_answerable(dispute: Dispute) -> None:
    if dispute.evidence_submitted_at:
        raise NotAnswerable("Evidence was submitted already; a bank takes it once.")
    if not dispute.awaits_evidence:
        raise NotAnswerable(f"This dispute is {dispute.status}: the bank takes no evidence.")


def warn(at: datetime, most: int) -> int:
    """Tell the operator of the deadlines that come near; how many there were."""
    due = db.session.scalars(
        select(Dispute)
        .where(Dispute.warn_at <= at)
        .order_by(Dispute.warn_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    for dispute in due:
        if dispute.due_by and dispute.due_by > at:  # after an outage it may have passed
            page = at_stripe.page(dispute.payment.stripe_payment_intent_id)
            messages.deadline(dispute, at, page)
        dispute.told_deadline_at = at
        dispute.plan_warning()
    return len(due)
