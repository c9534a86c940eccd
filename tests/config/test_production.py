"""Production starts on no value that is made for development."""

import pytest
from dotenv import dotenv_values

from app.config.settings import BadSettings, Environment, Settings
from tests.config.production_settings import CHECKOUT, DEVELOPMENT_SECRET, GOOD, complaints, load


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", DEVELOPMENT_SECRET),
        ("JWT_SECRET_KEY", DEVELOPMENT_SECRET),
        ("SECRET_KEY", f"{GOOD['SECRET_KEY']},{DEVELOPMENT_SECRET}"),
        ("JWT_SECRET_KEY", f"{DEVELOPMENT_SECRET},{GOOD['JWT_SECRET_KEY']}"),
        ("SECRET_KEY", "changeme" * 4),
        ("JWT_SECRET_KEY", "12" * 32),
        ("JWT_SECRET_KEY", GOOD["SECRET_KEY"]),
        ("JWT_SECRET_KEY", f"{GOOD['JWT_SECRET_KEY']},{GOOD['SECRET_KEY']}"),
        ("STRIPE_SECRET_KEY", "sk_test_sandbox"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_sandbox"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_real,whsec_sandbox"),
        ("PUBLIC_URL", "http://api.example.com"),
        ("ALLOWED_REDIRECT_ORIGINS", "https://example.com,http://localhost:3000"),
        ("CORS_ORIGINS", "http://localhost:3000"),
        ("RATE_LIMITS", "false"),
        ("SMTP_FROM_EMAIL", "CultureBridge <hello@culturebridge.example>"),
        ("OPS_EMAIL", "ops@culturebridge.example"),
    ],
)
def test_production_refuses_what_is_made_for_development(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    (complaint,) = complaints(monkeypatch, **{name: value})

    assert complaint.startswith(f"- {name} ")
    assert load(monkeypatch, **{name: value, "APP_ENV": "test"}).app_env is Environment.TEST


def test_production_takes_no_value_of_development_and_names_each_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    theirs = {name: value for name, value in dotenv_values(CHECKOUT / ".env").items() if value}

    named = [line.split()[1] for line in complaints(monkeypatch, **theirs | {"APP_ENV": "production"})]

    assert sorted(named) == [
        "CORS_ORIGINS",
        "JWT_SECRET_KEY",
        "OPS_EMAIL",
        "PUBLIC_URL",
        "RATE_LIMITS",
        "SECRET_KEY",
        "SMTP_FROM_EMAIL",
        "STRIPE_SECRET_KEY",
        "STRIPE_WEBHOOK_SECRET",
    ]


def test_production_may_run_in_stripe_s_test_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, STRIPE_SECRET_KEY="sk_test_0123456789")

    assert (settings.livemode, settings.uses_sandbox) == (False, False)


def test_production_is_what_it_is_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.config.settings._files", lambda: ())
    for name, value in {**GOOD, "STRIPE_SECRET_KEY": "sk_test_sandbox"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("APP_ENV")

    with pytest.raises(BadSettings, match="sandbox"):
        Settings.load()
