"""Bank debits: a payment intent that is `processing` until the payer's bank has answered
(Stripe: "SEPA Direct Debit payments")."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta

from sandbox.stripe import balance, charges, disputes
from sandbox.stripe.account import Account
from sandbox.stripe.errors import WrongState
from sandbox.stripe.events import emit
from sandbox.stripe.ibans import NO_REASON, Failure, TestIban
from sandbox.stripe.objects import Json, new_id, shaped
from sandbox.stripe.payers import Payer

DAYS_TO_DEBIT = 5


def begin(account: Account, intent: Json, iban: TestIban, payer: Payer) -> None:
    """Ask the payer's bank for the money (events charge.pending, payment_intent.processing)."""
    method = _payment_method(account, payer)
    details = {"sepa_debit": _details(account, intent, method, payer), "type": "sepa_debit"}
    charge = charges.attempt(account, intent, method, payer, iban, details)
    intent |= {
        "last_payment_error": None,
        "next_action": None,
        "payment_method": method["id"],
        "status": "processing",
    }
    emit(account, "charge.pending", charge)
    emit(account, "payment_intent.processing", intent)
    account.schedule.after(account.pace.settle_after, lambda: charges.settle(account, charge))


def end(account: Account, intent: Json, failure: Failure | None) -> None:
    """The bank has answered: the money came, or did not and `failure` says why. Raises WrongState."""
    if intent["status"] != "processing":
        raise WrongState(f"{intent['id']} is not processing: its status is {intent['status']}.")
    charge = account.store.get("charge", intent["latest_charge"])
    if failure:
        _fail(account, intent, charge, failure)
    else:
        _succeed(account, intent, charge)


def failure_of(account: Account, intent: Json) -> Failure | None:
    """Why the account that is being debited will not pay; None when it will."""
    instrument = account.instruments[intent["latest_charge"]]
    return instrument.failure if isinstance(instrument, TestIban) else None


def failure_by_hand(account: Account, intent: Json) -> Failure:
    """Why a debit that an operator lets fail has failed."""
    return failure_of(account, intent) or NO_REASON


def _succeed(account: Account, intent: Json, charge: Json) -> None:
    charges.succeed(account, charge)
    intent |= {"amount_received": intent["amount"], "status": "succeeded"}
    emit(account, "charge.succeeded", charge)
    emit(account, "payment_intent.succeeded", intent)
    disputes.expect(account, charge)


def _fail(account: Account, intent: Json, charge: Json, failure: Failure) -> None:
    charges.fail(
        charge,
        failure.code,
        failure.message,
        network_status="declined_by_network",
        reason=failure.code,
        seller_message=failure.message,
        type="issuer_declined",
    )
    if charge["balance_transaction"]:
        returned = balance.return_payment(account, charge)
        charge["failure_balance_transaction"] = returned["id"]
    method = account.store.get("payment_method", charge["payment_method"])
    intent |= {
        "last_payment_error": {
            "charge": charge["id"],
            "code": failure.code,
            "message": failure.message,
            "payment_method": deepcopy(method),
            "type": "invalid_request_error",
        },
        "payment_method": None,
        "status": "requires_payment_method",
    }
    emit(account, "charge.failed", charge)
    emit(account, "payment_intent.payment_failed", intent)


def _payment_method(account: Account, payer: Payer) -> Json:
    method = shaped(
        "payment_method",
        id=new_id("pm"),
        created=account.clock.now(),
        billing_details=payer.billing_details(),
        type="sepa_debit",
    )
    del method["card"]
    method["sepa_debit"] = _bank(payer) | {"generated_from": {"charge": None, "setup_attempt": None}}
    return account.store.add(method)


def _details(account: Account, intent: Json, method: Json, payer: Payer) -> Json:
    today = datetime.fromtimestamp(account.clock.now(), UTC).date()
    return _bank(payer) | {
        "expected_debit_date": (today + timedelta(DAYS_TO_DEBIT)).isoformat(),
        "mandate": _mandate(account, intent, method)["id"],
    }


def _bank(payer: Payer) -> Json:
    return {
        "bank_code": None,
        "branch_code": None,
        "country": payer.country,
        "fingerprint": payer.fingerprint,
        "last4": payer.last4,
    }


def _mandate(account: Account, intent: Json, method: Json) -> Json:
    """The payer's permission, which Checkout takes with the form."""
    mandate_id = new_id("mandate")
    details = {"reference": new_id("CB", 12).upper(), "url": f"{account.settings.url}/objects/{mandate_id}"}
    mandate = shaped(
        "mandate",
        id=mandate_id,
        customer_acceptance={
            "accepted_at": account.clock.now(),
            "online": {"ip_address": "127.0.0.1", "user_agent": "sandbox"},
            "type": "online",
        },
        payment_method=method["id"],
        payment_method_details={"sepa_debit": details, "type": "sepa_debit"},
        single_use={"amount": intent["amount"], "currency": intent["currency"]},
    )
    return account.store.add(mandate)
