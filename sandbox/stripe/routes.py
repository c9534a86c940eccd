"""Every address of the API that the sandbox plays: its parameters' type, and the function that answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stripe import params
from stripe.params import checkout as checkout_params

from sandbox.stripe import balance, checkout, dispute_answers, event_log, intents, refunds, webhooks
from sandbox.stripe.account import Account
from sandbox.stripe.lists import lister, page
from sandbox.stripe.objects import Json, shaped


@dataclass(frozen=True)
class Route:
    """A method and a path; `answer` gets the account, the checked parameters and the ids in the path."""

    method: str
    path: str
    params: type
    answer: Callable[..., Json]


def _retriever(kind: str, param: str | None = None) -> Callable[..., Json]:
    return lambda account, _params, object_id: account.store.get(kind, object_id, param)


def _account(account: Account, _params: Json) -> Json:
    return shaped("account", id=account.id, created=account.opened)


def _line_items(account: Account, params: Json, session_id: str) -> Json:
    session = account.store.get("checkout.session", session_id)
    return page(account.line_items[session["id"]], params, f"/v1/checkout/sessions/{session_id}/line_items")


def _has_customer_email(_account: Account, session: Json, wanted: Json) -> bool:
    details = session["customer_details"]
    return bool(details and details["email"].lower() == wanted["email"].lower())


_list_sessions = lister("checkout.session", "/v1/checkout/sessions", customer_details=_has_customer_email)
_list_transactions = lister("balance_transaction", "/v1/balance_transactions")


def _route(method: str, path: str, wanted: Any, answer: Callable[..., Json]) -> Route:
    return Route(method, f"/v1/{path}", wanted, answer)


SESSIONS, INTENTS, ENDPOINTS = "checkout/sessions", "payment_intents", "webhook_endpoints"
ROUTES = [
    _route("POST", SESSIONS, checkout_params.SessionCreateParams, checkout.create),
    _route("GET", SESSIONS, checkout_params.SessionListParams, _list_sessions),
    _route("GET", f"{SESSIONS}/<id>", checkout_params.SessionRetrieveParams, _retriever("checkout.session")),
    _route("POST", f"{SESSIONS}/<id>/expire", checkout_params.SessionExpireParams, checkout.expire),
    _route("GET", f"{SESSIONS}/<id>/line_items", checkout_params.SessionListLineItemsParams, _line_items),
    _route("POST", INTENTS, params.PaymentIntentCreateParams, intents.create),
    _route("GET", INTENTS, params.PaymentIntentListParams, lister("payment_intent", "/v1/payment_intents")),
    _route("GET", f"{INTENTS}/<id>", params.PaymentIntentRetrieveParams, _retriever("payment_intent")),
    _route("POST", f"{INTENTS}/<id>", params.PaymentIntentUpdateParams, intents.update),
    _route("POST", f"{INTENTS}/<id>/confirm", params.PaymentIntentConfirmParams, intents.confirm),
    _route("POST", f"{INTENTS}/<id>/cancel", params.PaymentIntentCancelParams, intents.cancel),
    _route("GET", "payment_methods/<id>", params.PaymentMethodRetrieveParams, _retriever("payment_method")),
    _route("GET", "mandates/<id>", params.MandateRetrieveParams, _retriever("mandate")),
    _route("GET", "charges", params.ChargeListParams, lister("charge", "/v1/charges")),
    _route("GET", "charges/<id>", params.ChargeRetrieveParams, _retriever("charge")),
    _route("POST", "refunds", params.RefundCreateParams, refunds.create),
    _route("GET", "refunds", params.RefundListParams, lister("refund", "/v1/refunds")),
    _route("GET", "refunds/<id>", params.RefundRetrieveParams, _retriever("refund")),
    _route("POST", "refunds/<id>", params.RefundUpdateParams, refunds.update),
    _route("POST", "refunds/<id>/cancel", params.RefundCancelParams, refunds.cancel),
    _route("GET", "disputes", params.DisputeListParams, lister("dispute", "/v1/disputes")),
    _route("GET", "disputes/<id>", params.DisputeRetrieveParams, _retriever("dispute", "dispute")),
    _route("POST", "disputes/<id>", params.DisputeUpdateParams, dispute_answers.update),
    _route("POST", "disputes/<id>/close", params.DisputeCloseParams, dispute_answers.close),
    _route("GET", "balance", params.BalanceRetrieveParams, balance.retrieve),
    _route("GET", "balance_transactions", params.BalanceTransactionListParams, _list_transactions),
    _route(
        "GET",
        "balance_transactions/<id>",
        params.BalanceTransactionRetrieveParams,
        _retriever("balance_transaction"),
    ),
    _route("GET", "events", params.EventListParams, event_log.listed),
    _route("GET", "events/<id>", params.EventRetrieveParams, event_log.retrieve),
    _route("POST", ENDPOINTS, params.WebhookEndpointCreateParams, webhooks.create),
    _route(
        "GET",
        ENDPOINTS,
        params.WebhookEndpointListParams,
        lister("webhook_endpoint", "/v1/webhook_endpoints"),
    ),
    _route("GET", f"{ENDPOINTS}/<id>", params.WebhookEndpointRetrieveParams, _retriever("webhook_endpoint")),
    _route("POST", f"{ENDPOINTS}/<id>", params.WebhookEndpointUpdateParams, webhooks.update),
    _route("DELETE", f"{ENDPOINTS}/<id>", params.WebhookEndpointDeleteParams, webhooks.delete),
    _route("GET", "account", params.AccountRetrieveCurrentParams, _account),
]
