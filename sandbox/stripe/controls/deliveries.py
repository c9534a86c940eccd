"""Controls of how events reach their endpoints."""

from dataclasses import asdict

from flask import Response, jsonify, request
from pydantic import BaseModel, Field

from sandbox.stripe import operations
from sandbox.stripe.account import Account
from sandbox.stripe.controls.body import Control, read
from sandbox.stripe.rules import Order, Rule


class Release(BaseModel, extra="forbid"):
    """POST /_sandbox/deliveries/release."""

    order: Order = Order.KEPT
    times: int = Field(1, ge=1, le=100)


class Deliver(BaseModel, extra="forbid"):
    """POST /_sandbox/deliver."""

    events: list[str]
    times: int = Field(1, ge=1, le=100)
    endpoint: str | None = None
    concurrently: bool = False


def controls(account: Account) -> list[Control]:
    """Their methods, paths and views."""
    deliveries = Deliveries(account)
    return [
        ("GET", "/deliveries", deliveries.listed),
        ("GET", "/deliveries/rule", deliveries.rule),
        ("GET", "/webhook-secrets", deliveries.secrets),
        ("POST", "/deliveries/rule", deliveries.set_rule),
        ("POST", "/deliveries/release", deliveries.release),
        ("POST", "/deliver", deliveries.deliver),
        ("POST", "/events/<event_id>/resend", deliveries.resend),
    ]


class Deliveries:
    """The buttons; each answers JSON."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def listed(self) -> Response:
        """What was or will be delivered; `?event=`, `?type=` and `?state=` narrow it."""
        with self._account.lock:
            found = [asdict(each) for each in self._account.deliveries.newest_first()]
        wanted = request.args.to_dict()
        return jsonify(deliveries=[each for each in found if wanted.items() <= each.items()])

    def secrets(self) -> Response:
        """What deliveries are signed with, the sandbox's own first; Stripe shows one only once."""
        own = self._account.settings.webhook_secret
        with self._account.lock:
            others = [each for each in self._account.deliveries.secrets if each != own]
        return jsonify(secrets=[own, *others])

    def rule(self) -> Response:
        """The delivery rule in force."""
        return jsonify(self._account.deliveries.rule.model_dump())

    def set_rule(self) -> Response:
        """Let deliveries go wrong, or right again with `{"mode": "normal"}`."""
        with self._account.lock:
            self._account.deliveries.rule = read(Rule)
        return self.rule()

    def release(self) -> Response:
        """Send what is held."""
        wanted = read(Release)
        with self._account.lock:
            return jsonify(released=self._account.deliveries.release(wanted.order, wanted.times))

    def deliver(self) -> Response:
        """Post events now and answer with what the endpoints said."""
        wanted = read(Deliver)
        done = operations.deliver_now(
            self._account, wanted.events, wanted.times, wanted.endpoint, concurrently=wanted.concurrently
        )
        return jsonify(
            answers=[
                {"event": event["id"], "type": event["type"], "endpoint": endpoint["id"], **asdict(attempt)}
                for event, endpoint, attempt in done
            ]
        )

    def resend(self, event_id: str) -> Response:
        """Send an event once more."""
        return jsonify(operations.resend(self._account, event_id))
