from typing import Annotated, Literal
from uuid import UUID

from email_validator import EmailNotValidError
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from app.accounts import password_hashing, password_policy
from app.accounts.links_in_names import has_link
from app.accounts.models import Role
from app.http.email_addresses import MAX_ADDRESS, deliverable, normalized
from app.http.schema_types import Body, Instant, TimeZone, View, VisibleName


def _email(address: str) -> str:
    try:
        return deliverable(address.strip(" "))
    except EmailNotValidError as error:
        why = str(error).rstrip(".")
        raise ValueError(f"must be an e-mail address such as ada@example.com ({why})") from None


def _normalised(password: object) -> object:
    return password_hashing.normalised(password) if isinstance(password, str) else password


def _no_link(name: str) -> str:
    """It stands in mails to people who never heard of its bearer."""
    if has_link(name):
        raise ValueError(
            "must be a name, without anything that mail programs make a link of: put a space behind each dot"
        )
    return name


Email = Annotated[
    str,
    Field(max_length=MAX_ADDRESS),
    AfterValidator(_email),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": MAX_ADDRESS}),
]
Password = Annotated[str, BeforeValidator(_normalised), Field(max_length=256)]
NewPassword = Annotated[
    str,
    WithJsonSchema(
        {"type": "string", "minLength": password_policy.SHORTEST, "maxLength": password_policy.LONGEST}
    ),
]
"""Held to the rule by whoever sets it, who knows whose it is and what kind of answer is wanted."""
Token = Annotated[str, Field(max_length=1000)]
"""Twice as long as any that we make."""
Name = Annotated[VisibleName, Field(min_length=1, max_length=120), AfterValidator(_no_link)]


class Registration(Body):
    email: Email
    name: Name
    password: NewPassword
    role: Literal[Role.CLIENT, Role.COACH] = Role.CLIENT
    time_zone: TimeZone = "UTC"

    @field_validator("password")
    @classmethod
    def _keeps_the_rule(cls, password: str, info: ValidationInfo) -> str:
        """As far as it can be said, where address or name are wrong as well: all is told in one answer."""
        wrong = password_policy.wrong(password, info.data.get("email", ""), info.data.get("name", ""))
        if wrong:
            raise ValueError(wrong)
        return password


class Credentials(Body):
    email: Annotated[str, Field(max_length=MAX_ADDRESS), AfterValidator(normalized)]
    password: Password
    code: Annotated[str | None, Field(max_length=40)] = None
    """Where a second factor is on: what the app shows, or a recovery code."""


class RefreshToken(Body):
    refresh_token: Token


class VerificationToken(Body):
    token: Token
    password: Password | None = None
    """Shows that who reads the mailbox also opened the account; needed without an access token of it."""


class ForgottenPassword(Body):
    email: Email


class PasswordReset(Body):
    token: Token
    password: NewPassword


class PasswordChange(Body):
    current_password: Password
    new_password: NewPassword


class OwnPassword(Body):
    """Shown once more, for what a stolen access token must not be enough for."""

    password: Password


class AccountChange(Body):
    """A field that is left out keeps its value."""

    name: Name | None = None
    time_zone: TimeZone | None = None
    reminder_hours: Annotated[list[Literal[24, 1]] | None, Field(max_length=2)] = None

    @field_validator("*")
    @classmethod
    def _is_not_null(cls, value: object) -> object:
        if value is None:
            raise ValueError("must not be null; leave the field out to keep its value")
        return value


class AccountView(View):
    id: UUID
    email: str
    name: str
    role: Role
    time_zone: str
    email_verified: bool
    second_factor: bool
    reminder_hours: list[int]
    created_at: Instant
    updated_at: Instant


class OnItsWayView(View):
    detail: str


class TokenPairView(View):
    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int
    """Seconds that the access token is good for."""
