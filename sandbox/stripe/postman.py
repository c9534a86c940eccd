"""Signs an event and posts it to an endpoint, once."""

import json
import time
from dataclasses import dataclass

import httpx
import stripe

from sandbox.stripe.objects import Json

MAX_BODY = 2000
HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True)
class Attempt:
    """One try: `status` is None when no answer came, and `error` says why."""

    at: float
    seconds: float
    status: int | None
    body: str
    error: str | None

    @property
    def succeeded(self) -> bool:
        """Only a 2xx counts; a redirect is a failure (Stripe: "Receive Stripe events")."""
        return self.status is not None and 200 <= self.status < 300


class Postman:
    """Posts events; one connection pool for all endpoints."""

    def __init__(self, timeout: float) -> None:
        self._client = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False)

    def post(self, url: str, secret: str, event: Json) -> Attempt:
        """Sign with the real time, post, and say how it went; the far side's faults never raise."""
        payload = json.dumps(event, indent=2)
        signature = stripe.WebhookSignature.generate_signature_header(payload, secret)
        started = time.time()
        try:
            answer = self._client.post(
                url, content=payload.encode(), headers={**HEADERS, "Stripe-Signature": signature}
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = f"{type(error).__name__}: {error}"
            return Attempt(started, time.time() - started, None, "", reason)
        return Attempt(started, time.time() - started, answer.status_code, answer.text[:MAX_BODY], error=None)
