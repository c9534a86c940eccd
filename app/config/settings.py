"""Settings: every variable of the environment that the application reads, typed."""

from decimal import Decimal
from pathlib import Path
from typing import Any, Self, TypeVar

from flask import Flask, current_app
from pydantic import (
    EmailStr,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.networks import NameEmail
from pydantic_settings import BaseSettings, SettingsConfigDict

from app import parsing
from app.config import secrets, tls
from app.config.choices import DisputeRecovery, HstsScope
from app.config.environment import Environment
from app.config.environment import files as _files
from app.config.errors import BadSettings, sentence
from app.config.text import parts, refuse_hidden, refuse_quoted, without_blanks
from app.config.types import (
    BrokerUrl,
    CaFile,
    Color,
    CommaSeparated,
    Keys,
    LogLevel,
    LogoFile,
    Origin,
    Origins,
    PostgresUrl,
    RedisUrl,
    Sender,
    SentryDsn,
    name_and_address,
)

__all__ = ["BadSettings", "Environment", "Settings", "current_settings"]

_LISTS = {
    "secret_keys",
    "jwt_secret_keys",
    "stripe_webhook_secret",
    "allowed_redirect_origins",
    "cors_origins",
}
_MAY_HAVE_SPACES = {
    "secret_keys",
    "jwt_secret_keys",
    "smtp_user",
    "smtp_password",
    "smtp_from_email",
    "site_name",
}
"""Variables that may contain spaces. In an address or a key, a space is a copying error."""
_MAY_BE_QUOTED = {"smtp_password"}
"""Passwords of mail servers, which may contain anything."""

Addresses = TypeVar("Addresses", str, tuple[str, ...])


class Settings(BaseSettings):
    """What the environment says; docs/settings.md explains each variable."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    app_env: Environment = Environment.PRODUCTION
    secret_keys: Keys = Field(validation_alias="SECRET_KEY")
    jwt_secret_keys: Keys = Field(validation_alias="JWT_SECRET_KEY")
    database_tls_ca_file: CaFile | None = None
    database_tls_verify: bool | None = Field(default=None, validate_default=True)
    database_url: PostgresUrl = Field(repr=False)
    database_pooler: bool = False
    redis_tls_ca_file: CaFile | None = None
    redis_tls_verify: bool | None = Field(default=None, validate_default=True)
    redis_url: RedisUrl = Field(repr=False)
    broker_url: BrokerUrl | None = Field(default=None, repr=False)
    public_url: Origin
    allowed_redirect_origins: Origins = Field(default=(), validate_default=True)
    cors_origins: Origins = ()
    hsts_scope: HstsScope = HstsScope.HOST
    site_name: str = Field(default="CultureBridge", max_length=60)
    site_color: Color = "#1d6b6e"
    site_logo_file: LogoFile | None = None
    api_docs: bool = True
    trusted_proxies: int | None = Field(default=None, ge=0)
    rate_limits: bool = True
    coach_approval: bool = False
    hold_sessions: int = Field(default=60, ge=1)
    unverified_hold_sessions: int = Field(default=5, ge=1)
    hold_share_percent: int = Field(default=25, ge=1, le=100)
    new_clients_hold_share_percent: int = Field(default=60, ge=1, le=100)
    delayed_hold_days: int = Field(default=10, ge=1, le=366)
    unverified_delayed_hold_days: int = Field(default=5, ge=1, le=366)
    stripe_secret_key: SecretStr
    stripe_webhook_secret: CommaSeparated = Field(min_length=1, repr=False)
    stripe_reads_per_second: int = Field(default=20, ge=1, le=100)
    commission_percent: Decimal = Field(default=Decimal(0), ge=0, le=100, decimal_places=4)
    payout_delay_days: int = Field(default=0, ge=0, le=365)
    stripe_connect: bool = False
    dispute_recovery: DisputeRecovery = DisputeRecovery.REVERSE
    voucher_days_ahead: int | None = Field(default=None, ge=7)
    sandbox_stripe_url: Origin = "http://localhost:12111"
    smtp_host: str
    smtp_port: int = Field(default=587, gt=0, lt=65536)
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls_ca_file: CaFile | None = None
    smtp_tls_verify: bool | None = Field(default=None, validate_default=True)
    smtp_from_email: Sender
    ops_email: EmailStr | None = Field(default=None, validate_default=True)
    event_retention_days: int = Field(default=180, ge=35)
    email_retention_days: int = Field(default=180, ge=35, validate_default=True)
    pii_retention_days: int = Field(default=30, ge=1)
    idempotency_keys_kept_hours: int = Field(default=24, ge=1)
    metrics_token: SecretStr | None = None
    requeue_interval_seconds: int = Field(default=10, ge=1, le=300)
    heartbeat_file: Path | None = None
    sentry_dsn: SentryDsn | None = None
    log_level: LogLevel = "INFO"
    port: int = Field(default=8000, gt=0, lt=65536)
    web_concurrency: int = Field(default=2, ge=1, le=1024)

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, values: Any) -> Any:
        return without_blanks(values)

    @field_validator("*", mode="before")
    @classmethod
    def _has_plain_digits(cls, value: object, info: ValidationInfo) -> object:
        """Checked after the white space: pydantic runs the validator that is defined last first."""
        kind = cls.model_fields[info.field_name or ""].annotation
        reads = parsing.decimal_number if kind is Decimal else parsing.whole_number
        is_number = kind in {int, Decimal} or kind == int | None
        return reads(value) if is_number and isinstance(value, str) else value

    @field_validator("*", mode="before")
    @classmethod
    def _hides_nothing(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, str):
            if info.field_name not in _MAY_BE_QUOTED:
                refuse_quoted(value)
            for part in parts(value) if info.field_name in _LISTS else [value]:
                refuse_hidden(part, spaces=info.field_name in _MAY_HAVE_SPACES)
        return value

    @field_validator("database_tls_verify", "redis_tls_verify", "smtp_tls_verify")
    @classmethod
    def _fits_the_ca_file(cls, value: bool | None, info: ValidationInfo) -> bool | None:
        name = str(info.field_name).replace("verify", "ca_file")
        if value is False and info.data.get(name):
            raise ValueError(f"is false, and {name.upper()} names whom to believe: unset one of the two")
        return value

    @field_validator("database_url")
    @classmethod
    def _says_how_the_database_is_verified(cls, value: str, info: ValidationInfo) -> str:
        verify, ca = info.data.get("database_tls_verify"), info.data.get("database_tls_ca_file")
        return tls.postgres_url(value, verify, ca, by_default=_in_production(info))

    @field_validator("redis_url", "broker_url")
    @classmethod
    def _says_how_redis_is_verified(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or not value.startswith("redis"):
            return value
        verify, ca = info.data.get("redis_tls_verify"), info.data.get("redis_tls_ca_file")
        told = tls.redis_url(value, verify, ca)
        return value if verify is None and ca is None and "ssl_cert_reqs" not in value else told

    @field_validator("secret_keys", "jwt_secret_keys")
    @classmethod
    def _are_real_secrets(cls, value: tuple[SecretStr, ...], info: ValidationInfo) -> tuple[SecretStr, ...]:
        secrets.check_keys(value, _in_production(info))
        return value

    @field_validator("jwt_secret_keys")
    @classmethod
    def _are_its_own(cls, value: tuple[SecretStr, ...], info: ValidationInfo) -> tuple[SecretStr, ...]:
        if _in_production(info) and set(value) & set(info.data.get("secret_keys", ())):
            raise ValueError("must not be SECRET_KEY as well, so that one of the two can leak alone")
        return value

    @field_validator("stripe_secret_key")
    @classmethod
    def _is_a_stripe_key(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        secrets.check_stripe_key(value.get_secret_value(), _in_production(info))
        return value

    @field_validator("stripe_webhook_secret")
    @classmethod
    def _is_a_webhook_secret(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        secrets.check_webhook_secrets(value, _in_production(info))
        return value

    @field_validator("allowed_redirect_origins", "ops_email")
    @classmethod
    def _is_set_in_production(cls, value: object, info: ValidationInfo) -> object:
        if _in_production(info) and not value:
            raise ValueError("is missing")
        return value

    @field_validator("email_retention_days")
    @classmethod
    def _is_kept_as_long_as_events(cls, value: int, info: ValidationInfo) -> int:
        events = info.data.get("event_retention_days", value)
        if value < events:
            raise ValueError(
                f"must be {events} or more, as EVENT_RETENTION_DAYS: a replay must find its mail"
            )
        return value

    @field_validator("public_url", "allowed_redirect_origins", "cors_origins")
    @classmethod
    def _is_https_in_production(cls, value: Addresses, info: ValidationInfo) -> Addresses:
        addresses = [value] if isinstance(value, str) else value
        if _in_production(info) and not all(address.startswith("https://") for address in addresses):
            raise ValueError("must start with https:// in production")
        return value

    @field_validator("smtp_from_email", "ops_email")
    @classmethod
    def _is_somewhere_in_production(cls, value: str | None, info: ValidationInfo) -> str | None:
        if _in_production(info) and value and value.rstrip(">").endswith(".example"):
            raise ValueError("is the development value; no mail goes to or from .example")
        return value

    @field_validator("rate_limits")
    @classmethod
    def _are_on_in_production(cls, value: bool, info: ValidationInfo) -> bool:
        if _in_production(info) and not value:
            raise ValueError("must be on in production; TRUSTED_PROXIES makes addresses the callers' own")
        return value

    @property
    def uses_sandbox(self) -> bool:
        return self.stripe_secret_key.get_secret_value() == secrets.SANDBOX_KEY

    @property
    def signing_keys(self) -> list[str]:
        """The keys of SECRET_KEY in itsdangerous' order: it signs with the last, and accepts each."""
        return [key.get_secret_value() for key in reversed(self.secret_keys)]

    @property
    def proxies(self) -> int:
        """The number of proxies in front that add to X-Forwarded-For; a platform's router is one."""
        if self.trusted_proxies is not None:
            return self.trusted_proxies
        return int(self.app_env is Environment.PRODUCTION)

    @property
    def livemode(self) -> bool:
        """Whether Stripe's objects that belong to us have `livemode: true`."""
        return self.stripe_secret_key.get_secret_value().startswith(("sk_live_", "rk_live_"))

    @property
    def smtp_starttls(self) -> bool:
        """Whether the mail server gets a password or a mail only over TLS."""
        asked_for = bool(self.smtp_user or self.smtp_tls_verify or self.smtp_tls_ca_file)
        in_production = self.app_env is Environment.PRODUCTION
        return tls.smtp_starttls(
            self.smtp_host, self.smtp_port, asked_for=asked_for, by_default=in_production
        )

    @property
    def sender(self) -> NameEmail:
        """The sender of mails and invitations."""
        return name_and_address(self.smtp_from_email)

    @property
    def broker(self) -> str:
        return self.broker_url or self.redis_url

    @classmethod
    def load(cls) -> Self:
        """The settings of this process: the environment first, then `.env.run`, `.env.local`, `.env`.

        RUN_FILE replaces `.env.run` if several runs share a folder. Production reads no file.
        Raises BadSettings, which names every bad variable at once.
        """
        try:
            return cls(_env_file=_files())
        except ValidationError as error:
            raise BadSettings([sentence(problem) for problem in error.errors()]) from None


def current_settings() -> Settings:
    """The settings of the current application."""
    return settings_of(current_app)


def settings_of(app: Flask) -> Settings:
    """The settings of an application."""
    settings: Settings = app.extensions["settings"]
    return settings


def _in_production(info: ValidationInfo) -> bool:
    return info.data.get("app_env", Environment.PRODUCTION) is Environment.PRODUCTION
