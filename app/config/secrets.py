"""Checks of keys and secrets: hard to guess, and no development value in production.

Each function raises ValueError with the rest of a sentence that begins with the variable's name.
"""

import re
from collections.abc import Sequence

from pydantic import SecretStr

SANDBOX_KEY = "sk_test_sandbox"
_SANDBOX_WEBHOOK_SECRET = "whsec_sandbox"  # noqa: S105 - of a server on the same laptop
_DEVELOPMENT_MARK = "development-only"


def check_keys(keys: Sequence[SecretStr], in_production: bool) -> None:
    values = [key.get_secret_value() for key in keys]
    if any(len(key) < 32 for key in values):
        raise ValueError("must have at least 32 characters, each of several: openssl rand -hex 32")
    if in_production and any(key.startswith(_DEVELOPMENT_MARK) for key in values):
        raise ValueError("is the development value; make one with: openssl rand -hex 32")
    if in_production and any(_is_guessable(key) for key in values):
        raise ValueError("repeats a few characters; make one with: openssl rand -hex 32")


def _is_guessable(key: str) -> bool:
    """Whether a secret is a repeated text, such as `changeme` four times, or has few different characters."""
    return len(set(key)) < 8 or (key + key).find(key, 1) < len(key)


def check_stripe_key(key: str, in_production: bool) -> None:
    if not re.fullmatch("[sr]k_(test|live)_[!-~]+", key):  # with a line break it would end in an error
        raise ValueError(
            "must be a Stripe secret or restricted key (sk_… or rk_…), see Developers > API keys"
        )
    if in_production and key == SANDBOX_KEY:
        raise ValueError("is the sandbox's key; production needs one of Stripe's own")


def check_webhook_secrets(secrets: Sequence[str], in_production: bool) -> None:
    if not all(re.fullmatch("whsec_[!-~]+", secret) for secret in secrets):
        raise ValueError("must be whsec_… (several, comma-separated, while one is rolled)")
    if in_production and _SANDBOX_WEBHOOK_SECRET in secrets:
        raise ValueError("is the sandbox's secret; take the endpoint's own from Stripe")
