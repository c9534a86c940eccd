"""The dashboard: what the account holds and has sent, and buttons for what goes wrong in real life."""

import json
from collections.abc import Callable
from dataclasses import asdict

from flask import Blueprint, redirect, render_template, request
from pydantic import ValidationError
from werkzeug.wrappers import Response

from sandbox.stripe import checkout, operations
from sandbox.stripe.account import Account
from sandbox.stripe.errors import Missing, Refusal
from sandbox.stripe.objects import Json
from sandbox.stripe.rules import Mode, Order, Rule

SHOWN = 100


def blueprint(account: Account) -> Blueprint:
    """The dashboard of this account."""
    pages = Blueprint("dashboard", __name__, template_folder="templates")
    dashboard = Dashboard(account)
    views: list[tuple[str, str, Callable[..., Response | str]]] = [
        ("GET", "/", dashboard.payments),
        ("GET", "/refunds", dashboard.refunds),
        ("GET", "/disputes", dashboard.disputes),
        ("GET", "/events", dashboard.events),
        ("GET", "/deliveries", dashboard.deliveries),
        ("GET", "/requests", dashboard.requests),
        ("GET", "/objects/<object_id>", dashboard.thing),
        ("POST", "/sessions/<session_id>/expire", dashboard.expire),
        ("POST", "/payments/<payment_id>/debit", dashboard.end_debit),
        ("POST", "/payments/<payment_id>/refund", dashboard.refund),
        ("POST", "/payments/<payment_id>/dispute", dashboard.dispute),
        ("POST", "/disputes/<dispute_id>/close", dashboard.close_dispute),
        ("POST", "/events/<event_id>/resend", dashboard.resend),
        ("POST", "/deliveries/rule", dashboard.set_rule),
        ("POST", "/deliveries/release", dashboard.release),
        ("POST", "/clock", dashboard.advance_clock),
    ]
    for method, path, view in views:
        pages.add_url_rule(path, view.__name__, view, methods=[method])
    pages.register_error_handler(Missing, lambda _: (render_template("missing.html"), 404))
    pages.register_error_handler(Refusal, lambda error: (_refused(error.message), error.status))
    pages.register_error_handler(ValidationError, lambda error: (_refused(str(error)), 422))
    return pages


class Dashboard:
    """The pages and their buttons. Objects are read under the lock, pages made there too."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def payments(self) -> str:
        """Sessions with their payments, newest first."""
        with self._account.lock:
            rows = [self._payment(session) for session in self._newest("checkout.session")]
            return self._page("payments", rows=rows)

    def refunds(self) -> str:
        """Refunds, newest first."""
        with self._account.lock:
            return self._page("refunds", rows=self._newest("refund"))

    def disputes(self) -> str:
        """Disputes, newest first."""
        with self._account.lock:
            return self._page("disputes", rows=self._newest("dispute"))

    def events(self) -> str:
        """Events, newest first."""
        with self._account.lock:
            return self._page("events", rows=self._newest("event"))

    def deliveries(self) -> str:
        """The rule in force, what is held, and every delivery with its attempts."""
        with self._account.lock:
            return self._page(
                "deliveries",
                rows=[asdict(each) for each in self._account.deliveries.newest_first()[:SHOWN]],
                rule=self._account.deliveries.rule,
                modes=list(Mode),
                orders=list(Order),
                endpoints=self._newest("webhook_endpoint"),
            )

    def requests(self) -> str:
        """The last API requests with their answers."""
        with self._account.lock:
            return self._page("requests", rows=self._account.log.newest_first()[:SHOWN])

    def thing(self, object_id: str) -> str:
        """Any object as JSON; an event with its deliveries."""
        with self._account.lock:
            found = self._account.store.find(object_id)
            if found is None:
                raise Missing(f"No such object: '{object_id}'")
            sent = [asdict(each) for each in self._account.deliveries.of(object_id)]
            return self._page("thing", thing=found, text=json.dumps(found, indent=2), rows=sent)

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

    def refund(self, payment_id: str) -> Response:
        """Refund what is left, or the amount typed, in minor units."""
        amount = request.form.get("amount", "")
        operations.refund(
            self._account,
            payment_id,
            int(amount) if amount.isdecimal() else None,
            request.form.get("reason") or "requested_by_customer",
        )
        return redirect("/refunds", 303)

    def dispute(self, payment_id: str) -> Response:
        """Have the payment disputed."""
        inquiry = request.form.get("kind") == "inquiry"
        operations.dispute(self._account, payment_id, "fraudulent", inquiry=inquiry)
        return redirect("/disputes", 303)

    def close_dispute(self, dispute_id: str) -> Response:
        """Decide a dispute."""
        verdict = "won" if request.form.get("verdict") == "won" else "lost"
        operations.close_dispute(self._account, dispute_id, verdict)
        return redirect("/disputes", 303)

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
        """Let minutes pass."""
        minutes = request.form.get("minutes", "")
        operations.advance_clock(self._account, int(minutes) * 60 if minutes.isdecimal() else 0)
        return redirect("/", 303)

    def _newest(self, kind: str) -> list[Json]:
        return self._account.store.newest_first(kind)[:SHOWN]

    def _payment(self, session: Json) -> Json:
        intent = self._account.store.find(session["payment_intent"] or "")
        charge = self._account.store.find((intent and intent["latest_charge"]) or "")
        items = self._account.line_items[session["id"]]
        return {
            "session": session,
            "intent": intent,
            "charge": charge,
            "description": items[0]["description"],
            "state": _state(session, intent, charge),
        }

    def _page(self, name: str, **shown: object) -> str:
        return render_template(f"dashboard/{name}.html", page=name, now=self._account.clock.now(), **shown)


def _state(session: Json, intent: Json | None, charge: Json | None) -> str:
    """One word on where a session's money is."""
    if session["status"] != "complete":
        waiting = {"requires_action": "3-D Secure", "requires_payment_method": "declined"}
        status = intent["status"] if intent and session["status"] == "open" else ""
        return waiting.get(status, str(session["status"]))
    if session["payment_status"] == "unpaid" and intent:
        return "processing" if intent["status"] == "processing" else "failed"
    if charge and charge["disputed"]:
        return "disputed"
    if charge and charge["amount_refunded"]:
        return "refunded" if charge["refunded"] else "partly refunded"
    return "paid"


def _refused(message: str) -> str:
    return render_template("dashboard/refused.html", page="", message=message)
