"""The sandbox's own controls, as JSON under /_sandbox/."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Literal, TypeVar

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, Field, ValidationError

from sandbox.stripe import checkout, operations
from sandbox.stripe.account import Account
from sandbox.stripe.errors import Refusal
from sandbox.stripe.faults import Fault
from sandbox.stripe.objects import Json
from sandbox.stripe.rules import Order, Rule

Body = TypeVar("Body", bound=BaseModel)


class Advance(BaseModel, extra="forbid"):
    """POST /_sandbox/clock."""

    advance_seconds: float = Field(ge=0)


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


class RefundByHand(BaseModel, extra="forbid"):
    """POST /_sandbox/payments/<id>/refund."""

    amount: int | None = None
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = "requested_by_customer"


class DisputeByHand(BaseModel, extra="forbid"):
    """POST /_sandbox/payments/<id>/dispute."""

    reason: str = "fraudulent"
    inquiry: bool = False


class Verdict(BaseModel, extra="forbid"):
    """POST /_sandbox/disputes/<id>/close."""

    verdict: Literal["won", "lost"]


class RefundStatus(BaseModel, extra="forbid"):
    """POST /_sandbox/refunds/<id>/status."""

    status: Literal["pending", "requires_action", "succeeded", "failed", "canceled"]


def blueprint(account: Account) -> Blueprint:
    """The controls of this account."""
    control = Blueprint("control", __name__, url_prefix="/_sandbox")
    panel = ControlPanel(account)
    routes: list[tuple[str, str, Callable[..., Response]]] = [
        ("GET", "/health", panel.health),
        ("POST", "/reset", panel.reset),
        ("POST", "/clock", panel.advance_clock),
        ("GET", "/deliveries", panel.deliveries),
        ("GET", "/deliveries/rule", panel.rule),
        ("POST", "/deliveries/rule", panel.set_rule),
        ("POST", "/deliveries/release", panel.release),
        ("POST", "/deliver", panel.deliver),
        ("POST", "/events/<event_id>/resend", panel.resend),
        ("GET", "/faults", panel.faults),
        ("POST", "/faults", panel.add_fault),
        ("DELETE", "/faults", panel.clear_faults),
        ("GET", "/requests", panel.requests),
        ("DELETE", "/requests", panel.clear_requests),
        ("POST", "/sessions/<session_id>/expire", panel.expire),
        ("POST", "/payments/<payment_id>/refund", panel.refund),
        ("POST", "/payments/<payment_id>/dispute", panel.dispute),
        ("POST", "/disputes/<dispute_id>/close", panel.close_dispute),
        ("POST", "/refunds/<refund_id>/status", panel.move_refund),
    ]
    for method, path, view in routes:
        control.add_url_rule(path, view.__name__, view, methods=[method])
    control.register_error_handler(Refusal, lambda error: (error.body(), error.status))
    control.register_error_handler(ValidationError, lambda error: (jsonify(errors=_problems(error)), 422))
    return control


class ControlPanel:
    """The buttons; each answers JSON."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def health(self) -> Response:
        """Whether it answers."""
        return jsonify(status="ok", account=self._account.id)

    def reset(self) -> Response:
        """Back to the state at the start."""
        self._account.reset()
        return jsonify(reset=True)

    def advance_clock(self) -> Response:
        """Let time pass."""
        return jsonify(now=operations.advance_clock(self._account, _body(Advance).advance_seconds))

    def deliveries(self) -> Response:
        """What was or will be delivered; `?event=`, `?type=` and `?state=` narrow it."""
        with self._account.lock:
            found = [asdict(each) for each in self._account.deliveries.newest_first()]
        wanted = request.args.to_dict()
        return jsonify(deliveries=[each for each in found if wanted.items() <= each.items()])

    def rule(self) -> Response:
        """The delivery rule in force."""
        return jsonify(self._account.deliveries.rule.model_dump())

    def set_rule(self) -> Response:
        """Let deliveries go wrong, or right again with `{"mode": "normal"}`."""
        with self._account.lock:
            self._account.deliveries.rule = _body(Rule)
        return self.rule()

    def release(self) -> Response:
        """Send what is held."""
        wanted = _body(Release)
        with self._account.lock:
            return jsonify(released=self._account.deliveries.release(wanted.order, wanted.times))

    def deliver(self) -> Response:
        """Post events now and answer with what the endpoints said."""
        wanted = _body(Deliver)
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

    def faults(self) -> Response:
        """The failures still to come."""
        return jsonify(faults=[fault.model_dump() for fault in self._account.faults.pending])

    def add_fault(self) -> Response:
        """Let coming API requests fail."""
        with self._account.lock:
            self._account.faults.pending.append(_body(Fault))
        return self.faults()

    def clear_faults(self) -> Response:
        """Let nothing fail any more."""
        with self._account.lock:
            self._account.faults.pending.clear()
        return self.faults()

    def requests(self) -> Response:
        """The last API requests with their answers, newest first; `?method=` and `?path=` narrow it."""
        with self._account.lock:
            entries = [asdict(entry) for entry in self._account.log.newest_first()]
        wanted = request.args.to_dict()
        return jsonify(requests=[entry for entry in entries if wanted.items() <= entry.items()])

    def clear_requests(self) -> Response:
        """Forget the log."""
        with self._account.lock:
            self._account.log.clear()
        return jsonify(requests=[])

    def expire(self, session_id: str) -> Response:
        """End an open session."""
        with self._account.lock:
            return jsonify(checkout.expire(self._account, {}, session_id))

    def refund(self, payment_id: str) -> Response:
        """Refund as in the dashboard."""
        wanted = _body(RefundByHand)
        return jsonify(operations.refund(self._account, payment_id, wanted.amount, wanted.reason))

    def dispute(self, payment_id: str) -> Response:
        """Have the payment disputed."""
        wanted = _body(DisputeByHand)
        return jsonify(operations.dispute(self._account, payment_id, wanted.reason, inquiry=wanted.inquiry))

    def close_dispute(self, dispute_id: str) -> Response:
        """Decide a dispute."""
        return jsonify(operations.close_dispute(self._account, dispute_id, _body(Verdict).verdict))

    def move_refund(self, refund_id: str) -> Response:
        """Change what became of a refund."""
        return jsonify(operations.move_refund(self._account, refund_id, _body(RefundStatus).status))


def _body(model: type[Body]) -> Body:
    """The request's JSON; no body means all defaults."""
    sent: Any = request.get_json(silent=True) if request.data else {}
    return model.model_validate(sent)


def _problems(error: ValidationError) -> list[Json]:
    return [{"at": ".".join(map(str, each["loc"])), "message": each["msg"]} for each in error.errors()]
