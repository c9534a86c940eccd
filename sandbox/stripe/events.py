"""Event objects: what happened, as Stripe tells it."""

from contextvars import ContextVar
from copy import deepcopy
from dataclasses import dataclass

from sandbox.stripe.account import Account
from sandbox.stripe.objects import Json, new_id, shaped
from sandbox.stripe.rules import Mode


@dataclass(frozen=True)
class Cause:
    """The API request behind an event; empty for what happened on a page or by itself."""

    id: str | None = None
    idempotency_key: str | None = None


cause: ContextVar[Cause] = ContextVar("cause", default=Cause())  # noqa: B039 - frozen


def emit(account: Account, event_type: str, thing: Json, previous: Json | None = None) -> Json:
    """Record the event with a snapshot of the thing, and send it out.

    `previous` holds the changed fields' old values, for `*.updated` and `charge.refunded` events.
    """
    data: Json = {"object": deepcopy(thing)}
    if previous is not None:
        data["previous_attributes"] = deepcopy(previous)
    event = shaped(
        "event",
        id=new_id("evt"),
        api_version=account.api_version,
        created=account.clock.now(),
        data=data,
        request={"id": cause.get().id, "idempotency_key": cause.get().idempotency_key},
        type=event_type,
    )
    if account.acting_for:
        event["account"] = account.acting_for
    if account.deliveries.rule.mode_for(event_type) is Mode.LOSE:
        return event
    account.store.add(event)
    account.deliveries.send(event)
    return event


def change(account: Account, event_type: str, thing: Json, **fields: object) -> Json:
    """Set the fields that differ and emit the event with their old values."""
    previous = {name: thing[name] for name, value in fields.items() if thing[name] != value}
    thing.update(fields)
    return emit(account, event_type, thing, previous)
