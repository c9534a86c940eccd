"""Disputes: chargebacks and inquiries, and how they end (Stripe: "How disputes work")."""

from datetime import UTC, datetime, time, timedelta

from sandbox.stripe import balance, fees, fraud_warnings
from sandbox.stripe.account import Account
from sandbox.stripe.errors import InvalidParameter, WrongState
from sandbox.stripe.events import change, emit
from sandbox.stripe.objects import Json, new_id, shaped

DAYS_TO_ANSWER = 9
DAYS_OF_AN_INQUIRY = 120
REASON_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}
WITHDRAWN = ("needs_response", "under_review")
OPEN = (*WITHDRAWN, "warning_needs_response", "warning_under_review")


def expect(account: Account, charge: Json) -> None:
    """Schedule the dispute that a disputing test card or account brings."""
    if account.instruments[charge["id"]].dispute:
        account.schedule.after(account.pace.dispute_after, lambda: _open_as_expected(account, charge))


def open_dispute(
    account: Account, charge: Json, reason: str, *, inquiry: bool, amount: int | None = None
) -> Json:
    """Dispute a charge; a chargeback takes the money, an inquiry only asks.

    The amount is what is left of the charge unless told; banks do claim what was refunded already.
    """
    disputed = _amount(account, charge, amount)
    dispute = shaped(
        "dispute",
        id=new_id("dp"),
        amount=disputed,
        charge=charge["id"],
        created=account.clock.now(),
        currency=charge["currency"],
        is_charge_refundable=inquiry,
        payment_intent=charge["payment_intent"],
        reason=reason,
        status="warning_needs_response" if inquiry else "needs_response",
    )
    _say_how_it_was_paid(dispute, charge, inquiry=inquiry)
    _await_answer(account, dispute)
    account.store.add(dispute)
    charge["disputed"] = True
    emit(account, "charge.dispute.created", dispute)
    fraud_warnings.close(account, charge)
    if inquiry:
        account.schedule.after(DAYS_OF_AN_INQUIRY * 24 * 60 * 60, lambda: _close_if_inquiry(account, dispute))
    else:
        _withdraw(account, dispute)
    if charge["payment_method_details"]["type"] != "card":
        close_dispute(account, dispute, "lost")  # a bank's word on its debit is final
    return dispute


def escalate(account: Account, dispute: Json) -> None:
    """An inquiry becomes a chargeback, and now the money goes."""
    if not dispute["status"].startswith("warning_") or dispute["status"] not in OPEN:
        raise WrongState(f"{dispute['id']} is no open inquiry: its status is {dispute['status']}.")
    details = dispute["payment_method_details"]
    chargeback = {**details, "card": {**details["card"], "case_type": "chargeback"}}
    change(
        account,
        "charge.dispute.updated",
        dispute,
        is_charge_refundable=False,
        payment_method_details=chargeback,
        status="needs_response",
    )
    _await_answer(account, dispute)
    _withdraw(account, dispute)


def close_dispute(account: Account, dispute: Json, verdict: str, *, keep_fee: bool = False) -> None:
    """End the dispute: `won` brings money and fee back, `lost` neither; an inquiry just ends.

    `keep_fee` plays Stripe's newer price lists, by which the fee is gone however it ends.
    """
    if dispute["status"] not in OPEN:
        raise WrongState("This dispute is already closed", param="dispute")
    withdrawn = dispute["status"] in WITHDRAWN
    status = verdict if withdrawn else "warning_closed"
    change(account, "charge.dispute.closed", dispute, status=status)
    if status == "won":
        fee = 0 if keep_fee else fees.fixed(fees.DISPUTE, dispute["currency"])
        _move_funds(account, dispute, dispute["amount"], -fee, "dispute_reversal", "Chargeback reversal")
        emit(account, "charge.dispute.funds_reinstated", dispute)


