"""What the fake Stripe is told from outside."""

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sandbox.stripe.pace import Pace

LOOPBACK = {"localhost": "127.0.0.1", "127.0.0.1": "127.0.0.1"}


class SettingError(ValueError):
    """A variable that cannot be used; the message names it."""


@dataclass(frozen=True)
class Settings:
    """Addresses, secrets and pace; times are seconds; tests pass tiny ones."""

    url: str = "http://localhost:12111"
    secret_key: str = "sk_test_sandbox"  # noqa: S105 - opens nothing but the sandbox
    webhook_url: str = "http://localhost:8000/payment/webhook"
    webhook_secret: str = "whsec_sandbox"  # noqa: S105 - as above
    retry_pauses: tuple[float, ...] = (1, 3, 10, 30, 120, 600, 3600)
    delivery_timeout: float = 10
    redirect_wait: float = 2  # Checkout waits up to 10 for the answer to checkout.session.completed
    pace: Pace = field(default_factory=Pace)
    tick: float = 0.2

    @classmethod
    def from_environment(cls) -> "Settings":
        """Settings from the variables that CultureBridge itself reads, plus SANDBOX_STRIPE_URL."""
        environ = {name: value.strip() for name, value in os.environ.items()}
        url = environ.get("SANDBOX_STRIPE_URL", cls.url).rstrip("/")
        public_url = environ.get("PUBLIC_URL", "http://localhost:8000").rstrip("/")
        secrets = environ.get("STRIPE_WEBHOOK_SECRET", cls.webhook_secret).split(",")
        settings = cls(
            url=url,
            secret_key=environ.get("STRIPE_SECRET_KEY", cls.secret_key),
            webhook_url=f"{public_url}/payment/webhook",
            webhook_secret=secrets[0].strip(),
        )
        settings.address()
        return settings

    def address(self) -> tuple[str, int]:
        """The host and port to listen on: loopback only, since the pages have no login."""
        parts = urlsplit(self.url)
        if parts.scheme != "http" or parts.hostname not in LOOPBACK:
            raise SettingError(f"SANDBOX_STRIPE_URL must be http://localhost:PORT, not {self.url!r}")
        try:
            return LOOPBACK[parts.hostname], parts.port or 80
        except ValueError as error:
            raise SettingError(f"SANDBOX_STRIPE_URL has no usable port: {self.url!r}") from error
