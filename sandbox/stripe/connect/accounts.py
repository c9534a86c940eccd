"""Connected accounts: those whom the shop pays out to (Stripe: "Connected accounts", v1)."""

import json
from pathlib import Path

from sandbox.stripe import platform
from sandbox.stripe.account import Account
from sandbox.stripe.connect import requirements
from sandbox.stripe.email_addresses import looks_like_email
from sandbox.stripe.errors import InvalidParameter, Refusal
from sandbox.stripe.lists import lister
from sandbox.stripe.metadata import check_metadata, merged
from sandbox.stripe.objects import SHAPES, Json, new_id, shaped

PLAYED = {
    "business_profile", "business_type", "capabilities", "controller", "country", "default_currency", "email",
    "expand", "metadata", "type",
}  # fmt: skip
COUNTRIES = json.loads(Path(__file__).parent.with_name("countries.json").read_text("utf-8"))
CHANGEABLE = ("business_type", "default_currency", "email")
TYPES: dict[str, Json] = {
    "standard": {"fees": "account", "losses": "stripe", "collects": "stripe", "dashboard": "full"},
    "express": {
        "fees": "application_express",
        "losses": "application",
        "collects": "stripe",
        "dashboard": "express",
    },
    "custom": {
        "fees": "application_custom",
        "losses": "application",
        "collects": "application",
        "dashboard": "none",
    },
}


def create(account: Account, params: Json) -> Json:
    """Open an account for somebody; it can do nothing before its onboarding."""
    _check(params)
    account_id = new_id("acct", 16)
    example = SHAPES["account"]
    made = shaped(
        "account",
        id=account_id,
        business_profile={**example["business_profile"], **params.get("business_profile", {})},
        business_type=params.get("business_type"),
        capabilities=_requested(params),
        controller=_controller(params),
        country=params.get("country", platform.COUNTRY),
        created=account.clock.now(),
        default_currency=params.get("default_currency", "usd"),
        email=params.get("email"),
        external_accounts={
            **example["external_accounts"],
            "url": f"/v1/accounts/{account_id}/external_accounts",
        },
        metadata=merged({}, params.get("metadata", {})),
        type="none" if "controller" in params else params.get("type", "standard"),
    )
    made["requirements"] |= requirements.open_ones(made)
    account.open_connected(account_id)
    return account.store.add(made)


def retrieve(account: Account, _params: Json, account_id: str) -> Json:
    """A connected account, or the shop's own by its id."""
    if account_id == account.id:
        return platform.own(account)
    return get(account, account_id)


def retrieve_current(account: Account, _params: Json) -> Json:
    """The account that asks: the shop's own, or the one that Stripe-Account names."""
    return platform.own(account) if account.acting_for is None else get(account, account.acting_for)


def update(account: Account, params: Json, account_id: str) -> Json:
    """Change what the shop may change (event account.updated)."""
    found = get(account, account_id)
    _check(params)
    fields: Json = {name: params[name] for name in CHANGEABLE if name in params}
    if "metadata" in params:
        fields["metadata"] = merged(found["metadata"], params["metadata"])
    if "business_profile" in params:
        fields["business_profile"] = {**found["business_profile"], **params["business_profile"]}
    if "capabilities" in params:
        state = "active" if found["payouts_enabled"] else "inactive"
        new = {name: state for name in _requested(params) if name not in found["capabilities"]}
        fields["capabilities"] = found["capabilities"] | new
    requirements.change(account, found, **fields)
    return found


def delete(account: Account, _params: Json, account_id: str) -> Json:
    """Remove the account, which in test mode is always possible."""
    account.store.remove(get(account, account_id))
    return {"id": account_id, "object": "account", "deleted": True}


def login_link(account: Account, _params: Json, account_id: str) -> Json:
    """Where the holder sees the account: here, as JSON on the dashboard."""
    found = get(account, account_id)
    if found["controller"]["stripe_dashboard"]["type"] != "express":
        raise InvalidParameter("Cannot create a login link for an account that is not an Express account.")
    if not found["details_submitted"]:
        raise InvalidParameter("Cannot create a login link for an account that has not completed onboarding.")
    url = f"{account.settings.url}/objects/{account_id}"
    return shaped("login_link", created=account.clock.now(), url=url)


def get(account: Account, account_id: str) -> Json:
    """The connected account; Stripe does not say whether one that is not ours exists."""
    found = account.platform_store.find(account_id)
    if found is None or found["object"] != "account":
        raise NoAccess(account_id)
    return found


class NoAccess(Refusal):
    """The account is not connected to this shop."""

    status = 403
    stored = False

    def __init__(self, account_id: str) -> None:
        super().__init__(
            f"The provided key does not have access to account '{account_id}' (or that account does not "
            "exist). Application access may have been revoked.",
            code="account_invalid",
        )


listed = lister("account", "/v1/accounts")


def _check(params: Json) -> None:
    for name in sorted(params.keys() - PLAYED):
        raise InvalidParameter(f"The sandbox does not play `{name}`; Stripe itself does.", param=name)
    if "type" in params and "controller" in params:
        raise InvalidParameter(
            "You may only specify one of these parameters: type, controller.", code="parameters_exclusive"
        )
    check_metadata(params.get("metadata"), "metadata")
    if params.get("country", platform.COUNTRY) not in COUNTRIES:
        raise InvalidParameter(
            f"Country '{params['country']}' is unknown. Try using a 2-character alphanumeric country code "
            "instead, such as 'US', 'EG', or 'GB'.",
            param="country",
        )
    if "email" in params and not looks_like_email(params["email"]):
        raise InvalidParameter(
            f"Invalid email address: {params['email']}", code="email_invalid", param="email"
        )


def _requested(params: Json) -> dict[str, str]:
    wanted = params.get("capabilities", {})
    return {name: "inactive" for name, capability in wanted.items() if capability.get("requested")}


def _controller(params: Json) -> Json:
    terms = TYPES[params.get("type", "standard")]
    given = params.get("controller", {})
    return {
        "fees": {"payer": given.get("fees", {}).get("payer", terms["fees"])},
        "is_controller": True,
        "losses": {"payments": given.get("losses", {}).get("payments", terms["losses"])},
        "requirement_collection": given.get("requirement_collection", terms["collects"]),
        "stripe_dashboard": {"type": given.get("stripe_dashboard", {}).get("type", terms["dashboard"])},
        "type": "application",
    }