def overturn(account: Account, dispute: Json) -> None:
    """A decided chargeback is decided the other way, as on an appeal: its money comes back, or goes again."""
    if dispute["status"] not in ("won", "lost"):
        raise WrongState(f"{dispute['id']} is not decided: its status is {dispute['status']}.")
    won = dispute["status"] == "lost"
    change(account, "charge.dispute.updated", dispute, status="won" if won else "lost")
    if won:
        _move_funds(account, dispute, dispute["amount"], 0, "dispute_reversal", "Chargeback reversal")
        emit(account, "charge.dispute.funds_reinstated", dispute)
    else:
        _move_funds(account, dispute, -dispute["amount"], 0, "dispute", "Chargeback withdrawal")
        emit(account, "charge.dispute.funds_withdrawn", dispute)


def close_inquiries(account: Account, charge: Json) -> None:
    """A full refund settles an inquiry."""
    for dispute in of_charge(account, charge):
        _close_if_inquiry(account, dispute)


def of_charge(account: Account, charge: Json) -> list[Json]:
    """The disputes of a charge, newest first."""
    return [each for each in account.store.newest_first("dispute") if each["charge"] == charge["id"]]


def held(account: Account, charge: Json) -> int:
    """How much of the charge its disputes hold or have taken for good."""
    return sum(
        each["amount"]
        for each in of_charge(account, charge)
        if not each["is_charge_refundable"] and each["status"] != "won"
    )


def _open_as_expected(account: Account, charge: Json) -> None:
    instrument = account.instruments[charge["id"]]
    if instrument.dispute and not (charge["refunded"] or charge["disputed"]):
        open_dispute(account, charge, instrument.dispute, inquiry=instrument.inquiry)


def _amount(account: Account, charge: Json, wanted: int | None) -> int:
    earlier = [each for each in of_charge(account, charge) if each["status"] != "warning_closed"]
    amount: int = charge["amount"] - charge["amount_refunded"] if wanted is None else wanted
    if earlier or charge["status"] != "succeeded":
        raise WrongState(f"Charge {charge['id']} cannot be disputed.")
    if not 1 <= amount <= charge["amount"]:
        raise InvalidParameter(f"{charge['id']} cannot be disputed for {amount}.", param="amount")
    return amount


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


def _await_answer(account: Account, dispute: Json) -> None:
    day = datetime.fromtimestamp(account.clock.now(), UTC).date() + timedelta(days=DAYS_TO_ANSWER)
    due_by = int(datetime.combine(day, time(23, 59, 59), UTC).timestamp())
    dispute["evidence_details"]["due_by"] = due_by
    account.schedule.at(due_by, lambda: _miss_deadline(account, dispute, due_by))


def _miss_deadline(account: Account, dispute: Json, due_by: int) -> None:
    """Who does not answer a chargeback in time loses it; an inquiry stays open a while."""
    details = dispute["evidence_details"]
    if details["due_by"] != due_by or not dispute["status"].endswith("needs_response"):
        return
    change(account, "charge.dispute.updated", dispute, evidence_details={**details, "past_due": True})
    if dispute["status"] == "needs_response":
        close_dispute(account, dispute, "lost")


def _close_if_inquiry(account: Account, dispute: Json) -> None:
    if dispute["status"] in ("warning_needs_response", "warning_under_review"):
        close_dispute(account, dispute, "lost")


def _withdraw(account: Account, dispute: Json) -> None:
    fee = fees.fixed(fees.DISPUTE, dispute["currency"])
    _move_funds(account, dispute, -dispute["amount"], fee, "dispute", "Chargeback withdrawal")
    emit(account, "charge.dispute.funds_withdrawn", dispute)


def _move_funds(account: Account, dispute: Json, amount: int, fee: int, category: str, what: str) -> None:
    transaction = balance.record(
        account,
        "adjustment",
        dispute,
        amount,
        category=category,
        fee_details=[balance.stripe_fee(fee, dispute["currency"], "Dispute fee")] if fee else [],
        description=f"{what} for {dispute['charge']}",
    )
    dispute["balance_transactions"].append(transaction)
