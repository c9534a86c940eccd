"""The errors of Stripe's API: a status, and the error object that goes with it."""

from typing import Any


class Refusal(Exception):
    """A refusal by the API, worded as Stripe words it (Stripe: "Errors").

    `stored` says whether an idempotency key remembers it: what fails validation, conflicts with
    another request or never reached the work may be sent again under the same key.
    """

    status = 400
    type = "invalid_request_error"
    stored = True
    retry_after_seconds: int | None = None

    def __init__(
        self, message: str, *, code: str | None = None, param: str | None = None, **details: Any
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param
        self.details = details

    def body(self, request_log_url: str | None = None) -> dict[str, Any]:
        """The error object; fields without a value are left out, as Stripe does."""
        fields = {
            "code": self.code,
            "doc_url": self.code and f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}",
            "message": self.message,
            "param": self.param,
            "request_log_url": request_log_url,
            "type": self.type,
            **self.details,
        }
        return {"error": {name: value for name, value in fields.items() if value is not None}}


class InvalidParameter(Refusal):
    """The request itself is wrong; nothing was done."""

    stored = False


class WrongState(Refusal):
    """The request is well formed, but the object's state forbids it."""


class Missing(Refusal):
    """No such object, or no such address."""

    status = 404


class Unauthorized(Refusal):
    status = 401
    stored = False


class CardDeclined(Refusal):
    """The card's issuer said no."""

    status = 402
    type = "card_error"


class KeyReused(Refusal):
    """An idempotency key came back with another request."""

    type = "idempotency_error"
    stored = False


class KeyInUse(Refusal):
    """The first request under this idempotency key is still running."""

    status = 409
    type = "idempotency_error"
    stored = False


class Refused(Refusal):
    """A refusal for a state that the sandbox does not keep, asked for under /_sandbox/faults."""


class Injected(Refusal):
    """A failure that was asked for under /_sandbox/faults."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.type = "api_error" if status >= 500 else "invalid_request_error"
        self.stored = status == 500
