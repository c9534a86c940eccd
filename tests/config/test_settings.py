"""Settings: read once, typed, and the start refused with every bad one named."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.config.settings import BadSettings, Environment, Settings
from tests.config.production_settings import CHECKOUT, GOOD, complaints, load
from tests.waiting import PATIENCE


def write(name: str, *lines: str) -> None:
    Path(name).write_text("\n".join([*lines, ""]))


def test_good_settings_are_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, SMTP_PORT="465")

    assert settings.app_env is Environment.PRODUCTION
    assert settings.smtp_port == 465
    assert settings.livemode
    assert not settings.uses_sandbox
    assert (settings.sender.name, settings.sender.email) == ("CultureBridge", "hello@example.com")


def test_everything_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(BadSettings) as refused:
        Settings.load()

    missing = {line.split()[1] for line in str(refused.value).splitlines()[1:] if " is missing" in line}
    assert missing == set(GOOD) - {"APP_ENV"}


def test_everything_that_is_wrong_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "APP_ENV": "staging",
        "SECRET_KEY": "short",
        "DATABASE_URL": "mysql://localhost/db",
        "REDIS_URL": "localhost:6379",
        "BROKER_URL": "https://rabbit.example.com",
        "COMMISSION_PERCENT": "101",
        "STRIPE_CONNECT": "perhaps",
        "VOUCHER_DAYS_AHEAD": "6",
        "PUBLIC_URL": "api.example.com",
        "STRIPE_SECRET_KEY": "pk_live_0123456789",
        "STRIPE_WEBHOOK_SECRET": "0123456789",
        "SMTP_PORT": "many",
        "SMTP_FROM_EMAIL": "no address",
        "OPS_EMAIL": "nobody",
        "LOG_LEVEL": "LOUD",
        "REQUEUE_INTERVAL_SECONDS": "0",
    }

    named = [line.split()[1] for line in complaints(monkeypatch, **wrong)]

    assert sorted(named) == sorted(wrong)


def test_a_complaint_never_shows_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "\n".join(complaints(monkeypatch, SECRET_KEY="hunter2", DATABASE_URL="mysql://root:hunter2@db/x"))

    assert "SECRET_KEY" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_database_url_may_be_written_as_heroku_writes_it(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    settings = load(monkeypatch, DATABASE_URL=f"{scheme}://app:secret@db:5432/shop?sslmode=require")

    assert settings.database_url == "postgresql+psycopg://app:secret@db:5432/shop?sslmode=require"


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(
        monkeypatch,
        STRIPE_WEBHOOK_SECRET="whsec_old, whsec_new,",
        ALLOWED_REDIRECT_ORIGINS="https://www.example.com,https://app.example.com",
    )

    assert settings.stripe_webhook_secret == ("whsec_old", "whsec_new")
    assert settings.allowed_redirect_origins == ("https://www.example.com", "https://app.example.com")


def test_keys_may_be_several_of_which_the_first_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    new = "sphinx of black quartz judge my vow 1234"
    settings = load(monkeypatch, SECRET_KEY=f"{new}, {GOOD['SECRET_KEY']}")

    assert [key.get_secret_value() for key in settings.secret_keys] == [new, GOOD["SECRET_KEY"]]
    assert settings.signing_keys[-1] == new  # itsdangerous signs with the last
    assert len(settings.jwt_secret_keys) == 1


@pytest.mark.parametrize("name", ["SECRET_KEY", "JWT_SECRET_KEY"])
def test_each_of_several_keys_has_to_be_long(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (complaint,) = complaints(monkeypatch, **{name: f"{GOOD[name]},short"})

    assert complaint.startswith(f"- {name} must have at least 32 characters")
    assert complaints(monkeypatch, **{name: ","})[0].startswith(f"- {name} ")


def test_settings_show_no_secret_when_they_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = repr(
        load(
            monkeypatch,
            SMTP_PASSWORD="hunter2",
            METRICS_TOKEN="hunter2",
            SENTRY_DSN="https://hunter2@o1.example.com/1",
        )
    )

    secrets = ["hunter2", "app:secret", *(GOOD[name] for name in GOOD if name.endswith(("_KEY", "_SECRET")))]
    assert not [secret for secret in secrets if secret in shown]


@pytest.mark.parametrize(
    "value",
    [
        "hunter2",
        "https://o1.example.com/1",
        "https://hunter2@o1.example.com",
        "https://hunter2@/1",
        "ftp://h@o/1",
    ],
)
def test_a_dsn_that_sentry_would_not_take_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    (complaint,) = complaints(monkeypatch, SENTRY_DSN=value)

    assert complaint.startswith("- SENTRY_DSN must ")
    assert "hunter2" not in complaint


def test_errors_are_not_reported_to_another_machine_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    (complaint,) = complaints(monkeypatch, SENTRY_DSN="http://key@sentry.example.com/1")

    assert complaint.startswith("- SENTRY_DSN must start with https://")
    assert load(monkeypatch, SENTRY_DSN="http://key@127.0.0.1:9000/1").sentry_dsn


def test_the_broker_is_redis_unless_another_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch).broker == GOOD["REDIS_URL"]
    assert load(monkeypatch, BROKER_URL="amqps://user:secret@rabbit/vhost").broker.startswith("amqps://")


def test_an_empty_value_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    assert complaints(monkeypatch, SMTP_HOST="") == ["- SMTP_HOST is missing"]
    assert load(monkeypatch, SMTP_USER="").smtp_user is None


def test_the_environment_outranks_the_run_s_file_then_one_s_own_then_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(
        ".env", "SMTP_HOST=default", "SMTP_USER=default", "LOG_LEVEL=ERROR", "OPS_EMAIL=default@example.com"
    )
    write(".env.local", "SMTP_HOST=own", "SMTP_USER=own", "LOG_LEVEL=DEBUG")
    write(".env.run", "SMTP_HOST=run", "SMTP_USER=run")

    for name, value in {**GOOD, "APP_ENV": "development", "SMTP_USER": "environment"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SMTP_HOST")
    monkeypatch.delenv("OPS_EMAIL")

    settings = Settings.load()

    assert settings.smtp_user == "environment"
    assert settings.smtp_host == "run"
    assert settings.log_level == "DEBUG"
    assert settings.ops_email == "default@example.com"


@pytest.mark.parametrize("environment", ["production", "test"])
def test_only_development_reads_files(monkeypatch: pytest.MonkeyPatch, environment: str) -> None:
    write(".env", "LOG_LEVEL=ERROR")

    assert load(monkeypatch, APP_ENV=environment).log_level == "INFO"


def test_one_s_own_file_counts_under_the_flask_command_too(tmp_path: Path) -> None:
    """The command has put .env into the environment before the application asks for it."""
    write(".env", *(f"{name}={value}" for name, value in {**GOOD, "APP_ENV": "development"}.items()))
    write(".env.local", "OPS_EMAIL=own@example.com", "SMTP_HOST=own.example.com")
    show = "from app.config.settings import current_settings; print(current_settings().smtp_host)"

    shown = subprocess.run(
        [Path(sys.executable).parent / "flask", "--app", "wsgi", "shell"],
        input=show,
        cwd=tmp_path,
        env={"PATH": os.defpath, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "own.example.com" in shown.stdout


def test_a_server_that_was_not_told_where_it_is_believes_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(CHECKOUT / ".env", ".env")
    monkeypatch.setenv("DATABASE_URL", GOOD["DATABASE_URL"])
    monkeypatch.setenv("REDIS_URL", GOOD["REDIS_URL"])

    with pytest.raises(BadSettings) as refused:
        Settings.load()

    assert "JWT_SECRET_KEY is missing" in str(refused.value)


def test_what_the_flask_command_took_from_the_file_fills_no_gap_in_production(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(".env", "OPS_EMAIL=ops@culturebridge.example", "STRIPE_WEBHOOK_SECRET=whsec_sandbox")

    said = complaints(
        monkeypatch, OPS_EMAIL="ops@culturebridge.example", STRIPE_WEBHOOK_SECRET="whsec_sandbox"
    )

    assert said == ["- STRIPE_WEBHOOK_SECRET is missing", "- OPS_EMAIL is missing"]


def test_redirect_origins_are_compared_as_browsers_spell_them(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(
        monkeypatch, ALLOWED_REDIRECT_ORIGINS="https://Example.com/, https://app.example.com:8443"
    )

    assert settings.allowed_redirect_origins == ("https://example.com", "https://app.example.com:8443")
    assert complaints(monkeypatch, ALLOWED_REDIRECT_ORIGINS="example.com")


def test_bad_settings_stop_the_web_server_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    command = [
        Path(sys.executable).parent / "gunicorn",
        "--chdir",
        CHECKOUT,
        "--config",
        "gunicorn.conf.py",
        "wsgi:app",
    ]

    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env={"APP_ENV": "production"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert done.returncode != 0
    assert "SECRET_KEY is missing" in done.stderr


def test_mails_are_kept_as_long_as_the_events_behind_them(monkeypatch: pytest.MonkeyPatch) -> None:
    (complaint,) = complaints(monkeypatch, EVENT_RETENTION_DAYS="200", EMAIL_RETENTION_DAYS="100")
    assert "EMAIL_RETENTION_DAYS must be 200 or more, as EVENT_RETENTION_DAYS" in complaint

    (complaint,) = complaints(monkeypatch, EVENT_RETENTION_DAYS="200")
    assert "EMAIL_RETENTION_DAYS" in complaint
