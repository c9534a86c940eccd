"""What Stripe checks before it opens a Checkout Session (Stripe: "Create a Checkout Session")."""

from urllib.parse import urlsplit

from sandbox.stripe.account import Account
from sandbox.stripe.amounts import check_total
from sandbox.stripe.connect import sharing
from sandbox.stripe.email_addresses import looks_like_email
from sandbox.stripe.errors import InvalidParameter
from sandbox.stripe.line_items import line_items
from sandbox.stripe.metadata import check_metadata
from sandbox.stripe.objects import Json

SHORTEST = 30 * 60
LONGEST = 24 * 60 * 60
METHODS = {
    "card": None,
    "sepa_debit": "eur",
    "boleto": "brl",
    "konbini": "jpy",
    "multibanco": "eur",
    "oxxo": "mxn",
}  # what the dashboard can switch on, and the currency it is bound to
PLAYED = {
    "adaptive_pricing", "allowed_payment_method_types", "billing_address_collection", "cancel_url",
    "client_reference_id", "currency", "customer_creation", "customer_email", "excluded_payment_method_types",
    "expand", "expires_at", "line_items", "locale", "metadata", "mode", "payment_intent_data", "submit_type",
    "success_url", "ui_mode",
}  # fmt: skip
PLAYED_OF_THE_INTENT = sharing.PLAYED | {
    "capture_method", "description", "metadata", "receipt_email", "statement_descriptor",
    "statement_descriptor_suffix",
}  # fmt: skip


class CheckoutRequest:
    """The parameters of a new session, checked; raises InvalidParameter at the first wrong one."""

    def __init__(self, account: Account, params: Json) -> None:
        self._account = account
        self._params = params
        self._check_supported()
        self._check_urls()
        self._check_payer()
        self._check_metadata()
        self.expires_at = self._expires_at()
        self.line_items = line_items(account, params.get("line_items", []))
        self.currency: str = self.line_items[0]["currency"]
        self.total: int = sum(item["amount_total"] for item in self.line_items)
        check_total(self.total, self.currency, "The Checkout Session's total amount due")
        self.payment_method_types = self._payment_method_types()
        sharing.check(account, params.get("payment_intent_data", {}), self.total, "payment_intent_data")

    def _check_supported(self) -> None:
        """A parameter Stripe knows but the sandbox would ignore is refused: silence would be a lie."""
        params, intent = self._params, self._params.get("payment_intent_data", {})
        unplayed = sorted(params.keys() - PLAYED) + sorted(
            f"payment_intent_data[{name}]" for name in intent.keys() - PLAYED_OF_THE_INTENT
        )
        for name in unplayed:
            raise InvalidParameter(f"The sandbox does not play `{name}`; Stripe itself does.", param=name)
        if "mode" not in params:
            raise InvalidParameter("Missing required param: mode.", code="parameter_missing", param="mode")
        self._only("mode", params["mode"], "payment")
        self._only("ui_mode", params.get("ui_mode", "hosted_page"), "hosted_page")
        self._only("customer_creation", params.get("customer_creation", "if_required"), "if_required")
        capture = intent.get("capture_method", "automatic_async")
        if capture == "manual":
            self._only("payment_intent_data[capture_method]", capture, "automatic_async")

    def _payment_method_types(self) -> list[str]:
        """What the dashboard has switched on, as far as the currency and the parameters allow it."""
        allowed = self._params.get("allowed_payment_method_types", METHODS)
        excluded = self._params.get("excluded_payment_method_types", [])
        possible = [name for name, currency in METHODS.items() if currency in (None, self.currency)]
        on = self._account.methods_on
        offered = [name for name in possible if name in on and name in allowed and name not in excluded]
        if not offered:
            raise InvalidParameter(
                "No valid payment method types for this Checkout Session. Please ensure that you have "
                "activated payment methods compatible with your chosen currency in your dashboard "
                "(https://dashboard.stripe.com/settings/payment_methods).",
                param="allowed_payment_method_types",
            )
        return offered

    def _only(self, name: str, value: str, played: str) -> None:
        if value != played:
            raise InvalidParameter(
                f"The sandbox plays only `{name}={played}`; Stripe itself does more.", param=name
            )

    def _check_urls(self) -> None:
        if "success_url" not in self._params:
            raise InvalidParameter(
                "Missing required param: success_url.", code="parameter_missing", param="success_url"
            )
        for name in ("success_url", "cancel_url"):
            if name in self._params and not _is_url(self._params[name]):
                raise InvalidParameter("Not a valid URL", code="url_invalid", param=name)

    def _check_payer(self) -> None:
        intent = self._params.get("payment_intent_data", {})
        addresses = {
            "customer_email": self._params.get("customer_email"),
            "payment_intent_data[receipt_email]": intent.get("receipt_email"),
        }
        for name, email in addresses.items():
            if email is not None and not looks_like_email(email):
                raise InvalidParameter(f"Invalid email address: {email}", code="email_invalid", param=name)
        if len(self._params.get("client_reference_id", "")) > 200:
            raise InvalidParameter(
                "Invalid string: must be at most 200 characters", param="client_reference_id"
            )

    def _check_metadata(self) -> None:
        check_metadata(self._params.get("metadata"), "metadata")
        intent = self._params.get("payment_intent_data", {})
        check_metadata(intent.get("metadata"), "payment_intent_data[metadata]")

    def _expires_at(self) -> int:
        now = self._account.clock.now()
        expires_at = int(self._params.get("expires_at", now + LONGEST))
        if expires_at < now + SHORTEST:
            raise InvalidParameter(
                "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
                param="expires_at",
            )
        if expires_at > now + LONGEST:
            raise InvalidParameter(
                "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
                param="expires_at",
            )
        return expires_at


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(c.isspace() for c in text)
