"""Every address of the API that the sandbox plays: its parameters' type, and the function that answers."""

from stripe import params
from stripe.params import checkout as checkout_params
from stripe.params import radar as radar_params

from sandbox.stripe import (
    balance,
    checkout,
    dispute_answers,
    event_log,
    intents,
    refunds,
    webhooks,
)  # fmt: skip
from sandbox.stripe.account import Account
from sandbox.stripe.connect.routes import ROUTES as CONNECT
from sandbox.stripe.lists import lister, page
from sandbox.stripe.objects import Json
from sandbox.stripe.routing import own_or_connected, retriever, route


def _line_items(account: Account, params: Json, session_id: str) -> Json:
    session = account.store.get("checkout.session", session_id)
    return page(account.line_items[session["id"]], params, f"/v1/checkout/sessions/{session_id}/line_items")


def _has_customer_email(_account: Account, session: Json, wanted: Json) -> bool:
    details = session["customer_details"]
    return bool(details and details["email"].lower() == wanted["email"].lower())


_list_sessions = lister("checkout.session", "/v1/checkout/sessions", customer_details=_has_customer_email)
_list_transactions = lister("balance_transaction", "/v1/balance_transactions")


SESSIONS, INTENTS, ENDPOINTS = "checkout/sessions", "payment_intents", "webhook_endpoints"
ROUTES = [
    route("POST", SESSIONS, checkout_params.SessionCreateParams, checkout.create),
    route("GET", SESSIONS, checkout_params.SessionListParams, _list_sessions),
    route("GET", f"{SESSIONS}/<id>", checkout_params.SessionRetrieveParams, retriever("checkout.session")),
    route("POST", f"{SESSIONS}/<id>/expire", checkout_params.SessionExpireParams, checkout.expire),
    route("GET", f"{SESSIONS}/<id>/line_items", checkout_params.SessionListLineItemsParams, _line_items),
    route("POST", INTENTS, params.PaymentIntentCreateParams, intents.create),
    route("GET", INTENTS, params.PaymentIntentListParams, lister("payment_intent", "/v1/payment_intents")),
    route("GET", f"{INTENTS}/<id>", params.PaymentIntentRetrieveParams, retriever("payment_intent")),
    route("POST", f"{INTENTS}/<id>", params.PaymentIntentUpdateParams, intents.update),
    route("POST", f"{INTENTS}/<id>/confirm", params.PaymentIntentConfirmParams, intents.confirm),
    route("POST", f"{INTENTS}/<id>/cancel", params.PaymentIntentCancelParams, intents.cancel),
    route("GET", "payment_methods/<id>", params.PaymentMethodRetrieveParams, retriever("payment_method")),
    route("GET", "mandates/<id>", params.MandateRetrieveParams, retriever("mandate")),
    own_or_connected("charges", params.ChargeListParams, lister("charge", "/v1/charges")),
    own_or_connected("charges/<id>", params.ChargeRetrieveParams, retriever("charge")),
    route("POST", "refunds", params.RefundCreateParams, refunds.create),
    route("GET", "refunds", params.RefundListParams, lister("refund", "/v1/refunds")),
    own_or_connected("refunds/<id>", params.RefundRetrieveParams, retriever("refund")),
    route("POST", "refunds/<id>", params.RefundUpdateParams, refunds.update),
    route("POST", "refunds/<id>/cancel", params.RefundCancelParams, refunds.cancel),
    route("GET", "disputes", params.DisputeListParams, lister("dispute", "/v1/disputes")),
    route("GET", "disputes/<id>", params.DisputeRetrieveParams, retriever("dispute", "dispute")),
    route("POST", "disputes/<id>", params.DisputeUpdateParams, dispute_answers.update),
    route("POST", "disputes/<id>/close", params.DisputeCloseParams, dispute_answers.close),
    route(
        "GET",
        "radar/early_fraud_warnings/<id>",
        radar_params.EarlyFraudWarningRetrieveParams,
        retriever("radar.early_fraud_warning"),
    ),
    own_or_connected("balance", params.BalanceRetrieveParams, balance.retrieve),
    own_or_connected("balance_transactions", params.BalanceTransactionListParams, _list_transactions),
    own_or_connected(
        "balance_transactions/<id>",
        params.BalanceTransactionRetrieveParams,
        retriever("balance_transaction"),
    ),
    own_or_connected("events", params.EventListParams, event_log.listed),
    own_or_connected("events/<id>", params.EventRetrieveParams, event_log.retrieve),
    route("POST", ENDPOINTS, params.WebhookEndpointCreateParams, webhooks.create),
    route(
        "GET",
        ENDPOINTS,
        params.WebhookEndpointListParams,
        lister("webhook_endpoint", "/v1/webhook_endpoints"),
    ),
    route("GET", f"{ENDPOINTS}/<id>", params.WebhookEndpointRetrieveParams, retriever("webhook_endpoint")),
    route("POST", f"{ENDPOINTS}/<id>", params.WebhookEndpointUpdateParams, webhooks.update),
    route("DELETE", f"{ENDPOINTS}/<id>", params.WebhookEndpointDeleteParams, webhooks.delete),
    *CONNECT,
]
