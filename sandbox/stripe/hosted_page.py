"""The hosted Checkout page: forms for cards and bank debits, 3-D Secure step, the ways back to the shop."""

import json
from pathlib import Path

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from sandbox.stripe import checkout
from sandbox.stripe.account import Account
from sandbox.stripe.card_form import FIELDS as CARD_FIELDS
from sandbox.stripe.card_form import CardForm
from sandbox.stripe.debit_form import FIELDS as DEBIT_FIELDS
from sandbox.stripe.debit_form import DebitForm
from sandbox.stripe.errors import Missing
from sandbox.stripe.objects import Json
from sandbox.stripe.payments import Outcome

FIELDS = (*CARD_FIELDS, *DEBIT_FIELDS)
PLAYED = ("card", "sepa_debit")  # of the payment methods of a session; vouchers are only listed
Page = Response | str | tuple[str, int]

COUNTRIES: dict[str, str] = json.loads(Path(__file__).with_name("countries.json").read_text("utf-8"))

# Where on the page a decline is shown.
FIELD_OF = {"expired_card": "expiry", "incorrect_cvc": "cvc"}


def blueprint(account: Account) -> Blueprint:
    """The pages a payer sees."""
    pages = Blueprint("hosted_page", __name__, template_folder="templates")
    hosted = HostedPage(account)
    pages.add_url_rule("/c/pay/<session_id>", view_func=hosted.show, methods=["GET"], endpoint="show")
    pages.add_url_rule("/c/pay/<session_id>", view_func=hosted.pay, methods=["POST"], endpoint="pay")
    pages.add_url_rule(
        "/c/pay/<session_id>/authenticate",
        view_func=hosted.authenticate,
        methods=["POST"],
        endpoint="authenticate",
    )
    pages.add_url_rule("/receipts/<charge_id>", view_func=hosted.receipt, methods=["GET"], endpoint="receipt")
    pages.register_error_handler(Missing, lambda _: (render_template("missing.html"), 404))
    return pages


class HostedPage:
    """The payer's side of an account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def show(self, session_id: str) -> Page:
        """The card form, or what became of the session."""
        with self._account.lock:
            session = self._session(session_id)
            if session["status"] != "open":
                return render_template("ended.html", session=session)
            return self._form(session, {"email": session["customer_email"] or ""}, {})

    def pay(self, session_id: str) -> Page:
        """Pay with the card or account that was typed. The lock makes a double submit pay once."""
        with self._account.lock:
            session = self._session(session_id)
            if session["status"] == "complete":
                return redirect(checkout.success_url(session), 303)
            if session["status"] == "expired":
                return render_template("ended.html", session=session)
            chosen = request.form.get("payment_method_type", "card")
            if chosen not in _methods(session):
                return redirect(f"/c/pay/{session_id}", 303)
            again = self._charge(session) if chosen == "card" else self._debit(session)
        return again or self._to_success(session)

    def authenticate(self, session_id: str) -> Page:
        """The 3-D Secure step's answer: `outcome=accept` or `refuse`."""
        with self._account.lock:
            session = self._session(session_id)
            if session["status"] == "complete":
                return redirect(checkout.success_url(session), 303)
            if not checkout.awaits_authentication(self._account, session):
                return redirect(f"/c/pay/{session_id}", 303)
            payer = self._account.challenges[session["payment_intent"]].payer
            accepted = request.form.get("outcome") == "accept"
            if checkout.authenticate(self._account, session, accepted=accepted) is Outcome.DECLINED:
                values = {name: getattr(payer, name, None) or "" for name in CARD_FIELDS}
                return self._declined(session, CardForm(values))
        return self._to_success(session)

    def receipt(self, charge_id: str) -> Page:
        """What the payer's card was charged, and what of it was given back."""
        with self._account.lock:
            charge = self._account.store.get("charge", charge_id)
            refunds = [
                each for each in self._account.store.newest_first("refund") if each["charge"] == charge_id
            ]
            return render_template("receipt.html", charge=charge, refunds=refunds)

    def _session(self, session_id: str) -> Json:
        self._account.run_due()  # so that no session is paid after its expiry
        return self._account.store.get("checkout.session", session_id)

    def _charge(self, session: Json) -> str | None:
        """Pay by card; the page to show when that did not pay yet."""
        form = CardForm.posted(request.form, self._account.clock.now(), session["customer_email"])
        if form.errors:
            return self._form(session, form.without_cvc(), form.errors)
        outcome = checkout.pay(self._account, session, form.card, form.payer)
        if outcome is Outcome.CHALLENGED:
            return render_template("authenticate.html", session=session, payer=form.payer)
        return self._declined(session, form) if outcome is Outcome.DECLINED else None

    def _debit(self, session: Json) -> str | None:
        """Pay by bank debit; the page again when something was mistyped."""
        form = DebitForm.posted(request.form, session["customer_email"])
        if form.errors:
            return self._form(session, form.values, form.errors, "sepa_debit")
        checkout.debit(self._account, session, form.account, form.payer)
        return None

    def _form(
        self, session: Json, values: dict[str, str], errors: dict[str, str], chosen: str | None = None
    ) -> str:
        return render_template(
            "pay.html",
            session=session,
            items=[self._item(item) for item in self._account.line_items[session["id"]]],
            methods=_methods(session),
            chosen=chosen or _methods(session)[0],
            values=dict.fromkeys(FIELDS, "") | values,
            errors=errors,
            countries=COUNTRIES,
            back=session["cancel_url"],
        )

    def _item(self, item: Json) -> Json:
        product = self._account.store.get("product", item["price"]["product"])
        return {**item, "detail": product["description"], "unit_amount": item["price"]["unit_amount"]}

    def _declined(self, session: Json, form: CardForm) -> str:
        intent = self._account.store.get("payment_intent", session["payment_intent"])
        error = intent["last_payment_error"]
        form.errors[FIELD_OF.get(error["code"], "card_number")] = error["message"]
        return self._form(session, form.without_cvc(), form.errors)

    def _to_success(self, session: Json) -> Page:
        """Like Checkout, wait a little for the shop to have answered checkout.session.completed."""
        with self._account.lock:
            completed = [
                event["id"]
                for event in self._account.store.newest_first("event")
                if event["type"] == "checkout.session.completed"
                and event["data"]["object"]["id"] == session["id"]
            ]
        for event_id in completed:
            self._account.deliveries.wait_until_answered(event_id, self._account.settings.redirect_wait)
        return redirect(checkout.success_url(session), 303)


def _methods(session: Json) -> list[str]:
    return [name for name in session["payment_method_types"] if name in PLAYED]
