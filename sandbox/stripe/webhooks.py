"""Webhook endpoints (Stripe: "The Webhook Endpoint object")."""

from typing import Any

from sandbox.stripe.account import Account
from sandbox.stripe.delivery import Audience
from sandbox.stripe.errors import InvalidParameter
from sandbox.stripe.metadata import check_metadata, merged
from sandbox.stripe.objects import Json, new_id, shaped


def create(account: Account, params: Json) -> Json:
    """Register an endpoint; only this answer shows its signing secret."""
    check_metadata(params.get("metadata"), "metadata")
    _check_url(params["url"])
    secret = new_id("whsec", 32)
    endpoint = shaped(
        "webhook_endpoint",
        id=new_id("we"),
        application=account.application if params.get("connect") else None,
        api_version=params.get("api_version"),
        created=account.clock.now(),
        description=params.get("description") or None,
        enabled_events=params["enabled_events"],
        metadata=merged({}, params.get("metadata", {})),
        url=params["url"],
    )
    account.store.add(endpoint)
    audience = Audience.CONNECTED if params.get("connect") else Audience.OWN
    account.deliveries.register(endpoint, secret, audience)
    return {**endpoint, "secret": secret}


def update(account: Account, params: Json, endpoint_id: str) -> Json:
    """Change the address, the events, or whether it is enabled."""
    endpoint = account.store.get("webhook_endpoint", endpoint_id)
    check_metadata(params.get("metadata"), "metadata")
    if "url" in params:
        _check_url(params["url"])
    fields: dict[str, Any] = {name: params[name] for name in ("url", "enabled_events") if name in params}
    if "description" in params:
        fields["description"] = params["description"] or None
    if "disabled" in params:
        fields["status"] = "disabled" if params["disabled"] else "enabled"
    if "metadata" in params:
        fields["metadata"] = merged(endpoint["metadata"], params["metadata"])
    endpoint |= fields
    return endpoint


def delete(account: Account, _params: Json, endpoint_id: str) -> Json:
    """Remove the endpoint; nothing more is sent there."""
    endpoint = account.store.get("webhook_endpoint", endpoint_id)
    account.store.remove(endpoint)
    return {"id": endpoint_id, "object": "webhook_endpoint", "deleted": True}


def _check_url(url: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise InvalidParameter(
            "Invalid URL: An explicit scheme (such as https) must be provided.", param="url"
        )
