"""Types of settings: the format of each variable, and what it is parsed to."""

import re
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, TypeAdapter
from pydantic.networks import NameEmail
from pydantic_settings import NoDecode

from app.config.branding import color, logo_file
from app.config.text import parts
from app.config.tls import ca_file, is_here

_NAME_AND_ADDRESS: TypeAdapter[NameEmail] = TypeAdapter(NameEmail)


@cache
def name_and_address(text: str) -> NameEmail:
    """Parse `CultureBridge <hello@example.com>`. Raises ValidationError. Cached, because every mail asks."""
    return _NAME_AND_ADDRESS.validate_python(text)


_ORIGIN = re.compile(r"(https?)://([\w-]+(?:\.[\w-]+)*|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?/?")


def _split(value: Any) -> Any:
    return parts(value) if isinstance(value, str) else value


def _checked_url(url: str) -> str:
    """With its scheme in lower case: there it means nothing (RFC 3986, 3.1), but to some clients.

    Raises ValueError for a password that ends the address too soon: each client would read another host.
    """
    scheme, colon, rest = url.partition(":")
    host = urlsplit(url).netloc
    if ":" in host and "@" not in host and "@" in rest:
        raise ValueError("must have no /, ? or # in its password: write %2F, %3F or %23")
    return f"{scheme.lower()}{colon}{rest}"


def _postgres_url(value: str) -> str:
    scheme, _, rest = _checked_url(value).partition("://")
    if scheme not in {"postgres", "postgresql", "postgresql+psycopg"} or not rest:
        raise ValueError("must be a PostgreSQL URL such as postgresql://user:password@host/database")
    return f"postgresql+psycopg://{rest}"


def _redis_url(value: str) -> str:
    if urlsplit(value).scheme not in {"redis", "rediss"}:
        raise ValueError("must be a Redis URL such as redis://localhost:6379/0 or rediss://…")
    return _checked_url(value)


def _broker_url(value: str) -> str:
    if urlsplit(value).scheme not in {"redis", "rediss", "amqp", "amqps"}:
        raise ValueError("must be a Redis or RabbitMQ URL such as amqp://user:password@host/vhost")
    return _checked_url(value)


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError("must be an http(s) address such as https://example.com")
    return value.rstrip("/")


def _sender(value: str) -> str:
    name_and_address(value)
    return value


def _origins(values: tuple[str, ...]) -> tuple[str, ...]:
    """Origins as browsers send them: lower-case, without a path or default port."""
    found = [_ORIGIN.fullmatch(value.lower()) for value in values]
    if not all(found):
        raise ValueError(
            "must be origins such as https://example.com, comma-separated, each spelled out: without a path,"
            " a user or *"
        )
    return tuple(_as_browsers_say(each) for each in found if each)


def _as_browsers_say(origin: re.Match[str]) -> str:
    scheme, host, port = origin.groups()
    goes_without_saying = port in {None, {"http": "80", "https": "443"}[scheme]}
    return f"{scheme}://{host}" if goes_without_saying else f"{scheme}://{host}:{port}"


def _sentry_dsn(value: SecretStr) -> SecretStr:
    """A Sentry DSN. Sentry's own package would fail with a traceback, or report without TLS."""
    found = urlsplit(value.get_secret_value())
    if not (found.username and found.hostname and found.path.rpartition("/")[2].isdigit()):
        raise ValueError("must be a DSN as Sentry shows it, such as https://KEY@HOST/PROJECT")
    if found.scheme != "https" and not (found.scheme == "http" and is_here(found.hostname)):
        raise ValueError("must start with https://, unless Sentry is on this machine")
    return value


def _log_level(value: str) -> str:
    if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
        raise ValueError("must be DEBUG, INFO, WARNING, ERROR or CRITICAL")
    return value.upper()


CommaSeparated = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Origin = Annotated[str, AfterValidator(_origin)]
Origins = Annotated[CommaSeparated, AfterValidator(_origins)]
PostgresUrl = Annotated[str, AfterValidator(_postgres_url)]
RedisUrl = Annotated[str, AfterValidator(_redis_url)]
CaFile = Annotated[str, AfterValidator(ca_file)]
BrokerUrl = Annotated[str, AfterValidator(_broker_url)]
Sender = Annotated[str, AfterValidator(_sender)]
SentryDsn = Annotated[SecretStr, AfterValidator(_sentry_dsn)]
Color = Annotated[str, AfterValidator(color)]
LogoFile = Annotated[str, AfterValidator(logo_file)]
LogLevel = Annotated[str, AfterValidator(_log_level)]
Keys = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split), Field(min_length=1)]
"""Several secrets: the first signs, all verify."""
