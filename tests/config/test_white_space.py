"""White space in a variable: at its ends it does no harm, and inside it is named."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.config.settings import Settings
from tests.config.production_settings import CHECKOUT, GOOD, complaints, load

AUTHORITY = str(Path(__file__).with_name("authority.crt"))
"""One certificate: each start reads the file three times, and a list of all authorities takes long."""
LOGO = str(CHECKOUT / "tests/config/logo.svg")
ALL = {
    **GOOD,
    "DATABASE_POOLER": "true",
    "DATABASE_TLS_VERIFY": "true",
    "DATABASE_TLS_CA_FILE": AUTHORITY,
    "REDIS_TLS_VERIFY": "true",
    "REDIS_TLS_CA_FILE": AUTHORITY,
    "BROKER_URL": "amqps://user:secret@rabbit.example.com/vhost",
    "CORS_ORIGINS": "https://www.example.com",
    "HSTS_SCOPE": "subdomains",
    "SITE_NAME": "Sprachraum",
    "SITE_COLOR": "#7a1f5c",
    "SITE_LOGO_FILE": LOGO,
    "API_DOCS": "false",
    "TRUSTED_PROXIES": "12",
    "RATE_LIMITS": "true",
    "COACH_APPROVAL": "true",
    "HOLD_SESSIONS": "61",
    "UNVERIFIED_HOLD_SESSIONS": "16",
    "HOLD_SHARE_PERCENT": "30",
    "NEW_CLIENTS_HOLD_SHARE_PERCENT": "70",
    "DELAYED_HOLD_DAYS": "11",
    "UNVERIFIED_DELAYED_HOLD_DAYS": "12",
    "STRIPE_READS_PER_SECOND": "20",
    "COMMISSION_PERCENT": "12.5",
    "STRIPE_CONNECT": "true",
    "VOUCHER_DAYS_AHEAD": "14",
    "SANDBOX_STRIPE_URL": "http://localhost:12112",
    "SMTP_PORT": "465",
    "SMTP_USER": "apikey",
    "SMTP_PASSWORD": "correct horse",
    "SMTP_TLS_VERIFY": "true",
    "SMTP_TLS_CA_FILE": AUTHORITY,
    "EVENT_RETENTION_DAYS": "100",
    "EMAIL_RETENTION_DAYS": "200",
    "PII_RETENTION_DAYS": "20",
    "IDEMPOTENCY_KEYS_KEPT_HOURS": "12",
    "METRICS_TOKEN": "0123456789",
    "REQUEUE_INTERVAL_SECONDS": "20",
    "SENTRY_DSN": "https://key@sentry.example.com/1",
    "LOG_LEVEL": "WARNING",
    "PAYOUT_DELAY_DAYS": "14",
    "DISPUTE_RECOVERY": "debt",
    "HEARTBEAT_FILE": "/run/culturebridge/heartbeat",
    "PORT": "8001",
    "WEB_CONCURRENCY": "13",
}
"""Every variable, none of them at its default."""
AROUND = {
    "a line break": "{}\n",
    "Windows' line break": "{}\r\n",
    "spaces": "  {} ",
    "a tab": "\t{}",
    "non-breaking spaces": "\xa0{}\xa0",
    "a byte order mark": "\ufeff{}",
    "a space of no width": "{}\u200b",
    "some of each": " \u2028\xa0{}\u3000\n \n",
}


def test_no_variable_is_left_out_here() -> None:
    fields = Settings.model_fields.items()
    assert set(ALL) == {str(field.validation_alias or name).upper() for name, field in fields}


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
def test_what_stands_around_any_variable_does_no_harm(monkeypatch: pytest.MonkeyPatch, around: str) -> None:
    expected = load(monkeypatch, **ALL).model_dump()

    assert load(monkeypatch, **{name: around.format(value) for name, value in ALL.items()}).model_dump() == (
        expected
    )


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "ALLOWED_REDIRECT_ORIGINS", "CORS_ORIGINS"]
)
def test_each_value_of_a_list_is_stripped(monkeypatch: pytest.MonkeyPatch, name: str, around: str) -> None:
    second = {
        "SECRET_KEY": "sphinx of black quartz judge my vow 1",
        "STRIPE_WEBHOOK_SECRET": "whsec_new",
    }.get(name, "https://app.example.com")
    expected = load(monkeypatch, **{**ALL, name: f"{ALL[name]},{second}"}).model_dump()

    spread = f"{around.format(ALL[name])},{around.format(second)},{around.format('')}"
    assert load(monkeypatch, **{**ALL, name: spread}).model_dump() == expected


@pytest.mark.parametrize("blank", ["", " ", "\n", "\xa0", "\u200b\r\n"])
def test_a_variable_that_is_blank_is_unset(monkeypatch: pytest.MonkeyPatch, blank: str) -> None:
    assert complaints(monkeypatch, SMTP_HOST=blank) == ["- SMTP_HOST is missing"]
    assert load(monkeypatch, **dict.fromkeys(set(ALL) - set(GOOD), blank)) == load(monkeypatch)


@pytest.mark.parametrize("name", sorted(ALL))
@pytest.mark.parametrize(
    ("sign", "called"),
    [
        ("\n", "a line break"),
        ("\r", "a line break"),
        ("\t", "a tab"),
        ("\xa0", "a non-breaking space"),
        ("\u200b", "an invisible character (U+200B)"),
        ("\x07", "an invisible character (U+0007)"),
    ],
)
def test_what_hides_inside_any_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, sign: str, called: str
) -> None:
    (complaint,) = complaints(monkeypatch, **{**ALL, name: f"{ALL[name][:1]}{sign}{ALL[name][1:]}"})

    assert complaint == f"- {name} has {called} inside: remove it"


@pytest.mark.parametrize("marks", ['""', "''", "\u201c\u201d", "\u2018\u2019", "``"])
@pytest.mark.parametrize("around", ["{}", " {}\n", "\xa0{}\ufeff"])
def test_quotation_marks_around_any_variable_are_named(
    monkeypatch: pytest.MonkeyPatch, marks: str, around: str
) -> None:
    """As `docker --env-file` and some dashboards leave them; only a password may have been chosen so."""
    quoted = {name: around.format(marks[0] + value + marks[1]) for name, value in ALL.items()}

    told = complaints(monkeypatch, **{**quoted, "SMTP_PASSWORD": "'correct horse'"})

    remedy = "has quotation marks around it: remove them"
    assert sorted(told) == sorted(f"- {name} {remedy}" for name in ALL if name != "SMTP_PASSWORD")


@pytest.mark.parametrize(
    "value", ['"Culture, Bridge" <hello@example.com>', "CultureBridge <o'hara@example.com>"]
)
def test_quotation_marks_within_a_sender_stay(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert load(monkeypatch, SMTP_FROM_EMAIL=value).smtp_from_email == value


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SMTP_HOST", "METRICS_TOKEN"])
def test_a_space_inside_an_address_or_a_token_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (complaint,) = complaints(monkeypatch, **{**ALL, name: f"{ALL[name]} x"})

    assert complaint.startswith(f"- {name} has a space inside: remove it")


def test_a_password_and_a_sender_may_have_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, SMTP_PASSWORD="abcd efgh ijkl", SMTP_FROM_EMAIL="Culture Bridge <a@b.com>")

    assert settings.smtp_password
    assert settings.smtp_password.get_secret_value() == "abcd efgh ijkl"
    assert settings.sender.name == "Culture Bridge"


def test_where_we_are_may_end_in_a_line_break(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which files are read depends on it, before anything else is."""
    Path(".env").write_text("LOG_LEVEL=ERROR\n")

    assert load(monkeypatch, APP_ENV="development\n").log_level == "ERROR"
    assert load(monkeypatch, APP_ENV="production\n").log_level == "INFO"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "80 80"),
        ("WEB_CONCURRENCY", "0"),
        ("WEB_CONCURRENCY", "-1"),
        ("WEB_CONCURRENCY", "2.5"),
    ],
)
def test_the_web_server_s_own_variables_are_named_like_any_other(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    (complaint,) = complaints(monkeypatch, **{name: value})

    assert complaint.startswith(f"- {name} ")


@pytest.mark.parametrize(("name", "value"), [("PORT", "abc"), ("WEB_CONCURRENCY", "0")])
def test_the_web_server_does_not_start_on_them(name: str, value: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app"],
        cwd=CHECKOUT,
        env={**GOOD, name: value},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert f"- {name} " in done.stderr


def test_the_web_server_reads_them_without_what_stands_around() -> None:
    shown = subprocess.run(
        [Path(sys.executable).parent / "gunicorn", "--print-config", "wsgi:app"],
        cwd=CHECKOUT,
        env={**GOOD, "PORT": "8123\n", "WEB_CONCURRENCY": " 3\n", "APP_ENV": "test\n"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout

    options = dict(line.split("=", 1) for line in shown.splitlines())
    told = {name.strip(): value.strip() for name, value in options.items()}
    assert (told["bind"], told["workers"]) == ("['127.0.0.1:8123']", "3")
