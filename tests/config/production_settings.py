"""Settings that are good in production, and what is said of others."""

from pathlib import Path

import pytest

from app.config.settings import BadSettings, Settings

DEVELOPMENT_SECRET = "development-only-not-a-secret-0123456789abcdef"
GOOD = {
    "APP_ENV": "production",
    "SECRET_KEY": "a quick brown fox jumps over a lazy dog",
    "JWT_SECRET_KEY": "pack my box with five dozen liquor jugs",
    "DATABASE_URL": "postgresql://app:secret@db.example.com/culturebridge",
    "REDIS_URL": "rediss://cache.example.com:6380/0",
    "PUBLIC_URL": "https://api.example.com",
    "STRIPE_SECRET_KEY": "sk_live_0123456789",
    "STRIPE_WEBHOOK_SECRET": "whsec_0123456789",
    "SMTP_HOST": "smtp.example.com",
    "SMTP_FROM_EMAIL": "CultureBridge <hello@example.com>",
    "OPS_EMAIL": "ops@example.com",
    "ALLOWED_REDIRECT_ORIGINS": "https://example.com",
}
CHECKOUT = Path(__file__).parent.parent.parent


def load(monkeypatch: pytest.MonkeyPatch, **changes: str) -> Settings:
    for name, value in {**GOOD, **changes}.items():
        monkeypatch.setenv(name, value)
    return Settings.load()


def complaints(monkeypatch: pytest.MonkeyPatch, **changes: str) -> list[str]:
    """The lines that the start is refused with."""
    with pytest.raises(BadSettings) as refused:
        load(monkeypatch, **changes)
    return str(refused.value).splitlines()[1:]
