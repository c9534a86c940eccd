"""Responses to disputes: the submission of evidence."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from app import audit, parsing
from app.extensions import db, now
from app.http.problems import NotFound, Problem
from app.payments.disputes import events as dispute_events
from app.payments.disputes import evidence
from app.payments.events.payloads import Handler, Mismatch, StripeObject
from app.payments.models import Dispute
from app.payments.stripe import client as stripe_client
from app.payments.stripe import disputes as at_stripe
from app.payments.stripe import listing
from app.payments.stripe.disputes import Evidence

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
"""How long a submission is reserved: longer than Stripe's timeout. After a crash others can submit then."""


class NotAnswerable(Problem):
    status, slug, title = 409, "not-answerable", "Dispute cannot be answered"
    meaning = "The bank accepts no evidence for this dispute: it was answered before, or it is decided."
    remedy = "Look at its `status` with `GET /admin/dispute/{id}`."


class EvidenceInFlight(Problem):
    status, slug, title = 409, "evidence-in-flight", "Evidence is being submitted"
    meaning = "Another operator is submitting evidence for this dispute."
    remedy = (
        "Look at the dispute with `GET /admin/dispute/{id}` in two minutes, and submit again if it"
        " shows none."
    )


class EvidenceRefused(Problem):
    status, slug, title = 422, "evidence-refused", "Stripe refused the evidence"
    meaning = "Stripe refused the evidence. `detail` has its reason."
    remedy = "Look at the dispute in Stripe's dashboard, and submit again before `due_by`."


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
    """The evidence that would be submitted now; after that, the submitted evidence."""
    return _packed(dispute).text if dispute.awaits_evidence else dispute.evidence


def _packed(dispute: Dispute, statement: str = "") -> Evidence:
    if dispute.payment.client.is_erased:
        return evidence.pack_kept(dispute, statement)
    return evidence.pack(dispute.payment, statement)


def submit_evidence(dispute: Dispute, statement: str = "") -> None:
    """Submit the booking's history as evidence, after the operator's statement.

    Commits before it calls Stripe. Raises NotAnswerable, EvidenceInFlight, EvidenceRefused, StripeAway.
    """
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
    """Reserve the submission until the given time. Commits.

    Without it, two concurrent submissions would both reach the bank, which accepts evidence once. Raises
    NotAnswerable, EvidenceInFlight.
    """
    db.session.refresh(dispute, with_for_update=True)
    _check_answerable(dispute)
    at = now()
    if dispute.evidence_lease_expires_at and dispute.evidence_lease_expires_at > at:
        raise EvidenceInFlight(
            "Another operator is submitting evidence for this dispute. Check it again in a moment.",
            {"Retry-After": "5"},
        )
    lease = dispute.evidence_lease_expires_at = at + LEASE
    db.session.commit()
    return lease


def _give_back(dispute_id: UUID, lease: datetime) -> None:
    """Release the reservation after a failure. Commits."""
    ours = Dispute.id == dispute_id, Dispute.evidence_lease_expires_at == lease
    db.session.execute(update(Dispute).where(*ours).values(evidence_lease_expires_at=None))
    db.session.commit()


def _submit(dispute: Dispute, statement: str) -> None:
    _look_again(dispute)
    packed = _packed(dispute, statement)
    dispute.evidence = packed.text
    audit.record("dispute.submit_evidence", f"dispute:{dispute.id}")
    db.session.commit()  # no lock is held during the call, and the evidence is recorded before it
    try:
        answer = at_stripe.submit_evidence(dispute.stripe_dispute_id, packed, dispute.evidence_failures)
    except stripe_client.StripeRefused as error:
        raise EvidenceRefused(str(error)) from error
    except stripe_client.StripeBroke:
        dispute.evidence_failures += 1
        db.session.commit()
        raise
    _learn(dispute, answer, dispute_events.on_event)
    dispute.evidence_submitted_at = now()
    dispute.plan_warning()


def _look_again(dispute: Dispute) -> None:
    """Fetch the state at Stripe: an answer may have been lost, and a bank accepts evidence once."""
    try:
        found = listing.find(listing.Kind.DISPUTE, dispute.stripe_dispute_id)
    except stripe_client.StripeRefused as error:
        raise EvidenceRefused(str(error)) from error
    if found:
        _learn(dispute, found, dispute_events.seen)
        db.session.commit()
    _check_answerable(dispute)


def _learn(dispute: Dispute, told: StripeObject, apply: Handler) -> None:
    """Apply the state in Stripe's answer. An unreadable answer is left to later events."""
    try:
        with db.session.begin_nested():
            apply(told, now())
    except Mismatch as error:
        log.warning("dispute %s: %s", dispute.id, error)


def _check_answerable(dispute: Dispute) -> None:
    if dispute.evidence_submitted_at:
        raise NotAnswerable("Evidence was already submitted. A bank accepts it once.")
    if not dispute.awaits_evidence:
        raise NotAnswerable(f"This dispute is {dispute.status}: the bank accepts no evidence.")
