"""Whose certificate is believed: one rule for all clients of one URL, so it stands in the URL itself.

What `…_TLS_VERIFY` and `…_TLS_CA_FILE` say comes first, then what the URL says; without either of them a
certificate is verified, and has to be for the host that was asked for.
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


def redis_url(url: str, verify: bool | None, ca: str | None) -> str:
    """A Redis URL that says how its server is verified, as redis-py and kombu read it. Raises ValueError."""
    query = _query(url)
    if not url.startswith("rediss:"):
        if ca or verify or "ssl_cert_reqs" in query:
            raise ValueError("must be rediss://…: redis:// speaks without TLS, so nothing can be verified")
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
    return _with(url, query)


def postgres_url(url: str, verify: bool | None, ca: str | None, *, by_default: bool) -> str:
    """A PostgreSQL URL that says how its server is verified, as libpq reads it.

    `by_default`: unless told, as in production, where libpq alone would encrypt to whoever answers. A server
    on this machine is left to libpq.
    """
    query = _query(url)
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
    return _with(url, query)


def amqps_options() -> dict[str, Any]:
    """How RabbitMQ is spoken to in TLS: kombu alone would take a certificate of any other host's."""
    return {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": None}  # kombu puts the URL's own host there


def smtp_starttls(host: str, port: int, *, asked_for: bool, by_default: bool) -> bool:
    """Whether a mail server must speak TLS after STARTTLS; on port 465 TLS comes before the first word.

    `by_default`: unless asked for, as in production. A server on this machine is then spoken to without TLS.
    """
    return port != SMTPS and (asked_for or (by_default and not is_here(host)))


@cache
def smtp_context(verify: bool | None, ca: str | None) -> ssl.SSLContext:
    """Whom a mail client believes: smtplib alone would take any certificate of any host."""
    found = ssl.create_default_context(cafile=ca)
    if verify is False:
        found.check_hostname = False
        found.verify_mode = ssl.CERT_NONE
    return found


def _authorities() -> str:
    """The file of those that this machine believes. libpq comes with its own OpenSSL, which knows of none."""
    return ssl.get_default_verify_paths().cafile or certifi.where()


def _is_remote(url: str, query: dict[str, str]) -> bool:
    return not all(is_here(host) for host in _hosts(url, query))


def _hosts(url: str, query: dict[str, str]) -> Iterator[str]:
    for name in ("host", "hostaddr"):
        yield from query.get(name, "").split(",")
    for address in urlsplit(url).netloc.rpartition("@")[2].split(","):
        yield address.partition("]")[0].lstrip("[") if address.startswith("[") else address.partition(":")[0]


def is_here(host: str) -> bool:
    """Whether it is a unix socket, or this machine itself."""
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
