"""A Checkout Session's life: opened, paid, expired (Stripe: "How Checkout works")."""

from sandbox.stripe import debits, payments
from sandbox.stripe.account import Account
from sandbox.stripe.cards import CardHolder, TestCard
from sandbox.stripe.checkout_request import CheckoutRequest
from sandbox.stripe.errors import WrongState
from sandbox.stripe.events import emit
from sandbox.stripe.ibans import Failure, TestIban
from sandbox.stripe.metadata import merged
from sandbox.stripe.objects import Json, new_id, shaped
from sandbox.stripe.payers import Payer
from sandbox.stripe.payments import Outcome


def create(account: Account, params: Json) -> Json:
    """Open a session; its payment intent comes to be when the payer first confirms."""
    wanted = CheckoutRequest(account, params)
    session_id = new_id("cs_test_a1", 56).replace("a1_", "a1")
    session = shaped(
        "checkout.session",
        id=session_id,
        adaptive_pricing=params.get("adaptive_pricing", {"enabled": True}),
        allowed_payment_method_types=params.get("allowed_payment_method_types"),
        amount_subtotal=wanted.total,
        amount_total=wanted.total,
        cancel_url=params.get("cancel_url"),
        client_reference_id=params.get("client_reference_id"),
        created=account.clock.now(),
        currency=wanted.currency,
        customer_details=_customer_details(params["customer_email"]) if "customer_email" in params else None,
        customer_email=params.get("customer_email"),
        excluded_payment_method_types=params.get("excluded_payment_method_types"),
        expires_at=wanted.expires_at,
        locale=params.get("locale"),
        metadata=merged({}, params.get("metadata", {})),
        payment_method_types=wanted.payment_method_types,
        submit_type=params.get("submit_type"),
        success_url=params["success_url"],
        url=f"{account.settings.url}/c/pay/{session_id}",
    )
    account.line_items[session_id] = wanted.line_items
    account.intent_data[session_id] = params.get("payment_intent_data", {})
    account.schedule.at(wanted.expires_at, lambda: _expire_if_open(account, session))
    return account.store.add(session)


def pay(account: Account, session: Json, card: TestCard, payer: CardHolder) -> Outcome:
    """The payer presses the button: confirm the session's intent, the same one after a decline."""
    return _after(account, session, payer, payments.confirm(account, _intent(account, session), card, payer))


def debit(account: Account, session: Json, iban: TestIban, payer: Payer) -> Outcome:
    """The payer lets a bank account be debited: the session is complete, but not paid yet."""
    intent = _intent(account, session)
    debits.begin(account, intent, iban, payer)
    _complete(account, session, payer, "unpaid")
    account.schedule.after(
        account.pace.slow_debit_after if iban.slow else account.pace.debit_after,
        lambda: _end_debit_as_expected(account, intent),
    )
    return Outcome.PROCESSING


def end_debit(account: Account, intent: Json, failure: Failure | None) -> None:
    """The bank has answered (events checkout.session.async_payment_succeeded or _failed)."""
    debits.end(account, intent, failure)
    for session in account.store.newest_first("checkout.session"):
        if session["payment_intent"] == intent["id"] and failure:
            emit(account, "checkout.session.async_payment_failed", session)
        elif session["payment_intent"] == intent["id"]:
            session["payment_status"] = "paid"
            emit(account, "checkout.session.async_payment_succeeded", session)


def authenticate(account: Account, session: Json, *, accepted: bool) -> Outcome:
    """The payer comes back from the 3-D Secure step."""
    payer = account.challenges[session["payment_intent"]].payer
    intent = account.store.get("payment_intent", session["payment_intent"])
    return _after(account, session, payer, payments.authenticate(account, intent, accepted=accepted))


def awaits_authentication(account: Account, session: Json) -> bool:
    """Whether the payer of this open session is at the 3-D Secure step."""
    return session["status"] == "open" and session["payment_intent"] in account.challenges


def expire(account: Account, _params: Json, session_id: str) -> Json:
    """End an open session; any other is an error (Stripe: "Expire a Checkout Session")."""
    session = account.store.get("checkout.session", session_id)
    if session["status"] != "open":
        raise WrongState(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`."
        )
    _end(account, session)
    return session


def success_url(session: Json) -> str:
    """Where the payer goes after paying, with the session's id in its place."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _expire_if_open(account: Account, session: Json) -> None:
    if session["status"] == "open":
        _end(account, session)


def _end(account: Account, session: Json) -> None:
    session |= {"status": "expired", "url": None}
    if session["payment_intent"]:
        intent = account.store.get("payment_intent", session["payment_intent"])
        payments.cancel_intent(account, intent, "expired")
    emit(account, "checkout.session.expired", session)


def _intent(account: Account, session: Json) -> Json:
    if session["payment_intent"]:
        return account.store.get("payment_intent", session["payment_intent"])
    data = account.intent_data[session["id"]]
    intent = payments.create_intent(
        account,
        session["amount_total"],
        session["currency"],
        data,
        description=data.get("description"),
        metadata=merged({}, data.get("metadata", {})),
        payment_method_types=list(session["payment_method_types"]),
        receipt_email=data.get("receipt_email"),
        statement_descriptor=data.get("statement_descriptor"),
        statement_descriptor_suffix=data.get("statement_descriptor_suffix"),
    )
    session["payment_intent"] = intent["id"]
    return intent


def _after(account: Account, session: Json, payer: Payer, outcome: Outcome) -> Outcome:
    if outcome is Outcome.PAID:
        _complete(account, session, payer, "paid")
    return outcome


def _complete(account: Account, session: Json, payer: Payer, payment_status: str) -> None:
    session |= {
        "customer_details": _customer_details(payer.email) | {"address": payer.address(), "name": payer.name},
        "payment_status": payment_status,
        "status": "complete",
        "url": None,
    }
    emit(account, "checkout.session.completed", session)


def _end_debit_as_expected(account: Account, intent: Json) -> None:
    if intent["status"] == "processing":  # not ended by hand meanwhile
        end_debit(account, intent, debits.failure_of(account, intent))


def _customer_details(email: str) -> Json:
    return {
        "address": None,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": None,
    }
