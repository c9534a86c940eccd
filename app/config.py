"""Settings: every variable of the environment that the application reads, typed."""

import os
from collections.abc import Set
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from flask import current_app
from pydantic import (
    AfterValidator,
    BeforeValidator,
    EmailStr,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.networks import NameEmail
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SANDBOX_KEY = "sk_test_sandbox"
DEVELOPMENT_MARK = "development-only"


class Environment(StrEnum):
    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class BadSettings(SystemExit):
    """Stops the start and names every variable that is missing or wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(["CultureBridge cannot start with these settings:", *problems]))


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _postgres_url(value: str) -> str:
    scheme, _, rest = value.partition("://")
    if scheme not in {"postgres", "postgresql", "postgresql+psycopg"} or not rest:
        raise ValueError("must be a PostgreSQL URL such as postgresql://user:password@host/database")
    return f"postgresql+psycopg://{rest}"


def _redis_url(value: str) -> str:
    if urlsplit(value).scheme not in {"redis", "rediss"}:
        raise ValueError("must be a Redis URL such as redis://localhost:6379/0 or rediss://…")
    return value


def _broker_url(value: str) -> str:
    if urlsplit(value).scheme not in {"redis", "rediss", "amqp", "amqps"}:
        raise ValueError("must be a Redis or RabbitMQ URL such as amqp://user:password@host/vhost")
    return value


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError("must be an http(s) address such as https://example.com")
    return value.rstrip("/")


def _sender(value: str) -> str:
    TypeAdapter(NameEmail).validate_python(value)
    return value


def _origins(values: tuple[str, ...]) -> tuple[str, ...]:
    """As browsers spell them: lower-case, without a path."""
    found = [urlsplit(value.lower()) for value in values]
    if not all(each.scheme in {"http", "https"} and each.netloc and each.path in {"", "/"} for each in found):
        raise ValueError("must be origins such as https://example.com, comma-separated, without a path")
    return tuple(f"{each.scheme}://{each.netloc}" for each in found)


def _log_level(value: str) -> str:
    if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
        raise ValueError("must be DEBUG, INFO, WARNING, ERROR or CRITICAL")
    return value.upper()


CommaSeparated = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Origin = Annotated[str, AfterValidator(_origin)]


class Settings(BaseSettings):
    """What the environment says; see the README for what each variable means."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    app_env: Environment = Environment.PRODUCTION
    secret_key: SecretStr
    jwt_secret_key: SecretStr
    database_url: Annotated[str, AfterValidator(_postgres_url)]
    database_pooler: bool = False
    redis_url: Annotated[str, AfterValidator(_redis_url)]
    broker_url: Annotated[str, AfterValidator(_broker_url)] | None = None
    public_url: Origin
    allowed_redirect_origins: Annotated[CommaSeparated, AfterValidator(_origins)] = Field(
        default=(), validate_default=True
    )
    cors_origins: Annotated[CommaSeparated, AfterValidator(_origins)] = ()
    trusted_proxies: int | None = Field(default=None, ge=0)
    rate_limits: bool = True
    stripe_secret_key: SecretStr
    stripe_webhook_secret: CommaSeparated = Field(min_length=1)
    commission_percent: Decimal = Field(default=Decimal(0), ge=0, le=100, decimal_places=4)
    stripe_connect: bool = False
    sandbox_stripe_url: Origin = "http://localhost:12111"
    smtp_host: str
    smtp_port: int = Field(default=587, gt=0, lt=65536)
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_from_email: Annotated[str, AfterValidator(_sender)]
    ops_email: EmailStr | None = Field(default=None, validate_default=True)
    events_kept_days: int = Field(default=180, ge=35)
    mails_kept_days: int = Field(default=180, ge=35, validate_default=True)
    idempotency_keys_kept_hours: int = Field(default=24, ge=1)
    metrics_token: SecretStr | None = None
    sweep_seconds: int = Field(default=10, ge=1, le=300)
    sentry_dsn: SecretStr | None = None
    log_level: Annotated[str, AfterValidator(_log_level)] = "INFO"

    @field_validator("secret_key", "jwt_secret_key")
    @classmethod
    def _is_a_real_secret(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if len(value.get_secret_value()) < 32:
            raise ValueError("must have at least 32 characters: openssl rand -hex 32")
        if _in_production(info) and value.get_secret_value().startswith(DEVELOPMENT_MARK):
            raise ValueError("is the development value; make one with: openssl rand -hex 32")
        return value

    @field_validator("stripe_secret_key")
    @classmethod
    def _is_a_stripe_key(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        key = value.get_secret_value()
        if not key.startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")):
            raise ValueError(
                "must be a Stripe secret or restricted key (sk_… or rk_…), see Developers > API keys"
            )
        if _in_production(info) and key == SANDBOX_KEY:
            raise ValueError("is the sandbox's key; production needs one of Stripe's own")
        return value

    @field_validator("stripe_webhook_secret")
    @classmethod
    def _is_a_webhook_secret(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if not all(secret.startswith("whsec_") for secret in value):
            raise ValueError("must be whsec_… (several, comma-separated, while one is rolled)")
        if _in_production(info) and "whsec_sandbox" in value:
            raise ValueError("is the sandbox's secret; take the endpoint's own from Stripe")
        return value

    @field_validator("allowed_redirect_origins", "ops_email")
    @classmethod
    def _is_set_in_production(cls, value: object, info: ValidationInfo) -> object:
        if _in_production(info) and not value:
            raise ValueError("is missing")
        return value

    @field_validator("mails_kept_days")
    @classmethod
    def _is_kept_as_long_as_events(cls, value: int, info: ValidationInfo) -> int:
        events = info.data.get("events_kept_days", value)
        if value < events:
            raise ValueError(f"must be {events} or more, as EVENTS_KEPT_DAYS: a replay must find its mail")
        return value

    @field_validator("public_url")
    @classmethod
    def _is_https_in_production(cls, value: str, info: ValidationInfo) -> str:
        if _in_production(info) and not value.startswith("https://"):
            raise ValueError("must start with https:// in production")
        return value

    @property
    def uses_sandbox(self) -> bool:
        return self.stripe_secret_key.get_secret_value() == SANDBOX_KEY

    @property
    def proxies(self) -> int:
        """How many of our own stand in front and add to X-Forwarded-For; a platform's router is one."""
        if self.trusted_proxies is not None:
            return self.trusted_proxies
        return int(self.app_env is Environment.PRODUCTION)

    @property
    def livemode(self) -> bool:
        """Whether Stripe's objects that belong to us have `livemode: true`."""
        return self.stripe_secret_key.get_secret_value().startswith(("sk_live_", "rk_live_"))

    @property
    def sender(self) -> NameEmail:
        """Who mails and invitations are from."""
        return TypeAdapter(NameEmail).validate_python(self.smtp_from_email)

    @property
    def broker(self) -> str:
        return self.broker_url or self.redis_url

    @classmethod
    def load(cls) -> Self:
        """The settings of this process: the environment first, then `.env.run`, `.env.local`, `.env`.

        Production reads no file. Raises BadSettings, which names every bad variable at once.
        """
        try:
            return cls(_env_file=_files())
        except ValidationError as error:
            raise BadSettings([_sentence(problem) for problem in error.errors()]) from None


def current_settings() -> Settings:
    """The settings of the application that is at work."""
    settings: Settings = current_app.extensions["settings"]
    return settings


def _in_production(info: ValidationInfo) -> bool:
    return info.data.get("app_env", Environment.PRODUCTION) is Environment.PRODUCTION


def _files() -> tuple[str, ...]:
    """The files to read. None but in development: forgetting APP_ENV must not make a server believe them.

    The flask command puts `.env` into the environment by itself. What it took from there must not fill a gap
    in production, nor outrank the other files in development.
    """
    environment = os.environ.get("APP_ENV", Environment.PRODUCTION)
    if environment == Environment.PRODUCTION:
        _take_back(dotenv_values(".env").keys() - {"APP_ENV"})
    if environment != Environment.DEVELOPMENT:
        return ()
    _take_back(dotenv_values(".env.local").keys() | dotenv_values(".env.run").keys())
    return (".env", ".env.local", ".env.run")


def _take_back(names: Set[str]) -> None:
    """Remove from the environment what stands there as `.env` has it."""
    defaults = dotenv_values(".env")
    for name in names:
        if name in defaults and os.environ.get(name) == defaults[name]:
            del os.environ[name]


def _sentence(problem: Any) -> str:
    name = str(problem["loc"][0]).upper()
    if problem["type"] == "missing":
        return f"- {name} is missing{_REMEDIES.get(name, '')}"
    return f"- {name} {problem['msg'].removeprefix('Value error, ').replace('Input should', 'should')}"


_REMEDIES = dict.fromkeys(
    ("DATABASE_URL", "REDIS_URL"), ": set it; on a laptop, `make run` in another terminal sets it for you"
)
