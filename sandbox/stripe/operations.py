"""What an operator does by hand, in the dashboard or under /_sandbox: no API request stands behind it."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

from sandbox.stripe import charges, checkout, debits, disputes, fraud_warnings, refund_progress, refunds
from sandbox.stripe.account import Account
from sandbox.stripe.connect import accounts, requirements
from sandbox.stripe.connect.requirements import Standing
from sandbox.stripe.errors import WrongState
from sandbox.stripe.objects import Json
from sandbox.stripe.postman import Attempt
from sandbox.stripe.refund_progress import UNCLEAR

AT_ONCE = 16
CHARGES = ("ch_", "py_")


def refund(account: Account, payment_id: str, amount: int | None, reason: str | None) -> Json:
    """Refund a payment as Stripe's dashboard does: without any metadata of the shop's."""
    with account.lock:
        wanted: Json = {"charge": charge_of(account, payment_id)["id"]}
        wanted |= {"amount": amount} if amount else {}
        wanted |= {"reason": reason} if reason else {}
        return deepcopy(refunds.create(account, wanted))


def end_debit(account: Account, payment_id: str, *, succeeded: bool) -> Json:
    """The payer's bank answers a debit now; the payment intent."""
    with account.lock:
        intent = intent_of(account, payment_id)
        checkout.end_debit(account, intent, None if succeeded else debits.failure_by_hand(account, intent))
        return deepcopy(intent)


def settle(account: Account, payment_id: str) -> Json:
    """Give a payment its balance transaction now; the charge."""
    with account.lock:
        charge = charge_of(account, payment_id)
        charges.settle(account, charge)
        return deepcopy(charge)


def dispute(
    account: Account, payment_id: str, reason: str, *, inquiry: bool, amount: int | None = None
) -> Json:
    """Have the payer's bank dispute a payment, or the part of it that `amount` says."""
    with account.lock:
        charge = charge_of(account, payment_id)
        return deepcopy(disputes.open_dispute(account, charge, reason, inquiry=inquiry, amount=amount))


def warn_of_fraud(account: Account, payment_id: str, fraud_type: str) -> Json:
    """The card's issuer suspects that the cardholder did not pay; the early fraud warning."""
    with account.lock:
        return deepcopy(fraud_warnings.warn(account, charge_of(account, payment_id), fraud_type))


def escalate_dispute(account: Account, dispute_id: str) -> Json:
    """The bank makes an inquiry a chargeback."""
    with account.lock:
        found = account.store.get("dispute", dispute_id)
        disputes.escalate(account, found)
        return deepcopy(found)


def close_dispute(account: Account, dispute_id: str, verdict: str, *, keep_fee: bool = False) -> Json:
    """The bank decides: `won` or `lost`, seen from the shop."""
    with account.lock:
        found = account.store.get("dispute", dispute_id)
        disputes.close_dispute(account, found, verdict, keep_fee=keep_fee)
        return deepcopy(found)


def overturn_dispute(account: Account, dispute_id: str) -> Json:
    """A decided dispute is decided the other way."""
    with account.lock:
        found = account.store.get("dispute", dispute_id)
        disputes.overturn(account, found)
        return deepcopy(found)


def move_refund(account: Account, refund_id: str, status: str, reason: str = UNCLEAR) -> Json:
    """The bank reports another status for a refund; `reason` is why it failed."""
    with account.lock:
        found = account.store.get("refund", refund_id)
        refund_progress.transition_to(account, found, status, reason)
        return deepcopy(found)


def onboard(account: Account, account_id: str, standing: Standing) -> Json:
    """Let a connected account's holder tell Stripe what it wants to know, or Stripe find fault."""
    with account.lock:
        connected = accounts.get(account, account_id)
        requirements.transition_to(account, connected, standing)
        return deepcopy(connected)


def resend(account: Account, event_id: str) -> Json:
    """Send an event once more to everyone who wants it."""
    with account.lock:
        event = _event(account, event_id)
        account.deliveries.resend(event)
        return deepcopy(event)


def advance_clock(account: Account, seconds: float) -> int:
    """Let time pass, with all that happens meanwhile; the new time."""
    with account.lock:
        account.schedule.advance(seconds)
        return account.clock.now()


def return_to_real_time(account: Account) -> None:
    """Set the clock right again: it is ahead no longer."""
    with account.lock:
        account.schedule.return_to_real_time()


def deliver_now(
    account: Account, event_ids: list[str], times: int, endpoint_id: str | None, *, concurrently: bool
) -> list[tuple[Json, Json, Attempt]]:
    """Post the events in this order, each `times` times, past all queues: event, endpoint and answer."""
    with account.lock:
        events = [_event(account, event_id) for event_id in event_ids for _ in range(times)]
        endpoints = (
            [account.store.get("webhook_endpoint", endpoint_id)]
            if endpoint_id
            else account.store.newest_first("webhook_endpoint")
        )
    rounds = [(event, endpoint) for event in events for endpoint in endpoints]
    with ThreadPoolExecutor(AT_ONCE if concurrently else 1) as posts:
        attempts = list(posts.map(lambda pair: account.deliveries.post_now(*pair), rounds))
    return [(event, endpoint, attempt) for (event, endpoint), attempt in zip(rounds, attempts, strict=True)]


def _event(account: Account, event_id: str) -> Json:
    """The event, be it of a connected account."""
    found = account.find(event_id)
    return found if found and found["object"] == "event" else account.store.get("event", event_id)


def charge_of(account: Account, payment_id: str) -> Json:
    """The charge behind the id of a charge, a payment intent or a checkout session."""
    if payment_id.startswith(CHARGES):
        return account.store.get("charge", payment_id)
    intent = intent_of(account, payment_id)
    if not intent["latest_charge"]:
        raise WrongState(f"{payment_id} has not been paid.")
    return account.store.get("charge", intent["latest_charge"])


def intent_of(account: Account, payment_id: str) -> Json:
    """The payment intent behind such an id."""
    if payment_id.startswith("cs_"):
        payment_id = account.store.get("checkout.session", payment_id)["payment_intent"] or payment_id
    if payment_id.startswith(CHARGES):
        payment_id = account.store.get("charge", payment_id)["payment_intent"]
    return account.store.get("payment_intent", payment_id)
