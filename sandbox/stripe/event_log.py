"""The event endpoints (Stripe: "Events": they are kept for 30 days)."""

from sandbox.stripe.account import Account
from sandbox.stripe.errors import InvalidParameter, Missing
from sandbox.stripe.lists import lister
from sandbox.stripe.objects import Json

MAX_TYPES = 20
KEPT_SECONDS = 30 * 24 * 60 * 60


def listed(account: Account, params: Json) -> Json:
    """The events that fit, newest first."""
    if "type" in params and "types" in params:
        raise InvalidParameter(
            "You may only specify one of these parameters: type, types.",
            code="parameters_exclusive",
            param="type",
        )
    if len(params.get("types", [])) > MAX_TYPES:
        raise InvalidParameter(f"You may pass at most {MAX_TYPES} types.", param="types")
    return _list(account, {**params, "kept": True})


def retrieve(account: Account, _params: Json, event_id: str) -> Json:
    """An event that is not too old."""
    event = account.store.get("event", event_id)
    if not _is_kept(account, event, True):
        raise Missing(f"No such event: '{event_id}'", code="resource_missing", param="id")
    return event


def _is_kept(account: Account, event: Json, _wanted: object) -> bool:
    return bool(event["created"] > account.clock.now() - KEPT_SECONDS)


def _is_type(_account: Account, event: Json, wanted: str) -> bool:
    if wanted.endswith(".*"):
        return bool(event["type"].startswith(wanted[:-1]))
    return bool(event["type"] == wanted)


_list = lister(
    "event",
    "/v1/events",
    kept=_is_kept,
    type=_is_type,
    types=lambda _, event, wanted: event["type"] in wanted,
    delivery_success=lambda _, event, wanted: (event["pending_webhooks"] == 0) is wanted,
)
