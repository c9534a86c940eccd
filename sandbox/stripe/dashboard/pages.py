"""The dashboard's pages."""

import json
from collections.abc import Callable
from dataclasses import asdict

from flask import render_template
from werkzeug.wrappers import Response

from sandbox.stripe import ledger
from sandbox.stripe.account import Account
from sandbox.stripe.errors import Missing
from sandbox.stripe.objects import Json
from sandbox.stripe.rules import Mode, Order

SHOWN = 100
REASONS = ["fraudulent", "product_not_received", "product_unacceptable", "duplicate", "credit_not_processed",
           "subscription_canceled", "unrecognized", "general"]  # fmt: skip
View = tuple[str, str, Callable[..., Response | str]]  # method, path, view


class Pages:
    """Objects are read under the lock, and pages made there too."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def views(self) -> list[View]:
        """Their methods, paths and views."""
        return [
            ("GET", "/", self.payments),
            ("GET", "/refunds", self.refunds),
            ("GET", "/disputes", self.disputes),
            ("GET", "/balance", self.balance),
            ("GET", "/accounts", self.accounts),
            ("GET", "/events", self.events),
            ("GET", "/deliveries", self.deliveries),
            ("GET", "/requests", self.requests),
            ("GET", "/objects/<object_id>", self.thing),
        ]

    def payments(self) -> str:
        """Sessions with their payments, newest first."""
        with self._account.lock:
            rows = [self._payment(session) for session in self._newest("checkout.session")]
            return self._page("payments", rows=rows, reasons=REASONS)

    def refunds(self) -> str:
        """Refunds, newest first."""
        with self._account.lock:
            return self._page("refunds", rows=self._newest("refund"))

    def disputes(self) -> str:
        """Disputes, newest first."""
        with self._account.lock:
            return self._page("disputes", rows=self._newest("dispute"))

    def balance(self) -> str:
        """The books by currency, and every movement of the balance."""
        with self._account.lock:
            books = ledger.by_currency(self._account)
            return self._page("balance", books=books, rows=self._newest("balance_transaction"))

    def accounts(self) -> str:
        """Connected accounts with their books, and the transfers to them."""
        with self._account.lock:
            return self._page(
                "accounts",
                rows=self._newest("account"),
                books=ledger.books(self._account)["accounts"],
                transfers=self._newest("transfer"),
                fees=self._newest("application_fee"),
            )

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
            found = self._account.find(object_id)
            if found is None:
                raise Missing(f"No such object: '{object_id}'")
            sent = [asdict(each) for each in self._account.deliveries.of(object_id)]
            return self._page("thing", thing=found, text=json.dumps(found, indent=2), rows=sent)

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
        clock = self._account.clock
        is_ahead = clock.ahead() >= 1
        return render_template(
            f"dashboard/{name}.html", page=name, now=clock.now(), is_ahead=is_ahead, **shown
        )


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
