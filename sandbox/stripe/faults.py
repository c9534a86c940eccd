"""Failures of the API that were asked for: errors, delays, cut connections."""

import json
from copy import deepcopy
from fnmatch import fnmatchcase
from typing import Any

from pydantic import BaseModel, Field, field_validator

from sandbox.stripe.errors import Injected, Refusal, Refused
from sandbox.stripe.objects import Json

MESSAGES = {
    403: ("The provided key does not have the required permissions for this endpoint. Having the "
          "'rak_checkout_session_write' permission would allow this request to continue.", None),
    429: ("Request rate limit exceeded. You can learn more about rate limits here "
          "https://stripe.com/docs/rate-limits.", "rate_limit"),
    500: ("An unknown error occurred", None),
    503: ("Stripe is temporarily unavailable", None),
}  # fmt: skip


REFUSALS = {
    "insufficient_balance": Refused("Insufficient funds in your Stripe balance to refund this amount."),
    "balance_insufficient": Refused(
        "You have insufficient available funds in your Stripe balance.", code="balance_insufficient"
    ),
    "charge_disputed": Refused(
        "This charge has been charged back; cannot issue a refund.", code="charge_disputed"
    ),
    "refund_disputed_payment": Refused(
        "You cannot refund a disputed payment.", code="refund_disputed_payment"
    ),
    "no_such_payment": Refused(
        "No such payment_intent: 'pi_1'; a similar object exists in live mode, but a test mode key was used"
        " to make this request.",
        code="resource_missing",
        param="payment_intent",
    ),
    "livemode_mismatch": Refused(
        "The test and live mode API keys, requests and objects are only available within their mode.",
        code="livemode_mismatch",
    ),
    "charge_not_refundable": Refused("This charge cannot be refunded.", code="charge_not_refundable"),
    "charge_already_refunded": Refused(
        "This charge has already been refunded.", code="charge_already_refunded"
    ),
    "transfers_alone": Refused(
        "Your platform needs approval for accounts to have requested the `transfers` capability without the "
        "`card_payments` capability. If you would like to request approval, please contact us."
    ),
    "no_such_transfer": Refused("No such transfer: 'tr_of_another_account'", code="resource_missing"),
    "too_old": Refused("This charge is too old to be refunded."),
}
"""What Stripe says when it refuses a refund or an account; a `code` where it gives one."""


class Fault(BaseModel, extra="forbid"):
    """How the next `times` requests of this path, method and `params` fail.

    `status` is the answer (None: the true one); `after_work` lets the request take effect first;
    `close_connection` answers nothing at all; `delay_seconds` passes before the answer;
    `retry_after_seconds` is said with it. `refusal` names one of Stripe's refusals, a 400.
    `drip_seconds` passes before each byte of the answer. `says` has fields of the true answer that say
    something else, by their names such as `data.0.status`; `lacks` names those that are left out. `text` is
    answered instead of JSON.
    """

    path: str = "*"
    method: str = "*"
    params: dict[str, Any] = Field(default_factory=dict)
    status: int | None = Field(None, ge=400, le=599)
    refusal: str | None = None
    times: int = Field(1, ge=1)
    after_work: bool = False
    delay_seconds: float = Field(0, ge=0, le=120)
    drip_seconds: float = Field(0, ge=0, le=60)
    says: dict[str, Any] = Field(default_factory=dict)
    lacks: list[str] = Field(default_factory=list)
    text: str | None = None
    close_connection: bool = False
    retry_after_seconds: int | None = Field(None, ge=0)

    @field_validator("refusal")
    @classmethod
    def _is_known(cls, refusal: str | None) -> str | None:
        if refusal not in {None, *REFUSALS}:
            raise ValueError(f"must be one of {', '.join(sorted(REFUSALS))}")
        return refusal

    def meets(self, method: str, path: str, params: Json) -> bool:
        """Whether this request is to fail; the path may hold `*`."""
        return (
            self.method in ("*", method)
            and fnmatchcase(path, self.path)
            and self.params.items() <= params.items()
        )

    @property
    def passing(self) -> bool:
        """Whether its answer comes from what stands before the API, so that no idempotency key keeps it."""
        return self.status is not None and self.status != 500

    def rendered(self, body: Json) -> str:
        """What is sent for the true answer."""
        if self.text is not None:
            return self.text
        said = deepcopy(body)
        for name, value in self.says.items():
            holder, last = _holder(said, name)
            holder[last] = value
        for name in self.lacks:
            holder, last = _holder(said, name)
            del holder[last]
        return json.dumps(said)

    def error(self) -> Refusal:
        """The answer of a fault that has a status or names a refusal."""
        if self.refusal:
            return REFUSALS[self.refusal]
        status = self.status or 500
        message, code = MESSAGES.get(status, MESSAGES[500])
        error = Injected(status, message, code)
        error.retry_after_seconds = self.retry_after_seconds
        return error


class Faults:
    """The faults still to come. Callers hold the account's lock."""

    def __init__(self) -> None:
        self.pending: list[Fault] = []

    def take(self, method: str, path: str, params: Json) -> Fault | None:
        """The fault for this request, used up by one."""
        for fault in self.pending:
            if fault.meets(method, path, params):
                fault.times -= 1
                if fault.times < 1:
                    self.pending.remove(fault)
                return fault
        return None


def _holder(thing: Any, name: str) -> tuple[Any, str | int]:
    """What has the field that a name such as `data.0.status` ends with, and what it is called there."""
    *path, last = [int(part) if part.isdigit() else part for part in name.split(".")]
    for part in path:
        thing = thing[part]
    return thing, last
