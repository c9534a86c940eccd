"""The addresses of Connect."""

from stripe import params

from sandbox.stripe.connect import accounts, application_fees, onboarding, reversals, transfers
from sandbox.stripe.lists import lister
from sandbox.stripe.routing import own_or_connected, retriever, route

ACCOUNT, TRANSFER, FEE = "accounts/<id>", "transfers/<id>", "application_fees/<id>"
ROUTES = [
    own_or_connected("account", params.AccountRetrieveCurrentParams, accounts.retrieve_current),
    route("POST", "accounts", params.AccountCreateParams, accounts.create),
    route("GET", "accounts", params.AccountListParams, accounts.listed),
    route("GET", ACCOUNT, params.AccountRetrieveParams, accounts.retrieve),
    route("POST", ACCOUNT, params.AccountUpdateParams, accounts.update),
    route("DELETE", ACCOUNT, params.AccountDeleteParams, accounts.delete),
    route("POST", f"{ACCOUNT}/login_links", params.AccountCreateLoginLinkParams, accounts.login_link),
    route("POST", "account_links", params.AccountLinkCreateParams, onboarding.create_link),
    route("POST", "transfers", params.TransferCreateParams, transfers.create),
    route("GET", "transfers", params.TransferListParams, lister("transfer", "/v1/transfers")),
    route("GET", TRANSFER, params.TransferRetrieveParams, retriever("transfer")),
    route("POST", TRANSFER, params.TransferUpdateParams, transfers.update),
    route("POST", f"{TRANSFER}/reversals", params.TransferCreateReversalParams, reversals.create),
    route("GET", f"{TRANSFER}/reversals", params.TransferListReversalsParams, reversals.listed),
    route(
        "GET",
        f"{TRANSFER}/reversals/<reversal>",
        params.TransferRetrieveReversalParams,
        reversals.retrieve,
    ),
    route("GET", "application_fees", params.ApplicationFeeListParams, application_fees.listed),
    route("GET", FEE, params.ApplicationFeeRetrieveParams, retriever("application_fee")),
    route("POST", f"{FEE}/refunds", params.ApplicationFeeCreateRefundParams, application_fees.create_refund),
    route("GET", f"{FEE}/refunds", params.ApplicationFeeListRefundsParams, application_fees.refunds),
    route(
        "GET",
        f"{FEE}/refunds/<refund>",
        params.ApplicationFeeRetrieveRefundParams,
        application_fees.refund_of,
    ),
]
