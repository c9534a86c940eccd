"""Disputes: chargebacks and inquiries, and how they end (Stripe: "How disputes work")."""

from datetime import UTC, datetime, time, timedelta

from sandbox.stripe import balance
from sandbox.stripe.account import Account
from sandbox.stripe.cards import TestCard
from sandbox.stripe.errors import WrongState
from sandbox.stripe.events import change, emit
from sandbox.stripe.objects import Json, new_id, shaped

DAYS_TO_ANSWER = 9
REASON_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}
WITHDRAWN = ("needs_response", "under_review")
OPEN = (*WITHDRAWN, "warning_needs_response", "warning_under_review")
# In test mode this evidence decides the dispute (Stripe: "Test disputes").
VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}


def open_by_card(account: Account, charge: Json, card: TestCard) -> None:
    """The dispute that a disputing test card brings; none if the charge was refunded meanwhile."""
    if card.dispute and not charge["refunded"]:
        open_dispute(account, charge, card.dispute, inquiry=card.inquiry)


def open_dispute(account: Account, charge: Json, reason: str, *, inquiry: bool) -> Json:
    """Dispute what is left of the charge; a chargeback takes the money, an inquiry only asks."""
    if charge["disputed"] or charge["status"] != "succeeded":
        raise WrongState(f"Charge {charge['id']} cannot be disputed.")
    card = charge["payment_method_details"]["card"]
    dispute = shaped(
        "dispute",
        id=new_id("dp"),
        amount=charge["amount"] - charge["amount_refunded"],
        charge=charge["id"],
        created=account.clock.now(),
        currency=charge["currency"],
        is_charge_refundable=inquiry,
        payment_intent=charge["payment_intent"],
        reason=reason,
        status="warning_needs_response" if inquiry else "needs_response",
    )
    dispute["evidence_details"]["due_by"] = _due_by(account.clock.now())
    dispute["payment_method_details"]["card"] = {
        "brand": card["brand"],
        "case_type": "inquiry" if inquiry else "chargeback",
        "network": card["network"],
        "network_reason_code": REASON_CODES.get(reason),
    }
    account.store.add(dispute)
    charge["disputed"] = True
    emit(account, "charge.dispute.created", dispute)
    if not inquiry:
        _move_funds(
            account, dispute, -dispute["amount"], balance.DISPUTE_FEE, "charge.dispute.funds_withdrawn"
        )
    return dispute


def close_dispute(account: Account, dispute: Json, verdict: str) -> None:
    """End the dispute: `won` brings the money back, `lost` does not; an inquiry just ends."""
    if dispute["status"] not in OPEN:
        raise WrongState("This dispute is already closed", param="dispute")
    withdrawn = dispute["status"] in WITHDRAWN
    status = verdict if withdrawn else "warning_closed"
    change(account, "charge.dispute.closed", dispute, status=status)
    if status == "won":
        _move_funds(account, dispute, dispute["amount"], 0, "charge.dispute.funds_reinstated")


def close_inquiries(account: Account, charge: Json) -> None:
    """A full refund settles an inquiry."""
    for dispute in account.store.newest_first("dispute"):
        if dispute["charge"] == charge["id"] and dispute["status"].startswith("warning_needs"):
            close_dispute(account, dispute, "won")


def update(account: Account, params: Json, dispute_id: str) -> Json:
    """Evidence and metadata; `submit` (true unless told) sends the evidence to the bank."""
    dispute = account.store.get("dispute", dispute_id, "dispute")
    if dispute["status"] not in OPEN:
        raise WrongState("This dispute is already closed", param="dispute")
    evidence = params.get("evidence") or {}
    details = dict(dispute["evidence_details"])
    fields: Json = {"evidence": {**dispute["evidence"], **evidence}}
    if evidence:
        details["has_evidence"] = True
    if evidence and params.get("submit", True):
        details |= {"submission_count": details["submission_count"] + 1, "submission_method": "manual"}
        fields["status"] = dispute["status"].replace("needs_response", "under_review")
    if "metadata" in params:
        fields["metadata"] = params["metadata"] or {}
    change(account, "charge.dispute.updated", dispute, evidence_details=details, **fields)
    verdict = VERDICTS.get(str(evidence.get("uncategorized_text")))
    if verdict and params.get("submit", True):
        account.schedule.after(
            account.settings.dispute_after, lambda: close_dispute(account, dispute, verdict)
        )
    return dispute


def close(account: Account, _params: Json, dispute_id: str) -> Json:
    """Accept the dispute, which loses it."""
    dispute = account.store.get("dispute", dispute_id, "dispute")
    close_dispute(account, dispute, "lost")
    return dispute


def _move_funds(account: Account, dispute: Json, amount: int, fee: int, event_type: str) -> None:
    verb = "withdrawal" if amount < 0 else "reversal"
    transaction = balance.record(
        account,
        "adjustment",
        dispute,
        amount,
        fee=fee,
        description=f"Chargeback {verb} for {dispute['charge']}",
    )
    dispute["balance_transactions"].append(transaction)
    emit(account, event_type, dispute)


def _due_by(now: int) -> int:
    day = datetime.fromtimestamp(now, UTC).date() + timedelta(days=DAYS_TO_ANSWER)
    return int(datetime.combine(day, time(23, 59, 59), UTC).timestamp())
