"""Whose certificate is believed is said once, and every client of a URL reads it there."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import certifi
import pytest

from tests.config.production_settings import GOOD, complaints, load

REDIS = GOOD["REDIS_URL"]
DATABASE = GOOD["DATABASE_URL"]
CA = certifi.where()


def said(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.mark.parametrize(
    ("changes", "mode", "names_checked"),
    [
        ({"REDIS_TLS_VERIFY": "true"}, "required", "true"),
        ({"REDIS_TLS_CA_FILE": CA}, "required", "true"),
        ({"REDIS_TLS_VERIFY": "false"}, "none", "false"),
        ({"REDIS_URL": f"{REDIS}?ssl_cert_reqs=none"}, "none", "false"),
        ({"REDIS_URL": f"{REDIS}?ssl_cert_reqs=CERT_NONE"}, "none", "false"),
        ({"REDIS_URL": f"{REDIS}?ssl_cert_reqs=none", "REDIS_TLS_VERIFY": "true"}, "required", "true"),
        ({"REDIS_URL": f"{REDIS}?ssl_cert_reqs=required", "REDIS_TLS_VERIFY": "false"}, "none", "false"),
        ({"REDIS_URL": f"{REDIS}?ssl_cert_reqs=none", "REDIS_TLS_CA_FILE": CA}, "required", "true"),
    ],
)
@pytest.mark.parametrize("variable", ["REDIS_URL", "BROKER_URL"])
def test_redis_is_verified_as_the_variables_say_or_else_the_url(
    monkeypatch: pytest.MonkeyPatch, variable: str, changes: dict[str, str], mode: str, names_checked: str
) -> None:
    changed = dict(changes)
    if "REDIS_URL" in changed:
        changed[variable] = changed.pop("REDIS_URL")
    settings = load(monkeypatch, **{"BROKER_URL": REDIS, **changed})
    found = said(settings.redis_url if variable == "REDIS_URL" else settings.broker)

    assert (found["ssl_cert_reqs"], found["ssl_check_hostname"]) == (mode, names_checked)
    assert found.get("ssl_ca_certs") == changes.get("REDIS_TLS_CA_FILE")


@pytest.mark.parametrize(
    ("url", "changes", "mode"),
    [
        (DATABASE, {}, "verify-full"),
        (DATABASE, {"APP_ENV": "test"}, None),
        (DATABASE, {"APP_ENV": "test", "DATABASE_TLS_VERIFY": "true"}, "verify-full"),
        (DATABASE, {"APP_ENV": "test", "DATABASE_TLS_CA_FILE": CA}, "verify-full"),
        (DATABASE, {"DATABASE_TLS_VERIFY": "false"}, "require"),
        (f"{DATABASE}?sslmode=require", {}, "require"),
        (f"{DATABASE}?sslmode=disable", {}, "disable"),
        (f"{DATABASE}?sslmode=disable", {"DATABASE_TLS_VERIFY": "false"}, "disable"),
        (f"{DATABASE}?sslmode=require", {"DATABASE_TLS_VERIFY": "true"}, "verify-full"),
        (f"{DATABASE}?sslmode=require", {"DATABASE_TLS_CA_FILE": CA}, "verify-full"),
        (f"{DATABASE}?sslmode=verify-full", {"DATABASE_TLS_VERIFY": "false"}, "require"),
        (f"{DATABASE}?sslmode=verify-ca", {}, "verify-ca"),
        ("postgresql://app:secret@localhost/x", {}, None),
        ("postgresql://app:secret@127.0.0.1:5433/x", {}, None),
        ("postgresql://app:secret@[::1]:5433/x", {}, None),
        ("postgresql://app@/x?host=/run/postgresql", {}, None),
        ("postgresql://app@/x?host=db.example.com", {}, "verify-full"),
        ("postgresql://app@localhost,db.example.com/x", {}, "verify-full"),
        ("postgresql://app@[2001:db8::1]/x", {}, "verify-full"),
    ],
)
def test_the_database_is_verified_as_the_variables_say_or_else_the_url(
    monkeypatch: pytest.MonkeyPatch, url: str, changes: dict[str, str], mode: str | None
) -> None:
    found = said(load(monkeypatch, **{"DATABASE_URL": url, **changes}).database_url)

    assert found.get("sslmode") == mode
    assert ("sslrootcert" in found) == (mode in {"verify-full", "verify-ca"})
    if mode in {"verify-full", "verify-ca"}:
        assert Path(found["sslrootcert"]).is_file()


@pytest.mark.parametrize("of", ["REDIS", "DATABASE", "SMTP"])
def test_a_file_that_holds_no_certificates_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, of: str
) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")

    for path in (empty, tmp_path / "missing.pem", tmp_path):
        (complaint,) = complaints(monkeypatch, **{f"{of}_TLS_CA_FILE": str(path)})
        assert complaint.startswith(f"- {of}_TLS_CA_FILE must be a file that can be read and holds cert")


@pytest.mark.parametrize("of", ["REDIS", "DATABASE", "SMTP"])
def test_nobody_is_both_verified_and_not(monkeypatch: pytest.MonkeyPatch, of: str) -> None:
    (complaint,) = complaints(monkeypatch, **{f"{of}_TLS_CA_FILE": CA, f"{of}_TLS_VERIFY": "false"})

    assert complaint.startswith(f"- {of}_TLS_VERIFY is false, and {of}_TLS_CA_FILE names whom to believe")


@pytest.mark.parametrize("changes", [{"REDIS_TLS_VERIFY": "true"}, {"REDIS_TLS_CA_FILE": CA}])
def test_a_certificate_cannot_be_verified_where_nothing_is_encrypted(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str]
) -> None:
    (complaint,) = complaints(monkeypatch, REDIS_URL="redis://cache.example.com/0", **changes)

    assert complaint.startswith("- REDIS_URL must be rediss://")


@pytest.mark.parametrize(
    ("variable", "url", "said"),
    [
        ("REDIS_URL", f"{REDIS}?ssl_cert_reqs=maybe", "must say ssl_cert_reqs="),
        ("REDIS_URL", f"{REDIS}?ssl_cert_reqs=", "must say ssl_cert_reqs="),
        ("BROKER_URL", f"{REDIS}?ssl_cert_reqs=0", "must say ssl_cert_reqs="),
        ("BROKER_URL", f"{REDIS}?ssl_ca_certs=/missing.pem", "must name by ssl_ca_certs a file"),
        ("REDIS_URL", f"{REDIS}?ssl_cert_reqs=required&ssl_ca_certs=", "must name by ssl_ca_certs a file"),
        ("DATABASE_URL", f"{DATABASE}?sslmode=", "must say one of these as sslmode: "),
        ("DATABASE_URL", f"{DATABASE}?sslmode=REQUIRE", "must say one of these as sslmode: "),
        ("DATABASE_URL", f"{DATABASE}?sslmode=verify_full", "must say one of these as sslmode: "),
        ("DATABASE_URL", f"{DATABASE}?sslmode=require&sslrootcert=/missing.pem", "must name by sslrootcert"),
        ("DATABASE_URL", "postgresql://app:what?@db.example.com/x", "must have no /, ? or # in its password"),
        ("DATABASE_URL", "postgresql://app:a/b@db.example.com/x", "must have no /, ? or # in its password"),
        ("REDIS_URL", "rediss://:a#b@cache.example.com/0", "must have no /, ? or # in its password"),
        ("BROKER_URL", "amqps://user:a?b@rabbit.example.com/x", "must have no /, ? or # in its password"),
    ],
)
def test_a_url_that_says_what_no_client_understands_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, url: str, said: str
) -> None:
    (complaint,) = complaints(monkeypatch, **{variable: url})

    assert complaint.startswith(f"- {variable} {said}")


@pytest.mark.parametrize(
    ("variable", "url", "as_clients_want_it"),
    [
        ("REDIS_URL", "REDISS://cache.example.com/0", "rediss://cache.example.com/0"),
        ("BROKER_URL", "Rediss://Cache.example.com/0", "rediss://Cache.example.com/0"),
        (
            "BROKER_URL",
            "AMQPS://user:Secret@rabbit.example.com/V",
            "amqps://user:Secret@rabbit.example.com/V",
        ),
        ("DATABASE_URL", "Postgres://a:B@localhost/x", "postgresql+psycopg://a:B@localhost/x"),
    ],
)
def test_the_case_of_a_scheme_does_not_matter(
    monkeypatch: pytest.MonkeyPatch, variable: str, url: str, as_clients_want_it: str
) -> None:
    assert getattr(load(monkeypatch, **{variable: url}), variable.lower()) == as_clients_want_it


@pytest.mark.parametrize(
    ("url", "environment", "is_verified"),
    [
        ("postgresql:///x", {}, False),
        ("postgresql:///x", {"PGHOST": "db.example.com"}, True),
        ("postgresql://app@/x", {"PGHOSTADDR": "203.0.113.7"}, True),
        ("postgresql:///x", {"PGHOST": "/run/postgresql"}, False),
        ("postgresql:///x", {"PGHOST": "localhost,db.example.com"}, True),
        ("postgresql://localhost/x", {"PGHOST": "db.example.com"}, False),
        ("postgresql:///x", {"PGHOST": "db.example.com", "PGSSLMODE": "require"}, False),
    ],
)
def test_a_host_of_the_environment_is_verified_as_one_of_the_url_is(
    monkeypatch: pytest.MonkeyPatch, url: str, environment: dict[str, str], is_verified: bool
) -> None:
    found = said(load(monkeypatch, DATABASE_URL=url, **environment).database_url)

    assert (found.get("sslmode") == "verify-full") is is_verified
