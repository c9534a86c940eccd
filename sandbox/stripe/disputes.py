"""Disputes: chargebacks and inquiries, and how they end (Stripe: "How disputes work")."""

from datetime import UTC, datetime, time, timedelta

from sandbox.stripe import balance, fees
from sandbox.stripe.account import Account
from sandbox.stripe.errors import WrongState
from sandbox.stripe.events import change, emit
from sandbox.stripe.objects import Json, new_id, shaped

DAYS_TO_ANSWER = 9
REASON_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}
WITHDRAWN = ("needs_response", "under_review")
OPEN = (*WITHDRAWN, "warning_needs_response", "warning_under_review")
# In test mode this evidence decides the dispute (Stripe: "Test disputes").
VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}


def expect(account: Account, charge: Json) -> None:
    """Schedule the dispute that a disputing test card or account brings."""
    if account.instruments[charge["id"]].dispute:
        account.schedule.after(account.pace.dispute_after, lambda: _open_as_expected(account, charge))


def _open_as_expected(account: Account, charge: Json) -> None:
    instrument = account.instruments[charge["id"]]
    if instrument.dispute and not (charge["refunded"] or charge["disputed"]):
        open_dispute(account, charge, instrument.dispute, inquiry=instrument.inquiry)


def open_dispute(account: Account, charge: Json, reason: str, *, inquiry: bool) -> Json:
    """Dispute what is left of the charge; a chargeback takes the money, an inquiry only asks."""
    if charge["disputed"] or charge["status"] != "succeeded":
        raise WrongState(f"Charge {charge['id']} cannot be disputed.")
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
    _say_how_it_was_paid(dispute, charge, inquiry=inquiry)
    account.store.add(dispute)
    charge["disputed"] = True
    emit(account, "charge.dispute.created", dispute)
    if not inquiry:
        _withdraw(account, dispute)
    if charge["payment_method_details"]["type"] != "card":
        close_dispute(account, dispute, "lost")  # a bank's word on its debit is final
    return dispute


def close_dispute(account: Account, dispute: Json, verdict: str) -> None:
    """End the dispute: `won` brings the money back, `lost` does not; an inquiry just ends."""
    if dispute["status"] not in OPEN:
        raise WrongState("This dispute is already closed", param="dispute")
    withdrawn = dispute["status"] in WITHDRAWN
    status = verdict if withdrawn else "warning_closed"
    change(account, "charge.dispute.closed", dispute, status=status)
    if status == "won":
        _reinstate(account, dispute)


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
        account.schedule.after(account.pace.dispute_after, lambda: close_dispute(account, dispute, verdict))
    return dispute


def close(account: Account, _params: Json, dispute_id: str) -> Json:
    """Accept the dispute, which loses it."""
    dispute = account.store.get("dispute", dispute_id, "dispute")
    close_dispute(account, dispute, "lost")
    return dispute


def _say_how_it_was_paid(dispute: Json, charge: Json, *, inquiry: bool) -> None:
    paid_with = charge["payment_method_details"]
    if paid_with["type"] != "card":  # Stripe details cards and a few wallets only
        del dispute["payment_method_details"]
        return
    dispute["payment_method_details"]["card"] = {
        "brand": paid_with["card"]["brand"],
        "case_type": "inquiry" if inquiry else "chargeback",
        "network": paid_with["card"]["network"],
        "network_reason_code": REASON_CODES.get(dispute["reason"]),
    }


def _withdraw(account: Account, dispute: Json) -> None:
    fee = fees.fixed(fees.DISPUTE, dispute["currency"])
    _move_funds(account, dispute, -dispute["amount"], fee, "dispute", "Chargeback withdrawal")
    emit(account, "charge.dispute.funds_withdrawn", dispute)


def _reinstate(account: Account, dispute: Json) -> None:
    """A dispute that was won gives back its fee as well."""
    fee = fees.fixed(fees.DISPUTE, dispute["currency"])
    _move_funds(account, dispute, dispute["amount"], -fee, "dispute_reversal", "Chargeback reversal")
    emit(account, "charge.dispute.funds_reinstated", dispute)


def _move_funds(account: Account, dispute: Json, amount: int, fee: int, category: str, what: str) -> None:
    transaction = balance.record(
        account,
        "adjustment",
        dispute,
        amount,
        category=category,
        fee_details=[balance.stripe_fee(fee, dispute["currency"], "Dispute fee")],
        description=f"{what} for {dispute['charge']}",
    )
    dispute["balance_transactions"].append(transaction)


def _due_by(now: int) -> int:
    day = datetime.fromtimestamp(now, UTC).date() + timedelta(days=DAYS_TO_ANSWER)
    return int(datetime.combine(day, time(23, 59, 59), UTC).timestamp())
