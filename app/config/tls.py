"""TLS verification: one rule for all clients of a URL, written into the URL itself.

`…_TLS_VERIFY` and `…_TLS_CA_FILE` come first, then the URL's parameters. By default the certificate is
verified, and must be for the requested host.
"""

import ssl
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_address
from os import environ
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import certifi

REDIS_MODES = {"required", "optional", "none"}
POSTGRES_MODES = {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
VERIFYING = {"verify-ca", "verify-full"}
SMTPS = 465
"""The port of mail submission that speaks TLS from the first byte (RFC 8314, 3.3)."""


def ca_file(value: str) -> str:
    """The absolute path of a file of certificates. Raises ValueError."""
    path = Path(value).absolute()
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ValueError) as error:
        raise ValueError("must be a file that can be read and holds certificates (PEM)") from error
    return str(path)


def _check_named(parameter: str, value: str) -> None:
    """Raises ValueError for a parameter of a URL that names no file of certificates."""
    try:
        ca_file(value)
    except ValueError as error:
        raise ValueError(
            f"must name by {parameter} a file that can be read and holds certificates"
        ) from error


def redis_url(url: str, verify: bool | None, ca: str | None) -> str:
    """A Redis URL with explicit TLS parameters, as redis-py and kombu read them. Raises ValueError."""
    query = _query(url)
    if not url.startswith("rediss:"):
        if ca or verify or "ssl_cert_reqs" in query:
            raise ValueError("must be rediss://…: redis:// uses no TLS, so nothing can be verified")
        return url
    told = query.get("ssl_cert_reqs", "required").lower().removeprefix("cert_")
    if told not in REDIS_MODES:
        raise ValueError("must say ssl_cert_reqs=required or ssl_cert_reqs=none")
    query["ssl_cert_reqs"] = told if verify is None and not ca else "none" if verify is False else "required"
    if query["ssl_cert_reqs"] == "none":
        query["ssl_check_hostname"] = "false"
    else:
        query.setdefault("ssl_check_hostname", "true")
    if ca:
        query["ssl_ca_certs"] = ca
    elif "ssl_ca_certs" in query:
        _check_named("ssl_ca_certs", query["ssl_ca_certs"])
    return _with(url, query)


def postgres_url(url: str, verify: bool | None, ca: str | None, *, by_default: bool) -> str:
    """A PostgreSQL URL with explicit verification parameters, as libpq reads them.

    `by_default`: verify if neither setting nor URL says otherwise, as in production; libpq's own default
    accepts any server. Servers on this machine keep libpq's default. Raises ValueError.
    """
    query = _query(url)
    if query.get("sslmode", "prefer") not in POSTGRES_MODES:
        raise ValueError("must say one of these as sslmode: " + ", ".join(sorted(POSTGRES_MODES)))
    if verify or ca:
        query["sslmode"] = "verify-full"
    elif verify is False:
        query["sslmode"] = query["sslmode"] if query.get("sslmode") in {"disable", "allow"} else "require"
        query.pop("sslrootcert", None)  # with it, `require` verifies as well
    elif (
        by_default
        and not {"sslmode"} & query.keys()
        and "PGSSLMODE" not in environ
        and _is_remote(url, query)
    ):
        query["sslmode"] = "verify-full"
    if ca:
        query["sslrootcert"] = ca
    elif query.get("sslmode") in VERIFYING and query.get("sslrootcert", "system") == "system":
        query["sslrootcert"] = environ.get("PGSSLROOTCERT", _authorities())
    elif query.get("sslrootcert", "system") != "system":
        _check_named("sslrootcert", query["sslrootcert"])
    return _with(url, query)


def amqps_options() -> dict[str, Any]:
    """TLS options for RabbitMQ. kombu's default accepts another host's certificate."""
    return {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": None}  # kombu fills in the URL's host


def smtp_starttls(host: str, port: int, *, asked_for: bool, by_default: bool) -> bool:
    """Whether the mail server must support STARTTLS. On port 465 TLS begins before SMTP.

    `by_default`: require it if no setting says otherwise, as in production, except on this machine.
    """
    return port != SMTPS and (asked_for or (by_default and not is_here(host)))


@cache
def smtp_context(verify: bool | None, ca: str | None) -> ssl.SSLContext:
    """The SSL context of the mail client. smtplib's default accepts any certificate."""
    found = ssl.create_default_context(cafile=ca)
    if verify is False:
        found.check_hostname = False
        found.verify_mode = ssl.CERT_NONE
    return found


def _authorities() -> str:
    """The machine's file of trusted certificates. libpq's bundled OpenSSL has none."""
    return ssl.get_default_verify_paths().cafile or certifi.where()


def _is_remote(url: str, query: dict[str, str]) -> bool:
    """Whether any of its hosts is another machine. Where it names none, libpq takes the environment's."""
    named = [host for host in _hosts(url, query) if host]
    hosts = named or [environ.get(name, "") for name in ("PGHOST", "PGHOSTADDR")]
    return not all(is_here(host) for each in hosts for host in each.split(","))


def _hosts(url: str, query: dict[str, str]) -> Iterator[str]:
    for name in ("host", "hostaddr"):
        yield from query.get(name, "").split(",")
    for address in urlsplit(url).netloc.rpartition("@")[2].split(","):
        yield address.partition("]")[0].lstrip("[") if address.startswith("[") else address.partition(":")[0]


def is_here(host: str) -> bool:
    """Whether the host is a unix socket or this machine."""
    if host.lower().rstrip(".") in {"", "localhost"} or host.startswith(("/", "@", "%2F")):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def _with(url: str, query: dict[str, str]) -> str:
    if query == _query(url):
        return url
    return f"{url.partition('?')[0]}?{urlencode(query, quote_via=quote)}"
