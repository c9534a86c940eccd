"""The dashboard's buttons: each does a thing and leads back to a page."""

from flask import redirect, request
from werkzeug.wrappers import Response

from sandbox.stripe import checkout, operations
from sandbox.stripe.account import Account
from sandbox.stripe.connect.requirements import Standing
from sandbox.stripe.dashboard.pages import View
from sandbox.stripe.objects import Json
from sandbox.stripe.rules import Order, Rule


class Buttons:
    """What an operator does by hand."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def views(self) -> list[View]:
        """Their methods, paths and views."""
        return [
            ("POST", "/sessions/<session_id>/expire", self.expire),
            ("POST", "/payments/<payment_id>/debit", self.end_debit),
            ("POST", "/payments/<payment_id>/settle", self.settle),
            ("POST", "/payments/<payment_id>/refund", self.refund),
            ("POST", "/refunds/<refund_id>/status", self.move_refund),
            ("POST", "/payments/<payment_id>/dispute", self.dispute),
            ("POST", "/payments/<payment_id>/fraud-warning", self.warn_of_fraud),
            ("POST", "/disputes/<dispute_id>/escalate", self.escalate_dispute),
            ("POST", "/disputes/<dispute_id>/close", self.close_dispute),
            ("POST", "/accounts/<account_id>/onboarding", self.onboard),
            ("POST", "/events/<event_id>/resend", self.resend),
            ("POST", "/deliveries/rule", self.set_rule),
            ("POST", "/deliveries/release", self.release),
            ("POST", "/clock", self.advance_clock),
        ]

    def expire(self, session_id: str) -> Response:
        """End an open session."""
        with self._account.lock:
            checkout.expire(self._account, {}, session_id)
        return redirect("/", 303)

    def end_debit(self, payment_id: str) -> Response:
        """Let the payer's bank answer a debit."""
        succeeded = request.form.get("outcome") == "succeeded"
        operations.end_debit(self._account, payment_id, succeeded=succeeded)
        return redirect("/", 303)

    def settle(self, payment_id: str) -> Response:
        """Give a payment its balance transaction."""
        operations.settle(self._account, payment_id)
        return redirect("/balance", 303)

    def refund(self, payment_id: str) -> Response:
        """Refund what is left, or the amount typed, in minor units."""
        reason = request.form.get("reason") or "requested_by_customer"
        operations.refund(self._account, payment_id, _amount(), reason)
        return redirect("/refunds", 303)

    def move_refund(self, refund_id: str) -> Response:
        """Let a refund come to another end."""
        operations.move_refund(self._account, refund_id, request.form.get("status", "failed"))
        return redirect("/refunds", 303)

    def dispute(self, payment_id: str) -> Response:
        """Have the payment disputed."""
        inquiry = request.form.get("kind") == "inquiry"
        reason = request.form.get("reason") or "fraudulent"
        operations.dispute(self._account, payment_id, reason, inquiry=inquiry, amount=_amount())
        return redirect("/disputes", 303)

    def warn_of_fraud(self, payment_id: str) -> Response:
        """Have the card's issuer warn of fraud."""
        operations.warn_of_fraud(self._account, payment_id, "unauthorized_use_of_card")
        return redirect("/events", 303)

    def escalate_dispute(self, dispute_id: str) -> Response:
        """Make an inquiry a chargeback."""
        operations.escalate_dispute(self._account, dispute_id)
        return redirect("/disputes", 303)

    def close_dispute(self, dispute_id: str) -> Response:
        """Decide a dispute."""
        verdict = "won" if request.form.get("verdict") == "won" else "lost"
        operations.close_dispute(self._account, dispute_id, verdict)
        return redirect("/disputes", 303)

    def onboard(self, account_id: str) -> Response:
        """Let a connected account come to another standing."""
        operations.onboard(self._account, account_id, Standing(request.form.get("standing", "complete")))
        return redirect("/accounts", 303)

    def resend(self, event_id: str) -> Response:
        """Send an event once more."""
        operations.resend(self._account, event_id)
        return redirect(f"/objects/{event_id}", 303)

    def set_rule(self) -> Response:
        """Let deliveries go wrong, or right again."""
        chosen: Json = {name: value for name, value in request.form.items() if value}
        chosen["types"] = request.form.get("types", "").replace(",", " ").split() or ["*"]
        with self._account.lock:
            self._account.deliveries.rule = Rule.model_validate(chosen)
        return redirect("/deliveries", 303)

    def release(self) -> Response:
        """Send what is held."""
        with self._account.lock:
            self._account.deliveries.release(Order(request.form.get("order", "kept")))
        return redirect("/deliveries", 303)

    def advance_clock(self) -> Response:
        """Let minutes pass, or set the clock right again."""
        if request.form.get("to") == "now":
            operations.return_to_real_time(self._account)
            return redirect("/", 303)
        minutes = request.form.get("minutes", "")
        operations.advance_clock(self._account, int(minutes) * 60 if minutes.isdecimal() else 0)
        return redirect("/", 303)


def _amount() -> int | None:
    typed = request.form.get("amount", "")
    return int(typed) if typed.isdecimal() else None
